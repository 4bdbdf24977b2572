//! A driver for virtio devices: its registers by the guest, its rings by the test.

use std::collections::{HashMap, VecDeque};

use hadron_vmm::layout::{VIRTIO_MMIO, VIRTIO_MMIO_SIZE};
use hadron_vmm::memory::Memory;
use virtio_bindings::virtio_config::{
    VIRTIO_CONFIG_S_ACKNOWLEDGE, VIRTIO_CONFIG_S_DRIVER, VIRTIO_CONFIG_S_DRIVER_OK,
    VIRTIO_CONFIG_S_FEATURES_OK,
};
use virtio_bindings::virtio_mmio::*;
use virtio_bindings::virtio_ring::{VRING_DESC_F_NEXT, VRING_DESC_F_WRITE};
use vm_memory::{Bytes, GuestAddress};

use super::Toy;
use super::guest::{Command, Operation};

/// A part of a request.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    pub address: u64,
    pub length: u32,
    pub writable: bool,
}

/// What the device reads.
pub fn readable(address: u64, length: u32) -> Buffer {
    Buffer {
        address,
        length,
        writable: false,
    }
}

/// What the device writes.
pub fn writable(address: u64, length: u32) -> Buffer {
    Buffer {
        address,
        length,
        writable: true,
    }
}

/// An answered request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// What [`Ring::add`] answered.
    pub head: u16,
    /// Bytes that the device says to have written.
    pub length: u32,
}

/// A split virtqueue in the guest's memory (virtio 1.2, section 2.7).
#[derive(Debug)]
pub struct Ring {
    pub size: u16,
    pub descriptors: u64,
    pub available: u64,
    pub used: u64,
    free: VecDeque<u16>,
    chains: HashMap<u16, Vec<u16>>,
    available_index: u16,
    used_index: u16,
}

impl Ring {
    pub fn new(toy: &mut Toy, size: u16) -> Self {
        Ring {
            size,
            descriptors: toy.allocate(u64::from(size) * 16),
            available: toy.allocate(u64::from(size) * 2 + 6),
            used: toy.allocate(u64::from(size) * 8 + 6),
            free: (0..size).collect(),
            chains: HashMap::new(),
            available_index: 0,
            used_index: 0,
        }
    }

    /// Makes a chain of descriptors, and makes it available.
    pub fn add(&mut self, memory: &Memory, buffers: &[Buffer]) -> u16 {
        let chain: Vec<u16> = self.free.drain(..buffers.len()).collect();
        for (index, buffer) in buffers.iter().enumerate() {
            let next = chain.get(index + 1).copied();
            let mut flags = if buffer.writable {
                VRING_DESC_F_WRITE
            } else {
                0
            };
            if next.is_some() {
                flags |= VRING_DESC_F_NEXT;
            }
            self.set_descriptor(
                memory,
                chain[index],
                *buffer,
                flags as u16,
                next.unwrap_or(0),
            );
        }
        let head = chain[0];
        self.chains.insert(head, chain);
        self.make_available(memory, head);
        head
    }

    /// Any descriptor.
    pub fn set_descriptor(
        &self,
        memory: &Memory,
        index: u16,
        buffer: Buffer,
        flags: u16,
        next: u16,
    ) {
        let at = self.descriptors + u64::from(index) * 16;
        memory.write_obj(buffer.address, GuestAddress(at)).unwrap();
        memory
            .write_obj(buffer.length, GuestAddress(at + 8))
            .unwrap();
        memory.write_obj(flags, GuestAddress(at + 12)).unwrap();
        memory.write_obj(next, GuestAddress(at + 14)).unwrap();
    }

    /// Any head.
    pub fn make_available(&mut self, memory: &Memory, head: u16) {
        let slot = self.available + 4 + u64::from(self.available_index % self.size) * 2;
        memory.write_obj(head, GuestAddress(slot)).unwrap();
        self.available_index = self.available_index.wrapping_add(1);
        self.set_available_index(memory, self.available_index);
    }

    /// Any index.
    pub fn set_available_index(&self, memory: &Memory, index: u16) {
        let at = GuestAddress(self.available + 2);
        memory
            .store(index, at, std::sync::atomic::Ordering::SeqCst)
            .unwrap();
    }

    /// The next answer, if there is one. With EVENT_IDX the device is asked to tell of the one behind it.
    pub fn take_used(&mut self, memory: &Memory) -> Option<Used> {
        let at = GuestAddress(self.used + 2);
        let index: u16 = memory
            .load(at, std::sync::atomic::Ordering::SeqCst)
            .unwrap();
        if index == self.used_index {
            return None;
        }
        let slot = self.used + 4 + u64::from(self.used_index % self.size) * 8;
        let head: u32 = memory.read_obj(GuestAddress(slot)).unwrap();
        let length = memory.read_obj(GuestAddress(slot + 4)).unwrap();
        self.used_index = self.used_index.wrapping_add(1);
        let event = self.available + 4 + u64::from(self.size) * 2;
        memory
            .store(
                self.used_index,
                GuestAddress(event),
                std::sync::atomic::Ordering::SeqCst,
            )
            .unwrap();
        let head = head as u16;
        self.free
            .extend(self.chains.remove(&head).unwrap_or_default());
        Some(Used { head, length })
    }
}

