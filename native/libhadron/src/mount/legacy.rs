//! mount(2), for what the new interface cannot say: strings above 255 bytes, old kernels' overlay.
//!
//! It makes no detached mount, but mounts somewhere: in a copy of the namespace, which is gone when the mount has been taken out of it.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::OpenTreeFlags;

use super::options::MountOptions;
use super::share::copy_namespace;
use crate::error::{OpError, OpResult};
use crate::thread;

/// A directory that is there wherever this library works; what is below is not needed once mount(2) has looked at its options.
const PLACE: &str = "/proc";

/// The kernel copies one page; its last byte is the final zero.
pub const MAX_DATA: usize = 4095;

pub fn mount(kind: &str, source: &str, target: &str, options: &MountOptions) -> OpResult<OwnedFd> {
    let (_, words) = options.legacy();
    let mut data = Vec::new();
    for (key, value) in words {
        match value {
            Some(value) if value.contains(',') => {
                let message = format!(
                    "the option {key:?} of the {kind} file system for {target:?} has a comma in it, and some option is \
                     longer than 255 bytes: mount(2) cannot say both; use shorter paths"
                );
                return Err(OpError::invalid(message));
            }
            Some(value) => data.push(format!("{key}={value}")),
            None => data.push(key.to_owned()),
        }
    }
    in_copy(target, || {
        mount_here(kind, source, target, options, &data.join(","))
    })
}

/// For `mount_here`. What the kernel shall look at by an open descriptor has to be opened by `mount`, in the copy.
pub fn in_copy(
    target: &str,
    mount: impl FnOnce() -> OpResult<OwnedFd> + Send,
) -> OpResult<OwnedFd> {
    thread::apart(|| {
        copy_namespace().map_err(|errno| {
            OpError::os(errno, format!("the mount for {target:?} cannot be made"))
        })?;
        mount()
    })
}

/// `data` is what mount(2) takes, already quoted.
pub fn mount_here(
    kind: &str,
    source: &str,
    target: &str,
    options: &MountOptions,
    data: &str,
) -> OpResult<OwnedFd> {
    if data.len() > MAX_DATA {
        let message = format!(
            "the options of the {kind} file system for {target:?} are {} bytes long, and mount(2) takes {MAX_DATA}: \
             use shorter paths",
            data.len(),
        );
        return Err(OpError::invalid(message));
    }
    let failed = |errno| {
        let hint = match errno {
            Errno::INVAL => " (dmesg may say why)",
            _ => "",
        };
        OpError::os(
            errno,
            format!("the {kind} file system cannot be mounted on {target:?}{hint}"),
        )
    };
    let data =
        CString::new(data).map_err(|_| OpError::invalid("a mount option contains a zero byte"))?;
    let (flags, _) = options.legacy();
    rustix::mount::mount(source, PLACE, kind, flags, data.as_c_str()).map_err(failed)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    rustix::mount::open_tree(CWD, PLACE, flags).map_err(failed)
}
