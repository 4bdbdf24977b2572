//! Bind mounts.

use std::os::fd::OwnedFd;

use rustix::fs::CWD;
use rustix::mount::OpenTreeFlags;

use super::options::{Depth, MountOptions};
use crate::error::{OpError, OpResult, check_path};

/// `source` may be a symbolic link, as everywhere in mount(8).
///
/// Mounts below the source are there as they are now: what is mounted there later is not seen, unless the
/// options ask for a propagation.
pub fn bind(source: &str, target: &str, options: &MountOptions) -> OpResult<OwnedFd> {
    check_path("source of the bind mount", source)?;
    if let Some((key, _)) = options.data.first() {
        let message =
            format!("a bind mount does not take the option {key:?}: it is for file systems");
        return Err(OpError::invalid(message));
    }
    if options.loop_device {
        return Err(OpError::invalid(
            "a bind mount does not take the option \"loop\": it is for file systems",
        ));
    }
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    if options.bind == Some(Depth::Recursive) {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    rustix::mount::open_tree(CWD, source, flags).map_err(|errno| {
        OpError::os(
            errno,
            format!("the source {source:?} cannot be bound to {target:?}"),
        )
    })
}
