//! The registers of a virtio device in memory (virtio 1.2, section 4.2.2): the transport.
//!
//! It runs on vCPU threads. It builds the queues as the driver describes them and moves them into the device, which lives
//! in a worker, when the driver says that it is ready. Data does not come by here: notifications are ioeventfds,
//! interrupts irqfds.
//!
//! InterruptStatus always says that buffers were used. Whoever raises the interrupt then needs to write no register, so
//! that the host's kernel (vhost) and other processes (vhost-user) raise it by themselves. Interrupts are edges and
//! nobody shares a line, so a driver reads the register only when there was a reason, and finds a queue without
//! news to have none.
//!
//! A device that waits for somebody else at its start or reset may take long, but no vCPU stands here longer than [`GRACE`] for it. Then the
//! start goes on by itself, as a driver cannot tell; and a reset is over when the driver reads the status as zero (virtio 1.2, section
//! 2.4.2). Linux does not look with virtio-mmio, which is what the grace is for: it only overtakes a reset that takes longer.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use virtio_bindings::virtio_config::{
    VIRTIO_CONFIG_S_ACKNOWLEDGE, VIRTIO_CONFIG_S_DRIVER, VIRTIO_CONFIG_S_DRIVER_OK,
    VIRTIO_CONFIG_S_FAILED, VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_CONFIG_S_NEEDS_RESET,
    VIRTIO_F_VERSION_1,
};
use virtio_bindings::virtio_mmio::{
    VIRTIO_MMIO_CONFIG, VIRTIO_MMIO_CONFIG_GENERATION, VIRTIO_MMIO_DEVICE_FEATURES,
    VIRTIO_MMIO_DEVICE_FEATURES_SEL, VIRTIO_MMIO_DEVICE_ID, VIRTIO_MMIO_DRIVER_FEATURES,
    VIRTIO_MMIO_DRIVER_FEATURES_SEL, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INTERRUPT_STATUS,
    VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, VIRTIO_MMIO_QUEUE_AVAIL_LOW,
    VIRTIO_MMIO_QUEUE_DESC_HIGH, VIRTIO_MMIO_QUEUE_DESC_LOW, VIRTIO_MMIO_QUEUE_NOTIFY,
    VIRTIO_MMIO_QUEUE_NUM, VIRTIO_MMIO_QUEUE_NUM_MAX, VIRTIO_MMIO_QUEUE_READY,
    VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_QUEUE_USED_HIGH, VIRTIO_MMIO_QUEUE_USED_LOW,
    VIRTIO_MMIO_SHM_LEN_HIGH, VIRTIO_MMIO_SHM_LEN_LOW, VIRTIO_MMIO_STATUS, VIRTIO_MMIO_VENDOR_ID,
    VIRTIO_MMIO_VERSION,
};
use virtio_bindings::virtio_ring::VIRTIO_RING_F_EVENT_IDX;
use virtio_queue::{Queue, QueueT};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::bus::BusDevice;
use crate::device::{
    Activation, Description, Device, INTERRUPT_CONFIGURATION, INTERRUPT_USED, Interrupt, Status,
    Virtqueue,
};
use crate::memory::Memory;
use crate::worker::{Answer, WorkerHandle};

/// "virt"
const MAGIC: u32 = 0x7472_6976;
/// Of virtio 1.
const VERSION: u32 = 2;
/// "HADR"
const VENDOR: u32 = 0x5244_4148;
/// The most bits of a device's status that a driver sets, FAILED apart, in the order in which it does.
const STEPS: u32 = VIRTIO_CONFIG_S_ACKNOWLEDGE
    | VIRTIO_CONFIG_S_DRIVER
    | VIRTIO_CONFIG_S_FEATURES_OK
    | VIRTIO_CONFIG_S_DRIVER_OK;

/// How long an access to a register waits for the device.
pub const GRACE: Duration = Duration::from_secs(1);

