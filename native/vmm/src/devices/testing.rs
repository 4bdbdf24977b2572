//! A driver on the host's side: real queues in real guest memory, a device in a worker, and no guest.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use virtio_bindings::virtio_config::VIRTIO_CONFIG_S_NEEDS_RESET;
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

use crate::device::{Activation, Device, Interrupt, QUEUE_FEATURES, Status, Virtqueue, as_fd};
use crate::memory::{self, Backing, Memory};
use crate::worker::{Listener, Worker};

/// Whatever is waited for is over after this, or will not come.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// For buffers: what is below belongs to queues.
pub const FREE: u64 = 1 << 20;

pub const NEXT: u16 = 1;
pub const WRITE: u16 = 2;

const AVAILABLE: u64 = 0x8000;
const USED: u64 = 0xc000;

/// The driver's side of a queue.
pub struct Ring {
    base: u64,
    size: u16,
    available: u16,
    seen: u16,
    free: u16,
}

impl Ring {
    /// The `index`th one, empty.
    pub fn new(memory: &Memory, index: usize, size: u16) -> Self {
        let base = 0x1_0000 * (index as u64 + 1);
        memory
            .write_slice(&[0; 0x1_0000], GuestAddress(base))
            .unwrap();
        Ring {
            base,
            size,
            available: 0,
            seen: 0,
            free: 0,
        }
    }

    /// As the transport hands it over.
    pub fn queue(&self) -> Queue {
        let mut queue = Queue::new(self.size).unwrap();
        queue.set_desc_table_address(Some(self.base as u32), None);
        queue.set_avail_ring_address(Some((self.base + AVAILABLE) as u32), None);
        queue.set_used_ring_address(Some((self.base + USED) as u32), None);
        queue.set_event_idx(true);
        queue.set_ready(true);
        queue
    }

    /// Makes a chain of (address, length, flags) available; its head. Descriptors are taken in turn, so no more may be
    /// in use than there are.
    pub fn offer(&mut self, memory: &Memory, pieces: &[(u64, u32, u16)]) -> u16 {
        let head = self.free;
        for (index, (address, length, flags)) in pieces.iter().enumerate() {
            let last = index + 1 == pieces.len();
            let at = self.base + 16 * u64::from(self.free);
            self.free = (self.free + 1) % self.size;
            let flags = flags | if last { 0 } else { NEXT };
            memory.write_obj(*address, GuestAddress(at)).unwrap();
            memory.write_obj(*length, GuestAddress(at + 8)).unwrap();
            memory.write_obj(flags, GuestAddress(at + 12)).unwrap();
            memory.write_obj(self.free, GuestAddress(at + 14)).unwrap();
        }
        let entry = self.base + AVAILABLE + 4 + 2 * u64::from(self.available % self.size);
        memory.write_obj(head, GuestAddress(entry)).unwrap();
        self.available = self.available.wrapping_add(1);
        self.publish(memory, self.available);
        head
    }

    /// Writes the index of the available ring.
    pub fn publish(&self, memory: &Memory, index: u16) {
        let at = GuestAddress(self.base + AVAILABLE + 2);
        memory.store(index, at, Ordering::Release).unwrap();
    }

    /// How many chains were used, ever.
    pub fn used_index(&self, memory: &Memory) -> u16 {
        let at = GuestAddress(self.base + USED + 2);
        memory.load(at, Ordering::SeqCst).unwrap()
    }

    /// The next used chain, head and length; without one the device is asked for an interrupt at the next.
    pub fn used(&mut self, memory: &Memory) -> Option<(u16, u32)> {
        let used_event = self.base + AVAILABLE + 4 + 2 * u64::from(self.size);
        memory
            .store(self.seen, GuestAddress(used_event), Ordering::SeqCst)
            .unwrap();
        if self.used_index(memory) == self.seen {
            return None;
        }
        let at = self.base + USED + 4 + 8 * u64::from(self.seen % self.size);
        self.seen = self.seen.wrapping_add(1);
        let head: u32 = memory.read_obj(GuestAddress(at)).unwrap();
        let length: u32 = memory.read_obj(GuestAddress(at + 4)).unwrap();
        Some((head as u16, length))
    }
}

/// What the worker has said.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Complaint(String),
    Fatal(String),
}

struct Ear(Sender<Said>);

