//! The guest's buffers for packets that it receives.
//!
//! How long the next packet of a tap is nobody knows before it is read, so chains are taken ahead until the longest one fits,
//! and what a packet does not need is there for the next one.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::{io, sync::Arc};

use super::header::{BUFFER_COUNT, HEADER};
use crate::device::Failure;
use crate::devices::pieces::{Access, Pieces};
use crate::devices::ring::Ring;

/// The receiving queue.
pub struct Buffers {
    ring: Ring,
    /// Memory of `chains`, in their order.
    pieces: Pieces,
    chains: VecDeque<Chain>,
    /// A packet can be in several chains (VIRTIO_NET_F_MRG_RXBUF).
    mergeable: bool,
}

struct Chain {
    head: u16,
    bytes: usize,
}

impl Buffers {
    /// None taken yet.
    #[must_use]
    pub fn new(ring: Ring, mergeable: bool) -> Self {
        Buffers {
            pieces: Pieces::new(Arc::clone(ring.memory())),
            ring,
            chains: VecDeque::new(),
            mergeable,
        }
    }

    /// The queue.
    pub fn ring(&mut self) -> &mut Ring {
        &mut self.ring
    }

    /// Bytes of the longest packet, with its header, for which there is room.
    #[must_use]
    pub fn room(&self) -> usize {
        self.pieces.bytes()
    }

    /// Nothing that the driver could do would make more room for one packet.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let most = if self.mergeable {
            self.ring.size().into()
        } else {
            1
        };
        self.chains.len() >= most
    }

    /// Takes chains until there is room for `bytes`, or no more to be had. Tells whether there is; if not, the driver's next
    /// notification comes when it has given more.
    ///
    /// # Errors
    /// [`Failure::Guest`] for a chain that is no buffer.
    pub fn gather(&mut self, bytes: usize) -> Result<bool, Failure> {
        while self.room() < bytes && !self.is_full() {
            let Some(chain) = self.ring.take()? else {
                if self.ring.rearm()? {
                    continue;
                }
                return Ok(false);
            };
            let head = chain.head_index();
            let added = self.pieces.append(chain, Access::Write);
            // Virtio 1.2, section 5.1.6.3.1: the header fits at least.
            let Some(bytes) = added.ok().filter(|bytes| *bytes >= HEADER) else {
                return Err(Failure::Guest(format!(
                    "the chain {head} is no buffer for a packet"
                )));
            };
            self.chains.push_back(Chain { head, bytes });
        }
        Ok(self.room() >= bytes)
    }

    /// readv(2) into the chains that there are, and what is more into `rest`.
    ///
    /// # Errors
    /// As readv(2).
    pub fn read_from(&mut self, fd: BorrowedFd<'_>, rest: &mut [u8]) -> io::Result<usize> {
        self.pieces.read_from(fd, rest)
    }

    /// As of [`Pieces::receive_from`].
    ///
    /// # Errors
    /// As recvmsg(2).
    pub fn receive_from(
        &mut self,
        socket: BorrowedFd<'_>,
        range: (usize, usize),
        rest: &mut [u8],
    ) -> io::Result<usize> {
        self.pieces.receive_from(socket, range, rest)
    }

    /// Writes to the chains that there are.
    pub fn copy_in(&self, offset: usize, bytes: &[u8]) {
        self.pieces.copy_in(offset, bytes);
    }

    /// What is in the first `bytes` is a packet with its header, for which there is [`Self::room`]. The driver sees it, and is
    /// told by [`Ring::tell`].
    ///
    /// # Errors
    /// As of [`Ring::give_back`].
    pub fn complete(&mut self, bytes: usize) -> Result<(), Failure> {
        let (mut count, mut left, mut taken) = (0u16, bytes, 0);
        // A packet has a header, so that it takes one chain at least.
        while left > 0 {
            let Some(Chain { head, bytes }) = self.chains.pop_front() else {
                break;
            };
            let length = left.min(bytes);
            self.ring.give_back(head, length as u32)?;
            left -= length;
            taken += bytes;
            count += 1;
        }
        self.pieces.copy_in(BUFFER_COUNT, &count.to_le_bytes());
        self.pieces.advance(taken);
        self.ring.publish()
    }
}