/// Has KVM turn the driver's notifications into eventfds.
pub trait Doorbells: Send {
    /// From now on, a write of `queue` (4 bytes) to `address` is counted on `kick`.
    ///
    /// # Errors
    /// As KVM_IOEVENTFD.
    fn attach(&self, address: u64, queue: u32, kick: &EventFd) -> io::Result<()>;
    /// Ends that.
    ///
    /// # Errors
    /// As KVM_IOEVENTFD.
    fn detach(&self, address: u64, queue: u32, kick: &EventFd) -> io::Result<()>;
}

/// What a transport needs of the VM.
pub struct Place {
    /// Of the first register.
    pub address: u64,
    /// The guest's memory.
    pub memory: Arc<Memory>,
    /// KVM's.
    pub doorbells: Box<dyn Doorbells>,
    /// Where the device lives.
    pub worker: WorkerHandle,
    /// Its number there.
    pub device: usize,
    /// An eventfd, not blocking, that KVM turns into the device's interrupt.
    pub line: Arc<EventFd>,
}

/// What a device was asked for and may not have answered yet.
struct Asked {
    answer: Answer,
    /// What has its place from the answer on; None: itself, reset.
    instead: Option<(Description, Vec<Queue>)>,
}

/// What of it is to be saved, beside the queues, the device's status and its configuration: the values that a driver sets one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct MmioState {
    selected_queue: usize,
    device_features_page: u32,
    driver_features_page: u32,
    driver_features: u64,
    /// A ring's address was not taken since it was not aligned (virtio 1.2, section 2.7).
    misaligned: bool,
}

/// One device's registers.
pub struct Mmio {
    place: Place,
    description: Description,
    status: Arc<Status>,
    interrupt: Interrupt,
    queues: Vec<Queue>,
    /// While the device is active: the doorbells that are attached, with their queues' numbers.
    kicks: Vec<(u32, EventFd)>,
    /// That the device lets go of its memory, until it does.
    asked: Option<Asked>,
    state: MmioState,
}

impl Mmio {
    /// # Errors
    /// When a device describes queues that cannot be.
    pub fn new(place: Place, description: Description) -> Result<Self, virtio_queue::Error> {
        let queues = queues_of(&description)?;
        let status = Arc::new(Status::default());
        let interrupt = Interrupt::new(Arc::clone(&place.line), Arc::clone(&status));
        Ok(Mmio {
            place,
            description,
            status,
            interrupt,
            queues,
            kicks: Vec::new(),
            asked: None,
            state: MmioState::default(),
        })
    }

    /// Virtio 1.2, section 5; 0 of a vacant place.
    #[must_use]
    pub fn device_type(&mut self) -> u32 {
        self.settle(Duration::ZERO);
        self.description.device_type
    }

    /// Has another device take this one's place, and what was asked for before: it has it when it is answered that this one is gone. Of that one a
    /// driver has nothing any more then, as after a reset; it is to look anew what is here.
    ///
    /// # Errors
    /// When the device describes queues that cannot be: nothing is asked for then.
    pub fn replace(&mut self, device: Box<dyn Device>) -> Result<Answer, virtio_queue::Error> {
        let description = device.description();
        let queues = queues_of(&description)?;
        let answer = self.place.worker.replace(self.place.device, device);
        self.asked = Some(Asked {
            answer: answer.clone(),
            instead: Some((description, queues)),
        });
        Ok(answer)
    }

    /// The answer to a [`Self::replace`] that is still to come.
    #[must_use]
    pub fn replacing(&self) -> Option<Answer> {
        let asked = self.asked.as_ref()?;
        asked.instead.as_ref().map(|_| asked.answer.clone())
    }

