//! What a container has over a file of one of its volumes.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::sched::{CloneFlags, setns};

use crate::error::{Error, Result};

/// Mounts the socket `source` of the guest over the socket that the container has at `target`, unless it is there already. To be called in
/// a child, which ends up in the container's mount namespace.
pub fn cover(namespace: &File, source: &str, target: &str) -> Result<()> {
    let failed = |error: io::Error| Error::os(format!("cannot cover {target}"), error);
    let source = CString::new(source).map_err(|_| Error::invalid("a path has a zero byte"))?;
    let target_path = CString::new(target).map_err(|_| Error::invalid("a path has a zero byte"))?;
    let tree = clone_mount(&source).map_err(failed)?;
    setns(namespace, CloneFlags::CLONE_NEWNS).map_err(|errno| failed(errno.into()))?;
    let place = open(&target_path).map_err(failed)?;
    let found = place.metadata().map_err(failed)?;
    if !found.file_type().is_socket() {
        return Err(Error::precondition(format!("{target} is not a socket")));
    }
    let wanted = tree.metadata().map_err(failed)?;
    if (found.dev(), found.ino()) == (wanted.dev(), wanted.ino()) {
        return Ok(());
    }
    move_mount(&tree, &place).map_err(failed)
}

/// A mount of the file that is attached to nothing, so that it can go to another namespace.
fn clone_mount(path: &CStr) -> io::Result<File> {
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC;
    // SAFETY: the path is a C string.
    let fd = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) };
    file(fd)
}

/// In the container's own root, so that its symbolic links lead nowhere else.
fn open(path: &CStr) -> io::Result<File> {
    // SAFETY: open_how is plain numbers, for which zero is the default (openat2(2)).
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = (libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC) as u64;
    how.resolve = libc::RESOLVE_NO_MAGICLINKS;
    // SAFETY: the path is a C string, and the kernel reads the given size of `how`; both live longer than the call.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_openat2,
            libc::AT_FDCWD,
            path.as_ptr(),
            std::ptr::from_ref(&how),
            size_of::<libc::open_how>(),
        )
    };
    file(fd)
}

fn file(fd: libc::c_long) -> io::Result<File> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd as i32) }))
}

fn move_mount(tree: &File, place: &File) -> io::Result<()> {
    let flags = libc::MOVE_MOUNT_F_EMPTY_PATH | libc::MOVE_MOUNT_T_EMPTY_PATH;
    // SAFETY: both descriptors are open, and the paths C strings.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            place.as_raw_fd(),
            c"".as_ptr(),
            flags,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
