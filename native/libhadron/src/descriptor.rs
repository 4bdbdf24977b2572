//! File descriptors that come from the caller as numbers.

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use rustix::io::Errno;

use crate::error::{OpError, OpResult};

/// The descriptor of a request, for the time of that request.
pub fn borrow<'fd>(fd: RawFd) -> OpResult<BorrowedFd<'fd>> {
    if fd < 0 {
        return Err(OpError::new(
            Errno::BADF,
            format!("{fd} is not a file descriptor: it must not be negative"),
        ));
    }
    // SAFETY: it is not -1. The caller keeps it open until the answer (the contract of every request
    // that names a descriptor); a caller that does not gets EBADF from the kernel or acts on another of
    // its own descriptors: no memory depends on it.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Another one for the same, which outlives the request. `failed`: the error's sentence.
pub fn duplicate(fd: RawFd, failed: &str) -> OpResult<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(borrow(fd)?, 0).map_err(|errno| OpError::os(errno, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_descriptor() {
        for fd in [-1, i32::MIN] {
            assert_eq!(borrow(fd).unwrap_err().errno, Errno::BADF);
        }
    }
}
