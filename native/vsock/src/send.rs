//! Packets to the guest.

use virtio_queue::{Error as QueueError, Queue, QueueOwnedT, QueueT};
use vm_memory::bitmap::{BS, BitmapSlice};
use vm_memory::{GuestMemory, VolatileSlice};

use crate::chain::{self, Access, Chain, MAX_PIECES};
use crate::direction::Direction;
use crate::error::Broken;
use crate::header::{HEADER_SIZE, Header, SHUTDOWN_BOTH, SHUTDOWN_SEND, op};
use crate::muxer::{Muxer, can_send};
use crate::stream::{Key, Phase};

/// Receive buffers that one read(2) may fill. Linux offers buffers of 4 KiB, and a pipe holds 64. To look at so many for the few
/// bytes of a question or an answer would cost a fifth of all that a round trip does.
const BATCH: usize = 16;

/// Why sending stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// There is nothing to send.
    Everything,
    /// The guest has to offer more receive buffers first.
    Starved,
    /// The budget is used up.
    Budget,
}

impl Muxer {
    /// Fills receive buffers of the guest, at most about `budget` of them.
    ///
    /// # Errors
    /// When the guest has broken the queue. It is not to be used any more then.
    pub fn send<M>(
        &mut self,
        memory: &M,
        queue: &mut Queue,
        mut budget: usize,
    ) -> Result<Sent, QueueError>
    where
        M: GuestMemory,
    {
        loop {
            if self.resets.is_empty() && self.ready.is_empty() {
                return Ok(Sent::Everything);
            }
            if budget == 0 {
                return Ok(Sent::Budget);
            }
            let Some(buffer) = next_buffer(memory, queue)? else {
                return Ok(Sent::Starved);
            };
            budget -= 1;
            if let Some(header) = self.next_control() {
                buffer.write_header(&header.to_bytes());
                queue.add_used(memory, buffer.head, HEADER_SIZE as u32)?;
                continue;
            }
            let Some(key) = self.next_stream() else {
                put_back(queue, 1);
                continue;
            };
            let mut buffers = Vec::with_capacity(BATCH);
            let mut room = chain::length(&buffer.payload);
            let mut pieces = buffer.payload.len();
            buffers.push(buffer);
            let (credit, batch) = self.streams.get(&key).map_or((0, 0), |stream| {
                (stream.allowance.available() as usize, stream.batch)
            });
            while buffers.len() < batch && budget > 0 && room < credit {
                let Some(buffer) = try_buffer(memory, queue)? else {
                    break;
                };
                if pieces + buffer.payload.len() > MAX_PIECES {
                    put_back(queue, 1);
                    break;
                }
                room += chain::length(&buffer.payload);
                pieces += buffer.payload.len();
                buffers.push(buffer);
                budget -= 1;
            }
            let used = self.fill(memory, queue, key, &buffers, credit)?;
            put_back(queue, buffers.len() - used);
            self.schedule(key);
        }
    }

    /// The next packet without payload, if the head of the queues wants one.
    fn next_control(&mut self) -> Option<Header> {
        if let Some(header) = self.resets.pop_front() {
            return Some(header);
        }
        let key = *self.ready.front()?;
        let stream = self.streams.get_mut(&key)?;
        let header = stream.next_control(key, self.config.guest_cid)?;
        if header.op == op::RST {
            self.remove_stream(key);
        } else if !stream.has_control() {
            stream.queued = false;
            self.ready.pop_front();
            self.schedule(key);
        }
        Some(header)
    }

    /// Takes the next stream that can carry bytes off the queue.
    fn next_stream(&mut self) -> Option<Key> {
        let key = self.ready.pop_front()?;
        let stream = self.streams.get_mut(&key)?;
        stream.queued = false;
        can_send(stream, &self.joins, key).then_some(key)
    }

