//! Processes, named by their pid and start time, held by pidfds.

use std::os::fd::OwnedFd;

use hadron_proc::Stat;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult};
use crate::request::KillProcess;

/// Opens a process that is still running; None when it has exited (a zombie has): a later process with the same pid is
/// not the one that was meant.
///
/// The pidfd is opened before the start time is read: the process that was meant had its pid before, so
/// if the start time is the right one, then the pidfd can be no other's.
fn open(pid: i32, start_time: u64) -> OpResult<Option<OwnedFd>> {
    let raw = pid;
    // Pid takes no negative number.
    let Some(pid) = Pid::from_raw(raw.max(0)) else {
        let message = format!("the pid {raw} names no process: it must be above 0");
        return Err(OpError::invalid(message));
    };
    let pidfd = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        // Other than ESRCH: the number belongs to a thread by now, whose process has another pid.
        Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => return Ok(None),
        Err(errno) => {
            return Err(OpError::os(
                errno,
                format!("the process {raw} cannot be watched"),
            ));
        }
    };
    let stat = read_stat(raw.cast_unsigned())?;
    let runs = |stat: Stat| !stat.has_exited() && stat.start_time == start_time;
    Ok(stat.is_some_and(runs).then_some(pidfd))
}

/// Field 22 of proc_pid_stat(5), of a process that is there, or a zombie.
pub fn start_time(pid: u32) -> OpResult<u64> {
    read_stat(pid)?
        .map(|stat| stat.start_time)
        .ok_or_else(|| OpError::new(Errno::SRCH, format!("there is no process {pid}")))
}

/// Sends a signal, never to another process than the one that was meant. `gone`: it had exited already.
pub fn kill(request: &KillProcess) -> OpResult<Reply> {
    let signal = Signal::from_named_raw(request.signal).ok_or_else(|| {
        OpError::invalid(format!(
            "there is no signal {}: take 1 to 31 as in signal(7)",
            request.signal
        ))
    })?;
    let Some(pidfd) = open(request.pid, request.start_time)? else {
        return Ok(Reply::of(json!({ "gone": true })));
    };
    match rustix::process::pidfd_send_signal(&pidfd, signal) {
        Ok(()) => Ok(Reply::of(json!({ "gone": false }))),
        Err(Errno::SRCH) => Ok(Reply::of(json!({ "gone": true }))),
        Err(errno) => Err(OpError::os(
            errno,
            format!("the process {} cannot be killed", request.pid),
        )),
    }
}

fn read_stat(pid: u32) -> OpResult<Option<Stat>> {
    hadron_proc::stat(pid).map_err(|error| match Errno::from_io_error(&error) {
        Some(errno) => OpError::os(errno, format!("/proc/{pid}/stat cannot be read")),
        None => OpError::new(
            Errno::IO,
            format!("/proc/{pid}/stat is not as proc_pid_stat(5) describes it"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};

    fn start_time(child: &Child) -> u64 {
        super::start_time(child.id()).unwrap()
    }

    fn kill_request(child: &Child, start_time: u64, signal: i32) -> KillProcess {
        KillProcess {
            pid: child.id().cast_signed(),
            start_time,
            signal,
        }
    }

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn kills_the_process_that_was_meant() {
        let mut child = sleeper();
        let time = start_time(&child);
        let reply = kill(&kill_request(&child, time, 9)).unwrap();
        assert_eq!(reply.value(), &json!({ "gone": false }));
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        let reply = kill(&kill_request(&child, time, 9)).unwrap();
        assert_eq!(reply.value(), &json!({ "gone": true }));
    }

    #[test]
    fn spares_a_later_process_with_the_same_pid() {
        let mut child = sleeper();
        let time = start_time(&child);
        let reply = kill(&kill_request(&child, time + 1, 9)).unwrap();
        assert_eq!(reply.value(), &json!({ "gone": true }));
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        // A zombie: it is not waited for yet.
        let pidfd = open(child.id().cast_signed(), time).unwrap();
        if let Some(pidfd) = pidfd {
            let mut fds = [rustix::event::PollFd::new(
                &pidfd,
                rustix::event::PollFlags::IN,
            )];
            rustix::event::poll(&mut fds, None).unwrap();
        }
        assert!(open(child.id().cast_signed(), time).unwrap().is_none());
        child.wait().unwrap();
    }

    #[test]
    fn refuses_what_names_no_process() {
        for pid in [0, -1, i32::MIN] {
            assert_eq!(open(pid, 0).unwrap_err().errno, Errno::INVAL);
        }
        // Above the kernel's largest pid.
        assert!(open(4_194_305, 0).unwrap().is_none());
        let request = KillProcess {
            pid: 1,
            start_time: 0,
            signal: 99,
        };
        assert!(kill(&request).unwrap_err().message.contains("signal 99"));
    }
}
