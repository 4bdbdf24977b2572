//! The virtio device: a muxer and the queues that a transport has moved into it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use virtio_queue::{Error as QueueError, Queue, QueueOwnedT, QueueT};
use vm_memory::GuestMemory;

use crate::chain::{self, Access, Chain};
use crate::header::Header;
use crate::muxer::{Config, Muxer};
use crate::send::Sent;

/// Device type of vsock (virtio 1.2, section 5.10.1).
pub const DEVICE_TYPE: u32 = virtio_bindings::virtio_ids::VIRTIO_ID_VSOCK;

/// Most entries of a queue: what QEMU's virtio-mmio transport lets a driver choose, whatever the device.
pub const QUEUE_SIZE: u16 = 1024;

/// Chains that are handled before others get their turn.
const BUDGET: usize = 256;

/// The queues of the device that carry packets. (The event queue says that the CID changed, which
/// the VMM knows and the device does not.)
#[derive(Debug)]
pub struct Queues {
    /// Buffers for packets to the guest.
    pub rx: Queue,
    /// Packets from the guest.
    pub tx: Queue,
}

/// Names a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueIndex {
    /// Queue 0.
    Rx,
    /// Queue 1.
    Tx,
}

/// How the guest is told that buffers were used.
pub trait Interrupt: Send {
    /// Raises the interrupt of a queue. It must not block.
    fn signal(&self, queue: QueueIndex);

    /// So many buffers were used, whether the guest is told or not, with so many bytes in them.
    fn count(&self, buffers: u16, bytes: u64) {
        let _ = (buffers, bytes);
    }
}

struct Active<M> {
    memory: Arc<M>,
    queues: Queues,
    interrupt: Box<dyn Interrupt>,
}

/// A vsock device. One thread drives it: it polls [`Device::as_fd`] and the queues' kicks and calls
/// [`Device::handle_fds`] and [`Device::handle_queues`]; neither blocks.
///
/// The process must ignore SIGPIPE, as Rust's runtime does by itself.
pub struct Device<M> {
    muxer: Muxer,
    active: Option<Active<M>>,
}

impl<M: GuestMemory> Device<M> {
    /// # Errors
    /// When the kernel gives no epoll set.
    pub fn new(config: Config) -> io::Result<Self> {
        Ok(Device {
            muxer: Muxer::new(config)?,
            active: None,
        })
    }

    /// Joins are made, asked after and closed here.
    pub fn muxer(&mut self) -> &mut Muxer {
        &mut self.muxer
    }

    /// Takes the queues over. The caller goes on with [`Self::handle_queues`].
    pub fn activate(&mut self, memory: Arc<M>, queues: Queues, interrupt: Box<dyn Interrupt>) {
        self.active = Some(Active {
            memory,
            queues,
            interrupt,
        });
    }

    /// Gives the queues back. Streams stay as they are: a VM that is paused goes on later. See
    /// [`Muxer::guest_reset`] and [`Muxer::guest_gone`] for the other cases.
    pub fn deactivate(&mut self) -> Option<Queues> {
        self.active.take().map(|active| active.queues)
    }

    /// Guest memory changed its mapping.
    pub fn set_memory(&mut self, memory: Arc<M>) {
        if let Some(active) = &mut self.active {
            active.memory = memory;
        }
    }

    /// To be called when [`Self::as_fd`] is readable, before [`Self::handle_queues`].
    ///
    /// # Errors
    /// When the epoll set fails, which is fatal.
    pub fn handle_fds(&mut self) -> io::Result<()> {
        self.muxer.handle_fds()
    }

    /// Moves what can be moved. To be called after a kick of either queue, after
    /// [`Self::handle_fds`] and after changes to the muxer. True: there is more to do; call it again
    /// when others have had their turn.
    ///
    /// # Errors
    /// The guest has broken a queue; the device has let go of both and waits to be activated again.
    pub fn handle_queues(&mut self) -> Result<bool, QueueError> {
        let Some(active) = &mut self.active else {
            return Ok(false);
        };
        match active.handle(&mut self.muxer) {
            Ok(more) => Ok(more),
            Err(error) => {
                self.active = None;
                self.muxer.guest_reset();
                Err(error)
            }
        }
    }
}

impl<M> AsFd for Device<M> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.muxer.as_fd()
    }
}

impl<M: GuestMemory> Active<M> {
    fn handle(&mut self, muxer: &mut Muxer) -> Result<bool, QueueError> {
        let more_to_receive = self.receive(muxer)?;
        let more_to_send = self.send(muxer)?;
        Ok(more_to_receive || more_to_send)
    }

    fn receive(&mut self, muxer: &mut Muxer) -> Result<bool, QueueError> {
        let memory = &*self.memory;
        let queue = &mut self.queues.tx;
        let mut budget = BUDGET;
        let mut stalled = false;
        let mut bytes = 0;
        let before = queue.next_used();
        let more = loop {
            queue.disable_notification(memory)?;
            let start = budget;
            while budget > 0
                && let Some(descriptors) = queue.iter(memory)?.next()
            {
                budget -= 1;
                let head = descriptors.head_index();
                if let Some(chain) = Chain::new(memory, descriptors, Access::Read) {
                    let header = Header::from_bytes(&chain.read_header());
                    bytes += chain::length(&chain.payload) as u64;
                    muxer.receive(&header, chain.payload);
                }
                queue.add_used(memory, head, 0)?;
            }
            if budget == 0 {
                break true;
            }
            if !queue.enable_notification(memory)? {
                break false;
            }
            // The ring says that there is a chain. If none can be taken next time, it lies.
            if stalled && budget == start {
                return Err(QueueError::InvalidChain);
            }
            stalled = budget == start;
        };
        let used = queue.next_used().wrapping_sub(before);
        self.interrupt.count(used, bytes);
        if used != 0 && queue.needs_notification(memory)? {
            self.interrupt.signal(QueueIndex::Tx);
        }
        Ok(more)
    }

    fn send(&mut self, muxer: &mut Muxer) -> Result<bool, QueueError> {
        let memory = &*self.memory;
        let queue = &mut self.queues.rx;
        let before = queue.next_used();
        let bytes_before = muxer.sent;
        queue.disable_notification(memory)?;
        let mut sent = muxer.send(memory, queue, BUDGET)?;
        let mut more = sent == Sent::Budget;
        if sent == Sent::Starved && queue.enable_notification(memory)? {
            // Buffers have come in the meantime. If none can be taken, the ring lies.
            let at = queue.next_avail();
            sent = muxer.send(memory, queue, BUDGET)?;
            if sent == Sent::Starved && queue.next_avail() == at {
                return Err(QueueError::InvalidChain);
            }
            more = sent != Sent::Everything;
        }
        let used = queue.next_used().wrapping_sub(before);
        self.interrupt
            .count(used, muxer.sent.wrapping_sub(bytes_before));
        if used != 0 && queue.needs_notification(memory)? {
            self.interrupt.signal(QueueIndex::Rx);
        }
        Ok(more)
    }
}
