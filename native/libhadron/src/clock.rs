//! The host's CLOCK_REALTIME.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use crate::error::{OpError, OpResult};

/// A descriptor that is readable once the clock was set or the machine has slept (timerfd_create(2)).
pub fn set_event() -> OpResult<OwnedFd> {
    let failed = || {
        let errno = Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO);
        OpError::os(errno, "the host's clock cannot be watched")
    };
    // SAFETY: makes a new descriptor.
    let raw = unsafe {
        libc::timerfd_create(libc::CLOCK_REALTIME, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK)
    };
    if raw == -1 {
        return Err(failed());
    }
    // SAFETY: raw is a new descriptor that nobody else owns.
    let timer = unsafe { OwnedFd::from_raw_fd(raw) };
    // Far beyond the time that a file system can write down.
    let never = libc::itimerspec {
        it_interval: libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        },
        it_value: libc::timespec {
            tv_sec: i64::from(u32::MAX),
            tv_nsec: 0,
        },
    };
    let flags = libc::TFD_TIMER_ABSTIME | libc::TFD_TIMER_CANCEL_ON_SET;
    // SAFETY: never outlives the call; the old value is not asked for.
    let result =
        unsafe { libc::timerfd_settime(timer.as_raw_fd(), flags, &never, std::ptr::null_mut()) };
    if result == -1 {
        return Err(failed());
    }
    Ok(timer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    #[test]
    fn tells_that_the_clock_was_set_and_nothing_else() {
        let event = set_event().unwrap();
        let is_readable = || {
            let mut fds = [PollFd::new(&event, PollFlags::IN)];
            poll(&mut fds, Some(&Timespec::default())).unwrap() == 1
        };
        assert!(!is_readable());
        // By a microsecond and back: whoever runs this keeps the time. Nothing at all would not count as a change.
        let shift = |seconds, microseconds| {
            // SAFETY: all-zero is a valid timex, and it outlives the call.
            unsafe {
                let mut change: libc::timex = std::mem::zeroed();
                change.modes = libc::ADJ_SETOFFSET;
                change.time = libc::timeval {
                    tv_sec: seconds,
                    tv_usec: microseconds,
                };
                libc::adjtimex(&raw mut change)
            }
        };
        if shift(0, 1) == -1 {
            // Where nobody may set the clock, nobody does.
            let error = std::io::Error::last_os_error();
            assert_eq!(error.raw_os_error(), Some(libc::EPERM));
            return;
        }
        assert_ne!(shift(-1, 999_999), -1);
        assert!(is_readable());
    }
}
