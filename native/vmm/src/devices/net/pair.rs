//! A pair of queues, and the tap queue whose packets they carry.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::buffers::Buffers;
use super::counters::{Counters, count};
use super::header::{ETHERNET, HEADER, MAX_PACKET, USUAL_PACKET};
use super::watch::Stop;
use crate::device::Failure;
use crate::devices::pieces::{Access, Pieces};
use crate::devices::ring::Ring;
use crate::rate_limiter::RateLimiter;

/// Packets of one direction until others have their turn.
const BATCH: usize = 64;

/// From the tap to the guest.
pub struct Receiver {
    buffers: Buffers,
    counters: Arc<Counters>,
    /// For how long a packet there has to be room, in the hope that none is longer.
    expected: usize,
    /// Where a packet goes on that is longer than the buffers which the driver gave. Empty until that can be: a NIC that nobody uses
    /// costs no memory.
    rest: Vec<u8>,
    /// Such a packet.
    held: Option<Held>,
}

struct Held {
    bytes: usize,
    /// So many of them are in the guest's buffers.
    placed: usize,
}

impl Receiver {
    /// `segments`: packets can be longer than the link's.
    pub fn new(buffers: Buffers, segments: bool, counters: Arc<Counters>) -> Self {
        Receiver {
            buffers,
            counters,
            expected: if segments { MAX_PACKET } else { USUAL_PACKET },
            rest: Vec::new(),
            held: None,
        }
    }

    /// The queue.
    pub fn ring(&mut self) -> &mut Ring {
        self.buffers.ring()
    }

    /// Carries what the tap has.
    pub fn run(&mut self, tap: BorrowedFd<'_>, limiter: &mut RateLimiter) -> Result<Stop, Failure> {
        self.ring().disarm()?;
        let mut stop = None;
        for index in 0..BATCH {
            stop = if self.held.is_some() {
                self.place_rest()?
            } else if is_ready(limiter)? {
                self.receive(tap, limiter)?
            } else {
                Some(Stop::Limited)
            };
            if stop.is_some() {
                break;
            }
            // A packet that comes alone does not wait for the look at the next one.
            if index == 0 {
                self.ring().tell()?;
            }
        }
        self.ring().tell()?;
        Ok(stop.unwrap_or(Stop::Batch))
    }

    fn receive(
        &mut self,
        tap: BorrowedFd<'_>,
        limiter: &mut RateLimiter,
    ) -> Result<Option<Stop>, Failure> {
        if !self.buffers.gather(self.expected)? && self.buffers.room() == 0 {
            return Ok(Some(Stop::Blocked));
        }
        let placed = self.buffers.room();
        if placed <= MAX_PACKET && self.rest.is_empty() {
            self.rest = vec![0; MAX_PACKET + 1];
        }
        let read = self.buffers.read_from(tap, &mut self.rest);
        if let Ok(bytes) = read {
            limiter.charge(bytes as u64);
        }
        match read {
            Ok(bytes) if bytes <= placed => {
                self.buffers.complete(bytes)?;
                count(&self.counters.received);
            }
            Ok(bytes) => {
                self.expected = self.expected.max(bytes.min(MAX_PACKET));
                self.held = Some(Held { bytes, placed });
            }
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN) => return Ok(Some(Stop::Empty)),
                // A packet that the tap cannot describe, or has no memory for: it is gone.
                Some(libc::EINVAL | libc::ENOMEM | libc::ENOBUFS) => {
                    count(&self.counters.receive_dropped);
                }
                _ => return Ok(Some(Stop::Gone)),
            },
        }
        Ok(None)
    }

    /// Ends a packet that began in buffers which did not hold it.
    fn place_rest(&mut self) -> Result<Option<Stop>, Failure> {
        let Some(Held { bytes, placed }) = self.held else {
            return Ok(None);
        };
        let rest = self.rest.get(..bytes.saturating_sub(placed));
        if bytes <= MAX_PACKET && self.buffers.gather(bytes)? {
            self.buffers.copy_in(placed, rest.unwrap_or(&[]));
            self.buffers.complete(bytes)?;
            count(&self.counters.received);
        } else if bytes <= MAX_PACKET && !self.buffers.is_full() {
            return Ok(Some(Stop::Blocked));
        } else {
            count(&self.counters.receive_dropped);
        }
        self.held = None;
        Ok(None)
    }
}

/// From the guest to the tap.
pub struct Sender {
    ring: Ring,
    pieces: Pieces,
    counters: Arc<Counters>,
}

impl Sender {
    /// Nothing sent yet.
    pub fn new(ring: Ring, counters: Arc<Counters>) -> Self {
        Sender {
            pieces: Pieces::new(Arc::clone(ring.memory())),
            ring,
            counters,
        }
    }

    /// The queue.
    pub fn ring(&mut self) -> &mut Ring {
        &mut self.ring
    }

    /// Carries what the guest has. A packet that the tap does not take for now stays in the queue, as with QEMU and Cloud
    /// Hypervisor: what is dropped here the guest's TCP would take for a network without room. What it refuses is gone,
    /// as on a wire.
    pub fn run(&mut self, tap: BorrowedFd<'_>, limiter: &mut RateLimiter) -> Result<Stop, Failure> {
        self.ring.disarm()?;
        let mut stop = None;
        for _ in 0..BATCH {
            stop = if is_ready(limiter)? {
                self.send(tap, limiter)?
            } else {
                Some(Stop::Limited)
            };
            if stop.is_some() {
                break;
            }
        }
        self.ring.tell()?;
        Ok(stop.unwrap_or(Stop::Batch))
    }

    fn send(
        &mut self,
        tap: BorrowedFd<'_>,
        limiter: &mut RateLimiter,
    ) -> Result<Option<Stop>, Failure> {
        let Some(chain) = self.ring.take()? else {
            let more = self.ring.rearm()?;
            return Ok((!more).then_some(Stop::Empty));
        };
        let head = chain.head_index();
        self.pieces.clear();
        let bytes = self
            .pieces
            .append(chain, Access::Read)
            .map_err(|_| Failure::Guest(format!("the chain {head} is no packet")))?;
        let result = if (HEADER + ETHERNET..=MAX_PACKET).contains(&bytes) {
            self.pieces.write_to(tap)
        } else {
            Err(io::ErrorKind::InvalidInput.into())
        };
        match result {
            Ok(_) => {
                count(&self.counters.sent);
                self.ring.count_read(bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.ring.untake();
                return Ok(Some(Stop::Blocked));
            }
            Err(_) => count(&self.counters.send_dropped),
        }
        limiter.charge(bytes as u64);
        self.ring.give_back(head, 0)?;
        Ok(None)
    }
}

fn is_ready(limiter: &mut RateLimiter) -> Result<bool, Failure> {
    limiter
        .ready()
        .map_err(|error| Failure::Host(format!("a NIC's rate cannot be limited: {error}")))
}