impl Listener for Ear {
    fn complaint(&self, sentence: String) {
        let _ = self.0.send(Said::Complaint(sentence));
    }
    fn fatal(&self, sentence: String) {
        let _ = self.0.send(Said::Fatal(sentence));
    }
}

/// A device that a driver may use.
pub struct Driver {
    pub memory: Arc<Memory>,
    pub rings: Vec<Ring>,
    said: Receiver<Said>,
    sizes: Vec<u16>,
    kicks: Vec<EventFd>,
    line: Arc<EventFd>,
    status: Arc<Status>,
    worker: Worker,
}

impl Driver {
    /// Nobody has looked at the device yet.
    pub fn new(device: Box<dyn Device>, memory: Arc<Memory>) -> Self {
        let sizes = device.description().queue_sizes;
        let (sender, said) = channel();
        let worker = Worker::spawn(vec![device], Arc::new(Ear(sender)), || Ok(())).unwrap();
        Driver {
            memory,
            rings: Vec::new(),
            said,
            sizes,
            kicks: Vec::new(),
            line: Arc::new(EventFd::new(EFD_NONBLOCK).unwrap()),
            status: Arc::default(),
            worker,
        }
    }

    /// 64 MiB of the kind that vhost-user needs.
    pub fn memory() -> Arc<Memory> {
        memory::create(64, Backing::Shared).unwrap()
    }

    /// With all queues at their largest, and empty. False: the device refuses.
    pub fn activate(&mut self) -> bool {
        self.prepare();
        self.start()
    }

    /// Empty queues that the driver may fill before [`Self::start`].
    pub fn prepare(&mut self) {
        self.status = Arc::default();
        self.rings = (0..)
            .zip(&self.sizes)
            .map(|(index, size)| Ring::new(&self.memory, index, *size))
            .collect();
        let kick = |_: &u16| EventFd::new(EFD_NONBLOCK).unwrap();
        self.kicks = self.sizes.iter().map(kick).collect();
    }

    /// DRIVER_OK.
    pub fn start(&mut self) -> bool {
        let queue = |(ring, kick): (&Ring, &EventFd)| {
            Some(Virtqueue {
                queue: ring.queue(),
                kick: kick.try_clone().unwrap(),
            })
        };
        let activation = Activation {
            memory: Arc::clone(&self.memory),
            features: QUEUE_FEATURES,
            queues: self.rings.iter().zip(&self.kicks).map(queue).collect(),
            interrupt: Interrupt::new(Arc::clone(&self.line), Arc::clone(&self.status)),
        };
        self.worker.handle().activate(0, activation)
    }

    #[must_use]
    pub fn reset(&self) -> bool {
        self.worker.handle().reset(0)
    }

    /// Makes a chain available in a queue and says so.
    pub fn offer(&mut self, queue: usize, pieces: &[(u64, u32, u16)]) -> u16 {
        let head = self.rings[queue].offer(&self.memory, pieces);
        self.kick(queue);
        head
    }

    pub fn kick(&self, queue: usize) {
        self.kicks[queue].write(1).unwrap();
    }

    /// Waits for the next used chain of a queue.
    pub fn used(&mut self, queue: usize) -> (u16, u32) {
        loop {
            if let Some(used) = self.rings[queue].used(&self.memory) {
                return used;
            }
            self.wait_for_interrupt();
        }
    }

    pub fn wait_for_interrupt(&self) {
        assert!(readable(as_fd(&self.line)), "no interrupt came");
        self.line.read().unwrap();
    }

    pub fn needs_reset(&self) -> bool {
        u32::from(self.status.device.load(Ordering::Acquire)) & VIRTIO_CONFIG_S_NEEDS_RESET != 0
    }

    /// What the worker says next.
    pub fn said(&self) -> Said {
        self.said.recv_timeout(PATIENCE).unwrap()
    }

    /// All that the worker has said and nobody has asked for.
    pub fn said_by_now(&self) -> Vec<Said> {
        self.said.try_iter().collect()
    }

    /// That the worker has said nothing that was not asked for.
    pub fn said_nothing(&self) -> bool {
        self.said.try_recv().is_err()
    }
}

/// Waits until there is something to read.
pub fn readable(fd: impl AsFd) -> bool {
    let timeout = Timespec::try_from(PATIENCE).unwrap();
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    poll(&mut fds, Some(&timeout)).unwrap() == 1
}