    fn register(&mut self, offset: u32) -> u32 {
        match offset {
            VIRTIO_MMIO_MAGIC_VALUE => MAGIC,
            VIRTIO_MMIO_VERSION => VERSION,
            VIRTIO_MMIO_DEVICE_ID => self.description.device_type,
            VIRTIO_MMIO_VENDOR_ID => VENDOR,
            VIRTIO_MMIO_DEVICE_FEATURES => {
                page_of(self.description.features, self.state.device_features_page)
            }
            VIRTIO_MMIO_QUEUE_NUM_MAX => self.selected().map_or(0, |queue| queue.max_size().into()),
            VIRTIO_MMIO_QUEUE_READY => self.selected().map_or(0, |queue| queue.ready().into()),
            VIRTIO_MMIO_INTERRUPT_STATUS => {
                self.status.interrupt.load(Ordering::Acquire) | INTERRUPT_USED
            }
            VIRTIO_MMIO_STATUS => self.device_status(),
            VIRTIO_MMIO_CONFIG_GENERATION => self.description.configuration.generation(),
            // No device has shared memory: a length of all ones (virtio 1.2, section 4.2.2.1).
            VIRTIO_MMIO_SHM_LEN_LOW | VIRTIO_MMIO_SHM_LEN_HIGH => u32::MAX,
            _ => 0,
        }
    }

    fn set_register(&mut self, offset: u32, value: u32) {
        match offset {
            VIRTIO_MMIO_DEVICE_FEATURES_SEL => self.state.device_features_page = value,
            VIRTIO_MMIO_DRIVER_FEATURES_SEL => self.state.driver_features_page = value,
            VIRTIO_MMIO_DRIVER_FEATURES => self.set_features(value),
            VIRTIO_MMIO_QUEUE_SEL => {
                self.state.selected_queue = usize::try_from(value).unwrap_or(usize::MAX);
            }
            VIRTIO_MMIO_QUEUE_NOTIFY => self.notify(value),
            VIRTIO_MMIO_INTERRUPT_ACK => {
                self.status
                    .interrupt
                    .fetch_and(!(value & INTERRUPT_CONFIGURATION), Ordering::AcqRel);
            }
            VIRTIO_MMIO_STATUS => self.set_status(value),
            _ => self.set_queue_register(offset, value),
        }
    }

    /// A queue is described before the driver is ready, and not changed afterwards.
    fn set_queue_register(&mut self, offset: u32, value: u32) {
        let status = self.device_status();
        if status & VIRTIO_CONFIG_S_FEATURES_OK == 0 || status & VIRTIO_CONFIG_S_DRIVER_OK != 0 {
            return;
        }
        let Some(queue) = self.queues.get_mut(self.state.selected_queue) else {
            return;
        };
        match offset {
            // A size that cannot be is not taken, and the queue keeps its own.
            VIRTIO_MMIO_QUEUE_NUM => queue.set_size(u16::try_from(value).unwrap_or(0)),
            VIRTIO_MMIO_QUEUE_READY => queue.set_ready(value == 1),
            VIRTIO_MMIO_QUEUE_DESC_LOW => queue.set_desc_table_address(Some(value), None),
            VIRTIO_MMIO_QUEUE_DESC_HIGH => queue.set_desc_table_address(None, Some(value)),
            VIRTIO_MMIO_QUEUE_AVAIL_LOW => queue.set_avail_ring_address(Some(value), None),
            VIRTIO_MMIO_QUEUE_AVAIL_HIGH => queue.set_avail_ring_address(None, Some(value)),
            VIRTIO_MMIO_QUEUE_USED_LOW => queue.set_used_ring_address(Some(value), None),
            VIRTIO_MMIO_QUEUE_USED_HIGH => queue.set_used_ring_address(None, Some(value)),
            _ => return,
        }
        let taken = match offset {
            VIRTIO_MMIO_QUEUE_DESC_LOW => queue.desc_table(),
            VIRTIO_MMIO_QUEUE_AVAIL_LOW => queue.avail_ring(),
            VIRTIO_MMIO_QUEUE_USED_LOW => queue.used_ring(),
            _ => return,
        };
        self.state.misaligned |= taken as u32 != value;
    }

