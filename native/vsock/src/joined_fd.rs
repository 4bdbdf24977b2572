//! The host's side of a join: a file descriptor that is read or written without ever blocking.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::epoll;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::sockopt::socket_type;
use rustix::net::{Shutdown, SocketType, shutdown};

use crate::direction::Direction;
use crate::error::Refused;

/// A file descriptor that belongs to a join, registered with the muxer's epoll set.
///
/// Readiness is edge-triggered: a flag is set by an event and cleared by EAGAIN only. Files that
/// epoll refuses (regular files, /dev/null) are ready at all times.
#[derive(Debug)]
pub(crate) struct JoinedFd {
    fd: OwnedFd,
    epoll: Option<Arc<OwnedFd>>,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Both directions are shut down on the other side of a socket.
    pub(crate) hangup: bool,
}

impl JoinedFd {
    /// Checks that `fd` fits `direction`, sets O_NONBLOCK on its open file description (which
    /// whoever duplicated it shares) and registers it as `token`.
    ///
    /// # Errors
    /// What is wrong with `fd`.
    pub(crate) fn new(
        fd: OwnedFd,
        direction: Direction,
        epoll: &Arc<OwnedFd>,
        token: u64,
    ) -> Result<Self, Refused> {
        let failed = |what| move |errno| Refused::Descriptor { what, errno };
        let flags =
            fcntl_getfl(&fd).map_err(failed("the flags of the file descriptor cannot be read"))?;
        let mode = flags & OFlags::RWMODE;
        if flags.contains(OFlags::PATH)
            || (direction.reads_fd() && mode == OFlags::WRONLY)
            || (direction.writes_fd() && mode == OFlags::RDONLY)
        {
            return Err(Refused::Access(direction));
        }
        match direction {
            Direction::Both if socket_type(&fd) != Ok(SocketType::STREAM) => {
                return Err(Refused::NoStreamSocket);
            }
            Direction::Datagrams if socket_type(&fd) != Ok(SocketType::DGRAM) => {
                return Err(Refused::NoDatagramSocket);
            }
            _ => {}
        }
        fcntl_setfl(&fd, flags | OFlags::NONBLOCK)
            .map_err(failed("the file descriptor cannot be made non-blocking"))?;

        let mut interest = epoll::EventFlags::ET;
        if direction.reads_fd() {
            interest |= epoll::EventFlags::IN | epoll::EventFlags::RDHUP;
        }
        if direction.writes_fd() {
            interest |= epoll::EventFlags::OUT;
        }
        let data = epoll::EventData::new_u64(token);
        let epoll = match epoll::add(epoll, &fd, data, interest) {
            Ok(()) => Some(Arc::clone(epoll)),
            Err(Errno::PERM) => None,
            Err(errno) => return Err(failed("the file descriptor cannot be polled")(errno)),
        };
        Ok(JoinedFd {
            fd,
            epoll,
            readable: true,
            writable: true,
            hangup: false,
        })
    }

    /// shutdown(2) for sockets; nothing for everything else. That the other side is gone already
    /// is as good.
    pub(crate) fn shut(&self, how: Shutdown) {
        let _ = shutdown(&self.fd, how);
    }

    /// Notes what epoll reported.
    pub(crate) fn note(&mut self, flags: epoll::EventFlags) {
        use epoll::EventFlags as F;
        if flags.intersects(F::IN | F::RDHUP | F::HUP | F::ERR) {
            self.readable = true;
        }
        if flags.intersects(F::OUT | F::HUP | F::ERR) {
            self.writable = true;
        }
        if flags.contains(F::HUP) {
            self.hangup = true;
        }
    }

    /// Runs one read; EAGAIN becomes `None` and clears `readable`.
    pub(crate) fn read(
        &mut self,
        call: impl FnOnce(BorrowedFd<'_>) -> rustix::io::Result<usize>,
    ) -> rustix::io::Result<Option<usize>> {
        attempt(&mut self.readable, call(self.fd.as_fd()))
    }

    /// Runs one write; EAGAIN becomes `None` and clears `writable`.
    pub(crate) fn write(
        &mut self,
        call: impl FnOnce(BorrowedFd<'_>) -> rustix::io::Result<usize>,
    ) -> rustix::io::Result<Option<usize>> {
        attempt(&mut self.writable, call(self.fd.as_fd()))
    }
}

fn attempt(
    ready: &mut bool,
    result: rustix::io::Result<usize>,
) -> rustix::io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(Errno::AGAIN) => {
            *ready = false;
            Ok(None)
        }
        Err(errno) => Err(errno),
    }
}

impl Drop for JoinedFd {
    fn drop(&mut self) {
        // Closing would not take it out of the set while others hold the open file description.
        if let Some(epoll) = &self.epoll {
            let _ = epoll::delete(epoll, &self.fd);
        }
    }
}
