//! Datagrams in a stream: before each stands its length, two bytes, the higher one first.
//!
//! A datagram that its socket does not take (nobody listens, it is too long) is lost, as on any network.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;

use rustix::io::{Errno, Result};
use rustix::net::{RecvFlags, SendFlags, recv, send};

/// What stands before a datagram.
const PREFIX: usize = 2;

/// The longest datagram that its length can be said of.
const LONGEST: usize = u16::MAX as usize;

/// Sends the first datagram, if all of it is there. Returns the bytes that it took of the stream; 0: more have to come.
///
/// # Errors
/// EAGAIN: the socket takes none now.
pub(crate) fn send_first(fd: BorrowedFd<'_>, stream: &mut VecDeque<u8>) -> Result<usize> {
    let (Some(high), Some(low)) = (stream.front(), stream.get(1)) else {
        return Ok(0);
    };
    let end = PREFIX + usize::from(u16::from_be_bytes([*high, *low]));
    if stream.len() < end {
        return Ok(0);
    }
    let datagram = &stream.make_contiguous()[PREFIX..end];
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    if let Err(Errno::AGAIN) = send(fd, datagram, flags) {
        return Err(Errno::AGAIN);
    }
    stream.drain(..end);
    Ok(end)
}

/// Receives one and puts it into `stream`. `false`: there was none, but that an earlier one was lost.
///
/// # Errors
/// EAGAIN: there is none now.
pub(crate) fn receive(fd: BorrowedFd<'_>, stream: &mut VecDeque<u8>) -> Result<bool> {
    let mut buffer = vec![0; LONGEST];
    match recv(fd, &mut buffer[..], RecvFlags::DONTWAIT) {
        Ok((length, _)) => {
            // Not more than the buffer.
            stream.extend((length as u16).to_be_bytes());
            stream.extend(&buffer[..length]);
            Ok(true)
        }
        Err(Errno::AGAIN) => Err(Errno::AGAIN),
        Err(_) => Ok(false),
    }
}
