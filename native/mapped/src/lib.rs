//! mapped.node: a file as a string or a buffer of Node whose memory is the page cache's.
//!
//! Every pod's daemon has the same program. Read, it is half a megabyte of memory in each of them, and a millisecond of copying when
//! each starts; mapped, it is in memory once, and of that only what V8 looks at. koffi, by which the daemon calls
//! everything else, can make no such strings: they are Node-API's alone.
//!
//! As with every mapped program, whoever puts another version in its place puts another file there (install(1), a package
//! manager): one that is cut short kills the processes that have it mapped.
//!
//! Its own pages are in every daemon too: with std they would be ten times as many. Cargo compiles it without in the profile
//! `task` alone, whose panics abort; elsewhere std is linked, and not used.

#![cfg_attr(panic = "abort", no_std)]

mod node;

use core::ffi::{CStr, c_char, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use node::{Callback, CallbackInfo, Env, OK, Status, Value};

/// Where the last text is that is still there: a daemon has one. Node's main thread alone has to do with it.
static TEXT: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
static TEXT_LENGTH: AtomicUsize = AtomicUsize::new(0);

/// A whole file, mapped to be read.
struct Mapping {
    start: *mut c_void,
    length: usize,
}

impl Mapping {
    /// `None`, and errno says why. An empty file cannot be mapped: EINVAL.
    fn of(path: &CStr) -> Option<Self> {
        // SAFETY: the path ends with a zero; the descriptor is this function's; the kernel writes a `stat` where there is
        // room for one, and chooses a place where nothing is for the mapping.
        unsafe {
            let fd = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
            if fd < 0 {
                return None;
            }
            let mut stat: libc::stat = core::mem::zeroed();
            let mut start = libc::MAP_FAILED;
            if libc::fstat(fd, &raw mut stat) == 0 {
                start = libc::mmap(
                    ptr::null_mut(),
                    stat.st_size as usize,
                    libc::PROT_READ,
                    libc::MAP_PRIVATE,
                    fd,
                    0,
                );
            }
            let errno = *libc::__errno_location();
            libc::close(fd);
            *libc::__errno_location() = errno;
            (start != libc::MAP_FAILED).then_some(Self {
                start,
                length: stat.st_size as usize,
            })
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let _ = TEXT.compare_exchange(
            self.start,
            ptr::null_mut(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        // SAFETY: it was mapped as one, and whoever could read it is gone.
        unsafe { libc::munmap(self.start, self.length) };
    }
}

/// Node has no value any more that shows the mapping. `length` is a number, no pointer.
unsafe extern "C" fn release(_env: Env, start: *mut c_void, length: *mut c_void) {
    drop(Mapping {
        start,
        length: length as usize,
    });
}

/// `text(path)`: the file, a character for each byte (latin1).
unsafe extern "C" fn text(env: Env, info: CallbackInfo) -> Value {
    // SAFETY: Node's, for this call.
    unsafe {
        answer(env, info, |start, length, value| {
            let mut copied = false;
            let status = node::node_api_create_external_string_latin1(
                env,
                start.cast(),
                length,
                release,
                length as *mut c_void,
                value,
                &raw mut copied,
            );
            if status == OK && !copied {
                TEXT.store(start, Ordering::Relaxed);
                TEXT_LENGTH.store(length, Ordering::Relaxed);
            }
            status
        })
    }
}

/// `forget()`: the pages of the last text are no longer this process's, until somebody looks at them again.
unsafe extern "C" fn forget(_env: Env, _info: CallbackInfo) -> Value {
    let start = TEXT.load(Ordering::Relaxed);
    if !start.is_null() {
        // SAFETY: it is mapped as long as it is there, and its pages, which nobody can write, are the file's.
        unsafe {
            libc::madvise(
                start,
                TEXT_LENGTH.load(Ordering::Relaxed),
                libc::MADV_DONTNEED,
            )
        };
    }
    // JavaScript's undefined.
    ptr::null_mut()
}

/// `bytes(path)`: a Buffer, which cannot be written to.
unsafe extern "C" fn bytes(env: Env, info: CallbackInfo) -> Value {
    // SAFETY: Node's, for this call.
    unsafe {
        answer(env, info, |start, length, value| {
            node::napi_create_external_buffer(
                env,
                length,
                start,
                release,
                length as *mut c_void,
                value,
            )
        })
    }
}

/// Maps the file that the call's only argument names, and has `make` make a value of its start and length. Null, with an
/// exception pending, where that cannot be.
///
/// # Safety
///
/// `env` and `info` are those of a call by Node that still lasts.
unsafe fn answer(
    env: Env,
    info: CallbackInfo,
    make: impl FnOnce(*mut c_void, usize, *mut Value) -> Status,
) -> Value {
    let mut path = [0_u8; libc::PATH_MAX as usize];
    // SAFETY: the caller's.
    let Some(path) = (unsafe { path_of(env, info, &mut path) }) else {
        // SAFETY: the caller's.
        return unsafe { refuse(env, c"expected the path of a file".as_ptr()) };
    };
    let Some(mapping) = Mapping::of(path) else {
        // SAFETY: the caller's. strerror(3)'s text is there until its next call, and Node copies it before.
        return unsafe { refuse(env, libc::strerror(*libc::__errno_location())) };
    };
    let mut value = ptr::null_mut();
    if make(mapping.start, mapping.length, &raw mut value) != OK {
        // SAFETY: the caller's.
        return unsafe { refuse(env, c"Node takes no memory of others".as_ptr()) };
    }
    // Node calls `release`.
    core::mem::forget(mapping);
    value
}

/// # Safety
///
/// As for `answer`.
unsafe fn path_of(env: Env, info: CallbackInfo, path: &mut [u8]) -> Option<&CStr> {
    let mut count = 1;
    let mut argument = ptr::null_mut();
    // SAFETY: the caller's; every other pointer is to a variable here, of the size that is said.
    let read = unsafe {
        node::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            &raw mut argument,
            ptr::null_mut(),
            ptr::null_mut(),
        ) == OK
            && node::napi_get_value_string_utf8(
                env,
                argument,
                path.as_mut_ptr().cast(),
                path.len(),
                ptr::null_mut(),
            ) == OK
    };
    if read {
        CStr::from_bytes_until_nul(path).ok()
    } else {
        None
    }
}

/// # Safety
///
/// As for `answer`; the sentence ends with a zero.
unsafe fn refuse(env: Env, sentence: *const c_char) -> Value {
    // SAFETY: the caller's.
    unsafe { node::napi_throw_error(env, ptr::null(), sentence) };
    ptr::null_mut()
}

/// The version of Node-API that this is written for, the first with strings of others' memory.
#[unsafe(no_mangle)]
pub extern "C" fn node_api_module_get_api_version_v1() -> i32 {
    10
}

/// What `process.dlopen` calls.
///
/// # Safety
///
/// For Node alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(env: Env, exports: Value) -> Value {
    const FUNCTIONS: [(&CStr, Callback); 3] =
        [(c"text", text), (c"bytes", bytes), (c"forget", forget)];
    for (name, function) in FUNCTIONS {
        let mut value = ptr::null_mut();
        // SAFETY: Node's, and names with their lengths.
        unsafe {
            if node::napi_create_function(
                env,
                name.as_ptr(),
                name.count_bytes(),
                function,
                ptr::null_mut(),
                &raw mut value,
            ) == OK
            {
                node::napi_set_named_property(env, exports, name.as_ptr(), value);
            }
        }
    }
    exports
}

#[cfg(panic = "abort")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: it has no conditions.
    unsafe { libc::abort() }
}
