//! Faults of the VMM's own.

use std::panic;

/// As Rust has it for a panic of the main thread.
const STATUS: i32 = 101;

/// Has a fault of any thread end the process: a VM without one of its threads is none. A panic does so after its words; a wrong access to
/// memory by its signal.
pub fn end_the_process() {
    panic::set_hook(Box::new(|fault| {
        crate::say(&format!("a fault of the VMM's own: {fault}"));
        crate::leave(STATUS)
    }));
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // Instead of Rust's handlers, which would set the same in the end, and are forbidden to do so.
        // SAFETY: the default action is no function.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
