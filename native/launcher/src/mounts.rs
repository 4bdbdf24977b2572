//! The mount table of this process, and taking mounts away.

use std::io;
use std::path::{Path, PathBuf};

use hadron_proc::Mount;
use rustix::io::Errno;
use rustix::mount::{UnmountFlags, unmount};

/// More mounts on top of each other than anybody makes: the end of a loop that must end.
const MAX_STACKED: u32 = 4096;

/// Detaches every mount at `path`, the topmost first. Nothing mounted there, or no such path, is a success.
pub fn detach_all(path: &Path) -> io::Result<()> {
    for _ in 0..MAX_STACKED {
        match unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOENT | Errno::NOTDIR) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(io::Error::other(
        "there is still a mount after many were taken away",
    ))
}

/// The mount points strictly below `directory` (as proc_pid_mountinfo(5) shows them), in the order of mounting.
pub fn below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let points = hadron_proc::mounts()?.into_iter().map(|mount| mount.point);
    Ok(points
        .filter(|point| point.starts_with(directory) && point != directory)
        .collect())
}

/// Where the hierarchies of cgroups are mounted whole, each of them once: version 1's and version 2's.
pub fn cgroup_hierarchies() -> io::Result<Vec<PathBuf>> {
    Ok(hierarchies(hadron_proc::mounts()?))
}

fn hierarchies(mounts: Vec<Mount>) -> Vec<PathBuf> {
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for mount in mounts {
        if matches!(mount.kind.as_str(), "cgroup" | "cgroup2")
            && mount.root == Path::new("/")
            && !seen.contains(&mount.device)
        {
            seen.push(mount.device);
            found.push(mount.point);
        }
    }
    found
}

/// Whether something is mounted at `path` itself.
pub fn is_mount_point(path: &Path) -> io::Result<bool> {
    // Bytes: to Path, "/a//deleted" would be "/a/deleted".
    Ok(hadron_proc::mounts()?
        .iter()
        .any(|mount| mount.point.as_os_str() == path.as_os_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_proc() {
        assert!(is_mount_point(Path::new("/proc")).unwrap());
        assert!(!is_mount_point(Path::new("/proc/self/fd")).unwrap());
        assert!(!below(Path::new("/")).unwrap().is_empty());
        // A name that merely begins alike is not below.
        assert!(below(Path::new("/pro")).unwrap().is_empty());
    }

    #[test]
    fn nothing_mounted_is_a_success() {
        detach_all(Path::new("/nowhere/at/all")).unwrap();
        detach_all(Path::new("/proc/self/status/x")).unwrap();
        detach_all(&std::env::temp_dir().join("..").join("etc")).unwrap();
    }

    #[test]
    fn hierarchies_of_both_versions_once() {
        let table = b"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 master:1 - cgroup cgroup rw,cpu\n\
            33 31 0:29 / /mnt/again rw - cgroup cgroup rw,cpu\n\
            34 31 0:30 /kubepods /mnt/part rw - cgroup cgroup rw,memory\n\
            41 31 0:38 / /sys/fs/cgroup/a\\040b rw - cgroup2 cgroup2 rw\n\
            42 31 0:39 / /cgroup rw - ext4 /dev/cgroup rw\n";
        assert_eq!(
            hierarchies(hadron_proc::parse_mounts(table)),
            [
                Path::new("/sys/fs/cgroup/cpu,cpuacct"),
                Path::new("/sys/fs/cgroup/a b")
            ]
        );
    }
}
