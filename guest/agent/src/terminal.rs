//! Pseudo terminals: receiving the master from the process that made it, its size, and its end.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

use crate::error::{Error, Result};

/// In characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Size {
    /// From the numbers of a request.
    pub fn new(width: u32, height: u32) -> Result<Self> {
        let fit = |name: &str, number: u32| {
            u16::try_from(number).map_err(|_| {
                Error::invalid(format!(
                    "a terminal's {name} is at most 65535, not {number}"
                ))
            })
        };
        Ok(Self {
            width: fit("width", width)?,
            height: fit("height", height)?,
        })
    }

    /// `None` when both are 0, which means the kernel's default.
    pub fn given(self) -> Option<Self> {
        (self.width != 0 || self.height != 0).then_some(self)
    }

    /// Sets the size of the terminal (master or slave) `fd`.
    pub fn set(self, fd: RawFd) -> io::Result<()> {
        let size = libc::winsize {
            ws_row: self.height,
            ws_col: self.width,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: size outlives the call.
        if unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, &raw const size) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

/// A terminal's master, of those who have it together. The last one that goes closes it, if nobody has hung up before.
#[derive(Clone)]
pub struct Master(Arc<Mutex<Option<OwnedFd>>>);

impl Master {
    /// Of one that nobody else has.
    pub fn new(fd: OwnedFd) -> Self {
        Self(Arc::new(Mutex::new(Some(fd))))
    }

    /// FAILED_PRECONDITION after the hang-up.
    pub fn resize(&self, size: Size) -> Result<()> {
        match &*self.lock() {
            Some(fd) => size
                .set(fd.as_raw_fd())
                .map_err(|error| Error::os("cannot resize the terminal", error)),
            None => Err(Error::precondition("the terminal was hung up")),
        }
    }

    /// Copies for who reads and for who writes; none of them may be left at the hang-up.
    pub fn copies(&self) -> Result<[OwnedFd; 2]> {
        let copy = || match &*self.lock() {
            Some(fd) => fd
                .try_clone()
                .map_err(|error| Error::os("cannot duplicate the terminal", error)),
            None => Err(Error::precondition("the terminal was hung up")),
        };
        Ok([copy()?, copy()?])
    }

    /// As a modem does that loses its line: SIGHUP for the session, and nobody reads or writes the slave any more.
    pub fn hang_up(&self) {
        self.lock().take();
    }

    fn lock(&self) -> MutexGuard<'_, Option<OwnedFd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The master that crun has sent to `listener` before it said that it is done.
pub fn accept_master(listener: &UnixListener) -> Result<OwnedFd> {
    let (stream, _) = listener
        .accept()
        .map_err(|error| Error::os("the container did not send its terminal", error))?;
    stream
        .set_nonblocking(true)
        .map_err(|error| Error::os("cannot read the container's terminal", error))?;
    receive_master(stream.as_raw_fd())
}

/// The master that lies in `socket` as SCM_RIGHTS.
fn receive_master(socket: RawFd) -> Result<OwnedFd> {
    let mut name = [0u8; 64];
    let mut buffers = [io::IoSliceMut::new(&mut name)];
    let mut space = nix::cmsg_space!([RawFd; 1]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC | MsgFlags::MSG_DONTWAIT;
    let message = recvmsg::<()>(socket, &mut buffers, Some(&mut space), flags)
        .map_err(|errno| Error::os("the process did not send its terminal", errno))?;
    let mut received: Vec<OwnedFd> = message
        .cmsgs()
        .map_err(|errno| Error::os("the process' terminal did not arrive", errno))?
        .filter_map(|control| match control {
            ControlMessageOwned::ScmRights(fds) => Some(fds),
            _ => None,
        })
        .flatten()
        // SAFETY: the kernel has just made these descriptors for us.
        .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
        .collect();
    match received.pop() {
        Some(master) => Ok(master),
        None => Err(Error::internal("the process sent no terminal")),
    }
}

/// Gives the slave to `uid`, so that the user may open /dev/tty's file again; the group stays "tty".
pub fn give_to(master: &OwnedFd, uid: u32) -> Result<()> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes open flags and answers a new descriptor.
    let slave = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags) };
    if slave == -1 {
        return Err(Error::os(
            "cannot open the terminal",
            io::Error::last_os_error(),
        ));
    }
    // SAFETY: slave is a new descriptor that nobody else owns.
    let slave = unsafe { OwnedFd::from_raw_fd(slave) };
    // SAFETY: slave is open; -1 leaves the group.
    if unsafe { libc::fchown(slave.as_raw_fd(), uid, u32::MAX) } == -1 {
        return Err(Error::os(
            "cannot give the terminal to its user",
            io::Error::last_os_error(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_no_terminal_has_is_refused() {
        assert!(Size::new(65535, 1).is_ok());
        let error = Size::new(1, 65536).expect_err("too high");
        assert_eq!(
            error.message,
            "a terminal's height is at most 65535, not 65536"
        );
    }

    #[test]
    fn zero_by_zero_means_the_default() {
        assert_eq!(
            Size {
                width: 0,
                height: 0
            }
            .given(),
            None
        );
        assert!(
            Size {
                width: 80,
                height: 0
            }
            .given()
            .is_some()
        );
    }
}
