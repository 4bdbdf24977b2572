//! A join: one host port, one file descriptor, and what was received for it but not written yet.

use std::collections::VecDeque;
use std::io::IoSlice;

use rustix::io::{Errno, Result};
use rustix::net::Shutdown;
use vm_memory::bitmap::BitmapSlice;
use vm_memory::{Bytes, VolatileSlice};

use crate::chain;
use crate::datagrams;
use crate::direction::Direction;
use crate::error::Broken;
use crate::header::{SHUTDOWN_RECEIVE, SHUTDOWN_SEND};
use crate::joined_fd::JoinedFd;
use crate::stream::Key;

/// A buffer that is larger than this is given back when it runs empty, in bytes.
const KEEP: usize = 64 * 1024;

/// The end of a join.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    /// The host port that the join was known by.
    pub port: u32,
    /// Bytes moved, both directions together.
    pub bytes: u64,
    /// `None`: the stream came to its ordinary end.
    pub error: Option<Broken>,
}

/// Where a join stands.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Waits for the guest to open a stream.
    Reserved,
    /// Belongs to a stream.
    Connected(Key),
    /// The stream is gone; what it had brought is still to be written, then this is the end.
    Draining(Option<Broken>),
}

#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) port: u32,
    /// The port that its stream has come to, if that takes several.
    pub(crate) door: Option<u32>,
    pub(crate) direction: Direction,
    pub(crate) phase: Phase,
    pub(crate) fd: JoinedFd,
    /// Differs between joins that have the same port one after the other.
    pub(crate) generation: u32,
    pub(crate) bytes: u64,
    /// Nothing more will be read from `fd`.
    pub(crate) input_done: bool,
    /// Nothing more will be written to `fd`.
    pub(crate) output_done: bool,
    buffer: VecDeque<u8>,
    /// What was received of a datagram socket for the guest, and had no room there.
    left: VecDeque<u8>,
}

impl Join {
    pub(crate) fn new(port: u32, direction: Direction, generation: u32, fd: JoinedFd) -> Self {
        Join {
            port,
            door: None,
            direction,
            phase: Phase::Reserved,
            fd,
            generation,
            bytes: 0,
            input_done: !direction.reads_fd(),
            output_done: !direction.writes_fd(),
            buffer: VecDeque::new(),
            left: VecDeque::new(),
        }
    }

    /// Takes a payload out of guest memory: straight into `fd` as far as it takes it, the rest into
    /// the buffer (whose size the credit bounds). Returns the bytes that `fd` took.
    pub(crate) fn take<B: BitmapSlice>(
        &mut self,
        mut pieces: Vec<VolatileSlice<'_, B>>,
    ) -> Result<usize> {
        let mut written = 0;
        while self.direction != Direction::Datagrams
            && self.buffer.is_empty()
            && self.fd.writable
            && !pieces.is_empty()
        {
            if let Some(count) = self.fd.write(|fd| chain::write_from_guest(fd, &pieces))? {
                written += count;
                chain::advance(&mut pieces, count);
            }
        }
        self.bytes += written as u64;
        let mut chunk = [0; 4096];
        for piece in pieces {
            let mut at = 0;
            while let Ok(rest) = piece.offset(at) {
                let count = rest.copy_to(&mut chunk[..]);
                if count == 0 {
                    break;
                }
                self.buffer.extend(&chunk[..count]);
                at += count;
            }
        }
        if self.direction == Direction::Datagrams {
            written = self.flush()?;
        }
        Ok(written)
    }

    /// Writes out of the buffer what `fd` takes. Returns the bytes.
    pub(crate) fn flush(&mut self) -> Result<usize> {
        let mut written = 0;
        while self.direction == Direction::Datagrams && self.fd.writable {
            let buffer = &mut self.buffer;
            match self.fd.write(|fd| datagrams::send_first(fd, buffer))? {
                None | Some(0) => break,
                Some(count) => written += count,
            }
        }
        while self.direction != Direction::Datagrams && !self.buffer.is_empty() && self.fd.writable
        {
            let (first, second) = self.buffer.as_slices();
            let vectors = [IoSlice::new(first), IoSlice::new(second)];
            let count = self.fd.write(|fd| {
                loop {
                    match rustix::io::writev(fd, &vectors) {
                        Err(Errno::INTR) => {}
                        result => return result,
                    }
                }
            })?;
            if let Some(count) = count {
                self.buffer.drain(..count);
                written += count;
            }
        }
        if self.buffer.is_empty() && self.buffer.capacity() > KEEP {
            self.buffer = VecDeque::new();
        }
        self.bytes += written as u64;
        Ok(written)
    }

    /// Reads what there is for the guest into its memory. 0 is the end; `None`: nothing now.
    pub(crate) fn read<B: BitmapSlice>(
        &mut self,
        pieces: &[VolatileSlice<'_, B>],
    ) -> Result<Option<usize>> {
        if self.direction != Direction::Datagrams {
            return self.fd.read(|fd| chain::read_into_guest(fd, pieces));
        }
        if self.left.is_empty() {
            let left = &mut self.left;
            let received = self
                .fd
                .read(|fd| datagrams::receive(fd, left).map(usize::from))?;
            if received != Some(1) {
                return Ok(None);
            }
        }
        let mut total = 0;
        for piece in pieces {
            let rest = &self.left.make_contiguous()[total..];
            total += piece.write(rest, 0).unwrap_or(0);
        }
        self.left.drain(..total);
        if self.left.is_empty() {
            self.left = VecDeque::new();
        }
        Ok(Some(total))
    }

    /// Whether there may be something for the guest.
    pub(crate) fn is_readable(&self) -> bool {
        !self.input_done && (self.fd.readable || !self.left.is_empty())
    }

    /// Whether nothing waits to be written that anybody would miss.
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty() || self.direction == Direction::Datagrams
    }

    /// Draws the consequences of what the guest has shut down; true when nothing is left to do.
    pub(crate) fn settle(&mut self, guest_shutdown: u32) -> bool {
        if guest_shutdown & SHUTDOWN_SEND != 0 && !self.output_done && self.is_empty() {
            self.output_done = true;
            // Datagrams have no end of their own: who sends no more wants no answers either.
            self.input_done |= self.direction == Direction::Datagrams;
            if self.direction == Direction::Both {
                self.fd.shut(Shutdown::Write);
            }
        }
        if guest_shutdown & SHUTDOWN_RECEIVE != 0 && !self.input_done {
            self.input_done = true;
            if self.direction == Direction::Both {
                self.fd.shut(Shutdown::Read);
            }
        }
        self.input_done && self.output_done
    }

    pub(crate) fn into_ended(self, error: Option<Broken>) -> Ended {
        Ended {
            port: self.port,
            bytes: self.bytes,
            error,
        }
    }
}
