//! Threads of our own inside a process that is not ours.

use std::io;
use std::mem::MaybeUninit;

use rustix::io::Errno;

use crate::error::{OpError, OpResult, guarded};

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

/// Runs `body` on a thread that ends with it: nobody else has the namespaces and the root directory that it takes for itself.
pub fn apart<T: Send>(body: impl FnOnce() -> OpResult<T> + Send) -> OpResult<T> {
    let mut result = Err(OpError::new(Errno::IO, "a thread of libhadron has ended"));
    let mut body = Some(body);
    run_apart(&mut || {
        if let Some(body) = body.take() {
            result = guarded(body);
        }
    })?;
    result
}

/// One for all callers: the code that starts a thread is long.
fn run_apart(body: &mut (dyn FnMut() + Send)) -> OpResult<()> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let started = thread.spawn_scoped(scope, || {
            block_signals();
            body();
        });
        started.map(drop)
    })
    .map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::AGAIN);
        OpError::os(errno, "a thread cannot be started")
    })
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
