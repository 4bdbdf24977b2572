//! The system calls that std does not offer, each behind a safe function.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_short, c_uint, c_ulong, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

pub const ENOENT: i32 = 2;
pub const EAGAIN: i32 = 11;
pub const EINVAL: i32 = 22;
pub const ECONNREFUSED: i32 = 111;
const EINTR: i32 = 4;
pub const ESRCH: i32 = 3;

/// `O_NONBLOCK`, the same number on every architecture that containerd's shims run on, except for MIPS.
pub const O_NONBLOCK: c_int = 0o4000;
const O_CLOEXEC: c_int = 0o2_000_000;
#[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
const O_DIRECTORY: c_int = 0o200_000;
#[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
pub const O_NOFOLLOW: c_int = 0o400_000;
#[cfg(any(target_arch = "aarch64", target_arch = "arm"))]
const O_DIRECTORY: c_int = 0o40_000;
#[cfg(any(target_arch = "aarch64", target_arch = "arm"))]
pub const O_NOFOLLOW: c_int = 0o100_000;

const AF_UNIX: c_int = 1;
const SOCK_STREAM: c_int = 1;
const AT_REMOVEDIR: c_int = 0x200;
const MNT_DETACH: c_int = 2;
const UMOUNT_NOFOLLOW: c_int = 8;
const POLLIN: c_short = 1;
const SIGKILL: c_int = 9;
const CLOSE_RANGE_CLOEXEC: c_uint = 4;
const PR_SCHED_CORE: c_int = 62;
const PR_SCHED_CORE_CREATE: c_ulong = 1;

// The numbers are the same on all architectures: these calls are younger than the common table.
const SYS_PIDFD_SEND_SIGNAL: c_long = 424;
const SYS_PIDFD_OPEN: c_long = 434;
const SYS_CLOSE_RANGE: c_long = 436;

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: c_short,
    revents: c_short,
}

#[repr(C)]
struct SockaddrUn {
    family: u16,
    path: [u8; 108],
}

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn poll(fds: *mut PollFd, count: c_ulong, timeout_ms: c_int) -> c_int;
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn connect(fd: c_int, address: *const SockaddrUn, length: c_uint) -> c_int;
    fn umask(mask: c_uint) -> c_uint;
    fn umount2(target: *const c_char, flags: c_int) -> c_int;
    fn openat(directory: c_int, path: *const c_char, flags: c_int, ...) -> c_int;
    fn unlinkat(directory: c_int, path: *const c_char, flags: c_int) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn nice(increment: c_int) -> c_int;
}

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// Whether a stream socket listens at `path`: `connect` succeeds, or would have to wait for a place in the backlog.
///
/// Errors: those of connect(2); ENOENT if there is nothing, ECONNREFUSED if nobody listens any more.
pub fn connects(path: &Path) -> io::Result<()> {
    let bytes = path.as_os_str().as_bytes();
    let mut address = SockaddrUn {
        family: AF_UNIX as u16,
        path: [0; 108],
    };
    if bytes.len() >= address.path.len() || bytes.contains(&0) {
        return Err(io::Error::from_raw_os_error(EINVAL));
    }
    address.path[..bytes.len()].copy_from_slice(bytes);
    // SAFETY: no pointers; SOCK_NONBLOCK and SOCK_CLOEXEC have the values of O_NONBLOCK and O_CLOEXEC.
    let fd = check(unsafe { socket(AF_UNIX, SOCK_STREAM | O_NONBLOCK | O_CLOEXEC, 0) })?;
    // SAFETY: the call above has just made `fd`, and nobody else has it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: `address` is a sockaddr_un of the length given, its path ends with a zero byte, and it outlives the call.
    let result = unsafe {
        connect(
            fd.as_raw_fd(),
            &raw const address,
            size_of::<SockaddrUn>() as c_uint,
        )
    };
    match check(result) {
        Err(error) if error.raw_os_error() != Some(EAGAIN) => Err(error),
        _ => Ok(()),
    }
}

/// Sets the mask of modes for new files, and returns the one before.
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: no pointers; cannot fail.
    unsafe { umask(mask) }
}

