//! Directories of the host that containers use: how they come into the guest and leave it again.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::error::{Error, Result};

/// How long what has ended may take to let go of a mount, in steps.
///
/// There is no event for it. A mount that was detached instead is in no list whose change tells of its end; inotify's
/// IN_UNMOUNT comes with the end of a file system, and a bind shares its own with the whole share. And it must have ended before
/// the unused entries are dropped, or those that it holds stay. None of the containers' own mounts counts here, since
/// they are private or slaves: the first attempt is enough unless a process of the agent's is just ending.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(10));

/// What is below a directory of a share, or in a memory, and is bound to a path of its own.
pub struct Inner {
    /// Just below a share's mount point, or the memory's root.
    pub directory: String,
    /// Relative to it.
    pub below: String,
    /// With what is mounted there.
    pub recursive: bool,
    /// Where it is bound.
    pub target: String,
}

/// Looks at the paths, so that what virtio-fs announces as a file system is mounted here, and not once more in the
/// mount namespace of each container that looks. Then binds the inner directories.
pub fn enter(paths: &[String], inner: &[Inner]) -> Result<()> {
    for path in paths {
        match open_directory(path) {
            // Files are no file systems.
            Err(error) if error.raw_os_error() == Some(libc::ENOTDIR) => {}
            result => {
                drop(result.map_err(|error| Error::os(format!("cannot look at {path}"), error))?)
            }
        }
    }
    inner.iter().try_for_each(bind)
}

/// O_DIRECTORY has the kernel go on to what is to be mounted there (build_open_flags() in fs/open.c).
pub fn open_directory(path: &str) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
        .open(path)
}

fn bind(inner: &Inner) -> Result<()> {
    let failed = |error: io::Error| {
        Error::os(
            format!("cannot bind {:?} of {}", inner.below, inner.directory),
            error,
        )
    };
    let directory = open_directory(&inner.directory).map_err(failed)?;
    let source = match open_beneath(&directory, &inner.below) {
        Err(error) if error.raw_os_error() == Some(libc::ENOTDIR) => {
            open_with(&directory, &inner.below, libc::O_PATH)
        }
        opened => opened,
    }
    .map_err(failed)?;
    if source.metadata().map_err(failed)?.is_dir() {
        fs::create_dir_all(&inner.target).map_err(failed)?;
    } else {
        if let Some(parent) = Path::new(&inner.target).parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        File::create(&inner.target).map_err(failed)?;
    }
    let depth = if inner.recursive {
        MsFlags::MS_REC
    } else {
        MsFlags::empty()
    };
    let none: Option<&str> = None;
    mount(
        Some(format!("/proc/self/fd/{}", source.as_raw_fd()).as_str()),
        inner.target.as_str(),
        none,
        MsFlags::MS_BIND | depth,
        none,
    )
    .map_err(|errno| failed(errno.into()))
}

/// A directory that is reached without any symbolic link: a container that may write there chooses none of the
/// guest's own directories for another container.
pub fn open_beneath(directory: &File, below: &str) -> io::Result<File> {
    open_with(directory, below, libc::O_PATH | libc::O_DIRECTORY)
}

/// The same for anything, opened with `flags`.
pub fn open_with(directory: &File, below: &str, flags: libc::c_int) -> io::Result<File> {
    let below = CString::new(below).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: open_how is plain numbers, for which zero is the default (openat2(2)).
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = (flags | libc::O_CLOEXEC) as u64;
    how.resolve = libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_MAGICLINKS;
    // SAFETY: the descriptor is open, the path ends with a zero byte, and the kernel reads the given size of `how`;
    // all three live longer than the call.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_openat2,
            directory.as_raw_fd(),
            below.as_ptr(),
            std::ptr::from_ref(&how),
            size_of::<libc::open_how>(),
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { File::from_raw_fd(fd as i32) })
}

/// syncfs(2) on the file system of each path, once.
pub fn write_back(paths: &[String]) -> Result<()> {
    let mut done = BTreeSet::new();
    for path in paths {
        let failed = |error: io::Error| Error::os(format!("cannot write {path} back"), error);
        let file = File::open(path).map_err(failed)?;
        if done.insert(file.metadata().map_err(failed)?.dev()) {
            nix::unistd::syncfs(file.as_raw_fd()).map_err(|errno| failed(errno.into()))?;
        }
    }
    Ok(())
}

/// Unbinds the inner directories, unmounts what is mounted on the paths, and drops every unused entry of the directories
/// that these are in. Another file of the host may get the same numbers; and virtiofsd holds what the guest has
/// not forgotten open.
pub fn leave(paths: &[String], inner: &[Inner]) -> Result<()> {
    let targets = inner.iter().map(|inner| &inner.target);
    for path in targets.clone().chain(paths) {
        unmount(path)
            .map_err(|errno| Error::os(format!("cannot unmount {path} in the guest"), errno))?;
    }
    for target in targets {
        let removed = match fs::remove_dir(target) {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(target),
            removed => removed,
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::os(format!("cannot remove {target}"), error));
            }
            _ => {}
        }
    }
    let shares: BTreeSet<&Path> = paths
        .iter()
        .filter_map(|path| Path::new(path).parent())
        .collect();
    for share in shares {
        // Remounting with the same options does one thing: the file system's unused entries go
        // (reconfigure_super() in the kernel's fs/super.c).
        let none: Option<&str> = None;
        mount(none, share, none, MsFlags::MS_REMOUNT, none).map_err(|errno| {
            Error::os(
                format!("cannot drop what is cached of {}", share.display()),
                errno,
            )
        })?;
    }
    Ok(())
}

fn unmount(path: &str) -> nix::Result<()> {
    let (attempts, pause) = PATIENCE;
    for _ in 0..attempts {
        match umount2(path, MntFlags::UMOUNT_NOFOLLOW) {
            // Nothing is mounted there, or nothing is there.
            Err(Errno::EINVAL | Errno::ENOENT) => return Ok(()),
            Err(Errno::EBUSY) => std::thread::sleep(pause),
            result => return result,
        }
    }
    umount2(path, MntFlags::UMOUNT_NOFOLLOW | MntFlags::MNT_DETACH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_symbolic_link_leads_out_of_a_directory_or_elsewhere_in_it() {
        let root = std::env::temp_dir().join(format!("share-test-{}", std::process::id()));
        fs::create_dir_all(root.join("real/below")).expect("directories");
        std::os::unix::fs::symlink("/", root.join("out")).expect("link");
        std::os::unix::fs::symlink("real", root.join("in")).expect("link");
        let directory = open_directory(&root.to_string_lossy()).expect("directory");
        assert!(open_beneath(&directory, "real/below").is_ok());
        for below in ["out", "out/etc", "in", "in/below", "..", "real/../..", "/"] {
            assert!(open_beneath(&directory, below).is_err(), "{below}");
            let file = open_with(&directory, below, libc::O_PATH);
            assert!(file.is_err(), "{below}");
        }
        fs::remove_dir_all(root).expect("removed");
    }
}
