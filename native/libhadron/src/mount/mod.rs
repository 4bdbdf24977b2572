//! Mounts, through the kernel's new mount API (fsopen(2), open_tree(2), mount_setattr(2); Linux 5.12).
//!
//! A mount is made detached, of what the caller's namespace has, gets its attributes and its propagation, and is attached last,
//! in the namespace of a share: nobody ever sees it half made, and a failure leaves nothing behind.

mod attach;
mod bind;
mod filesystem;
mod legacy;
mod loop_device;
mod options;
mod overlay;
pub mod share;
mod tree;
mod unmount;

pub use share::make as make_shares;
pub use unmount::umount_tree;

use std::path::Path;

use rustix::fs::{AtFlags, StatVfsMountFlags, StatxFlags};
use rustix::io::Errno;
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::{DescribeMount, MakeWritable, Mount};
use options::{Attributes, Depth, MountOptions};
use share::Share;

/// One mount of containerd.
pub fn mount(request: &Mount) -> OpResult<Reply> {
    let Mount {
        share,
        kind,
        source,
        target,
        options,
    } = request;
    check_path("mount target", target)?;
    let share = Share::of(share)?;
    let options = MountOptions::parse(options)?;
    let tree = if kind == "bind" || options.bind.is_some() {
        bind::bind(source, target, &options)?
    } else if kind == "overlay" {
        overlay::mount(source, target, &options)?
    } else if kind.is_empty() {
        return Err(OpError::invalid(format!(
            "the mount on {target:?} has no file system type and is no bind mount"
        )));
    } else {
        filesystem::mount(kind, source, target, &options)?
    };
    attach::attach(&tree, share, target, &options)?;
    Ok(Reply::empty())
}

/// Undoes `ro` of a bind mount, of the topmost alone; not where its source is read-only itself.
pub fn make_writable(request: &MakeWritable) -> OpResult<Reply> {
    let MakeWritable {
        share,
        target,
        source,
    } = request;
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
        Share::of(share)?.enter(|_| {
            let place = attach::open_target(target)?;
            attach::set_attributes(&place, &clear, Depth::Top).map_err(failed)
        })?;
    }
    Ok(Reply::of(json!({ "writable": writable })))
}

/// The mount that `target` is on: its own flags ("ro" or "rw", "nosuid", ...), and whether others are mounted below `target`.
pub fn describe(request: &DescribeMount) -> OpResult<Reply> {
    let target = &request.target;
    check_path("path", target)?;
    let failed = |errno| {
        OpError::os(
            errno,
            format!("the mount of {target:?} cannot be looked at"),
        )
    };
    Share::of(&request.share)?.enter(|inside| {
        let place = attach::open_target(target)?;
        let stat = rustix::fs::statx(&place, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)
            .map_err(failed)?;
        let mounts = inside.mounts()?;
        let of_place = mounts
            .iter()
            .find(|mount| u64::from(mount.id) == stat.stx_mnt_id)
            .ok_or_else(|| failed(Errno::NOENT))?;
        let place = Path::new(target);
        let others_below = mounts
            .iter()
            .any(|mount| mount.point != place && mount.point.starts_with(place));
        let flags: Vec<_> = of_place.flags.split(',').collect();
        Ok(Reply::of(
            json!({ "flags": flags, "othersBelow": others_below }),
        ))
    })
}

#[cfg(test)]
mod tests;
