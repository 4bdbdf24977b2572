//! What has to be so of a process whatever started it, before it has a second thread.

use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use super::{Failure, Step};

/// A program begins with the signals blocked that its starter's thread had blocked (libhadron's has all). With them, a forbidden
/// system call would not be named, and no vCPU could be called out of the guest.
pub fn unblock_signals() -> Result<(), Failure> {
    let mut none = MaybeUninit::uninit();
    // SAFETY: the set is filled before it is read; nobody asks for the old one.
    let errno = unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), null_mut())
    };
    match errno {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
    .step("signals cannot be unblocked")
}

/// All threads take their memory from the process's heap. Those of other heaps give some back by themselves, for which the GNU C library
/// looks at /proc/sys/vm/overcommit_memory: no filter has the call, and the VM would be killed for it.
pub fn keep_to_one_arena() -> Result<(), Failure> {
    // SAFETY: it sets a number.
    match unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) } {
        0 => Err(io::Error::other("mallopt(3) does not know M_ARENA_MAX")),
        _ => Ok(()),
    }
    .step("the number of heaps cannot be set")
}
