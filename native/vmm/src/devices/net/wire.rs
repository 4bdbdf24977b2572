//! Packets on a stream socket, each behind its length, 4 bytes, the highest one first, as passt and QEMU have them.
//!
//! One recvmsg(2) takes a packet into the guest's buffers and the length of the next one behind it. What stands between two packets is
//! kept when the driver goes: the other side knows nothing of drivers.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::buffers::Buffers;
use super::counters::{Counters, count};
use super::header::{ETHERNET, HEADER, MAX_PACKET};
use super::watch::Stop;
use crate::device::Failure;
use crate::devices::pieces::{Access, Pieces};
use crate::devices::ring::Ring;

/// Packets of one direction until others have their turn.
const BATCH: usize = 64;
/// Bytes of a packet's length.
const LENGTH: usize = 4;

/// Where in the stream the other side's packets are.
enum Incoming {
    /// In a packet's length.
    Length { bytes: [u8; LENGTH], have: usize },
    /// In a packet, of which `done` bytes are in the guest's buffers, behind the header.
    Packet { length: usize, done: usize },
    /// In a packet that nobody wants.
    Unwanted { left: usize },
}

const BETWEEN: Incoming = Incoming::Length {
    bytes: [0; LENGTH],
    have: 0,
};

/// The socket, and what is half on its way.
pub struct Wire {
    socket: OwnedFd,
    incoming: Incoming,
    /// The end of a packet that the socket took in part.
    unsent: Vec<u8>,
    counters: Arc<Counters>,
}

impl Wire {
    /// `socket`: connected; between two packets.
    pub fn new(socket: OwnedFd, counters: Arc<Counters>) -> Self {
        Wire {
            socket,
            incoming: BETWEEN,
            unsent: Vec::new(),
            counters,
        }
    }

    /// The guest's buffers are gone, with what was in them.
    pub fn forget_buffers(&mut self) {
        if let Incoming::Packet { length, done } = self.incoming
            && done > 0
        {
            count(&self.counters.receive_dropped);
            self.incoming = Incoming::Unwanted {
                left: length.saturating_sub(done),
            };
        }
    }

    /// Carries what the other side has sent.
    ///
    /// # Errors
    /// Those of the queue.
    pub fn receive(&mut self, buffers: &mut Buffers) -> Result<Stop, Failure> {
        buffers.ring().disarm()?;
        let mut stop = None;
        for _ in 0..BATCH {
            stop = match self.incoming {
                Incoming::Length { bytes, have } => self.receive_length(bytes, have),
                Incoming::Packet { length, done } => self.receive_packet(buffers, length, done)?,
                Incoming::Unwanted { left } => self.discard(left),
            };
            if stop.is_some() {
                break;
            }
        }
        buffers.ring().tell()?;
        Ok(stop.unwrap_or(Stop::Batch))
    }

    fn receive_length(&mut self, mut bytes: [u8; LENGTH], have: usize) -> Option<Stop> {
        match self.read(bytes.get_mut(have..).unwrap_or(&mut [])) {
            Ok(count) => self.length_came(bytes, have + count),
            Err(stop) => Some(stop),
        }
    }

    fn length_came(&mut self, bytes: [u8; LENGTH], have: usize) -> Option<Stop> {
        if have < LENGTH {
            self.incoming = Incoming::Length { bytes, have };
            return None;
        }
        let length = u32::from_be_bytes(bytes) as usize;
        // No packet is shorter or longer: where the next one begins nobody knows.
        if !(ETHERNET..=MAX_PACKET - HEADER).contains(&length) {
            return Some(Stop::Gone);
        }
        self.incoming = Incoming::Packet { length, done: 0 };
        None
    }

    fn receive_packet(
        &mut self,
        buffers: &mut Buffers,
        length: usize,
        done: usize,
    ) -> Result<Option<Stop>, Failure> {
        if !buffers.gather(HEADER + length)? {
            if !buffers.is_full() {
                return Ok(Some(Stop::Blocked));
            }
            // The whole queue does not hold it.
            count(&self.counters.receive_dropped);
            self.incoming = Incoming::Unwanted {
                left: length - done,
            };
            return Ok(None);
        }
        let mut next = [0; LENGTH];
        let range = (HEADER + done, length - done);
        let received = buffers.receive_from(self.socket.as_fd(), range, &mut next);
        let bytes = match outcome(received) {
            Ok(bytes) => bytes,
            Err(stop) => return Ok(Some(stop)),
        };
        let Some(more) = (done + bytes).checked_sub(length) else {
            let done = done + bytes;
            self.incoming = Incoming::Packet { length, done };
            return Ok(None);
        };
        buffers.copy_in(0, &[0; HEADER]);
        buffers.complete(HEADER + length)?;
        count(&self.counters.received);
        self.incoming = BETWEEN;
        Ok(self.length_came(next, more))
    }

