//! Mounts, through the kernel's new mount API (fsopen(2), open_tree(2), mount_setattr(2); Linux 5.12).
//!
//! A mount is made detached, gets its attributes and its propagation, and is attached last: nobody ever
//! sees it half made, and a failure leaves nothing behind.

mod attach;
mod bind;
mod filesystem;
mod legacy;
mod loop_device;
mod options;
mod overlay;
mod tree;
mod unmount;

pub use attach::make_private;
pub use unmount::umount_tree;

use rustix::fs::StatVfsMountFlags;
use rustix::io::Errno;
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::{MakeWritable, Mount};
use options::{Attributes, Depth, MountOptions};

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
            "mounts of type {kind:?} are not file systems of the kernel but work for containerd's mount manager; \
             use a snapshotter that passes plain mounts"
        );
        return Err(OpError::new(Errno::OPNOTSUPP, message));
    }
    if kind == "bind" || options.bind.is_some() {
        bind::bind(source, target, &options)?;
    } else if kind == "overlay" {
        overlay::mount(source, target, &options)?;
    } else if kind.is_empty() {
        return Err(OpError::invalid(format!(
            "the mount on {target:?} has no file system type and is no bind mount"
        )));
    } else {
        filesystem::mount(kind, source, target, &options)?;
    }
    Ok(Reply::empty())
}

/// Undoes `ro` of a bind mount, of the topmost alone; not where its source is read-only itself.
pub fn make_writable(request: &MakeWritable) -> OpResult<Reply> {
    let MakeWritable { target, source } = request;
    check_path("mount target", target)?;
    check_path("source of the bind mount", source)?;
    let failed = |errno| {
        OpError::os(
            errno,
            format!("the mount at {target:?} cannot be made writable"),
        )
    };
    let of_source = rustix::fs::statvfs(source).map_err(failed)?;
    let writable = !of_source.f_flag.contains(StatVfsMountFlags::RDONLY);
    if writable {
        let clear = Attributes {
            set: 0,
            clear: libc::MOUNT_ATTR_RDONLY,
        };
        let place = attach::open_target(target)?;
        attach::set_attributes(&place, &clear, Depth::Top).map_err(failed)?;
    }
    Ok(Reply::of(json!({ "writable": writable })))
}

#[cfg(test)]
mod tests;
