//! The pod's processes: found by pid and start time, killed and waited for through pidfds.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use crate::sys;

/// In the flags of /proc/PID/stat (include/linux/sched.h).
const PF_EXITING: u64 = 4;
/// In the masks of /proc/PID/status.
const SIGKILL_BIT: u64 = 1 << (9 - 1);

/// Of /proc/PID/stat (proc_pid_stat(5)).
struct Stat {
    state: char,
    flags: u64,
    start_time: u64,
}

/// `None` if there is no such process.
fn stat(pid: u32) -> io::Result<Option<Stat>> {
    match read(pid, "stat")? {
        Some(stat) => parse_stat(&stat)
            .map(Some)
            .ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat has an unknown form"))),
        None => Ok(None),
    }
}

fn read(pid: u32, name: &str) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(format!("/proc/{pid}/{name}")) {
        Ok(text) => Ok(Some(text)),
        // ESRCH: the process went away between open and read.
        Err(error) if matches!(error.raw_os_error(), Some(sys::ENOENT | sys::ESRCH)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The second field is the program's name in parentheses, and may contain anything, parentheses and spaces too.
fn parse_stat(stat: &[u8]) -> Option<Stat> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(&stat[name_end + 1..]).ok()?;
    // The first of the rest is field 3.
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        flags: fields.get(9 - 3)?.parse().ok()?,
        start_time: fields.get(22 - 3)?.parse().ok()?,
    })
}

/// Field 22 of /proc/PID/stat; `None` if there is no such process.
pub fn start_time(pid: u32) -> io::Result<Option<u64>> {
    Ok(stat(pid)?.map(|stat| stat.start_time))
}

/// Whether the process is gone or cannot but go: it exits, or SIGKILL is on its way to it. Until all of its threads have
/// ended its sockets still accept connections.
pub fn is_ending(pid: u32, started: u64) -> io::Result<bool> {
    let Some(stat) = stat(pid)?.filter(|stat| stat.start_time == started) else {
        return Ok(true);
    };
    if matches!(stat.state, 'Z' | 'X') || stat.flags & PF_EXITING != 0 {
        return Ok(true);
    }
    let Some(status) = read(pid, "status")? else {
        return Ok(true);
    };
    let status = String::from_utf8_lossy(&status);
    let masks = status
        .lines()
        .filter_map(|line| {
            line.strip_prefix("SigPnd:")
                .or(line.strip_prefix("ShdPnd:"))
        })
        .filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    Ok(masks.fold(0, |all, mask| all | mask) & SIGKILL_BIT != 0)
}

/// A handle on the process that has this pid and start time; `None` if it is gone.
///
/// The handle is taken before the start time is read: a process with the right start time was there all along, so the
/// handle can be on no other.
pub fn find(pid: u32, started: u64) -> io::Result<Option<OwnedFd>> {
    let Some(pidfd) = sys::open_pidfd(pid)? else {
        return Ok(None);
    };
    Ok(stat(pid)?
        .filter(|stat| stat.start_time == started)
        .map(|_| pidfd))
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
        let stat = parse_stat(stat.as_bytes()).unwrap();
        assert_eq!((stat.state, stat.flags, stat.start_time), ('3', 9, 22));
        assert!(parse_stat(b"12 (x) S 1").is_none());
        assert!(parse_stat(b"").is_none());
        assert!(start_time(std::process::id()).unwrap().is_some());
        assert_eq!(start_time(u32::MAX).unwrap(), None);
    }

    #[test]
    fn kills_and_waits() {
        let mut child = sleeper();
        let started = start_time(child.id()).unwrap().unwrap();
        let pidfd = find(child.id(), started).unwrap().expect("it runs");
        assert!(!wait_gone(&pidfd, Instant::now() + Duration::from_millis(20)).unwrap());
        assert!(!is_ending(child.id(), started).unwrap());
        kill(&pidfd).unwrap();
        // From now on, whatever it still does: the signal is on its way, it exits, it is a zombie.
        assert!(is_ending(child.id(), started).unwrap());
        assert!(wait_gone(&pidfd, Instant::now() + Duration::from_secs(5)).unwrap());
        assert!(is_ending(child.id(), started).unwrap());
        child.wait().unwrap();
        assert!(is_ending(child.id(), started).unwrap());
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
