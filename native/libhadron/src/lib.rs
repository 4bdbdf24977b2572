//! Host system calls for the shim daemon, behind a small C ABI.
//!
//! Node cannot mount, pass descriptors or hold a process by a pidfd. It does so through three functions
//! (a fourth is about its memory, see `hadron_release_memory`): requests are JSON, they run on this
//! library's threads, and their answers come through a pipe, so that neither side ever blocks the other:
//!
//! ```text
//! request  {"id":1,"op":"killProcess","pid":7,"startTime":3141,"signal":9}
//! answer   {"id":1,"ok":{...}}
//!          {"id":1,"error":{"errno":"ENOENT","message":"..."}}
//! ```
//!
//! Each answer is one line.
//!
//! The operations and their fields are those of [`request::Operation`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answers;
mod cgroup;
mod child;
mod clock;
mod descriptor;
mod dial;
mod directory;
mod error;
mod handle;
mod kvm;
mod memory;
mod mount;
mod netns;
mod network;
mod pool;
mod process;
mod program;
mod reactor;
mod request;
mod socket;
mod stop;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod thread;

use std::collections::BTreeMap;
use std::os::fd::IntoRawFd;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use error::{OpError, OpResult};
use handle::{Handle, Refused};
use rustix::io::Errno;

/// `hadron_submit` took the request: its answer will come through the pipe.
pub const HADRON_OK: i32 = 0;
/// Too many requests are waiting: submit it again after the next answer.
pub const HADRON_FULL: i32 = 1;
/// No JSON object with an `id`, or more than 1 MiB.
pub const HADRON_MALFORMED: i32 = 2;
/// There is no such handle, or it is closed.
pub const HADRON_CLOSED: i32 = 3;
/// A fault of this library.
pub const HADRON_FAULT: i32 = 4;

/// Of one request. The longest are overlay mounts: some hundred paths.
const MAX_REQUEST_BYTES: usize = 1 << 20;

/// Handles are numbers and not pointers: a caller that uses one too late gets an error.
static HANDLES: Mutex<Handles> = Mutex::new(Handles {
    open: BTreeMap::new(),
    last: 0,
});

struct Handles {
    open: BTreeMap<i32, Arc<Handle>>,
    last: i32,
}

fn handles() -> MutexGuard<'static, Handles> {
    HANDLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a handle. Returns its number, above 0, and stores in `answer_fd` the read end of its pipe
/// (non-blocking, close-on-exec), which the caller closes. Returns -1 when it fails, with a sentence in
/// `message`, cut to `message_size` bytes with its final zero byte.
///
/// # Safety
///
/// `answer_fd` must be null or point to an int32_t, `message` must be null or point to `message_size`
/// bytes; both writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hadron_open(
    answer_fd: *mut i32,
    message: *mut u8,
    message_size: usize,
) -> i32 {
    let opened = catch_unwind(open_handle).unwrap_or_else(|_| {
        Err(OpError::new(
            Errno::IO,
            "libhadron has a fault in hadron_open",
        ))
    });
    let text = match opened {
        Ok(_) if answer_fd.is_null() => {
            "hadron_open needs a place for the descriptor of the answers.".to_owned()
        }
        Ok((number, handle, read)) => {
            // SAFETY: not null, so by this function's contract it points to a writable int32_t.
            unsafe { answer_fd.write(read.into_raw_fd()) };
            handles().open.insert(number, Arc::new(handle));
            return number;
        }
        Err(error) => error.message,
    };
    if !message.is_null() && message_size > 0 {
        let length = text.len().min(message_size - 1);
        // SAFETY: by this function's contract `message_size` bytes at `message` are writable, and
        // length + 1 is at most that; `text` is another allocation.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), message, length);
            message.add(length).write(0);
        }
    }
    -1
}

fn open_handle() -> OpResult<(i32, Handle, std::os::fd::OwnedFd)> {
    let (handle, read) = Handle::open()?;
    let mut handles = handles();
    let number = handles
        .last
        .checked_add(1)
        .ok_or_else(|| OpError::new(Errno::OVERFLOW, "libhadron has no handle numbers left"))?;
    handles.last = number;
    Ok((number, handle, read))
}

/// Hands a request over; its bytes are copied. Returns one of the HADRON_ constants, never blocks.
///
/// # Safety
///
/// `length` bytes at `json` must be readable (`json` may be null when `length` is 0).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hadron_submit(handle: i32, json: *const u8, length: usize) -> i32 {
    if json.is_null() || length > MAX_REQUEST_BYTES {
        return HADRON_MALFORMED;
    }
    // SAFETY: not null, so by this function's contract `length` bytes are readable for this call's
    // time; they are less than isize::MAX.
    let json = unsafe { std::slice::from_raw_parts(json, length) };
    catch_unwind(|| {
        let Some(handle) = handles().open.get(&handle).cloned() else {
            return HADRON_CLOSED;
        };
        match handle.submit(json) {
            Ok(()) => HADRON_OK,
            Err(Refused::Full) => HADRON_FULL,
            Err(Refused::Malformed) => HADRON_MALFORMED,
        }
    })
    .unwrap_or(HADRON_FAULT)
}

/// Closes a handle: the pipe ends, waits are forgotten, what is under way goes on without an answer.
/// Returns HADRON_OK or HADRON_CLOSED, never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn hadron_close(handle: i32) -> i32 {
    catch_unwind(|| match handles().open.remove(&handle) {
        Some(handle) => {
            drop(handle);
            HADRON_OK
        }
        None => HADRON_CLOSED,
    })
    .unwrap_or(HADRON_FAULT)
}

/// Gives back the memory that the caller can have again (see the module `memory`): one or two milliseconds
/// of work, done here and now, since an answer would bring back what it needs. Returns 0, or the errno of
/// what was refused.
#[unsafe(no_mangle)]
pub extern "C" fn hadron_release_memory() -> i32 {
    catch_unwind(|| memory::release().map_or_else(Errno::raw_os_error, |()| 0))
        .unwrap_or(Errno::INVAL.raw_os_error())
}
