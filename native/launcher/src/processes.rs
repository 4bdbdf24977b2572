//! The pod's processes: found by pid and start time, killed and waited for through pidfds.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use crate::sys;

/// Field 22 of /proc/PID/stat. `None` if there is no such process.
pub fn start_time(pid: u32) -> io::Result<Option<u64>> {
    match std::fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => parse_start_time(&stat)
            .map(Some)
            .ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat has an unknown form"))),
        // ESRCH: the process went away between open and read.
        Err(error) if matches!(error.raw_os_error(), Some(sys::ENOENT | sys::ESRCH)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The second field is the program's name in parentheses, and may contain anything, parentheses and spaces too.
fn parse_start_time(stat: &[u8]) -> Option<u64> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(&stat[name_end + 1..]).ok()?;
    // The first of the rest is field 3.
    rest.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

/// A handle on the process that has this pid and start time; `None` if it is gone.
///
/// The handle is taken before the start time is read: a process with the right start time was there all along, so the
/// handle can be on no other.
pub fn find(pid: u32, started: u64) -> io::Result<Option<OwnedFd>> {
    let Some(pidfd) = sys::open_pidfd(pid)? else {
        return Ok(None);
    };
    Ok((start_time(pid)? == Some(started)).then_some(pidfd))
}

/// Waits until the process is gone, its memory and files with it. False if it is still there at `deadline`.
pub fn wait_gone(pidfd: &OwnedFd, deadline: Instant) -> io::Result<bool> {
    sys::wait_readable(pidfd.as_fd(), deadline)
}

/// SIGKILL.
pub fn kill(pidfd: &OwnedFd) -> io::Result<()> {
    sys::kill(pidfd.as_fd())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    fn sleeper() -> std::process::Child {
        Command::new("sleep")
            .arg("60")
            .stdin(Stdio::null())
            .spawn()
            .expect("sleep")
    }

    #[test]
    fn the_start_time_is_field_22_whatever_the_name() {
        let fields: Vec<String> = (3..=52).map(|field| field.to_string()).collect();
        let stat = format!("12 (a) b) 1 2 () {}", fields.join(" "));
        assert_eq!(parse_start_time(stat.as_bytes()), Some(22));
        assert_eq!(parse_start_time(b"12 (x) S 1"), None);
        assert_eq!(parse_start_time(b""), None);
        assert!(start_time(std::process::id()).unwrap().is_some());
        assert_eq!(start_time(u32::MAX).unwrap(), None);
    }

    #[test]
    fn kills_and_waits() {
        let mut child = sleeper();
        let started = start_time(child.id()).unwrap().unwrap();
        let pidfd = find(child.id(), started).unwrap().expect("it runs");
        assert!(!wait_gone(&pidfd, Instant::now() + Duration::from_millis(20)).unwrap());
        kill(&pidfd).unwrap();
        assert!(wait_gone(&pidfd, Instant::now() + Duration::from_secs(5)).unwrap());
        child.wait().unwrap();
        kill(&pidfd).unwrap();
        assert!(find(child.id(), started).unwrap().is_none());
    }

    #[test]
    fn another_process_with_the_pid_is_not_found() {
        let mut child = sleeper();
        let started = start_time(child.id()).unwrap().unwrap();
        assert!(find(child.id(), started + 1).unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
