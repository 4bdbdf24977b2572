//! A pair of queues that the host's kernel works on by itself (vhost-net): the driver's notifications and the
//! interrupts go past this process, and so do the packets.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use vhost::vhost_kern::vhost_binding::{
    VHOST_GET_FEATURES, VHOST_NET_SET_BACKEND, VHOST_SET_FEATURES, VHOST_SET_MEM_TABLE,
    VHOST_SET_OWNER, VHOST_SET_VRING_ADDR, VHOST_SET_VRING_BASE, VHOST_SET_VRING_CALL,
    VHOST_SET_VRING_ERR, VHOST_SET_VRING_KICK, VHOST_SET_VRING_NUM, VhostMemory,
    vhost_memory_region, vhost_vring_addr, vhost_vring_file, vhost_vring_state,
};
use virtio_bindings::virtio_net::VIRTIO_NET_F_MRG_RXBUF;
use virtio_queue::QueueT;
use vm_memory::{GuestAddress, GuestMemoryBackend, GuestMemoryRegion};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use super::tap::Tap;
use crate::device::{Interrupt, QUEUE_FEATURES, Virtqueue, as_fd};
use crate::memory::Memory;

/// What the kernel has to know of; everything else is between the driver and the tap.
const FEATURES: u64 = QUEUE_FEATURES | 1 << VIRTIO_NET_F_MRG_RXBUF;
/// Takes a file away (VHOST_FILE_UNBIND).
const NONE: RawFd = -1;

/// The kernel's part, that lasts from one activation to the next.
pub struct Vhost {
    fd: OwnedFd,
    /// Once it is this process's: from the first activation on, so that a NIC that nobody uses has no thread in the kernel.
    owned: Option<Arc<Memory>>,
    /// Counts when the kernel finds a queue broken.
    broken: EventFd,
    /// What the kernel uses.
    running: Option<[Virtqueue; 2]>,
}

