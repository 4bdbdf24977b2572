//! From a detached mount to one that is seen.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MoveMountFlags, UnmountFlags};

use super::options::{Attributes, Depth, MountOptions, Propagation};
use super::share::Share;
use crate::error::{OpError, OpResult};

const PRIVATE: Propagation = Propagation {
    kind: libc::MS_PRIVATE,
    depth: Depth::Recursive,
};

/// Gives the tree its attributes and propagation, and puts it on `target`.
pub fn attach(
    tree: &OwnedFd,
    share: Share<'_>,
    target: &str,
    options: &MountOptions,
) -> OpResult<()> {
    // A clone of a shared mount is its peer, and a mount on a shared one becomes shared: so before and after.
    let propagation = options.propagation.unwrap_or(PRIVATE);
    let failed = |errno| {
        OpError::os(
            errno,
            format!("the mount for {target:?} cannot get its attributes"),
        )
    };
    set_propagation(tree, propagation).map_err(failed)?;
    set_attributes(tree, &options.attributes, Depth::Top).map_err(failed)?;
    set_attributes(tree, &options.recursive, Depth::Recursive).map_err(failed)?;

    let kind = kind_of(tree).map_err(failed)?;
    share.make_place(target, kind)?;
    share.enter(|_| {
        let place = open_target(target)?;
        let directory = FileType::Directory;
        if (kind == directory) != (kind_of(&place).map_err(failed)? == directory) {
            let message = format!(
                "nothing can be mounted on {target:?}: source and target must both be directories, or both not"
            );
            return Err(OpError::new(Errno::NOTDIR, message));
        }
        let flags =
            MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        rustix::mount::move_mount(tree, c"", &place, c"", flags)
            .map_err(|errno| OpError::os(errno, format!("nothing can be mounted on {target:?}")))?;
        set_propagation(tree, propagation).map_err(|errno| {
            let _ = rustix::mount::unmount(target, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
            failed(errno)
        })
    })
}

/// The place of a mount. Its last component must not be a symbolic link: a mount must be where its
/// caller will unmount it.
pub fn open_target(target: &str) -> OpResult<OwnedFd> {
    let failed = |errno| {
        let hint = if errno == Errno::NOENT {
            "; make it first"
        } else {
            ""
        };
        OpError::os(
            errno,
            format!("the mount target {target:?} cannot be opened{hint}"),
        )
    };
    let place = rustix::fs::open(
        target,
        OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(failed)?;
    let stat = rustix::fs::fstat(&place).map_err(failed)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
        let message =
            format!("the mount target {target:?} is a symbolic link; name the place it leads to");
        return Err(OpError::new(Errno::LOOP, message));
    }
    Ok(place)
}

fn kind_of(fd: &OwnedFd) -> Result<FileType, Errno> {
    Ok(FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode))
}

pub fn set_propagation(tree: &OwnedFd, propagation: Propagation) -> Result<(), Errno> {
    let mut attr = empty_attr();
    attr.propagation = propagation.kind;
    mount_setattr(tree, &attr, propagation.depth)
}

pub fn set_attributes(tree: &OwnedFd, attributes: &Attributes, depth: Depth) -> Result<(), Errno> {
    if attributes.is_empty() {
        return Ok(());
    }
    let mut attr = empty_attr();
    attr.attr_set = attributes.set;
    attr.attr_clr = attributes.clear;
    mount_setattr(tree, &attr, depth)
}

fn empty_attr() -> libc::mount_attr {
    libc::mount_attr {
        attr_set: 0,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    }
}

fn mount_setattr(tree: &OwnedFd, attr: &libc::mount_attr, depth: Depth) -> Result<(), Errno> {
    let mut flags = libc::AT_EMPTY_PATH;
    if depth == Depth::Recursive {
        flags |= libc::AT_RECURSIVE;
    }
    let empty: &CStr = c"";
    // SAFETY: the descriptor is open, the path ends with a zero byte, and the kernel reads the given size
    // of `attr`; all three live longer than the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            empty.as_ptr(),
            flags,
            std::ptr::from_ref(attr),
            size_of::<libc::mount_attr>(),
        )
    };
    if result == -1 {
        return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO));
    }
    Ok(())
}

/// A path by which the kernel finds an open descriptor again, however long or odd its own path is.
pub fn proc_path(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}
