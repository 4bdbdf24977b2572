//! Requests to rtnetlink(7) over a socket that stays in the network namespace in which it was opened.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// The kernel fills at most 32 KiB at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// The kernel answers while it is asked; nothing that works takes a thousandth of it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How often a dump is begun anew because something changed meanwhile. The last one counts, whatever it has missed: whoever
/// reads also listens to changes, and reads again.
const DUMPS: usize = 4;

/// Opens one in the calling thread's namespace. `groups`: RTMGRP_*, what it is told of without having asked.
pub fn open(groups: u32) -> rustix::io::Result<OwnedFd> {
    // NETLINK_ROUTE is 0, which is no protocol to rustix.
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(TIMEOUT))?;
    rustix::net::bind(&socket, &SocketAddrNetlink::new(0, groups))?;
    Ok(socket)
}

/// Takes out what is waiting, unread. False when nothing was.
pub fn drain(socket: BorrowedFd<'_>) -> bool {
    let mut buffer = [0; 4096];
    let mut any = false;
    loop {
        match rustix::net::recv(socket, &mut buffer[..], RecvFlags::DONTWAIT) {
            // ENOBUFS, once: the kernel had more to tell than the socket holds.
            Ok(_) | Err(Errno::NOBUFS) => any = true,
            Err(Errno::INTR) => {}
            Err(_) => return any,
        }
    }
}

/// A request socket; one request at a time.
pub struct Netlink<'fd> {
    socket: BorrowedFd<'fd>,
    buffer: Vec<u8>,
}

impl<'fd> Netlink<'fd> {
    pub fn new(socket: BorrowedFd<'fd>) -> Self {
        Self {
            socket,
            buffer: vec![0; BUFFER_BYTES],
        }
    }

    /// Has something changed. `flags`: NLM_F_CREATE and the like.
    pub fn change(&mut self, message: RouteNetlinkMessage, flags: u16) -> Result<(), Failed> {
        let sequence = self.send(message, NLM_F_ACK | flags)?;
        self.receive(sequence, |_| Ok(()))?;
        Ok(())
    }

    /// Everything of a kind.
    pub fn dump(
        &mut self,
        message: &RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>, Failed> {
        let mut answers = Vec::new();
        for _ in 0..DUMPS {
            answers.clear();
            let sequence = self.send(message.clone(), NLM_F_DUMP)?;
            let whole = self.receive(sequence, |answer| {
                answers.push(answer);
                Ok(())
            })?;
            if whole {
                break;
            }
        }
        Ok(answers)
    }

    fn send(&mut self, message: RouteNetlinkMessage, flags: u16) -> Result<u32, Failed> {
        static SEQUENCE: AtomicU32 = AtomicU32::new(1);
        let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        rustix::net::send(self.socket, &bytes, SendFlags::NOSIGNAL)?;
        Ok(sequence)
    }

    /// Until the end of the answer. False when what was read may not belong together.
    fn receive(
        &mut self,
        sequence: u32,
        mut take: impl FnMut(RouteNetlinkMessage) -> Result<(), Failed>,
    ) -> Result<bool, Failed> {
        let mut whole = true;
        loop {
            let (_, length) =
                retry(|| rustix::net::recv(self.socket, &mut self.buffer[..], RecvFlags::TRUNC))?;
            if length > self.buffer.len() {
                return Err(Failed::System(Errno::MSGSIZE));
            }
            let mut rest = &self.buffer[..length];
            while !rest.is_empty() {
                let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
                    .map_err(|error| Failed::Malformed(error.to_string()))?;
                let taken = usize::try_from(message.header.length)
                    .map_or(rest.len(), |length| length.next_multiple_of(4))
                    .min(rest.len());
                rest = &rest[taken..];
                // Of a request that was given up.
                if message.header.sequence_number != sequence {
                    continue;
                }
                whole &= message.header.flags & NLM_F_DUMP_INTR == 0;
                match message.payload {
                    NetlinkPayload::InnerMessage(answer) => take(answer)?,
                    NetlinkPayload::Done(_) => return Ok(whole),
                    NetlinkPayload::Error(error) => {
                        return match error.code {
                            None => Ok(whole),
                            Some(code) => Err(Errno::from_raw_os_error(-code.get()).into()),
                        };
                    }
                    _ => {}
                }
            }
        }
    }
}

fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

#[derive(Debug)]
pub enum Failed {
    System(Errno),
    /// The kernel said something that cannot be understood.
    Malformed(String),
}

impl From<Errno> for Failed {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}
