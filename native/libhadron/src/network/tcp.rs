//! Listeners of TCP, whose connections are joined with servers of a guest.

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SocketAddrAny, SocketFlags, SocketType, sockopt};
use serde_json::json;

use crate::answers::Reply;
use crate::descriptor;
use crate::error::{OpError, OpResult};
use crate::request::{Descriptor, ListenTcp};

/// Connections that wait to be taken.
pub const BACKLOG: i32 = 128;

pub fn listen(request: &ListenTcp) -> OpResult<Reply> {
    let address = SocketAddr::from((request.address, request.port));
    let failed = |errno| OpError::os(errno, format!("{address} cannot be listened on"));
    let family = SocketAddrAny::from(address).address_family();
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let open = || {
        let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
        if address.is_ipv6() {
            sockopt::set_ipv6_v6only(&socket, request.ipv6_only)?;
        }
        // Connections of one that was there before may linger.
        sockopt::set_socket_reuseaddr(&socket, true)?;
        rustix::net::bind(&socket, &address)?;
        rustix::net::listen(&socket, BACKLOG)?;
        Ok(socket)
    };
    let socket: OwnedFd = open().map_err(failed)?;
    Ok(Reply::with_fds(
        json!({ "fd": socket.as_raw_fd() }),
        vec![socket],
    ))
}

/// Takes one. No descriptor and port 0: whoever connected is gone again.
pub fn accept(listener: BorrowedFd<'_>) -> OpResult<Reply> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let connection = match rustix::net::accept_with(listener, flags) {
        Ok(connection) => connection,
        Err(Errno::AGAIN | Errno::CONNABORTED | Errno::INTR) => {
            return Ok(nobody());
        }
        Err(errno) => {
            let what = "a connection cannot be taken";
            return Err(OpError::os(errno, what));
        }
    };
    let address = rustix::net::getsockname(&connection)
        .and_then(SocketAddr::try_from)
        .map_err(|errno| OpError::os(errno, "a connection does not say whom it is for"))?;
    if address.port() == 0 {
        return Ok(nobody());
    }
    // A listener of both families has IPv4 addresses in IPv6's form.
    let ip = address.ip().to_canonical();
    let number = connection.as_raw_fd();
    Ok(Reply::with_fds(
        json!({ "fds": [number], "port": address.port(), "address": ip.to_string() }),
        vec![connection],
    ))
}

fn nobody() -> Reply {
    Reply::of(json!({ "fds": [], "port": 0, "address": "" }))
}

/// Its last close tells the other side that there is nobody, as an answer to its SYN would have done.
pub fn refuse(request: &Descriptor) -> OpResult<Reply> {
    sockopt::set_socket_linger(descriptor::borrow(request.fd)?, Some(Duration::ZERO))
        .map_err(|errno| OpError::os(errno, "the connection cannot be refused"))?;
    Ok(Reply::empty())
}
