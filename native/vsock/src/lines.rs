//! A control socket: JSON, one object a line, with descriptors as SCM_RIGHTS. This crate's protocol and that of a VMM are spoken over it.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendFlags, recvmsg, send,
};
use serde::Serialize;
use thiserror::Error;

/// What is looked at at once.
const PIECE: usize = 4096;
/// When so many bytes wait to be read by the other side, no more requests are taken.
const MAX_BACKLOG: usize = 256 * 1024;
/// The most that one message can bring (unix(7), SCM_RIGHTS).
const MAX_DESCRIPTORS: usize = 253;

/// A request as it came.
#[derive(Debug)]
pub struct Line {
    /// Without its line feed.
    pub text: Vec<u8>,
    /// What came with it: in a message that begins in this line.
    pub descriptors: Result<Vec<OwnedFd>, DescriptorsLost>,
}

/// This process had no room for what came with a request.
#[derive(Debug, Error)]
#[error("descriptors of the request were lost: the limit on open files is too low")]
pub struct DescriptorsLost;

/// What there is to be read.
#[derive(Debug)]
pub enum Received {
    /// A request that has come whole.
    Line(Line),
    /// None yet.
    Nothing,
    /// The other side is gone.
    End,
}

/// This process's end of the socket.
#[derive(Debug)]
pub struct Lines {
    socket: OwnedFd,
    longest: usize,
    input: Vec<u8>,
    descriptors: Vec<OwnedFd>,
    lost: bool,
    output: VecDeque<u8>,
}

impl Lines {
    /// On a connected unix stream socket, whose flags are left alone; a request has at most `longest` bytes.
    #[must_use]
    pub fn new(socket: OwnedFd, longest: usize) -> Self {
        Lines {
            socket,
            longest,
            input: Vec::new(),
            descriptors: Vec::new(),
            lost: false,
            output: VecDeque::new(),
        }
    }

    /// Whether requests may be taken; else the socket is to be polled for writing only.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.output.len() < MAX_BACKLOG
    }

    /// Whether something waits to be written.
    #[must_use]
    pub fn wants_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Takes what has come of one request. There may be more.
    ///
    /// # Errors
    /// When the socket fails, or a request is too long.
    pub fn receive(&mut self) -> io::Result<Received> {
        // Never over the end of a line: what is read at once may be several messages, of which only the last one can have
        // descriptors (unix(7)), and nothing says where that begins.
        let mut bytes = [0; PIECE];
        let mut none = RecvAncillaryBuffer::new(&mut []);
        let length = match take(&self.socket, &mut bytes, &mut none, RecvFlags::PEEK)? {
            None => return Ok(Received::Nothing),
            Some((0, _)) => return Ok(Received::End),
            Some((count, _)) => {
                let end = bytes.iter().take(count).position(|byte| *byte == b'\n');
                end.map_or(count, |end| end + 1)
            }
        };
        let piece = bytes.get_mut(..length).unwrap_or_default();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC;
        let Some((count, flags)) = take(&self.socket, piece, &mut ancillary, flags)? else {
            return Ok(Received::Nothing);
        };
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        self.lost |= flags.contains(ReturnFlags::CTRUNC);
        self.input.extend(piece.iter().take(count));
        if self.input.len() > self.longest {
            return Err(io::Error::other(format!(
                "a request is longer than {} bytes",
                self.longest
            )));
        }
        if self.input.last() != Some(&b'\n') {
            return Ok(Received::Nothing);
        }
        self.input.pop();
        let descriptors = std::mem::take(&mut self.descriptors);
        Ok(Received::Line(Line {
            text: std::mem::take(&mut self.input),
            descriptors: match std::mem::take(&mut self.lost) {
                false => Ok(descriptors),
                true => Err(DescriptorsLost),
            },
        }))
    }

    /// Has a message written when the socket takes it.
    pub fn push(&mut self, message: &impl Serialize) {
        // What is said is numbers and strings, which always serialise.
        if serde_json::to_writer(&mut self.output, message).is_ok() {
            self.output.push_back(b'\n');
        }
    }

    /// Writes what the socket takes.
    ///
    /// # Errors
    /// When the socket fails.
    pub fn send(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            let (first, _) = self.output.as_slices();
            match send(
                &self.socket,
                first,
                SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
            ) {
                Ok(count) => {
                    self.output.drain(..count);
                }
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }
}

impl AsFd for Lines {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// How many bytes, and how; 0 are the end. `None`: nothing is there.
fn take(
    socket: &OwnedFd,
    bytes: &mut [u8],
    ancillary: &mut RecvAncillaryBuffer<'_>,
    flags: RecvFlags,
) -> io::Result<Option<(usize, ReturnFlags)>> {
    let bytes = &mut [IoSliceMut::new(bytes)];
    match recvmsg(socket, bytes, ancillary, RecvFlags::DONTWAIT | flags) {
        Ok(message) => Ok(Some((message.bytes, message.flags))),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        // The other side has gone without reading what it was told.
        Err(Errno::CONNRESET) => Ok(Some((0, ReturnFlags::empty()))),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests;
