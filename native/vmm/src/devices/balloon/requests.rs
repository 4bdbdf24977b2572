//! What the guest has in its queues, as ranges of its memory: some at a time, since all of them may take long.

use std::sync::Arc;

use virtio_queue::desc::split::Descriptor;

use super::PAGE;
use super::discard::is_memory;
use crate::device::Failure;
use crate::devices::pieces::{Access, Pieces};
use crate::devices::ring::Ring;
use crate::memory::Memory;

/// Addresses that are looked at together. Linux sends 256 at a time.
const BLOCK: usize = 256;
/// Ranges of one report at most; Linux sends 32.
const MAX_RANGES: usize = 1024;

/// Guest memory: begin, length.
pub type Range = (u64, u64);

/// The queue of pages that the guest gives up, by their numbers.
pub struct Inflate {
    ring: Ring,
    numbers: Pieces,
    /// The chain whose numbers these are.
    head: Option<u16>,
}

impl Inflate {
    /// With nothing taken yet.
    pub fn new(ring: Ring) -> Self {
        Inflate {
            numbers: Pieces::new(Arc::clone(ring.memory())),
            ring,
            head: None,
        }
    }

    /// The queue.
    pub fn ring(&mut self) -> &mut Ring {
        &mut self.ring
    }

    /// The next pages, in as few ranges as they make; None: there are none for now. Those before count as done.
    pub fn next(&mut self) -> Result<Option<Vec<Range>>, Failure> {
        if self.numbers.bytes() < 4
            && let Some(head) = self.head.take()
        {
            self.ring.give_back(head, 0)?;
        }
        if self.head.is_none() {
            let Some(chain) = next_chain(&mut self.ring)? else {
                return Ok(None);
            };
            self.head = Some(chain.0);
            self.numbers.clear();
            // Numbers that are not there are none.
            let _ = self.numbers.append(chain.1.into_iter(), Access::Read);
        }
        let mut bytes = [0; 4 * BLOCK];
        let count = self.numbers.copy_out(0, &mut bytes);
        self.numbers.advance(count - count % 4);
        let words = bytes.chunks_exact(4).take(count / 4);
        let mut numbers: Vec<u32> = words
            .filter_map(|word| Some(u32::from_le_bytes(word.try_into().ok()?)))
            .collect();
        numbers.sort_unstable();
        Ok(Some(ranges(self.ring.memory(), &numbers)))
    }
}

/// Of sorted page numbers, those that are guest memory, each looked at by itself.
fn ranges(memory: &Memory, numbers: &[u32]) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for number in numbers {
        let address = u64::from(*number) * PAGE;
        match ranges.last_mut() {
            // Twice the same.
            Some((begin, length)) if address < *begin + *length => {}
            _ if !is_memory(memory, address, PAGE) => {}
            Some((begin, length)) if address == *begin + *length => *length += PAGE,
            _ => ranges.push((address, PAGE)),
        }
    }
    ranges
}

/// The queue of free pages, whose buffers are the pages.
pub struct Reports {
    ring: Ring,
    /// The chain whose pages these are.
    head: Option<u16>,
    ranges: Vec<Range>,
}

impl Reports {
    /// With nothing taken yet.
    pub fn new(ring: Ring) -> Self {
        Reports {
            ring,
            head: None,
            ranges: Vec::new(),
        }
    }

    /// The queue.
    pub fn ring(&mut self) -> &mut Ring {
        &mut self.ring
    }

    /// The next range, of `limit` bytes at most; None: there are none for now. Those before count as done.
    pub fn next(&mut self, limit: u64) -> Result<Option<Range>, Failure> {
        loop {
            if let Some((begin, length)) = self.ranges.pop() {
                let part = length.min(limit);
                if length > part {
                    self.ranges.push((begin + part, length - part));
                }
                return Ok(Some((begin, part)));
            }
            if let Some(head) = self.head.take() {
                self.ring.give_back(head, 0)?;
                // Others have their turn between two reports, however empty they are.
                return Ok(Some((0, 0)));
            }
            let Some((head, chain)) = next_chain(&mut self.ring)? else {
                return Ok(None);
            };
            self.head = Some(head);
            let memory = self.ring.memory();
            self.ranges = chain
                .into_iter()
                .filter(Descriptor::is_write_only)
                .map(|descriptor| (descriptor.addr().0, u64::from(descriptor.len())))
                .filter(|(begin, length)| is_memory(memory, *begin, *length))
                .collect();
        }
    }
}

/// A chain's head and its descriptors. None: a notification comes when there is one.
pub fn next_chain(ring: &mut Ring) -> Result<Option<(u16, Vec<Descriptor>)>, Failure> {
    loop {
        if let Some(chain) = ring.take()? {
            let head = chain.head_index();
            return Ok(Some((head, chain.take(MAX_RANGES).collect())));
        }
        ring.tell()?;
        if !ring.rearm()? {
            return Ok(None);
        }
    }
}
