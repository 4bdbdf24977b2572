//! Threads of our own inside a process that is not ours.

use std::io;
use std::mem::MaybeUninit;

/// The stacks are small: nothing here recurses, and the shim daemon's memory is counted.
const STACK_BYTES: usize = 256 * 1024;

/// A detached thread that takes no signals, so that Node's handlers run on Node's threads and a pipe
/// without a reader is an error instead of SIGPIPE.
pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            block_signals();
            body();
        })?;
    Ok(())
}

fn block_signals() {
    let mut signals = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the set that it is given, and pthread_sigmask reads that set and
    // changes the calling thread's mask only; a null old set is allowed.
    unsafe {
        libc::sigfillset(signals.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), std::ptr::null_mut());
    }
}
