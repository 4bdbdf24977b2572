//! Directories of the host that containers use: how they come into the guest and leave it again.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::error::{Error, Result};

/// How long what has ended may take to let go of a mount, in steps.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(10));

/// Looks at the paths, so that what virtio-fs announces as a file system is mounted here, and not once more in the
/// mount namespace of each container that looks.
pub fn enter(paths: &[String]) -> Result<()> {
    for path in paths {
        OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH)
            .open(path)
            .map_err(|error| Error::os(format!("cannot look at {path}"), error))?;
    }
    Ok(())
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

/// Unmounts what is mounted on the paths, and drops every unused entry of the directories that they are in. Another
/// file of the host may get the same numbers; and virtiofsd holds what the guest has not forgotten open.
pub fn leave(paths: &[String]) -> Result<()> {
    for path in paths {
        unmount(path)
            .map_err(|errno| Error::os(format!("cannot unmount {path} in the guest"), errno))?;
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
