//! The vhost-user back end: QEMU's requests turn into queues that are moved into the device.
//!
//! Written to the vhost-user protocol of QEMU's docs/interop/vhost-user.rst. The `vhost` crate does
//! the framing. `vhost-user-backend` is not used: it runs a worker thread beside the one that talks
//! to QEMU and puts locks around the queues, while one thread is enough here.

mod requests;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};

use hadron_vsock_device::{Config, Device, Interrupt, QUEUE_SIZE, QueueIndex, Queues};
use vhost::vhost_user::{Error, Result};
use virtio_bindings::virtio_ring::VIRTIO_RING_F_EVENT_IDX;
use virtio_queue::{Queue, QueueT};
use vm_memory::{GuestAddress, GuestMemoryMmap};

/// The memory of QEMU's guest.
pub type Memory = GuestMemoryMmap<()>;

/// Queues that vhost-user sees: rx and tx. QEMU keeps the event queue for itself.
const QUEUES: usize = 2;

/// What is known of a queue before and while it runs.
#[derive(Debug, Default)]
struct Vring {
    size: u16,
    descriptors: u64,
    available: u64,
    used: u64,
    base: u16,
    kick: Option<File>,
    enabled: bool,
}

/// Where a queue stood when it was stopped; the same place again means that the VM was paused,
/// another that the device was reset.
type Position = (u64, u16, u16);

/// Maps an address of QEMU's process to one of the guest.
struct Mapping {
    user: u64,
    size: u64,
    guest: u64,
}

/// What QEMU has set up, and the device.
pub struct Backend {
    /// The device; its queues are there while QEMU runs them.
    pub device: Device<Memory>,
    guest_cid: u64,
    features: u64,
    memory: Arc<Memory>,
    mappings: Vec<Mapping>,
    vrings: [Vring; QUEUES],
    calls: Arc<Calls>,
    running: bool,
    stopped_at: Option<[Position; QUEUES]>,
    /// Kick descriptors changed since the event loop last asked.
    kicks_changed: bool,
}

/// The eventfds that interrupt the guest.
#[derive(Debug, Default)]
struct Calls(Mutex<[Option<File>; QUEUES]>);

impl Calls {
    fn set(&self, queue: usize, file: Option<File>) {
        if let Some(call) = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(queue)
        {
            *call = file;
        }
    }
}

struct Caller(Arc<Calls>);

impl Interrupt for Caller {
    fn signal(&self, queue: QueueIndex) {
        let index = match queue {
            QueueIndex::Rx => 0,
            QueueIndex::Tx => 1,
        };
        let calls = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut call) = calls[index].as_ref() {
            // It fails only when 2^64 - 2 interrupts are pending already.
            let _ = call.write(&1u64.to_ne_bytes());
        }
    }
}

/// Why a request of QEMU is not carried out. The `vhost` crate hands it on as an [`io::Error`].
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the guest's memory regions do not fit: {0}")]
    Memory(vm_memory::GuestRegionCollectionError),
    #[error("queue {index}: {cause}")]
    Queue {
        index: usize,
        cause: virtio_queue::Error,
    },
    #[error("queue {0} does not lie in guest memory")]
    OutsideOfMemory(usize),
    #[error("queues without a kick descriptor, which are to be polled, are not served")]
    Polled,
    #[error("the configuration space of a socket device is read-only")]
    ReadOnly,
    #[error("the request belongs to a protocol feature that was not offered")]
    NotOffered,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Error::ReqHandlerError(io::Error::other(refused))
    }
}

impl Backend {
    /// # Errors
    /// When the kernel gives no epoll set.
    pub fn new(config: Config) -> io::Result<Self> {
        Ok(Backend {
            device: Device::new(config)?,
            guest_cid: config.guest_cid,
            features: 0,
            memory: Arc::new(Memory::new()),
            mappings: Vec::new(),
            vrings: Default::default(),
            calls: Arc::default(),
            running: false,
            stopped_at: None,
            kicks_changed: false,
        })
    }

    /// The kick descriptors, if they changed since the last call.
    pub fn changed_kicks(&mut self) -> Option<[Option<RawFd>; QUEUES]> {
        std::mem::take(&mut self.kicks_changed)
            .then(|| [0, 1].map(|index| self.vrings[index].kick.as_ref().map(AsRawFd::as_raw_fd)))
    }

    /// QEMU is gone: forgets all that it set up.
    pub fn disconnected(&mut self) {
        self.device.deactivate();
        self.device.muxer().guest_gone();
        self.features = 0;
        self.memory = Arc::new(Memory::new());
        self.mappings.clear();
        self.vrings = Default::default();
        self.calls.set(0, None);
        self.calls.set(1, None);
        self.running = false;
        self.stopped_at = None;
        self.kicks_changed = true;
    }

    fn vring(&mut self, index: u32) -> Result<&mut Vring> {
        self.vrings
            .get_mut(index as usize)
            .ok_or(Error::InvalidParam)
    }

    fn guest_address(&self, user: u64) -> Result<u64> {
        self.mappings
            .iter()
            .find_map(|mapping| {
                let offset = user.checked_sub(mapping.user)?;
                (offset < mapping.size).then(|| mapping.guest + offset)
            })
            .ok_or(Error::InvalidParam)
    }

    /// Starts the device as soon as both queues are complete.
    fn start(&mut self) -> Result<()> {
        let complete = self
            .vrings
            .iter()
            .all(|vring| vring.kick.is_some() && vring.enabled && vring.descriptors != 0);
        if self.running || !complete {
            return Ok(());
        }
        let rx = self.queue(0)?;
        let tx = self.queue(1)?;
        let position = [position(&rx), position(&tx)];
        if self.stopped_at.take() != Some(position) {
            self.device.muxer().guest_reset();
        }
        self.device.activate(
            Arc::clone(&self.memory),
            Queues { rx, tx },
            Box::new(Caller(Arc::clone(&self.calls))),
        );
        self.running = true;
        Ok(())
    }

    fn queue(&self, index: usize) -> Result<Queue> {
        let vring = &self.vrings[index];
        let build = || -> std::result::Result<Queue, virtio_queue::Error> {
            let mut queue = Queue::new(QUEUE_SIZE)?;
            queue.try_set_size(vring.size)?;
            queue.try_set_desc_table_address(GuestAddress(vring.descriptors))?;
            queue.try_set_avail_ring_address(GuestAddress(vring.available))?;
            queue.try_set_used_ring_address(GuestAddress(vring.used))?;
            queue.set_event_idx(self.features & (1 << VIRTIO_RING_F_EVENT_IDX) != 0);
            queue.set_next_avail(vring.base);
            let used = queue.used_idx(&*self.memory, std::sync::atomic::Ordering::Relaxed)?;
            queue.set_next_used(used.0);
            queue.set_ready(true);
            Ok(queue)
        };
        let queue = build().map_err(|cause| Refused::Queue { index, cause })?;
        if !queue.is_valid(&*self.memory) {
            return Err(Refused::OutsideOfMemory(index).into());
        }
        Ok(queue)
    }

    fn stop(&mut self) {
        if let Some(queues) = self.device.deactivate() {
            self.stopped_at = Some([position(&queues.rx), position(&queues.tx)]);
            self.vrings[0].base = queues.rx.next_avail();
            self.vrings[1].base = queues.tx.next_avail();
        }
        self.running = false;
    }
}

fn position(queue: &Queue) -> Position {
    (queue.desc_table(), queue.next_avail(), queue.next_used())
}