/// A device's registers, and its queues when they are set up.
pub struct Driver {
    pub device: usize,
    pub address: u64,
    pub rings: Vec<Ring>,
}

impl Driver {
    pub fn new(device: usize) -> Self {
        Driver {
            device,
            address: VIRTIO_MMIO + device as u64 * VIRTIO_MMIO_SIZE,
            rings: Vec::new(),
        }
    }

    pub fn read(&self, toy: &mut Toy, register: u32) -> u32 {
        toy.read32(self.address + u64::from(register))
    }

    pub fn write(&self, toy: &mut Toy, register: u32, value: u32) {
        toy.write32(self.address + u64::from(register), value);
    }

    pub fn status(&self, toy: &mut Toy) -> u32 {
        self.read(toy, VIRTIO_MMIO_STATUS)
    }

    pub fn reset(&mut self, toy: &mut Toy) {
        self.rings.clear();
        self.write(toy, VIRTIO_MMIO_STATUS, 0);
    }

    /// The device's features.
    pub fn offered(&self, toy: &mut Toy) -> u64 {
        let mut features = 0;
        for page in 0..2 {
            self.write(toy, VIRTIO_MMIO_DEVICE_FEATURES_SEL, page);
            let half = self.read(toy, VIRTIO_MMIO_DEVICE_FEATURES);
            features |= u64::from(half) << (32 * page);
        }
        features
    }

    /// Everything from the reset to DRIVER_OK, with every queue that the device has, as long as it can be.
    pub fn begin(&mut self, toy: &mut Toy, features: u64) {
        self.negotiate(toy, features);
        for queue in 0.. {
            self.write(toy, VIRTIO_MMIO_QUEUE_SEL, queue);
            let size = self.read(toy, VIRTIO_MMIO_QUEUE_NUM_MAX);
            if size == 0 {
                break;
            }
            let ring = Ring::new(toy, size.min(256) as u16);
            self.set_queue(toy, &ring);
            self.rings.push(ring);
        }
        self.ready(toy);
    }

    /// From the reset to FEATURES_OK.
    pub fn negotiate(&mut self, toy: &mut Toy, features: u64) {
        self.reset(toy);
        let status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
        self.write(toy, VIRTIO_MMIO_STATUS, status);
        for page in 0..2 {
            self.write(toy, VIRTIO_MMIO_DRIVER_FEATURES_SEL, page);
            let half = (features >> (32 * page)) as u32;
            self.write(toy, VIRTIO_MMIO_DRIVER_FEATURES, half);
        }
        let status = status | VIRTIO_CONFIG_S_FEATURES_OK;
        self.write(toy, VIRTIO_MMIO_STATUS, status);
        assert_eq!(self.status(toy), status, "the device refuses {features:#x}");
    }

    /// Describes the selected queue.
    pub fn set_queue(&self, toy: &mut Toy, ring: &Ring) {
        self.write(toy, VIRTIO_MMIO_QUEUE_NUM, ring.size.into());
        for (low, high, address) in [
            (
                VIRTIO_MMIO_QUEUE_DESC_LOW,
                VIRTIO_MMIO_QUEUE_DESC_HIGH,
                ring.descriptors,
            ),
            (
                VIRTIO_MMIO_QUEUE_AVAIL_LOW,
                VIRTIO_MMIO_QUEUE_AVAIL_HIGH,
                ring.available,
            ),
            (
                VIRTIO_MMIO_QUEUE_USED_LOW,
                VIRTIO_MMIO_QUEUE_USED_HIGH,
                ring.used,
            ),
        ] {
            self.write(toy, low, address as u32);
            self.write(toy, high, (address >> 32) as u32);
        }
        self.write(toy, VIRTIO_MMIO_QUEUE_READY, 1);
    }

    /// DRIVER_OK.
    pub fn ready(&self, toy: &mut Toy) {
        let status = self.status(toy) | VIRTIO_CONFIG_S_DRIVER_OK;
        self.write(toy, VIRTIO_MMIO_STATUS, status);
    }

    /// Tells the device of what was added.
    pub fn notify(&self, toy: &mut Toy, queue: usize) {
        self.notify_often(toy, queue, 1);
    }

    /// The same, as fast as the guest can.
    pub fn notify_often(&self, toy: &mut Toy, queue: usize, count: u64) {
        toy.command(Command {
            operation: Operation::Write32,
            address: self.address + u64::from(VIRTIO_MMIO_QUEUE_NOTIFY),
            value: queue as u64,
            count,
        });
    }

    /// Waits for an answer.
    pub fn wait_used(&mut self, toy: &mut Toy, queue: usize) -> Used {
        loop {
            if let Some(used) = self.rings[queue].take_used(&toy.memory) {
                return used;
            }
            toy.wait_interrupt(self.device);
        }
    }

    /// One request, and its answer.
    pub fn request(&mut self, toy: &mut Toy, queue: usize, buffers: &[Buffer]) -> Used {
        let head = self.rings[queue].add(&toy.memory, buffers);
        self.notify(toy, queue);
        let used = self.wait_used(toy, queue);
        assert_eq!(used.head, head, "another request was answered");
        used
    }
}
