//! Getting a vCPU's thread out of the guest.
//!
//! A signal ends KVM_RUN, but is lost on a thread that is just about to enter. So whoever kicks sets `immediate_exit`
//! first (KVM API, "The kvm_run structure"), with which KVM_RUN returns at once, and the signal's
//! handler does nothing.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, Ordering};

use kvm_bindings::kvm_run;
use rustix::mm::{MapFlags, ProtFlags};
use vmm_sys_util::signal::{SIGRTMIN, register_signal_handler};

const PAGE: usize = 4096;
const _: () = assert!(std::mem::offset_of!(kvm_run, immediate_exit) < PAGE);

/// What is sent to a vCPU's thread.
#[must_use]
pub fn signal() -> libc::c_int {
    SIGRTMIN()
}

extern "C" fn nothing(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {}

/// To be called once before a vCPU's thread is kicked.
pub(crate) fn handle_signal() -> std::io::Result<()> {
    Ok(register_signal_handler(signal(), nothing)?)
}

/// `immediate_exit` of a vCPU: a mapping of its own, since the vCPU's thread owns the other one.
#[derive(Debug)]
pub(crate) struct ImmediateExit {
    run: NonNull<u8>,
}

// SAFETY: the page is reached through an atomic byte only.
unsafe impl Send for ImmediateExit {}
// SAFETY: as above.
unsafe impl Sync for ImmediateExit {}

impl ImmediateExit {
    pub(crate) fn new(vcpu: &impl AsRawFd) -> std::io::Result<Self> {
        // SAFETY: the descriptor is open as long as `vcpu` is borrowed, which is longer than this function runs.
        let fd = unsafe { BorrowedFd::borrow_raw(vcpu.as_raw_fd()) };
        // SAFETY: a new mapping where the kernel likes; a vCPU's descriptor has kvm_run at its start.
        let run = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                PAGE,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                fd,
                0,
            )
        }?;
        let run = NonNull::new(run.cast()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        Ok(ImmediateExit { run })
    }

    pub(crate) fn set(&self, exit: bool) {
        let offset = std::mem::offset_of!(kvm_run, immediate_exit);
        // SAFETY: the byte is in the page (asserted above), which is mapped as long as `self` lives; who else writes to it, the
        // vCPU's thread, does so through an ImmediateExit as well, and the kernel only reads it.
        let byte = unsafe { AtomicU8::from_ptr(self.run.as_ptr().add(offset)) };
        byte.store(exit.into(), Ordering::SeqCst);
    }
}

impl Drop for ImmediateExit {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this length, and nobody has a reference into it.
        let _ = unsafe { rustix::mm::munmap(self.run.as_ptr().cast(), PAGE) };
    }
}
