//! Unix sockets, and descriptors that travel over them.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::Mode;
use rustix::io::{Errno, IoSlice};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
    SocketFlags, SocketType,
};
use serde_json::json;

use crate::answers::Reply;
use crate::descriptor;
use crate::error::{OpError, OpResult, check_path};
use crate::request::{ListenUnix, SendFds};

/// The kernel queues so much in one piece: a message is sent as a whole or not at all.
const MAX_DATA_BYTES: usize = 16 * 1024;
/// SCM_MAX_FD.
const MAX_FDS: usize = 253;
const MAX_TIMEOUT_MS: u64 = 60_000;
/// sun_path with its final zero byte is 108 bytes long.
const MAX_PATH_BYTES: usize = 107;

/// Two connected stream sockets, non-blocking, close-on-exec.
pub fn socketpair() -> OpResult<Reply> {
    let (one, other) = rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )
    .map_err(|errno| OpError::os(errno, "a pair of sockets cannot be made"))?;
    Ok(Reply::with_fds(
        json!({ "fds": [one.as_raw_fd(), other.as_raw_fd()] }),
        vec![one, other],
    ))
}

/// A listening stream socket (blocking, close-on-exec) that only its owner can connect to.
pub fn listen_unix(request: &ListenUnix) -> OpResult<Reply> {
    let path = &request.path;
    check_path("socket path", path)?;
    if path.len() > MAX_PATH_BYTES {
        let length = path.len();
        let message = format!(
            "the socket path {path:?} is {length} bytes long; at most {MAX_PATH_BYTES} are allowed"
        );
        return Err(OpError::new(Errno::NAMETOOLONG, message));
    }
    let failed = |errno| {
        let hint = if errno == Errno::ADDRINUSE {
            "; remove that file if nobody serves it"
        } else {
            ""
        };
        OpError::os(errno, format!("the socket {path:?} cannot be made{hint}"))
    };
    let address = SocketAddrUnix::new(path.as_str()).map_err(failed)?;
    let socket = rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .map_err(failed)?;
    // bind gives the file the mode of the socket: it never exists with a wider one, and the process's
    // umask stays as it is.
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR).map_err(failed)?;
    rustix::net::bind(&socket, &address).map_err(failed)?;
    if let Err(errno) = rustix::net::listen(&socket, request.backlog) {
        let _ = rustix::fs::unlink(path.as_str());
        return Err(failed(errno));
    }
    Ok(Reply::with_fds(
        json!({ "fd": socket.as_raw_fd() }),
        vec![socket],
    ))
}

/// Sends `data` together with the descriptors, as one message: all of it, or an error and nothing.
pub fn send_fds(request: &SendFds) -> OpResult<Reply> {
    let SendFds {
        socket,
        data,
        fds,
        timeout_ms,
    } = request;
    if data.is_empty() || data.len() > MAX_DATA_BYTES || fds.is_empty() || fds.len() > MAX_FDS {
        return Err(OpError::invalid(format!(
            "{} bytes and {} descriptors cannot be sent: 1 to {MAX_DATA_BYTES} bytes and 1 to {MAX_FDS} descriptors can",
            data.len(),
            fds.len(),
        )));
    }
    let socket_fd = descriptor::borrow(*socket)?;
    let fds = fds
        .iter()
        .map(|fd| descriptor::borrow(*fd))
        .collect::<OpResult<Vec<_>>>()?;
    let deadline = Instant::now() + Duration::from_millis((*timeout_ms).min(MAX_TIMEOUT_MS));
    loop {
        match send_once(socket_fd, data.as_bytes(), &fds) {
            Ok(sent) if sent == data.len() => return Ok(Reply::empty()),
            Ok(sent) => {
                let message = format!(
                    "the socket {socket} took {sent} of {} bytes; close it",
                    data.len()
                );
                return Err(OpError::new(Errno::PROTO, message));
            }
            Err(Errno::AGAIN) => wait_writable(socket_fd, deadline, *timeout_ms)?,
            Err(Errno::INTR) => {}
            Err(errno) => {
                return Err(OpError::os(
                    errno,
                    format!("descriptors cannot be sent over the socket {socket}"),
                ));
            }
        }
    }
}

fn send_once(
    socket: BorrowedFd<'_>,
    data: &[u8],
    fds: &[BorrowedFd<'_>],
) -> rustix::io::Result<usize> {
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(fds.len()))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(Errno::NOMEM);
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    rustix::net::sendmsg(socket, &[IoSlice::new(data)], &mut control, flags)
}

fn wait_writable(socket: BorrowedFd<'_>, deadline: Instant, timeout_ms: u64) -> OpResult<()> {
    let left = deadline.saturating_duration_since(Instant::now());
    let timed_out = || {
        let message = format!(
            "nobody read from the socket {} within {timeout_ms} ms",
            socket.as_raw_fd()
        );
        OpError::new(Errno::TIMEDOUT, message)
    };
    let timeout = Timespec::try_from(left).map_err(|_| timed_out())?;
    let mut fds = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::OUT)];
    match rustix::event::poll(&mut fds, Some(&timeout)) {
        Ok(0) => Err(timed_out()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(OpError::os(
            errno,
            format!("the socket {} cannot be waited for", socket.as_raw_fd()),
        )),
    }
}

#[cfg(test)]
mod tests;
