//! hadron-task: the process on the host that stands for a container.
//!
//! The container's processes are the guest's, so the host has none of them to show. This one has the pid that containerd is
//! told: it is in the pod's network namespace, it lives for as long as the container's init process does, and
//! what is sent to it is meant for that one.
//!
//! The daemon (libhadron's `spawnTask`) starts it with
//! - descriptor 0: the network namespace;
//! - descriptor 1: a pipe to the daemon. The first byte is 0, for "the namespace is entered". Each further one is the
//!   number of a signal that somebody sent;
//! - one environment variable, whose value is the daemon's pid.
//!
//! It exits with the errno of what it could not do. Its arguments are for who looks at the host's processes.
//!
//! There is one for each container of a host, so it has no heap, no C library, and a stack of one or two pages. Cargo
//! compiles it without std in the profile `task` alone, whose panics abort; elsewhere std is linked, and not used.

#![no_main]
#![cfg_attr(panic = "abort", no_std)]

use core::arch::{asm, global_asm};

// x86_64's numbers (arch/x86/entry/syscalls/syscall_64.tbl).
const SYS_WRITE: usize = 1;
const SYS_CLOSE: usize = 3;
const SYS_RT_SIGPROCMASK: usize = 14;
const SYS_GETPPID: usize = 110;
const SYS_RT_SIGTIMEDWAIT: usize = 128;
const SYS_PRCTL: usize = 157;
const SYS_EXIT_GROUP: usize = 231;
const SYS_SETNS: usize = 308;

const PR_SET_PDEATHSIG: usize = 1;
const SIGKILL: usize = 9;
const SIG_SETMASK: usize = 2;
const CLONE_NEWNET: usize = 0x4000_0000;
/// Bytes of the kernel's sigset_t.
const SIGSET_SIZE: usize = 8;
static ALL_SIGNALS: u64 = u64::MAX;

const NAMESPACE: usize = 0;
const DAEMON: usize = 1;

const ESRCH: usize = 3;
const EINTR: isize = -4;
const EINVAL: usize = 22;

// The kernel enters here with the stack pointer at argc, aligned to 16 bytes; a call makes it what functions expect.
global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "call {run}",
    "ud2",
    run = sym run,
);

/// A system call with up to four arguments: its result, or a negated errno.
///
/// # Safety
///
/// Arguments that the kernel takes for pointers must be valid for what the call does with them.
unsafe fn call(number: usize, arguments: [usize; 4]) -> isize {
    let result;
    let [a, b, c, d] = arguments;
    // SAFETY: this is the kernel's convention: it preserves all registers but rax, rcx and r11, and touches no memory but
    // what the arguments point to.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// # Safety
///
/// `stack` is where the kernel has put argc, argv, a null pointer, the environment, and a null pointer.
unsafe extern "C" fn run(stack: *const usize) -> ! {
    // SAFETY: the caller's promise.
    let parent = unsafe { parent(stack) };
    // SAFETY: takes no pointers.
    check(unsafe { call(SYS_PRCTL, [PR_SET_PDEATHSIG, SIGKILL, 0, 0]) });
    // A daemon that died before that sends nothing any more; then somebody else is the parent.
    // SAFETY: takes nothing.
    if unsafe { call(SYS_GETPPID, [0; 4]) } != parent {
        exit(ESRCH);
    }
    // SAFETY: take no pointers.
    unsafe {
        check(call(SYS_SETNS, [NAMESPACE, CLONE_NEWNET, 0, 0]));
        check(call(SYS_CLOSE, [NAMESPACE, 0, 0, 0]));
    }
    let all = &raw const ALL_SIGNALS as usize;
    // SAFETY: `all` points to a set of the size given; the old set is not asked for.
    check(unsafe { call(SYS_RT_SIGPROCMASK, [SIG_SETMASK, all, 0, SIGSET_SIZE]) });
    tell(0);
    loop {
        // SAFETY: as above; neither is the siginfo asked for, nor is there a timeout.
        match unsafe { call(SYS_RT_SIGTIMEDWAIT, [all, 0, 0, SIGSET_SIZE]) } {
            // After SIGSTOP and SIGCONT, or under a debugger.
            EINTR => {}
            signal => {
                check(signal);
                tell(signal as u8);
            }
        }
    }
}

/// The decimal number that is the value of the first environment variable.
///
/// # Safety
///
/// As for `run`.
unsafe fn parent(stack: *const usize) -> isize {
    // SAFETY: argc arguments and a null pointer come before the environment, which has at least its null pointer.
    let variable = unsafe { *stack.add(*stack + 2) as *const u8 };
    if variable.is_null() {
        exit(EINVAL);
    }
    let mut number = 0;
    let mut at = variable;
    let mut is_value = false;
    // SAFETY: a string of the environment ends with a zero byte, and this looks no further.
    while let byte @ 1.. = unsafe { *at } {
        match byte {
            b'=' => is_value = true,
            b'0'..=b'9' if is_value => {
                number =
                    isize::wrapping_add(isize::wrapping_mul(number, 10), isize::from(byte - b'0'));
            }
            _ if is_value => exit(EINVAL),
            _ => {}
        }
        // SAFETY: the byte there is not the string's last.
        at = unsafe { at.add(1) };
    }
    number
}

/// A daemon that does not listen any more is about to kill this process: the error is nobody's.
fn tell(byte: u8) {
    // SAFETY: one byte, which outlives the call.
    unsafe { call(SYS_WRITE, [DAEMON, &raw const byte as usize, 1, 0]) };
}

fn check(result: isize) {
    if result < 0 {
        exit(result.unsigned_abs());
    }
}

fn exit(status: usize) -> ! {
    loop {
        // SAFETY: takes no pointers.
        unsafe { call(SYS_EXIT_GROUP, [status, 0, 0, 0]) };
    }
}

/// Nothing here can panic, and where it is compiled without std somebody has to say what happens then.
#[cfg(panic = "abort")]
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(EINVAL)
}
