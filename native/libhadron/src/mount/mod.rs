//! Mounts, through the kernel's new mount API (fsopen(2), open_tree(2), mount_setattr(2); Linux 5.12).
//!
//! A mount is made detached, gets its attributes and its propagation, and is attached last: nobody ever
//! sees it half made, and a failure leaves nothing behind.

mod attach;
mod bind;
mod filesystem;
mod legacy;
mod loop_device;
mod mountinfo;
mod options;
mod overlay;
mod unmount;

pub use attach::make_private;
pub use unmount::umount_tree;

use rustix::io::Errno;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::{Bind, Mount};
use options::MountOptions;

/// One mount of containerd.
pub fn mount(request: &Mount) -> OpResult<Reply> {
    let Mount {
        kind,
        source,
        target,
        options,
    } = request;
    check_path("mount target", target)?;
    let options = MountOptions::parse(options)?;
    if kind.contains('/') || kind.contains('\0') {
        let message = format!(
            "Mounts of type {kind:?} are not file systems of the kernel but work for containerd's mount manager; \
             use a snapshotter that passes plain mounts."
        );
        return Err(OpError::new(Errno::OPNOTSUPP, message));
    }
    if kind == "bind" || options.bind.is_some() {
        bind::bind(source, target, &options)?;
    } else if kind == "overlay" {
        overlay::mount(source, target, &options)?;
    } else if kind.is_empty() {
        return Err(OpError::invalid(format!(
            "The mount on {target:?} has no file system type and is no bind mount."
        )));
    } else {
        filesystem::mount(kind, source, target, &options)?;
    }
    Ok(Reply::empty())
}

pub fn bind(request: &Bind) -> OpResult<Reply> {
    check_path("mount target", &request.target)?;
    bind::bind(
        &request.source,
        &request.target,
        &MountOptions::bind(request),
    )?;
    Ok(Reply::empty())
}

#[cfg(test)]
mod tests;
