//! Network namespaces, by a descriptor or a path.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, UnshareFlags};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::thread;

const OWN: &str = "/proc/thread-self/ns/net";
const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC);

/// Makes a network namespace, which lives as long as its descriptor, and whatever is in it.
pub fn create() -> OpResult<Reply> {
    let failed = |errno| OpError::os(errno, "a network namespace cannot be made");
    let namespace = thread::apart(|| unshare().map_err(failed))?;
    let number = namespace.as_raw_fd();
    Ok(Reply::with_fds(json!({ "fd": number }), vec![namespace]))
}

fn unshare() -> Result<OwnedFd, Errno> {
    // SAFETY: only UnshareFlags::FILES could harm other threads.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET)? };
    rustix::fs::open(OWN, READ, Mode::empty())
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
    let namespace = rustix::fs::open(path, READ, Mode::empty()).map_err(failed)?;
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
    Ok(identity(path)? == identity(OWN)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_with_its_descriptor() {
        let reply = create().unwrap();
        let number = reply.value()["fd"].as_i64().unwrap();
        let path = format!("/proc/self/fd/{number}");
        assert!(!is_own(&path).unwrap());
        assert!(is_own(OWN).unwrap());
        // It can be entered: its only device is lo.
        let devices = inside(&path, || {
            assert!(is_own(&path).unwrap());
            Ok(std::fs::read_to_string("/proc/thread-self/net/dev").unwrap())
        });
        let devices = devices.unwrap();
        let lo = devices.lines().filter(|line| line.contains("lo:"));
        assert_eq!((lo.count(), devices.lines().count()), (1, 3), "{devices}");
        drop(reply);
        assert_eq!(inside(&path, || Ok(())).unwrap_err().errno, Errno::NOENT);
    }

    #[test]
    fn what_is_no_namespace_cannot_be_entered() {
        for (path, errno) in [
            ("/absent", Errno::NOENT),
            ("/dev/null", Errno::INVAL),
            ("relative", Errno::INVAL),
        ] {
            assert_eq!(inside(path, || Ok(())).unwrap_err().errno, errno, "{path}");
        }
    }
}
