//! A queue as its device works on it: buffers come out one by one, go back in batches, and the driver is told
//! once for all of them.
//!
//! What `virtio_queue` publishes one by one cannot be used for a packet over several buffers: a driver that polls would see
//! the first of them before the others are there.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use virtio_bindings::virtio_ring::VRING_AVAIL_F_NO_INTERRUPT;
use virtio_queue::{DescriptorChain, Queue, QueueOwnedT, QueueT};
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::EventFd;

use crate::device::{Failure, Interrupt, Virtqueue, as_fd};
use crate::memory::Memory;
use crate::worker::{EventFlags, Poll};

/// A queue of an active device.
pub struct Ring {
    queue: Queue,
    kick: EventFd,
    memory: Arc<Memory>,
    interrupt: Interrupt,
    /// Used buffers that the driver does not see yet.
    unpublished: u16,
    /// How far the driver was told.
    told: u16,
    /// Bytes that were moved for those buffers.
    moved: u64,
}

impl Ring {
    /// Of a queue that the transport found valid.
    #[must_use]
    pub fn new(virtqueue: Virtqueue, memory: Arc<Memory>, interrupt: Interrupt) -> Self {
        Ring {
            told: virtqueue.queue.next_used(),
            queue: virtqueue.queue,
            kick: virtqueue.kick,
            memory,
            interrupt,
            unpublished: 0,
            moved: 0,
        }
    }

    /// Has the driver's notifications call the device with `token`, and does so once by itself, for what is in the queue
    /// already. They come as edges, so that nobody needs to read the eventfd.
    ///
    /// # Errors
    /// [`Failure::Host`], as epoll_ctl(2).
    pub fn watch(&self, token: u32, poll: &mut Poll<'_>) -> Result<(), Failure> {
        poll.add(as_fd(&self.kick), token, EventFlags::IN | EventFlags::ET)
            .and_then(|()| self.kick.write(1))
            .map_err(|error| {
                Failure::Host(format!("a queue's doorbell cannot be watched: {error}"))
            })
    }

    /// Ends [`Self::watch`].
    pub fn unwatch(&self, poll: &mut Poll<'_>) {
        // One that was never watched is not there.
        let _ = poll.remove(as_fd(&self.kick));
    }

    /// The guest's memory.
    #[must_use]
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Entries.
    #[must_use]
    pub fn size(&self) -> u16 {
        self.queue.size()
    }

    /// The driver's next buffers.
    ///
    /// # Errors
    /// [`Failure::Guest`] when the driver says that it gave more than the ring can hold.
    pub fn take(&mut self) -> Result<Option<DescriptorChain<&Memory>>, Failure> {
        Ok(self.queue.iter(&*self.memory)?.next())
    }

    /// Undoes [`Self::take`].
    pub fn untake(&mut self) {
        self.queue.go_to_previous_position();
    }

    /// Gives buffers back, of which `length` bytes were written from the first one on. The driver sees it after [`Self::publish`].
    ///
    /// # Errors
    /// [`Failure::Guest`] when there is no such buffer.
    pub fn give_back(&mut self, head: u16, length: u32) -> Result<(), Failure> {
        let size = self.queue.size();
        if head >= size {
            return Err(Failure::Guest(format!(
                "a queue of {size} has no descriptor {head}"
            )));
        }
        let index = self.queue.next_used().wrapping_add(self.unpublished) % size;
        let element = [u32::from(head).to_le(), length.to_le()];
        let at = field(self.queue.used_ring(), 4 + 8 * u64::from(index));
        self.memory.write_obj(element, at).map_err(broken)?;
        self.unpublished = self.unpublished.wrapping_add(1);
        self.moved += u64::from(length);
        Ok(())
    }

    /// Says how much was read of buffers that are given back, since the used ring does not.
    pub fn count_read(&mut self, bytes: usize) {
        self.moved += bytes as u64;
    }

    /// Shows the driver at once what was given back.
    ///
    /// # Errors
    /// [`Failure::Guest`] when the ring is not in its memory.
    pub fn publish(&mut self) -> Result<(), Failure> {
        let unpublished = std::mem::take(&mut self.unpublished);
        if unpublished > 0 {
            self.interrupt
                .count(unpublished, std::mem::take(&mut self.moved));
            let next = self.queue.next_used().wrapping_add(unpublished);
            self.queue.set_next_used(next);
            let at = field(self.queue.used_ring(), 2);
            self.memory
                .store(next.to_le(), at, Ordering::Release)
                .map_err(broken)?;
        }
        Ok(())
    }

    /// Publishes, and interrupts the driver if it wants to know.
    ///
    /// # Errors
    /// As of [`Self::publish`].
    pub fn tell(&mut self) -> Result<(), Failure> {
        self.publish()?;
        let told = std::mem::replace(&mut self.told, self.queue.next_used());
        if told != self.told && self.wanted(told)? {
            self.interrupt.used();
        }
        Ok(())
    }

    /// Virtio 1.2, section 2.7.7.
    fn wanted(&self, told: u16) -> Result<bool, Failure> {
        // The index of the used ring is written before what the driver says is read.
        fence(Ordering::SeqCst);
        let available = self.queue.avail_ring();
        let load = |offset| -> Result<u16, Failure> {
            let value: u16 = self
                .memory
                .load(field(available, offset), Ordering::Relaxed)
                .map_err(broken)?;
            Ok(u16::from_le(value))
        };
        if !self.queue.event_idx_enabled() {
            return Ok(u32::from(load(0)?) & VRING_AVAIL_F_NO_INTERRUPT == 0);
        }
        let event = load(4 + 2 * u64::from(self.queue.size()))?;
        let used = self.queue.next_used();
        // Whether `event` is one of those from `told` on, as indices that wrap around.
        Ok(used.wrapping_sub(event).wrapping_sub(1) < used.wrapping_sub(told))
    }

    /// Asks for a notification when there is more. True: there is more already.
    ///
    /// # Errors
    /// [`Failure::Guest`] when the ring is not in its memory.
    pub fn rearm(&mut self) -> Result<bool, Failure> {
        Ok(self.queue.enable_notification(&*self.memory)?)
    }

    /// Asks for no notifications, for as long as the device looks by itself.
    ///
    /// # Errors
    /// As of [`Self::rearm`].
    pub fn disarm(&mut self) -> Result<(), Failure> {
        Ok(self.queue.disable_notification(&*self.memory)?)
    }
}

/// The transport checked that the whole ring is in memory, so that this does not wrap.
fn field(ring: u64, offset: u64) -> GuestAddress {
    GuestAddress(ring.wrapping_add(offset))
}

fn broken(error: vm_memory::GuestMemoryError) -> Failure {
    Failure::Guest(format!("a queue is broken: {error}"))
}

#[cfg(test)]
mod tests;
