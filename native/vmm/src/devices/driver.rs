//! A guest's driver for tests: rings in memory of a VM that is none, and a device in a real worker.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use virtio_bindings::virtio_config::VIRTIO_CONFIG_S_NEEDS_RESET;
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

use crate::device::{
    Activation, Configuration, Device, INTERRUPT_CONFIGURATION, Interrupt, QUEUE_FEATURES, Status,
    Virtqueue, as_fd,
};
use crate::memory::{Backing, Memory, create};
use crate::worker::{Listener, Worker};

/// Of a descriptor.
pub const WRITE: u16 = 2;
const NEXT: u16 = 1;
const INDIRECT: u16 = 4;
/// A ring's descriptors, available and used entries begin so far from each other.
const PART: u64 = 0x2000;
/// Where the first ring is. What is below is the test's own.
pub const RINGS: u64 = 16 << 20;
/// How long a test waits for what has to come.
const PATIENCE: Timespec = Timespec {
    tv_sec: 20,
    tv_nsec: 0,
};

/// The driver's side of a queue.
pub struct DriverRing {
    base: u64,
    size: u16,
    next_descriptor: u16,
    available: u16,
    seen: u16,
    kick: Option<EventFd>,
}

/// The driver, the device and what both share.
pub struct Driver {
    pub memory: Arc<Memory>,
    pub rings: Vec<DriverRing>,
    pub configuration: Arc<Configuration>,
    worker: Worker,
    /// The worker's.
    pub thread: i32,
    line: Arc<EventFd>,
    status: Arc<Status>,
    told: Receiver<String>,
}

struct Teller(Mutex<Sender<String>>);

impl Listener for Teller {
    fn complaint(&self, sentence: String) {
        // At the end nobody listens.
        let _ = self.0.lock().unwrap().send(sentence);
    }
    fn fatal(&self, sentence: String) {
        self.complaint(format!("fatal: {sentence}"));
    }
}

impl Driver {
    /// Not active yet.
    pub fn new(device: impl Device + 'static) -> Driver {
        Driver::with_memory(device, create(32, Backing::Anonymous).unwrap())
    }

    pub fn with_memory(device: impl Device + 'static, memory: Arc<Memory>) -> Driver {
        Driver::of(Box::new(device), memory)
    }

    /// Of any device.
    pub fn new_boxed(device: Box<dyn Device>) -> Driver {
        Driver::of(device, create(32, Backing::Anonymous).unwrap())
    }

    fn of(device: Box<dyn Device>, memory: Arc<Memory>) -> Driver {
        let description = device.description();
        let (sender, told) = channel();
        let teller = Arc::new(Teller(Mutex::new(sender)));
        let ring = |(index, size): (u64, &u16)| DriverRing {
            base: RINGS + index * 3 * PART,
            size: *size,
            next_descriptor: 0,
            available: 0,
            seen: 0,
            kick: None,
        };
        let (tell_thread, thread) = channel();
        let enter = move || {
            tell_thread.send(rustix::thread::gettid()).unwrap();
            Ok(())
        };
        let worker = Worker::spawn(vec![device], teller, enter).unwrap();
        Driver {
            thread: thread.recv().unwrap().as_raw_nonzero().get(),
            memory,
            rings: (0..).zip(&description.queue_sizes).map(ring).collect(),
            configuration: description.configuration,
            worker,
            line: Arc::new(EventFd::new(EFD_NONBLOCK).unwrap()),
            status: Arc::default(),
            told,
        }
    }

    /// With queues as large as the device allows; false if the device refuses.
    pub fn activate(&mut self, features: u64) -> bool {
        let features = features | QUEUE_FEATURES;
        let mut queues = Vec::new();
        for ring in &mut self.rings {
            let mut queue = Queue::new(ring.size).unwrap();
            queue.set_size(ring.size);
            queue.set_desc_table_address(Some(ring.base as u32), None);
            queue.set_avail_ring_address(Some((ring.base + PART) as u32), None);
            queue.set_used_ring_address(Some((ring.base + 2 * PART) as u32), None);
            queue.set_event_idx(true);
            queue.set_ready(true);
            assert!(queue.is_valid(&*self.memory));
            let kick = EventFd::new(EFD_NONBLOCK).unwrap();
            ring.kick = Some(kick.try_clone().unwrap());
            queues.push(Some(Virtqueue { queue, kick }));
        }
        let activation = Activation {
            memory: Arc::clone(&self.memory),
            features,
            queues,
            interrupt: Interrupt::new(Arc::clone(&self.line), Arc::clone(&self.status)),
        };
        self.worker.handle().activate(0, activation).wait()
    }