    fn selected(&self) -> Option<&Queue> {
        self.queues.get(self.state.selected_queue)
    }

    fn device_status(&self) -> u32 {
        self.status.device.load(Ordering::Acquire).into()
    }

    fn set_features(&mut self, value: u32) {
        let status = self.device_status();
        if status & VIRTIO_CONFIG_S_DRIVER == 0 || status & VIRTIO_CONFIG_S_FEATURES_OK != 0 {
            return;
        }
        let (shift, mask) = match self.state.driver_features_page {
            0 => (0, 0xffff_ffff),
            1 => (32, 0xffff_ffff << 32),
            _ => return,
        };
        self.state.driver_features =
            (self.state.driver_features & !mask) | u64::from(value) << shift;
    }

    /// Without an ioeventfd: what a driver writes in another width than the specification has, or too early.
    fn notify(&mut self, queue: u32) {
        if let Some((_, kick)) = self.kicks.iter().find(|(index, _)| *index == queue) {
            let _ = kick.write(1);
        }
    }

    fn set_status(&mut self, value: u32) {
        if value == 0 {
            self.reset();
            return;
        }
        if !self.settle(GRACE) {
            return;
        }
        let status = self.device_status();
        let wanted = value & (STEPS | VIRTIO_CONFIG_S_FAILED);
        // Bits are only added (virtio 1.2, section 2.1.1), each step after the one before it.
        let mut added = wanted & !status;
        let missing = STEPS & !(wanted | status);
        for (step, before) in [
            (VIRTIO_CONFIG_S_DRIVER, VIRTIO_CONFIG_S_ACKNOWLEDGE),
            (VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_CONFIG_S_DRIVER),
            (VIRTIO_CONFIG_S_DRIVER_OK, VIRTIO_CONFIG_S_FEATURES_OK),
        ] {
            if added & step != 0 && missing & before != 0 {
                return;
            }
        }
        if added & VIRTIO_CONFIG_S_FEATURES_OK != 0 && !self.accepts_features() {
            // The driver reads the status back, and sees it (virtio 1.2, section 3.1.1).
            added &= !(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
        }
        self.add_status(added);
        if added & VIRTIO_CONFIG_S_DRIVER_OK != 0 {
            self.activate();
        }
    }

    fn add_status(&self, bits: u32) {
        self.status.device.fetch_or(bits as u8, Ordering::AcqRel);
    }

    fn accepts_features(&self) -> bool {
        let unknown = self.state.driver_features & !self.description.features;
        unknown == 0 && self.state.driver_features & (1 << VIRTIO_F_VERSION_1) != 0
    }

    fn activate(&mut self) {
        if self.device_status() & VIRTIO_CONFIG_S_NEEDS_RESET != 0 {
            return;
        }
        match self.build_queues() {
            Ok(queues) => {
                let activation = Activation {
                    memory: Arc::clone(&self.place.memory),
                    features: self.state.driver_features,
                    queues,
                    interrupt: self.interrupt.clone(),
                };
                let answer = self.place.worker.activate(self.place.device, activation);
                // If it refuses, now or later, the worker says so in the status. Later, doorbells ring for nobody until the reset.
                if answer.within(GRACE) == Some(false) {
                    self.detach();
                }
            }
            Err(_) => {
                self.detach();
                self.interrupt.needs_reset();
            }
        }
    }

    /// The queues that the driver set up, with their doorbells.
    fn build_queues(&mut self) -> io::Result<Vec<Option<Virtqueue>>> {
        let event_idx = self.state.driver_features & (1 << VIRTIO_RING_F_EVENT_IDX) != 0;
        let address = self.notify_address();
        let mut queues = Vec::with_capacity(self.queues.len());
        for (index, queue) in (0..).zip(&mut self.queues) {
            if !queue.ready() {
                queues.push(None);
                continue;
            }
            if self.state.misaligned || !queue.is_valid(&*self.place.memory) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let kick = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?;
            let doorbell = kick.try_clone()?;
            self.place.doorbells.attach(address, index, &doorbell)?;
            self.kicks.push((index, doorbell));
            let mut moved =
                Queue::new(queue.max_size()).map_err(|_| io::ErrorKind::InvalidInput)?;
            std::mem::swap(&mut moved, queue);
            // What the registers show of it, until the device is reset.
            queue.set_ready(true);
            moved.set_event_idx(event_idx);
            queues.push(Some(Virtqueue { queue: moved, kick }));
        }
        Ok(queues)
    }

    fn notify_address(&self) -> u64 {
        self.place.address + u64::from(VIRTIO_MMIO_QUEUE_NOTIFY)
    }

    fn detach(&mut self) {
        let address = self.notify_address();
        for (index, kick) in self.kicks.drain(..) {
            // It was attached, with the same words.
            let _ = self.place.doorbells.detach(address, index, &kick);
        }
    }

    fn reset(&mut self) {
        if self.device_status() & VIRTIO_CONFIG_S_DRIVER_OK == 0 {
            self.forget();
            return;
        }
        let ask = || Asked {
            answer: self.place.worker.reset(self.place.device),
            instead: None,
        };
        self.asked.get_or_insert_with(ask);
        self.settle(GRACE);
    }

    /// False: what the device was asked for is not over within `limit`. Until it is, the driver sees the status of before, and changes nothing.
    fn settle(&mut self, limit: Duration) -> bool {
        let Some(asked) = &self.asked else {
            return true;
        };
        // If it failed, the VM is about to end; what the driver sees meanwhile is that the device still has its memory.
        let over = asked.answer.within(limit) == Some(true);
        if over {
            let instead = self.asked.take().and_then(|asked| asked.instead);
            self.forget();
            if let Some((description, queues)) = instead {
                self.description = description;
                self.queues = queues;
            }
        }
        over
    }

    /// As before a driver came. The device has let go of its queues.
    fn forget(&mut self) {
        self.detach();
        for queue in &mut self.queues {
            queue.reset();
        }
        self.state = MmioState::default();
        self.status.interrupt.store(0, Ordering::Release);
        self.status.device.store(0, Ordering::Release);
    }
}

impl BusDevice for Mmio {
    fn read(&mut self, offset: u64, data: &mut [u8]) {
        self.settle(Duration::ZERO);
        if let Some(at) = offset.checked_sub(VIRTIO_MMIO_CONFIG.into()) {
            self.description.configuration.read(at, data);
        } else if let (Ok(data), Some(register)) = (<&mut [u8; 4]>::try_from(data), aligned(offset))
        {
            *data = self.register(register).to_le_bytes();
        }
    }

    fn write(&mut self, offset: u64, data: &[u8]) {
        self.settle(Duration::ZERO);
        if let Some(at) = offset.checked_sub(VIRTIO_MMIO_CONFIG.into()) {
            // Not before a driver is there (virtio 1.2, section 3.1.1).
            if self.device_status() & VIRTIO_CONFIG_S_DRIVER != 0 {
                let known = self.place.worker.configure(self.place.device, at, data);
                let _ = known.within(GRACE);
            }
        } else if let (Ok(data), Some(register)) = (<[u8; 4]>::try_from(data), aligned(offset)) {
            self.set_register(register, u32::from_le_bytes(data));
        }
    }
}

fn queues_of(description: &Description) -> Result<Vec<Queue>, virtio_queue::Error> {
    let sizes = description.queue_sizes.iter();
    sizes.map(|size| Queue::new(*size)).collect()
}

/// The registers are 4 bytes each, and are read and written whole (virtio 1.2, section 4.2.2.2).
fn aligned(offset: u64) -> Option<u32> {
    u32::try_from(offset)
        .ok()
        .filter(|offset| offset.is_multiple_of(4))
}

fn page_of(features: u64, page: u32) -> u32 {
    match page {
        0 => features as u32,
        1 => (features >> 32) as u32,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
