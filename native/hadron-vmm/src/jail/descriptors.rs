//! Which descriptors stay open.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use super::{Failure, Step};

/// Behind the three standard ones.
const FIRST: RawFd = 3;

/// Closes all but standard error, which takes the place of the other two standard ones as well (what somebody prints goes to the log),
/// and `kept`, whose numbers are above 2.
pub fn keep_only(kept: &[BorrowedFd<'_>]) -> Result<(), Failure> {
    let what = "inherited descriptors cannot be closed";
    let error = rustix::stdio::stderr();
    rustix::stdio::dup2_stdin(error).step(what)?;
    rustix::stdio::dup2_stdout(error).step(what)?;
    let mut numbers: Vec<RawFd> = kept.iter().map(AsRawFd::as_raw_fd).collect();
    numbers.sort_unstable();
    let mut from = FIRST;
    for number in numbers {
        close_range(from, number.saturating_sub(1)).step(what)?;
        from = number.saturating_add(1);
    }
    close_range(from, RawFd::MAX).step(what)
}

fn close_range(first: RawFd, last: RawFd) -> io::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: nothing in this process uses the descriptors that the caller does not keep: it has just begun, and inherited them.
    match unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