    /// Writes to the device's configuration.
    pub fn configure(&self, offset: u64, data: &[u8]) {
        let _ = self.worker.handle().configure(0, offset, data).wait();
    }

    /// Has a queue of fewer entries than it could have.
    pub fn limit(&mut self, ring: usize, size: u16) {
        self.rings[ring].size = size;
    }

    /// The device has let go of all memory; false if it does not. Rings stay as they are.
    #[must_use]
    pub fn try_reset(&self) -> bool {
        self.worker.handle().reset(0).wait()
    }

    /// The device has let go of all memory; rings are as new.
    pub fn reset(&mut self) {
        assert!(self.try_reset());
        for ring in &mut self.rings {
            (ring.available, ring.seen, ring.next_descriptor) = (0, 0, 0);
            ring.kick = None;
            let zeros = vec![0; 3 * PART as usize];
            let at = GuestAddress(ring.base);
            self.memory.write_slice(&zeros, at).unwrap();
        }
    }

    /// Makes a chain of (address, length, flags) available and returns its head; nobody is told.
    pub fn offer(&mut self, ring: usize, pieces: &[(u64, u32, u16)]) -> u16 {
        let ring = &mut self.rings[ring];
        let head = ring.next_descriptor;
        for (index, (address, length, flags)) in (1..).zip(pieces) {
            let own = ring.next_descriptor;
            ring.next_descriptor = (own + 1) % ring.size;
            let more = if index < pieces.len() { NEXT } else { 0 };
            let at = ring.base + 16 * u64::from(own);
            let next = ring.next_descriptor;
            write_descriptor(&self.memory, at, (*address, *length, flags | more), next);
        }
        ring.push(&self.memory, head);
        head
    }

    /// The same through a table of its own at `table`.
    pub fn offer_indirect(&mut self, ring: usize, table: u64, pieces: &[(u64, u32, u16)]) -> u16 {
        for (index, (address, length, flags)) in (0..).zip(pieces) {
            let more = if usize::from(index) + 1 < pieces.len() {
                NEXT
            } else {
                0
            };
            let at = table + 16 * u64::from(index);
            write_descriptor(
                &self.memory,
                at,
                (*address, *length, flags | more),
                index + 1,
            );
        }
        self.offer(ring, &[(table, 16 * pieces.len() as u32, INDIRECT)])
    }

    pub fn kick(&self, ring: usize) {
        self.rings[ring].kick.as_ref().unwrap().write(1).unwrap();
    }

    /// The next used chain, head and length, if there is one by now.
    pub fn try_used(&mut self, ring: usize) -> Option<(u16, u32)> {
        let used_index = self.used_index(ring);
        let ring = &mut self.rings[ring];
        if used_index == ring.seen {
            return None;
        }
        let used = ring.base + 2 * PART;
        let at = used + 4 + 8 * u64::from(ring.seen % ring.size);
        ring.seen = ring.seen.wrapping_add(1);
        // An interrupt at the next one.
        let event = GuestAddress(ring.base + PART + 4 + 2 * u64::from(ring.size));
        self.memory
            .store(ring.seen, event, std::sync::atomic::Ordering::SeqCst)
            .unwrap();
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
        let head: u32 = self.memory.read_obj(GuestAddress(at)).unwrap();
        let length: u32 = self.memory.read_obj(GuestAddress(at + 4)).unwrap();
        Some((head as u16, length))
    }

    /// How many chains were used since the last reset.
    pub fn used_index(&self, ring: usize) -> u16 {
        let at = GuestAddress(self.rings[ring].base + 2 * PART + 2);
        let order = std::sync::atomic::Ordering::Acquire;
        self.memory.load(at, order).unwrap()
    }

    /// The next used chain; waits for the interrupt.
    pub fn used(&mut self, ring: usize) -> (u16, u32) {
        loop {
            if let Some(used) = self.try_used(ring) {
                return used;
            }
            self.wait_for_interrupt();
        }
    }

