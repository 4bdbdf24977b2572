//! The driver's side of a split virtqueue (virtio 1.2, section 2.7).

use hadron_vmm::memory::Memory;
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress};

pub const NEXT: u16 = 1;
pub const WRITE: u16 = 2;
pub const INDIRECT: u16 = 4;

/// A piece of memory: address, length, flags.
pub type Piece = (u64, u32, u16);

/// Bytes from a ring's `base` to the end of what is the ring's.
pub const LENGTH: u64 = 0x8000;
const AVAILABLE: u64 = 0x2000;
const USED: u64 = 0x4000;
/// 256 descriptors of one indirect table.
const TABLE: u64 = 0x6000;

pub struct Ring {
    base: u64,
    size: u16,
    event_idx: bool,
    /// The next descriptor that is used, round and round.
    next: u16,
    available: u16,
    seen: u16,
}

impl Ring {
    pub fn new(base: u64, size: u16, event_idx: bool) -> Ring {
        Ring {
            base,
            size,
            event_idx,
            next: 0,
            available: 0,
            seen: 0,
        }
    }

    /// The device's side, of an empty ring.
    pub fn queue(&self, memory: &Memory, max_size: u16) -> Queue {
        memory
            .write_slice(&[0; LENGTH as usize], GuestAddress(self.base))
            .unwrap();
        let mut queue = Queue::new(max_size).unwrap();
        queue.set_size(self.size);
        queue.set_desc_table_address(Some(self.base as u32), None);
        queue.set_avail_ring_address(Some((self.base + AVAILABLE) as u32), None);
        queue.set_used_ring_address(Some((self.base + USED) as u32), None);
        queue.set_event_idx(self.event_idx);
        queue.set_ready(true);
        queue
    }

    /// Makes a chain available, in as many descriptors; returns its head.
    pub fn offer(&mut self, memory: &Memory, pieces: &[Piece]) -> u16 {
        let head = self.next;
        for (index, (address, length, flags)) in (1..).zip(pieces) {
            let at = self.next;
            self.next = (self.next + 1) % self.size;
            let more = if index < pieces.len() { NEXT } else { 0 };
            self.describe(memory, at, (*address, *length, flags | more), self.next);
        }
        self.publish_head(memory, head);
        head
    }

    /// Makes a chain available in the ring's indirect table.
    pub fn offer_indirect(&mut self, memory: &Memory, pieces: &[Piece]) -> u16 {
        for (index, (address, length, flags)) in (1u16..).zip(pieces) {
            let more = if usize::from(index) < pieces.len() {
                NEXT
            } else {
                0
            };
            let at = self.base + TABLE + 16 * u64::from(index - 1);
            write(memory, at, (*address, *length, flags | more), index);
        }
        let length = 16 * pieces.len() as u32;
        self.offer(memory, &[(self.base + TABLE, length, INDIRECT)])
    }

    /// Writes a descriptor as it stands.
    pub fn describe(&self, memory: &Memory, at: u16, piece: Piece, next: u16) {
        write(memory, self.base + 16 * u64::from(at), piece, next);
    }

    /// Makes a chain available whose descriptors were written already.
    pub fn publish_head(&mut self, memory: &Memory, head: u16) {
        let entry = self.base + AVAILABLE + 4 + 2 * u64::from(self.available % self.size);
        memory.write_obj(head, GuestAddress(entry)).unwrap();
        self.available = self.available.wrapping_add(1);
        self.publish(memory, self.available);
    }

    /// Writes the index of the available ring.
    pub fn publish(&self, memory: &Memory, index: u16) {
        let at = GuestAddress(self.base + AVAILABLE + 2);
        memory
            .store(index, at, std::sync::atomic::Ordering::Release)
            .unwrap();
    }

    /// The next used chain: head and length.
    pub fn used(&mut self, memory: &Memory) -> Option<(u32, u32)> {
        let index: u16 = memory
            .load(
                GuestAddress(self.base + USED + 2),
                std::sync::atomic::Ordering::Acquire,
            )
            .unwrap();
        if index == self.seen {
            return None;
        }
        let at = self.base + USED + 4 + 8 * u64::from(self.seen % self.size);
        self.seen = self.seen.wrapping_add(1);
        if self.event_idx {
            // The next one, too, is to be told of.
            let event = self.base + AVAILABLE + 4 + 2 * u64::from(self.size);
            memory.write_obj(self.seen, GuestAddress(event)).unwrap();
        }
        let head: u32 = memory.read_obj(GuestAddress(at)).unwrap();
        let length: u32 = memory.read_obj(GuestAddress(at + 4)).unwrap();
        Some((head, length))
    }

    pub fn base(&self) -> u64 {
        self.base
    }
}

fn write(memory: &Memory, at: u64, (address, length, flags): Piece, next: u16) {
    memory.write_obj(address, GuestAddress(at)).unwrap();
    memory.write_obj(length, GuestAddress(at + 8)).unwrap();
    memory.write_obj(flags, GuestAddress(at + 12)).unwrap();
    memory.write_obj(next, GuestAddress(at + 14)).unwrap();
}