    /// Reads from the joined file descriptor into the buffers. Returns how many were used.
    fn fill<'m, M>(
        &mut self,
        memory: &'m M,
        queue: &mut Queue,
        key: Key,
        buffers: &[Chain<'m, BS<'m, M::Bitmap>>],
        credit: usize,
    ) -> Result<usize, QueueError>
    where
        M: GuestMemory,
    {
        let Some(join) = self.join_of(key) else {
            return Ok(0);
        };
        let mut pieces: Vec<VolatileSlice<'m, BS<'m, M::Bitmap>>> = Vec::new();
        for buffer in buffers {
            pieces.extend(buffer.payload.iter().cloned());
        }
        chain::truncate(&mut pieces, credit);
        match join.read(&pieces) {
            Ok(None) => Ok(0),
            Ok(Some(0)) => {
                self.end_of_file(key);
                Ok(0)
            }
            Ok(Some(count)) => {
                join.bytes += count as u64;
                self.sent = self.sent.wrapping_add(count as u64);
                self.deliver(memory, queue, key, buffers, count)
            }
            Err(errno) => {
                let port = join.port;
                self.fail(key, Broken::Read { port, errno });
                Ok(0)
            }
        }
    }

    /// Hands over buffers that hold `count` bytes together.
    fn deliver<M, B>(
        &mut self,
        memory: &M,
        queue: &mut Queue,
        key: Key,
        buffers: &[Chain<'_, B>],
        count: usize,
    ) -> Result<usize, QueueError>
    where
        M: GuestMemory,
        B: BitmapSlice,
    {
        let guest_cid = self.config.guest_cid;
        let Some(stream) = self.streams.get_mut(&key) else {
            return Ok(0);
        };
        let mut left = count;
        let mut used = 0;
        for buffer in buffers {
            if left == 0 {
                break;
            }
            // Not more than the credit, which has 32 bits.
            let len = left.min(chain::length(&buffer.payload)) as u32;
            stream.allowance.send(len);
            let header = stream.header(key, guest_cid, op::RW, 0, len);
            buffer.write_header(&header.to_bytes());
            queue.add_used(memory, buffer.head, HEADER_SIZE as u32 + len)?;
            left -= len as usize;
            used += 1;
        }
        stream.batch = if used == buffers.len() {
            (2 * used).min(BATCH)
        } else {
            used
        };
        Ok(used)
    }

    fn end_of_file(&mut self, key: Key) {
        let Some(stream) = self.streams.get_mut(&key) else {
            return;
        };
        let Some(join) = self.joins.get_mut(&stream.join) else {
            return;
        };
        join.input_done = true;
        let gone = join.direction == Direction::Both && join.fd.hangup;
        stream.shut(if gone { SHUTDOWN_BOTH } else { SHUTDOWN_SEND });
        debug_assert_eq!(stream.phase, Phase::Open);
        self.settle(key);
    }
}

/// The next receive buffer; chains that are none, or that have no room for a payload, are handed
/// back empty.
fn next_buffer<'m, M>(
    memory: &'m M,
    queue: &mut Queue,
) -> Result<Option<Chain<'m, BS<'m, M::Bitmap>>>, QueueError>
where
    M: GuestMemory,
{
    // The queue itself bounds this: each round takes one of at most `size` available chains.
    for _ in 0..queue.size() {
        let Some(descriptors) = queue.iter(memory)?.next() else {
            break;
        };
        let head = descriptors.head_index();
        match Chain::new(memory, descriptors, Access::Write) {
            Some(buffer) if !buffer.payload.is_empty() => return Ok(Some(buffer)),
            _ => queue.add_used(memory, head, 0)?,
        }
    }
    Ok(None)
}

/// One more receive buffer if the next chain is one.
fn try_buffer<'m, M>(
    memory: &'m M,
    queue: &mut Queue,
) -> Result<Option<Chain<'m, BS<'m, M::Bitmap>>>, QueueError>
where
    M: GuestMemory,
{
    let Some(descriptors) = queue.iter(memory)?.next() else {
        return Ok(None);
    };
    match Chain::new(memory, descriptors, Access::Write) {
        Some(buffer) if !buffer.payload.is_empty() => Ok(Some(buffer)),
        _ => {
            put_back(queue, 1);
            Ok(None)
        }
    }
}

/// Makes the last `count` chains available again.
fn put_back(queue: &mut Queue, count: usize) {
    // At most `BATCH`.
    queue.set_next_avail(queue.next_avail().wrapping_sub(count as u16));
}
