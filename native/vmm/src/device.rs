//! What a virtio device is to its transport and to the worker that runs it.
//!
//! A device lives in its worker, always: vCPU threads see its [`Description`] and send it messages. So no
//! lock stands between a queue and its device, and a reset is over when the worker says so.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use virtio_bindings::virtio_config::{VIRTIO_CONFIG_S_NEEDS_RESET, VIRTIO_F_VERSION_1};
use virtio_bindings::virtio_ring::{VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC};
use virtio_queue::Queue;
use vmm_sys_util::eventfd::EventFd;

use crate::memory::Memory;
use crate::worker::Poll;

/// Features of the queues themselves, which every device of this VMM offers whose queues it walks itself.
pub const QUEUE_FEATURES: u64 =
    (1 << VIRTIO_F_VERSION_1) | (1 << VIRTIO_RING_F_EVENT_IDX) | (1 << VIRTIO_RING_F_INDIRECT_DESC);

/// A virtio device. Its methods run on one worker thread, and do not block, unless [`Device::waits`] says so: what takes long
/// has a descriptor that [`Poll`] watches.
pub trait Device: Send {
    /// What the transport tells the driver. Asked before the guest runs, or before the device takes another one's place.
    fn description(&self) -> Description;

    /// Whether it waits at activation or reset for somebody who may take his time: another process, a disk. Such devices have a worker
    /// of their own, so that they hold up each other and nobody else.
    fn waits(&self) -> bool {
        false
    }

    /// Called once, before all else but [`Self::description`]: has `poll` watch what is watched from now to the end.
    ///
    /// # Errors
    /// The VM ends then.
    fn attach(&mut self, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let _ = poll;
        Ok(())
    }

    /// The driver is ready: the queues are the device's now, and are looked at by it at once, since the driver
    /// may have filled them before. The device has `poll` watch their kicks.
    ///
    /// # Errors
    /// The device is reset then.
    fn activate(&mut self, activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure>;

    /// Something that `poll` watches is ready, or the device has asked for another turn ([`AGAIN`]). It may be called for
    /// a `token` whose cause is gone, also when the device is not active.
    ///
    /// # Errors
    /// The device is reset then, and the driver is told that it must do so as well.
    fn handle(&mut self, token: u32, poll: &mut Poll<'_>) -> Result<Progress, Failure>;

    /// The driver has written to the configuration, at `offset`; what is read there is the device's
    /// own matter (see [`Configuration::update`]).
    ///
    /// # Errors
    /// As of [`Self::handle`].
    fn configure(&mut self, offset: u64, data: &[u8], poll: &mut Poll<'_>) -> Result<(), Failure> {
        let _ = (offset, data, poll);
        Ok(())
    }

    /// Gives the queues up: when it answers, neither the device nor anybody on its behalf (the kernel, another
    /// process) touches guest memory any more. What it has of the host stays, for the next activation. Also called when the
    /// device is not active.
    ///
    /// # Errors
    /// The VM ends then, since nobody can say what the guest's memory is used for.
    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()>;
}

/// The `token` of [`Device::handle`] for a turn that the device has asked for itself.
pub const AGAIN: u32 = u32::MAX;

/// What a device wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// To be called when something happens.
    Done,
    /// To be called again when others have had their turn.
    More,
}

/// Why a device stops.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The guest broke the rules: its device stops, everything else goes on.
    #[error("{0}")]
    Guest(String),
    /// The host did not do what the device needs: the VM ends.
    #[error("{0}")]
    Host(String),
}

impl From<virtio_queue::Error> for Failure {
    fn from(error: virtio_queue::Error) -> Self {
        Failure::Guest(format!("a queue is broken: {error}"))
    }
}

/// What a driver can know of a device before it is active.
#[derive(Clone, Debug)]
pub struct Description {
    /// For a person, as in "the disk 0".
    pub name: String,
    /// Virtio 1.2, section 5.
    pub device_type: u32,
    /// The most entries of each queue, powers of two up to 32768.
    pub queue_sizes: Vec<u16>,
    /// The features that are offered.
    pub features: u64,
    /// The device's configuration space.
    pub configuration: Arc<Configuration>,
}

/// A device's configuration space, which its device writes and vCPU threads read.
#[derive(Debug, Default)]
pub struct Configuration {
    bytes: Mutex<Vec<u8>>,
    generation: AtomicU32,
}