    fn discard(&mut self, left: usize) -> Option<Stop> {
        let mut bytes = [0; 4096];
        let part = left.min(bytes.len());
        match self.read(bytes.get_mut(..part).unwrap_or(&mut [])) {
            Ok(count) if count >= left => self.incoming = BETWEEN,
            Ok(count) => self.incoming = Incoming::Unwanted { left: left - count },
            Err(stop) => return Some(stop),
        }
        None
    }

    /// Some bytes; none are an error, unless none were asked for.
    fn read(&self, bytes: &mut [u8]) -> Result<usize, Stop> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let flags = rustix::net::RecvFlags::DONTWAIT;
        let received =
            rustix::io::retry_on_intr(|| rustix::net::recv(&self.socket, &mut *bytes, flags));
        outcome(received.map(|(count, _)| count).map_err(io::Error::from))
    }

    /// Carries what the guest has. What the socket does not take waits, in the queue; of a packet that it took in part the
    /// rest is kept here.
    ///
    /// # Errors
    /// Those of the queue.
    pub fn send(&mut self, ring: &mut Ring, pieces: &mut Pieces) -> Result<Stop, Failure> {
        ring.disarm()?;
        let mut stop = None;
        for _ in 0..BATCH {
            stop = self.send_rest();
            if stop.is_none() {
                stop = self.send_one(ring, pieces)?;
            }
            if stop.is_some() {
                break;
            }
        }
        ring.tell()?;
        Ok(stop.unwrap_or(Stop::Batch))
    }

    fn send_rest(&mut self) -> Option<Stop> {
        while !self.unsent.is_empty() {
            let flags = rustix::net::SendFlags::DONTWAIT | rustix::net::SendFlags::NOSIGNAL;
            let sent =
                rustix::io::retry_on_intr(|| rustix::net::send(&self.socket, &self.unsent, flags));
            match sent {
                Ok(count) => self.unsent.drain(..count.min(self.unsent.len())),
                Err(rustix::io::Errno::AGAIN) => return Some(Stop::Blocked),
                Err(_) => return Some(Stop::Gone),
            };
        }
        None
    }

    fn send_one(&mut self, ring: &mut Ring, pieces: &mut Pieces) -> Result<Option<Stop>, Failure> {
        let Some((head, bytes)) = next_packet(ring, pieces)? else {
            let more = ring.rearm()?;
            return Ok((!more).then_some(Stop::Empty));
        };
        if !(HEADER + ETHERNET..=MAX_PACKET).contains(&bytes) {
            count(&self.counters.send_dropped);
            ring.give_back(head, 0)?;
            return Ok(None);
        }
        pieces.advance(HEADER);
        let length = pieces.bytes();
        let prefix = (length as u32).to_be_bytes();
        match pieces.send_to(self.socket.as_fd(), &prefix) {
            Ok(sent) => {
                if sent < LENGTH + length {
                    self.keep(&prefix, pieces, sent);
                }
                count(&self.counters.sent);
                ring.count_read(bytes);
                ring.give_back(head, 0)?;
                Ok(None)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ring.untake();
                Ok(Some(Stop::Blocked))
            }
            Err(_) => {
                ring.untake();
                Ok(Some(Stop::Gone))
            }
        }
    }

    /// Of a packet of which `sent` bytes are gone.
    fn keep(&mut self, prefix: &[u8; LENGTH], pieces: &mut Pieces, sent: usize) {
        let rest = prefix.get(sent..).unwrap_or(&[]);
        self.unsent.extend_from_slice(rest);
        pieces.advance(sent.saturating_sub(LENGTH));
        let begin = self.unsent.len();
        self.unsent.resize(begin + pieces.bytes(), 0);
        pieces.copy_out(0, self.unsent.get_mut(begin..).unwrap_or(&mut []));
    }

    /// Takes what the guest sends to nobody.
    ///
    /// # Errors
    /// Those of the queue.
    pub fn drop_packets(&mut self, ring: &mut Ring, pieces: &mut Pieces) -> Result<Stop, Failure> {
        ring.disarm()?;
        for _ in 0..BATCH {
            if let Some((head, _)) = next_packet(ring, pieces)? {
                count(&self.counters.send_dropped);
                ring.give_back(head, 0)?;
            } else if !ring.rearm()? {
                ring.tell()?;
                return Ok(Stop::Empty);
            }
        }
        ring.tell()?;
        Ok(Stop::Batch)
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The guest's next packet, with its header in `pieces`: its chain, and how many bytes there are.
fn next_packet(ring: &mut Ring, pieces: &mut Pieces) -> Result<Option<(u16, usize)>, Failure> {
    let Some(chain) = ring.take()? else {
        return Ok(None);
    };
    let head = chain.head_index();
    pieces.clear();
    match pieces.append(chain, Access::Read) {
        Ok(bytes) => Ok(Some((head, bytes))),
        Err(_) => Err(Failure::Guest(format!("the chain {head} is no packet"))),
    }
}

/// No bytes are the stream's end.
fn outcome(received: io::Result<usize>) -> Result<usize, Stop> {
    match received {
        Ok(0) => Err(Stop::Gone),
        Ok(count) => Ok(count),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Stop::Empty),
        Err(_) => Err(Stop::Gone),
    }
}
