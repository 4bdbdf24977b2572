//! Network namespaces that are held by a mount, as ip-netns(8) does it.

use std::os::fd::AsFd;

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::UnmountFlags;
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::mount::make_private;
use crate::thread;

/// Makes a network namespace and mounts it on `path`, a file that must not exist yet.
pub fn create(path: &str) -> OpResult<Reply> {
    check_path("path of the network namespace", path)?;
    let failed = |errno| {
        OpError::os(
            errno,
            format!("the network namespace {path:?} cannot be made"),
        )
    };
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::RUSR).map_err(failed)?;
    // A thread can leave its namespace but has no simple way back; this one ends right after.
    let made = thread::apart(|| unshare_and_mount(path).map_err(failed));
    if made.is_err() {
        let _ = rustix::mount::unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
        let _ = rustix::fs::unlink(path);
    }
    made.map(|()| Reply::empty())
}

/// Runs `body` on a thread in the namespace that a path stands for.
pub fn inside<T: Send>(path: &str, body: impl FnOnce() -> OpResult<T> + Send) -> OpResult<T> {
    check_path("path of the network namespace", path)?;
    let failed = |errno| {
        OpError::os(
            errno,
            format!("the network namespace {path:?} cannot be entered"),
        )
    };
    let namespace =
        rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    // A thread can leave its namespace but has no simple way back; this one ends right after.
    thread::apart(|| {
        let kind = Some(LinkNameSpaceType::Network);
        rustix::thread::move_into_link_name_space(namespace.as_fd(), kind).map_err(failed)?;
        body()
    })
}

/// Whether a path stands for the calling thread's own namespace.
pub fn is_own(path: &str) -> OpResult<bool> {
    let identity = |path: &str| {
        rustix::fs::stat(path)
            .map(|stat| (stat.st_dev, stat.st_ino))
            .map_err(|errno| {
                OpError::os(
                    errno,
                    format!("the network namespace {path:?} cannot be looked at"),
                )
            })
    };
    Ok(identity(path)? == identity("/proc/thread-self/ns/net")?)
}

fn unshare_and_mount(path: &str) -> Result<(), Errno> {
    // SAFETY: only UnshareFlags::FILES could harm other threads.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET)? };
    rustix::mount::mount_bind("/proc/thread-self/ns/net", path)?;
    make_private(path)
}

/// Undoes `create`; the namespace lives on for as long as something else holds it. What is not there is
/// no error.
pub fn remove(path: &str) -> OpResult<Reply> {
    check_path("path of the network namespace", path)?;
    let failed = |errno| {
        OpError::os(
            errno,
            format!("the network namespace {path:?} cannot be removed"),
        )
    };
    loop {
        match rustix::mount::unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
            // There may be another mount below.
            Ok(()) => {}
            Err(Errno::INVAL) => break,
            Err(Errno::NOENT) => return Ok(Reply::empty()),
            Err(errno) => return Err(failed(errno)),
        }
    }
    let stat =
        rustix::fs::statat(CWD, path, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_size != 0 {
        let message =
            format!("{path:?} is not the empty file under a network namespace; it was left alone");
        return Err(OpError::invalid(message));
    }
    match rustix::fs::unlink(path) {
        Ok(()) | Err(Errno::NOENT) => Ok(Reply::empty()),
        Err(errno) => Err(failed(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PrivateMounts;

    fn inode(path: &str) -> u64 {
        rustix::fs::stat(path).unwrap().st_ino
    }

    #[test]
    fn lives_on_its_path() {
        let mounts = PrivateMounts::new();
        let path = format!("{}/a netns", mounts.root.display());
        let ours = inode("/proc/thread-self/ns/net");
        create(&path).unwrap();
        assert_ne!(inode(&path), ours);
        assert_eq!(inode("/proc/thread-self/ns/net"), ours);
        assert!(mounts.line(&path).unwrap().contains(" nsfs "));
        // It can be entered: its only device is lo.
        let entered = path.clone();
        let devices = std::thread::spawn(move || {
            let namespace =
                rustix::fs::open(entered, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap();
            let kind = Some(rustix::thread::LinkNameSpaceType::Network);
            rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&namespace), kind)
                .unwrap();
            std::fs::read_to_string("/proc/thread-self/net/dev").unwrap()
        });
        let devices = devices.join().unwrap();
        assert_eq!(
            devices.lines().filter(|line| line.contains("lo:")).count(),
            1
        );
        assert_eq!(devices.lines().count(), 3, "{devices}");

        let error = create(&path).unwrap_err();
        assert_eq!(error.errno, Errno::EXIST);
        assert!(mounts.line(&path).is_some());
        remove(&path).unwrap();
        assert!(!std::fs::exists(&path).unwrap());
        remove(&path).unwrap();
    }

    #[test]
    fn leaves_what_is_not_its_own() {
        let mounts = PrivateMounts::new();
        let file = mounts.file("file", "text");
        assert_eq!(remove(&file).unwrap_err().errno, Errno::INVAL);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
        assert_eq!(
            create(&format!("{file}/below")).unwrap_err().errno,
            Errno::NOTDIR
        );
        assert_eq!(create("relative").unwrap_err().errno, Errno::INVAL);
    }
}
