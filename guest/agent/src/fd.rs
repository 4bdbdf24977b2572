//! Small things about descriptors.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::error::{Error, Result};

/// Makes reads and writes answer EAGAIN instead of blocking the only thread.
pub fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    let flags = fcntl(fd.as_raw_fd(), FcntlArg::F_GETFL)?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(fd.as_raw_fd(), FcntlArg::F_SETFL(flags))?;
    Ok(())
}

/// /dev/null, for what `access` says: `O_RDONLY`, `O_WRONLY` or `O_RDWR`.
pub fn null(access: libc::c_int) -> Result<OwnedFd> {
    // SAFETY: the path is a C string.
    let fd = unsafe { libc::open(c"/dev/null".as_ptr(), access | libc::O_CLOEXEC) };
    if fd == -1 {
        return Err(Error::os(
            "cannot open /dev/null",
            io::Error::last_os_error(),
        ));
    }
    // SAFETY: fd is a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
