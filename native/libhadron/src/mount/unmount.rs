//! Unmounting all that is mounted at and below a path.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::UnmountFlags;
use serde_json::json;

use super::share::{Inside, Share};
use super::tree::tree_below;
use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path, errno_text};
use crate::request::Umount;

/// Unmounts everything at or below a path, what is deepest first, and removes the place that was made for it. `unmounted` is how
/// many there were.
pub fn umount_tree(request: &Umount) -> OpResult<Reply> {
    check_path("mount target", &request.target)?;
    let share = Share::of(&request.share)?;
    let unmounted = share.enter(|inside| umount_inside(inside, request))?;
    share.remove_place(&request.target)?;
    Ok(Reply::of(json!({ "unmounted": unmounted })))
}

fn umount_inside(inside: &Inside, request: &Umount) -> OpResult<usize> {
    let target = &request.target;
    let failed = |errno| {
        OpError::os(
            errno,
            format!("the mounts below {target:?} cannot be found"),
        )
    };
    // The kernel's list has no symbolic links in its paths.
    let Some(place) = resolve_parent(target).map_err(failed)? else {
        return Ok(0);
    };
    let mut unmounted = HashSet::new();
    let mut before: Option<usize> = None;
    // A mount can hide another one below: each round takes off at least the topmost.
    loop {
        let mounts = inside.mounts()?;
        let tree = tree_below(&mounts, &place);
        if tree.is_empty() {
            return Ok(unmounted.len());
        }
        let mut last_error = None;
        for mount in &tree {
            match rustix::mount::unmount(&mount.point, flags(request.detach)) {
                Ok(()) => {
                    unmounted.insert(mount.id);
                }
                // Hidden, or gone together with another one: the next round tells.
                Err(Errno::INVAL | Errno::NOENT) => {}
                Err(errno) => last_error = Some((&mount.point, errno)),
            }
        }
        if before.is_some_and(|before| tree.len() >= before) {
            let (path, errno) = last_error.unwrap_or((&tree[0].point, Errno::BUSY));
            let message = format!(
                "{:?} cannot be unmounted: {}; stop what uses it, or detach it",
                path.to_string_lossy(),
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
fn resolve_parent(target: &str) -> Result<Option<PathBuf>, Errno> {
    let target = Path::new(target);
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
        return if target.parent().is_none() {
            Ok(Some(target.to_owned()))
        } else {
            Err(Errno::INVAL)
        };
    };
    match parent.canonicalize() {
        Ok(parent) => Ok(Some(parent.join(name))),
        Err(error) => match Errno::from_io_error(&error).unwrap_or(Errno::IO) {
            Errno::NOENT | Errno::NOTDIR => Ok(None),
            errno => Err(errno),
        },
    }
}