impl Configuration {
    /// With these bytes; what is behind them reads as zeros.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Configuration {
            bytes: Mutex::new(bytes),
            generation: AtomicU32::new(0),
        })
    }

    /// Zeros where there is nothing.
    pub fn read(&self, offset: u64, data: &mut [u8]) {
        data.fill(0);
        let bytes = self.lock();
        let from = usize::try_from(offset).map_or(&[][..], |at| bytes.get(at..).unwrap_or(&[]));
        for (to, from) in data.iter_mut().zip(from) {
            *to = *from;
        }
    }

    /// Changes it as one: a driver that reads several fields sees by the generation that they belong together
    /// (virtio 1.2, section 2.5.1). Who changes what the driver does not expect tells it by [`Interrupt::configuration_changed`].
    pub fn update(&self, change: impl FnOnce(&mut [u8])) {
        let mut bytes = self.lock();
        change(&mut bytes);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Another one after each change.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the transport moves into a device.
pub struct Activation {
    /// The guest's.
    pub memory: Arc<Memory>,
    /// What the driver took of the offered features.
    pub features: u64,
    /// By the queue's number; None is one that the driver did not set up. All others are valid: each ring lies in
    /// guest memory (what it holds is another matter).
    pub queues: Vec<Option<Virtqueue>>,
    /// How the driver is told.
    pub interrupt: Interrupt,
}

impl Activation {
    /// Moves one queue out.
    ///
    /// # Errors
    /// [`Failure::Guest`] when the driver has not set it up.
    pub fn take(&mut self, index: usize) -> Result<Virtqueue, Failure> {
        let queue = self.queues.get_mut(index).and_then(Option::take);
        queue.ok_or_else(|| Failure::Guest(format!("the driver did not set queue {index} up")))
    }
}

/// A queue with what says that the driver has put something in.
#[derive(Debug)]
pub struct Virtqueue {
    /// Of which EVENT_IDX is set as negotiated.
    pub queue: Queue,
    /// An eventfd, not blocking, on which KVM counts the driver's notifications.
    pub kick: EventFd,
}

/// What the vCPU threads and the worker both write of a device's registers.
#[derive(Debug, Default)]
pub struct Status {
    /// Device status (virtio 1.2, section 2.1).
    pub(crate) device: AtomicU8,
    /// Bits of InterruptStatus that stay until they are acknowledged.
    pub(crate) interrupt: AtomicU32,
    /// Buffers that were used, of all queues, and bytes that were moved for them, since the worker has asked. Both are the worker's alone.
    used: AtomicU64,
    moved: AtomicU64,
}

/// InterruptStatus: buffers were used (virtio 1.2, section 4.2.2).
pub(crate) const INTERRUPT_USED: u32 = 1;
/// InterruptStatus: the configuration changed.
pub(crate) const INTERRUPT_CONFIGURATION: u32 = 2;

/// A device's interrupt. None of its methods blocks.
#[derive(Clone, Debug)]
pub struct Interrupt {
    line: Arc<EventFd>,
    status: Arc<Status>,
}

impl Interrupt {
    /// `line`: an eventfd, not blocking, that KVM turns into an interrupt.
    #[must_use]
    pub fn new(line: Arc<EventFd>, status: Arc<Status>) -> Self {
        Interrupt { line, status }
    }

    /// Buffers of some queue were used.
    pub fn used(&self) {
        // It can only fail when 2^64 - 2 are outstanding.
        let _ = self.line.write(1);
    }

    /// Counts buffers that the driver sees as used now, whether it is told or not, and what was read and written of them.
    pub(crate) fn count(&self, buffers: u16, bytes: u64) {
        let order = Ordering::Relaxed;
        self.status.used.fetch_add(buffers.into(), order);
        self.status.moved.fetch_add(bytes, order);
    }

    /// What was counted since it was taken before: buffers, and bytes.
    pub(crate) fn take_counted(&self) -> (u64, u64) {
        let order = Ordering::Relaxed;
        (
            self.status.used.swap(0, order),
            self.status.moved.swap(0, order),
        )
    }

    /// The driver shall read the configuration again.
    pub fn configuration_changed(&self) {
        self.status
            .interrupt
            .fetch_or(INTERRUPT_CONFIGURATION, Ordering::AcqRel);
        self.used();
    }

    /// The device stands still until the driver resets it (virtio 1.2, section 2.1.2).
    pub fn needs_reset(&self) {
        let needs_reset = VIRTIO_CONFIG_S_NEEDS_RESET as u8;
        self.status.device.fetch_or(needs_reset, Ordering::AcqRel);
        self.configuration_changed();
    }

    /// For who raises it without this process: the host's kernel, another process. No register has to be
    /// written, see [`crate::mmio`].
    #[must_use]
    pub fn line(&self) -> BorrowedFd<'_> {
        as_fd(&self.line)
    }
}

/// An eventfd as epoll and others want it.
#[must_use]
pub fn as_fd(eventfd: &EventFd) -> BorrowedFd<'_> {
    // SAFETY: an EventFd owns its descriptor, and is borrowed as long as the answer is.
    unsafe { BorrowedFd::borrow_raw(eventfd.as_raw_fd()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_reads_as_zeros_behind_its_end() {
        let configuration = Configuration::new(vec![1, 2, 3]);
        for (offset, expected) in [
            (0, [1, 2, 3, 0]),
            (2, [3, 0, 0, 0]),
            (3, [0; 4]),
            (u64::MAX, [0; 4]),
        ] {
            let mut data = [9; 4];
            configuration.read(offset, &mut data);
            assert_eq!(data, expected, "{offset}");
        }
        configuration.update(|bytes| bytes[0] = 7);
        assert_eq!(configuration.generation(), 1);
    }
}