/// Marks every fd above 2 close-on-exec, whoever left it open. Errors: ENOSYS before Linux 5.9, EINVAL before 5.11.
pub fn close_on_exec_above_stderr() -> io::Result<()> {
    // SAFETY: no pointers; the flag closes nothing in this process, so no fd that is owned here becomes invalid.
    let result = unsafe {
        syscall(
            SYS_CLOSE_RANGE,
            3 as c_uint,
            c_uint::MAX,
            CLOSE_RANGE_CLOEXEC,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Waits until `fd` can be read (or its other end is gone); false once `deadline` has passed.
pub fn wait_readable(fd: BorrowedFd<'_>, deadline: Instant) -> io::Result<bool> {
    loop {
        // Rounded up, so that the last round does not spin.
        let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_micros(999);
        let mut entry = PollFd {
            fd: fd.as_raw_fd(),
            events: POLLIN,
            revents: 0,
        };
        let timeout = c_int::try_from(left.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: `entry` is one pollfd, and it outlives the call.
        match check(unsafe { poll(&raw mut entry, 1, timeout) }) {
            Ok(ready) => return Ok(ready > 0),
            Err(error) if error.raw_os_error() == Some(EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// A handle on the process `pid`; `None` if there is no such process (or it is a thread).
pub fn open_pidfd(pid: u32) -> io::Result<Option<OwnedFd>> {
    // SAFETY: no pointers; PIDFD flags 0. The result is an fd (close-on-exec) or -1.
    let result = unsafe { syscall(SYS_PIDFD_OPEN, pid as c_int, 0 as c_uint) };
    if result >= 0 {
        // SAFETY: the call above has just made the fd, and nobody else has it.
        return Ok(Some(unsafe { OwnedFd::from_raw_fd(result as c_int) }));
    }
    match io::Error::last_os_error() {
        error if matches!(error.raw_os_error(), Some(ESRCH | ENOENT | EINVAL)) => Ok(None),
        error => Err(error),
    }
}

/// SIGKILL for the process behind `pidfd`. That it is gone already is a success.
pub fn kill(pidfd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the null siginfo pointer is allowed; flags are 0.
    let result = unsafe {
        syscall(
            SYS_PIDFD_SEND_SIGNAL,
            pidfd.as_raw_fd(),
            SIGKILL,
            std::ptr::null::<c_void>(),
            0 as c_uint,
        )
    };
    if result >= 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        error if error.raw_os_error() == Some(ESRCH) => Ok(()),
        error => Err(error),
    }
}

/// Detaches the topmost mount at `path`, which is not followed if it is a symbolic link.
///
/// Errors: EINVAL if nothing is mounted there, ENOENT if there is no such path.
pub fn detach_mount(path: &Path) -> io::Result<()> {
    let path = c_path(path)?;
    // SAFETY: `path` ends with a zero byte and outlives the call.
    check(unsafe { umount2(path.as_ptr(), MNT_DETACH | UMOUNT_NOFOLLOW) }).map(drop)
}

/// Opens a directory; with `parent`, relative to it. A symbolic link as last component is refused.
pub fn open_directory(parent: Option<BorrowedFd<'_>>, name: &CStr) -> io::Result<OwnedFd> {
    const AT_FDCWD: c_int = -100;
    let parent = parent.map_or(AT_FDCWD, |fd| fd.as_raw_fd());
    let flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    // SAFETY: `name` ends with a zero byte and outlives the call; without O_CREAT there is no mode.
    let fd = check(unsafe { openat(parent, name.as_ptr(), flags) })?;
    // SAFETY: the call above has just made `fd`, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Removes the name `name` from a directory: an empty directory if `directory`, else anything but a directory.
pub fn remove_at(parent: BorrowedFd<'_>, name: &CStr, directory: bool) -> io::Result<()> {
    let flags = if directory { AT_REMOVEDIR } else { 0 };
    // SAFETY: `name` ends with a zero byte and outlives the call.
    check(unsafe { unlinkat(parent.as_raw_fd(), name.as_ptr(), flags) }).map(drop)
}

/// Gives this thread, and what it starts, a core scheduling cookie of their own (prctl(2), PR_SCHED_CORE).
pub fn create_core_scheduling_cookie() -> io::Result<()> {
    let zero: c_ulong = 0;
    // SAFETY: pid 0 is this thread, scope 0 is PIDTYPE_PID, and the last argument must be 0: no pointers.
    check(unsafe { prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, zero, zero, zero) }).map(drop)
}

/// Adds to this process's niceness (nice(2)).
pub fn lower_priority(increment: i32) {
    // SAFETY: no pointers. To be less nice than before could fail; this is the other way.
    unsafe { nice(increment) };
}
