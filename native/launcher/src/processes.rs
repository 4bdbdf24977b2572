//! The pod's processes: found by pid and start time, killed and waited for through pidfds.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::wait::wait_readable;

/// In the masks of /proc/PID/status.
const SIGKILL_BIT: u64 = 1 << (9 - 1);

/// Field 22 of /proc/PID/stat; `None` if there is no such process.
pub fn start_time(pid: u32) -> io::Result<Option<u64>> {
    Ok(hadron_proc::stat(pid)?.map(|stat| stat.start_time))
}

/// Whether the process is gone or cannot but go: it exits, or SIGKILL is on its way to it. Until all of its threads have
/// ended its sockets still accept connections.
pub fn is_ending(pid: u32, started: u64) -> io::Result<bool> {
    let Some(stat) = hadron_proc::stat(pid)?.filter(|stat| stat.start_time == started) else {
        return Ok(true);
    };
    if stat.is_exiting() {
        return Ok(true);
    }
    let status = match std::fs::read(format!("/proc/{pid}/status")) {
        Ok(status) => String::from_utf8_lossy(&status).into_owned(),
        // ESRCH: the process went away between open and read.
        Err(error) => {
            return match Errno::from_io_error(&error) {
                Some(Errno::NOENT | Errno::SRCH) => Ok(true),
                _ => Err(error),
            };
        }
    };
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
    let Some(raw) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(None);
    };
    let pidfd = match pidfd_open(raw, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        // Other than ESRCH: it is a thread's, whose process has another pid.
        Err(Errno::SRCH | Errno::NOENT | Errno::INVAL) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    Ok(hadron_proc::stat(pid)?
        .filter(|stat| stat.start_time == started)
        .map(|_| pidfd))
}

/// Waits until the process is gone, its memory and files with it. False if it is still there at `deadline`.
pub fn wait_gone(pidfd: &OwnedFd, deadline: Instant) -> io::Result<bool> {
    Ok(wait_readable(pidfd, deadline)?)
}

/// SIGKILL. That it is gone already is a success.
pub fn kill(pidfd: &OwnedFd) -> io::Result<()> {
    match pidfd_send_signal(pidfd, Signal::KILL) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
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
