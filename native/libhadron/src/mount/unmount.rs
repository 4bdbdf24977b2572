//! Unmounting all that is mounted at and below a path.

use std::collections::HashSet;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::UnmountFlags;
use serde_json::json;

use super::mountinfo;
use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path, errno_text};
use crate::request::Umount;

/// Unmounts everything at or below a path, what is deepest first. `unmounted` is how many there were.
pub fn umount_tree(request: &Umount) -> OpResult<Reply> {
    let target = &request.target;
    check_path("mount target", target)?;
    let failed = |errno| {
        OpError::os(
            errno,
            format!("The mounts below {target:?} cannot be found"),
        )
    };
    // The kernel's list has no symbolic links in its paths.
    let Some(place) = resolve_parent(target).map_err(failed)? else {
        return Ok(Reply::of(json!({ "unmounted": 0 })));
    };
    let mut unmounted = HashSet::new();
    let mut before: Option<usize> = None;
    // A mount can hide another one below: each round takes off at least the topmost.
    loop {
        let mounts = mountinfo::read()
            .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        let tree = mountinfo::tree_below(&mounts, &place);
        if tree.is_empty() {
            return Ok(Reply::of(json!({ "unmounted": unmounted.len() })));
        }
        let mut last_error = None;
        for mount in &tree {
            let Ok(path) = CString::new(mount.path.clone()) else {
                continue;
            };
            match rustix::mount::unmount(path.as_c_str(), flags(request.detach)) {
                Ok(()) => {
                    unmounted.insert(mount.id);
                }
                // Hidden, or gone together with another one: the next round tells.
                Err(Errno::INVAL | Errno::NOENT) => {}
                Err(errno) => last_error = Some((mount.path.clone(), errno)),
            }
        }
        if before.is_some_and(|before| tree.len() >= before) {
            let (path, errno) = last_error.unwrap_or((tree[0].path.clone(), Errno::BUSY));
            let message = format!(
                "{:?} cannot be unmounted: {}. Stop what uses it, or detach it.",
                String::from_utf8_lossy(&path),
                errno_text(errno),
            );
            return Err(OpError::new(errno, message));
        }
        before = Some(tree.len());
    }
}

fn flags(detach: bool) -> UnmountFlags {
    if detach {
        UnmountFlags::NOFOLLOW | UnmountFlags::DETACH
    } else {
        UnmountFlags::NOFOLLOW
    }
}

/// The path without symbolic links before its last component; None when it cannot have mounts, because
/// it is not there.
fn resolve_parent(target: &str) -> Result<Option<Vec<u8>>, Errno> {
    let target = Path::new(target);
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
        return if target.parent().is_none() {
            Ok(Some(b"/".to_vec()))
        } else {
            Err(Errno::INVAL)
        };
    };
    match parent.canonicalize() {
        Ok(parent) => Ok(Some(parent.join(name).as_os_str().as_bytes().to_vec())),
        Err(error) => match Errno::from_io_error(&error).unwrap_or(Errno::IO) {
            Errno::NOENT | Errno::NOTDIR => Ok(None),
            errno => Err(errno),
        },
    }
}