    /// Makes a chain available and waits until it was used; tells how many bytes were written.
    pub fn request(&mut self, ring: usize, pieces: &[(u64, u32, u16)]) -> u32 {
        let head = self.offer(ring, pieces);
        self.kick(ring);
        let (used, length) = self.used(ring);
        assert_eq!(used, head);
        length
    }

    /// How often the worker has gone to sleep so far.
    pub fn switches(&self) -> u64 {
        let path = format!("/proc/self/task/{}/status", self.thread);
        let status = std::fs::read_to_string(path).unwrap();
        let mut lines = status.lines();
        lines
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
            .and_then(|count| count.trim().parse().ok())
            .unwrap()
    }

    pub fn wait_for_interrupt(&self) {
        let mut fds = [PollFd::from_borrowed_fd(as_fd(&self.line), PollFlags::IN)];
        assert_eq!(poll(&mut fds, Some(&PATIENCE)).unwrap(), 1, "no interrupt");
        self.line.read().unwrap();
    }

    /// Whether the device has said that its configuration changed; acknowledges it.
    pub fn configuration_changed(&self) -> bool {
        let order = std::sync::atomic::Ordering::AcqRel;
        let old = self
            .status
            .interrupt
            .fetch_and(!INTERRUPT_CONFIGURATION, order);
        old & INTERRUPT_CONFIGURATION != 0
    }

    /// Waits until the device has stopped, and tells why.
    pub fn complaint(&self) -> String {
        self.told
            .recv_timeout(std::time::Duration::from_secs(20))
            .unwrap()
    }

    /// That the device has had no reason to complain.
    pub fn is_content(&self) -> bool {
        self.told.try_recv().is_err()
    }

    /// The worker has done all that it was about to do. Not for a device that does something of its own at `configure`.
    pub fn settle(&self) {
        let _ = self.worker.handle().configure(0, 0, &[]).wait();
    }

    /// DEVICE_NEEDS_RESET.
    pub fn needs_reset(&self) -> bool {
        let order = std::sync::atomic::Ordering::Acquire;
        u32::from(self.status.device.load(order)) & VIRTIO_CONFIG_S_NEEDS_RESET != 0
    }

    /// What the device has said so far.
    pub fn complaints(&self) -> impl Iterator<Item = String> {
        self.told.try_iter()
    }

    pub fn write(&self, address: u64, bytes: &[u8]) {
        self.memory
            .write_slice(bytes, GuestAddress(address))
            .unwrap();
    }

    pub fn read(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.memory
            .read_slice(&mut bytes, GuestAddress(address))
            .unwrap();
        bytes
    }

    /// Says that so many chains are available as there are, and `more`.
    pub fn lie(&mut self, ring: usize, more: u16) {
        let ring = &mut self.rings[ring];
        ring.available = ring.available.wrapping_add(more);
        ring.publish(&self.memory);
    }

    /// Makes a head available that the test has made itself.
    pub fn push(&mut self, ring: usize, head: u16) {
        self.rings[ring].push(&self.memory, head);
    }

    /// Writes one descriptor of a ring.
    pub fn descriptor(&self, ring: usize, index: u16, piece: (u64, u32, u16), next: u16) {
        let at = self.rings[ring].base + 16 * u64::from(index);
        write_descriptor(&self.memory, at, piece, next);
    }
}

impl DriverRing {
    fn push(&mut self, memory: &Memory, head: u16) {
        let entry = self.base + PART + 4 + 2 * u64::from(self.available % self.size);
        memory.write_obj(head, GuestAddress(entry)).unwrap();
        self.available = self.available.wrapping_add(1);
        self.publish(memory);
    }

    fn publish(&self, memory: &Memory) {
        let at = GuestAddress(self.base + PART + 2);
        let order = std::sync::atomic::Ordering::Release;
        memory.store(self.available, at, order).unwrap();
    }
}

fn write_descriptor(memory: &Memory, at: u64, piece: (u64, u32, u16), next: u16) {
    let (address, length, flags) = piece;
    memory.write_obj(address, GuestAddress(at)).unwrap();
    memory.write_obj(length, GuestAddress(at + 8)).unwrap();
    memory.write_obj(flags, GuestAddress(at + 12)).unwrap();
    memory.write_obj(next, GuestAddress(at + 14)).unwrap();
}
