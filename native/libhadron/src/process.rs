//! Processes, named by their pid and start time, held by pidfds.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult};
use crate::request::KillProcess;

/// What proc_pid_stat(5) says of a process.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: u8,
    /// Field 22, in clock ticks since boot.
    start_time: u64,
}

/// Opens a process that is still running; None when it has exited (a zombie has): a later process with the same pid is
/// not the one that was meant.
///
/// The pidfd is opened before the start time is read: the process that was meant had its pid before, so
/// if the start time is the right one, then the pidfd can be no other's.
fn open(pid: i32, start_time: u64) -> OpResult<Option<OwnedFd>> {
    let raw = pid;
    // Pid takes no negative number.
    let Some(pid) = Pid::from_raw(raw.max(0)) else {
        let message = format!("The pid {raw} names no process: it must be above 0.");
        return Err(OpError::invalid(message));
    };
    let pidfd = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        // Other than ESRCH: the number belongs to a thread by now, whose process has another pid.
        Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => return Ok(None),
        Err(errno) => {
            return Err(OpError::os(
                errno,
                format!("The process {raw} cannot be watched"),
            ));
        }
    };
    let Some(stat) = read_stat(raw)? else {
        return Ok(None);
    };
    if matches!(stat.state, b'Z' | b'X') || start_time != stat.start_time {
        return Ok(None);
    }
    Ok(Some(pidfd))
}

/// Field 22 of proc_pid_stat(5), of a process that is there, or a zombie.
pub fn start_time(pid: i32) -> OpResult<u64> {
    read_stat(pid)?
        .map(|stat| stat.start_time)
        .ok_or_else(|| OpError::new(Errno::SRCH, format!("There is no process {pid}.")))
}

/// Sends a signal, never to another process than the one that was meant. `gone`: it had exited already.
pub fn kill(request: &KillProcess) -> OpResult<Reply> {
    let signal = Signal::from_named_raw(request.signal).ok_or_else(|| {
        OpError::invalid(format!(
            "There is no signal {}: take 1 to 31 as in signal(7).",
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
            format!("The process {} cannot be killed", request.pid),
        )),
    }
}

fn read_stat(pid: i32) -> OpResult<Option<Stat>> {
    let path = format!("/proc/{pid}/stat");
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) => {
            let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
            return match errno {
                Errno::NOENT | Errno::SRCH => Ok(None),
                errno => Err(OpError::os(errno, format!("{path} cannot be read"))),
            };
        }
    };
    parse_stat(&text).map(Some).ok_or_else(|| {
        OpError::new(
            Errno::IO,
            format!("{path} is not as proc_pid_stat(5) describes it."),
        )
    })
}

/// The second field, the program's name, may contain anything: only the last ")" is surely its end.
fn parse_stat(text: &[u8]) -> Option<Stat> {
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(text.get(end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    // The state is field 3, the next one is field 4.
    let start_time = fields.nth(22 - 4)?.parse().ok()?;
    Some(Stat { state, start_time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};

    fn start_time(child: &Child) -> u64 {
        super::start_time(child.id().cast_signed()).unwrap()
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
    fn names_with_parentheses_and_spaces() {
        let rest = "S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 1";
        for name in ["cat", "a) R 7 (b", ") ", "(", "Z) Z 1 1"] {
            let text = format!("4242 ({name}) {rest}\n");
            assert_eq!(
                parse_stat(text.as_bytes()),
                Some(Stat {
                    state: b'S',
                    start_time: 987_654
                })
            );
        }
        for text in ["", "4242 (cat", "4242 (cat) S 1 2", "4242 (cat)"] {
            assert_eq!(parse_stat(text.as_bytes()), None);
        }
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
