//! What a thread says when it breaks its filter.

use std::cell::Cell;
use std::io::{self, Write};
use std::mem::MaybeUninit;

use libc::{c_int, c_void, siginfo_t};

use super::{Kind, name_of};

thread_local! {
    /// What this thread may do. A constant, so that a signal handler can read it: nothing is made at the first use.
    static THREAD: Cell<Option<Kind>> = const { Cell::new(None) };
}

pub(super) fn set_thread(kind: Kind) {
    THREAD.set(Some(kind));
}

/// What a SIGSYS carries (sigaction(2); `__sifields._sigsys` of linux/siginfo.h, where pointers have 64 bits).
#[repr(C)]
struct Sigsys {
    signal: c_int,
    errno: c_int,
    code: c_int,
    _padding: c_int,
    call_address: *mut c_void,
    number: c_int,
    architecture: u32,
}

/// Has this process say which system call it was, before it dies of it.
///
/// # Errors
/// As sigaction(2).
pub fn report_violations() -> io::Result<()> {
    // SAFETY: all zeros is a sigaction: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = report as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: the action is complete, the handler does only what signal-safety(7) allows, and nobody asks for the old one.
    match unsafe { libc::sigaction(libc::SIGSYS, &raw const action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn report(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel hands a siginfo_t of 128 bytes to a handler with SA_SIGINFO; if the signal was sent by somebody else, the number is
    // another field of it.
    let number = unsafe { (*info.cast::<Sigsys>()).number };
    let mut line = [0; 160];
    let length = describe(&mut line, i64::from(number));
    // SAFETY: that many bytes of the array are there. If they cannot be written, there is nobody to tell.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), length) };
    // No filter allows this, and the signal of it comes while that signal is blocked: the kernel kills the process by it.
    // SAFETY: wrong arguments: without a filter, the call fails.
    unsafe { libc::syscall(libc::SYS_reboot, 0, 0, 0, 0) };
    // SAFETY: it ends the process, as a shell tells of a signal. Only a thread without a filter gets here, by a signal that somebody sent.
    unsafe { libc::_exit(128 + libc::SIGSYS) }
}

/// The sentence, without anything of the heap. Answers its length.
fn describe(line: &mut [u8], number: i64) -> usize {
    let size = line.len();
    let mut rest = &mut *line;
    let thread = THREAD.get().map_or("unknown", Kind::name);
    // What does not fit is left out.
    let _ = match name_of(number) {
        Some(name) => writeln!(
            rest,
            "hadron-vmm: the thread \"{thread}\" made the system call {name}, which its filter forbids"
        ),
        None => writeln!(
            rest,
            "hadron-vmm: the thread \"{thread}\" made the system call number {number}, which its filter forbids"
        ),
    };
    size - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_is_named() {
        let mut line = [0; 160];
        for (number, words) in [
            (
                libc::SYS_socket,
                "the thread \"vcpu\" made the system call socket, ",
            ),
            (
                9999,
                "made the system call number 9999, which its filter forbids\n",
            ),
        ] {
            set_thread(Kind::Vcpu);
            let length = describe(&mut line, number);
            let said = std::str::from_utf8(&line[..length]).unwrap();
            assert!(said.contains(words), "{said}");
        }
        // One that does not fit.
        assert_eq!(describe(&mut line[..9], 0), 9);
    }
}
