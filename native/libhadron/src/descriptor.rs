//! File descriptors that come from the caller as numbers.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult};

/// The descriptor of a request, for the time of that request.
pub fn borrow<'fd>(fd: RawFd) -> OpResult<BorrowedFd<'fd>> {
    if fd < 0 {
        return Err(OpError::new(
            Errno::BADF,
            format!("{fd} is not a file descriptor: it must not be negative."),
        ));
    }
    // SAFETY: it is not -1. The caller keeps it open until the answer (the contract of every request
    // that names a descriptor); a caller that does not gets EBADF from the kernel or acts on another of
    // its own descriptors: no memory depends on it.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

pub fn close(fd: RawFd) -> OpResult<Reply> {
    let fd = borrow(fd)?.as_raw_fd();
    // SAFETY: close takes any number; the request says that this descriptor is the caller's to close.
    let result = unsafe { libc::close(fd) };
    // Whatever close reports, Linux has closed the descriptor, except when there was none.
    if result == -1 && Errno::from_io_error(&std::io::Error::last_os_error()) == Some(Errno::BADF) {
        return Err(OpError::new(
            Errno::BADF,
            format!("The file descriptor {fd} is not open."),
        ));
    }
    Ok(Reply::empty())
}

pub fn dup(fd: RawFd) -> OpResult<Reply> {
    let copy = rustix::io::fcntl_dupfd_cloexec(borrow(fd)?, 3).map_err(|errno| {
        OpError::os(
            errno,
            format!("The file descriptor {fd} cannot be duplicated"),
        )
    })?;
    Ok(Reply::with_fds(
        json!({ "fd": copy.as_raw_fd() }),
        vec![copy],
    ))
}

pub fn pipe() -> OpResult<Reply> {
    let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .map_err(|errno| OpError::os(errno, "A pipe cannot be made"))?;
    let value = json!({ "read": read.as_raw_fd(), "write": write.as_raw_fd() });
    Ok(Reply::with_fds(value, vec![read, write]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_is_another_descriptor_of_the_same_file() {
        let (read, write) = std::io::pipe().unwrap();
        let reply = dup(write.as_raw_fd()).unwrap();
        let number = i32::try_from(reply.value()["fd"].as_i64().unwrap()).unwrap();
        assert_ne!(number, write.as_raw_fd());
        let copy = borrow(number).unwrap();
        assert!(
            rustix::io::fcntl_getfd(copy)
                .unwrap()
                .contains(rustix::io::FdFlags::CLOEXEC)
        );
        rustix::io::write(copy, b"x").unwrap();
        assert_eq!(rustix::io::read(&read, &mut [0; 2]).unwrap(), 1);
    }

    #[test]
    fn what_is_no_descriptor() {
        for fd in [-1, i32::MIN, i32::MAX] {
            assert_eq!(close(fd).unwrap_err().errno, Errno::BADF);
            assert_eq!(dup(fd).unwrap_err().errno, Errno::BADF);
        }
    }
}
