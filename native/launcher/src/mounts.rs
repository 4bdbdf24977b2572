//! The mount table of this process, and taking mounts away.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::sys;

/// More mounts on top of each other than anybody makes: the end of a loop that must end.
const MAX_STACKED: u32 = 4096;

/// Detaches every mount at `path`, the topmost first. Nothing mounted there, or no such path, is a success.
pub fn detach_all(path: &Path) -> io::Result<()> {
    for _ in 0..MAX_STACKED {
        match sys::detach_mount(path) {
            Ok(()) => {}
            Err(error) if matches!(error.raw_os_error(), Some(sys::EINVAL | sys::ENOENT)) => {
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(
        "there is still a mount after many were taken away",
    ))
}

/// The mount points strictly below `directory` (as proc_pid_mountinfo(5) shows them), in the order of mounting.
pub fn below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let table = std::fs::read("/proc/self/mountinfo")?;
    let points = mount_points(&table);
    Ok(points
        .filter(|point| point.starts_with(directory) && point != directory)
        .collect())
}

fn mount_points(table: &[u8]) -> impl Iterator<Item = PathBuf> {
    let lines = table.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| line.split(|byte| *byte == b' ').nth(4))
        .map(unescape)
}

/// Where the hierarchies of cgroups are mounted whole, each of them once: version 1's and version 2's.
pub fn cgroup_hierarchies() -> io::Result<Vec<PathBuf>> {
    Ok(hierarchies(&std::fs::read("/proc/self/mountinfo")?))
}

/// proc_pid_mountinfo(5): id, parent, device, root, mount point, options, any number of fields, "-", type, ...
fn hierarchies(table: &[u8]) -> Vec<PathBuf> {
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for line in table.split(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let kind = fields
            .iter()
            .position(|field| *field == b"-")
            .and_then(|dash| fields.get(dash + 1));
        if let (Some(&(b"cgroup" | b"cgroup2")), [_, _, device, b"/", point, ..]) =
            (kind, fields.as_slice())
            && !seen.contains(device)
        {
            seen.push(device);
            found.push(unescape(point));
        }
    }
    found
}

/// Space, tab, line feed and backslash are octal escapes there.
fn unescape(field: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, after)) = rest.split_first() {
        let octal = after
            .get(..3)
            .filter(|digits| *byte == b'\\' && digits.iter().all(|d| (b'0'..b'8').contains(d)));
        match octal {
            Some(digits) => {
                path.push(digits.iter().fold(0u8, |sum, digit| {
                    sum.wrapping_mul(8).wrapping_add(digit - b'0')
                }));
                rest = &after[3..];
            }
            None => {
                path.push(*byte);
                rest = after;
            }
        }
    }
    PathBuf::from(OsString::from_vec(path))
}

/// Whether something is mounted at `path` itself.
pub fn is_mount_point(path: &Path) -> io::Result<bool> {
    let table = std::fs::read("/proc/self/mountinfo")?;
    Ok(mount_points(&table)
        .any(|point| point.as_os_str().as_bytes() == path.as_os_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_unescaped() {
        let table = b"22 1 0:2 / /proc rw shared:5 - proc proc rw\n23 1 0:3 / /a\\040b\\012c\\134d\\1 rw - tmpfs t rw\n\n";
        let points: Vec<PathBuf> = mount_points(table).collect();
        assert_eq!(
            points,
            [PathBuf::from("/proc"), PathBuf::from("/a b\nc\\d\\1")]
        );
    }

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
            hierarchies(table),
            [
                Path::new("/sys/fs/cgroup/cpu,cpuacct"),
                Path::new("/sys/fs/cgroup/a b")
            ]
        );
    }
}
