//! A tap device's queue, as it was opened: with virtio's header before each packet.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::header::HEADER;
use super::offloads;

/// One queue of a tap. What is set on one queue is set for all of its device, attachment apart.
#[derive(Debug)]
pub struct Tap {
    fd: OwnedFd,
    attached: bool,
}

impl Tap {
    /// `fd`: a tap with IFF_VNET_HDR and IFF_NO_PI, not blocking, attached if it has several queues.
    ///
    /// # Errors
    /// When it is no such thing.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(&fd)?;
        if !flags.contains(rustix::fs::OFlags::NONBLOCK) {
            return Err(invalid("it blocks"));
        }
        // SAFETY: an ifreq is a name and a union of plain data, for which all zeros are valid.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        // SAFETY: TUNGETIFF writes one ifreq, which lives until it returns.
        ioctl(|| unsafe { libc::ioctl(fd.as_raw_fd(), libc::TUNGETIFF, &raw mut request) })?;
        // SAFETY: TUNGETIFF writes this member of the union; all of them are plain data besides.
        let flags = libc::c_int::from(unsafe { request.ifr_ifru.ifru_flags });
        // IFF_NO_PI cannot be asked for: the same bit says here that there is no filter.
        let wanted = libc::IFF_TAP | libc::IFF_VNET_HDR;
        if flags & (libc::IFF_TUN | wanted) != wanted {
            return Err(invalid("it has other headers than a virtio device's"));
        }
        let length: libc::c_int = HEADER as libc::c_int;
        // SAFETY: TUNSETVNETHDRSZ reads one int, which lives until it returns.
        ioctl(|| unsafe { libc::ioctl(fd.as_raw_fd(), libc::TUNSETVNETHDRSZ, &raw const length) })?;
        Ok(Tap { fd, attached: true })
    }

    /// Whether the host knows segments of UDP. No offload is set then.
    #[must_use]
    pub fn has_udp_segments(&self) -> bool {
        let has = self.set_offloads(offloads::UDP).is_ok();
        has && self.set_offloads(0).is_ok()
    }

    /// What the guest may be given (TUN_F_*).
    ///
    /// # Errors
    /// EINVAL: the host does not know it. EBADFD: the device is gone.
    pub fn set_offloads(&self, flags: libc::c_uint) -> io::Result<()> {
        let flags = libc::c_ulong::from(flags);
        // SAFETY: TUNSETOFFLOAD takes a number.
        ioctl(|| unsafe { libc::ioctl(self.fd.as_raw_fd(), libc::TUNSETOFFLOAD, flags) })
    }

    /// Whether the host sends packets to this queue. Only for a device of several ones.
    ///
    /// # Errors
    /// EBADFD, EINVAL: the device is gone, or has one queue.
    pub fn set_attached(&mut self, attached: bool) -> io::Result<()> {
        if self.attached != attached {
            // SAFETY: an ifreq is a name and a union of plain data, for which all zeros are valid.
            let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
            let flag = if attached {
                libc::IFF_ATTACH_QUEUE
            } else {
                libc::IFF_DETACH_QUEUE
            };
            request.ifr_ifru.ifru_flags = flag as libc::c_short;
            // SAFETY: TUNSETQUEUE reads one ifreq, which lives until it returns.
            ioctl(|| unsafe {
                libc::ioctl(self.fd.as_raw_fd(), libc::TUNSETQUEUE, &raw const request)
            })?;
            self.attached = attached;
        }
        Ok(())
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

fn ioctl(call: impl FnOnce() -> libc::c_int) -> io::Result<()> {
    match call() {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