impl Vhost {
    /// `fd`: of /dev/vhost-net, new.
    ///
    /// # Errors
    /// As eventfd(2).
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        Ok(Vhost {
            fd,
            owned: None,
            broken: EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?,
            running: None,
        })
    }

    /// Which of the features that it has to know of it does not.
    ///
    /// # Errors
    /// As VHOST_GET_FEATURES: it is no such descriptor.
    pub fn missing_features(&self) -> io::Result<u64> {
        let mut features = 0u64;
        self.ioctl(VHOST_GET_FEATURES(), &raw mut features)?;
        Ok(FEATURES & !features)
    }

    /// Gives the kernel both queues of a pair, the receiving one first. No packet comes before [`Self::enable`].
    ///
    /// # Errors
    /// As VHOST_SET_*.
    pub fn start(
        &mut self,
        memory: &Arc<Memory>,
        features: u64,
        queues: [Virtqueue; 2],
        interrupt: &Interrupt,
    ) -> io::Result<()> {
        self.own(memory)?;
        self.ioctl(VHOST_SET_FEATURES(), &(features & FEATURES))?;
        for (index, Virtqueue { queue, kick }) in (0..).zip(&queues) {
            let host = |address| {
                let pointer = memory.get_host_address(GuestAddress(address));
                pointer
                    .map(|pointer| pointer.addr() as u64)
                    .map_err(io::Error::other)
            };
            let state = |num: u16| vhost_vring_state {
                index,
                num: num.into(),
            };
            // Each lies in guest memory whole, and so in one of its regions: the transport has looked.
            let addresses = vhost_vring_addr {
                index,
                flags: 0,
                desc_user_addr: host(queue.desc_table())?,
                used_user_addr: host(queue.used_ring())?,
                avail_user_addr: host(queue.avail_ring())?,
                log_guest_addr: 0,
            };
            self.ioctl(VHOST_SET_VRING_NUM(), &state(queue.size()))?;
            self.ioctl(VHOST_SET_VRING_BASE(), &state(queue.next_avail()))?;
            self.ioctl(VHOST_SET_VRING_ADDR(), &addresses)?;
            let broken = self.broken.as_raw_fd();
            self.set_file(VHOST_SET_VRING_ERR(), index, broken)?;
            self.set_file(VHOST_SET_VRING_CALL(), index, interrupt.line().as_raw_fd())?;
            self.set_file(VHOST_SET_VRING_KICK(), index, kick.as_raw_fd())?;
        }
        self.running = Some(queues);
        Ok(())
    }

    /// Packets go from now on.
    ///
    /// # Errors
    /// As VHOST_NET_SET_BACKEND.
    pub fn enable(&self, tap: &Tap) -> io::Result<()> {
        // The kernel looks at both queues at once, since the tap is ready for something.
        self.set_backends(tap.as_fd().as_raw_fd())
    }

    /// When it answers, no packet is under way any more: the kernel waits for those that are.
    ///
    /// # Errors
    /// As VHOST_NET_SET_BACKEND; the kernel goes on then.
    pub fn disable(&self) -> io::Result<()> {
        self.set_backends(NONE)
    }

    /// When it answers, the kernel has let go of the queues.
    ///
    /// # Errors
    /// As of [`Self::disable`].
    pub fn stop(&mut self) -> io::Result<()> {
        if let Some(_queues) = self.running.take() {
            self.disable()?;
            for index in 0..2 {
                for request in [
                    VHOST_SET_VRING_KICK(),
                    VHOST_SET_VRING_CALL(),
                    VHOST_SET_VRING_ERR(),
                ] {
                    self.set_file(request, index, NONE)?;
                }
            }
            // What it has found in these queues is nothing to the next driver.
            let _ = self.broken.read();
        }
        Ok(())
    }

    /// Readable when the kernel has found a queue broken.
    #[must_use]
    pub fn broken(&self) -> BorrowedFd<'_> {
        as_fd(&self.broken)
    }

    /// Whether it has found one since this was asked.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.read().is_ok()
    }

    fn own(&mut self, memory: &Arc<Memory>) -> io::Result<()> {
        if self.owned.is_none() {
            let count = u16::try_from(memory.num_regions()).map_err(io::Error::other)?;
            let mut table = VhostMemory::new(count);
            for (index, region) in (0..).zip(memory.iter()) {
                let region = vhost_memory_region {
                    guest_phys_addr: region.start_addr().0,
                    memory_size: region.len(),
                    userspace_addr: region.as_ptr().addr() as u64,
                    flags_padding: 0,
                };
                table.set_region(index, &region).map_err(io::Error::other)?;
            }
            self.ioctl(VHOST_SET_OWNER(), std::ptr::null::<u8>())?;
            self.ioctl(VHOST_SET_MEM_TABLE(), table.as_ptr())?;
            self.owned = Some(Arc::clone(memory));
        }
        Ok(())
    }

    fn set_backends(&self, fd: RawFd) -> io::Result<()> {
        (0..2).try_for_each(|index| self.set_file(VHOST_NET_SET_BACKEND(), index, fd))
    }

    fn set_file(&self, request: libc::c_ulong, index: u32, fd: RawFd) -> io::Result<()> {
        self.ioctl(request, &vhost_vring_file { index, fd })
    }

    /// `argument`: what `request` reads or writes.
    fn ioctl<T>(&self, request: libc::c_ulong, argument: *const T) -> io::Result<()> {
        // SAFETY: each caller, all of them above, passes what its request is for, which lives until this returns. What the
        // kernel is given the addresses of is kept by `owned` and `running`, until it was taken away from it.
        match unsafe { libc::ioctl(self.fd.as_raw_fd(), request, argument) } {
            0.. => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Vhost {
    fn drop(&mut self) {
        // If this fails, closing the descriptor does the same, and waits too.
        let _ = self.stop();
    }
}
