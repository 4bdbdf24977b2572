//! The lists. They were found by running the tests and real guests: a call that no run makes is not in them.

use libc::{
    SYS_brk, SYS_clock_gettime, SYS_close, SYS_epoll_ctl, SYS_epoll_wait, SYS_eventfd2, SYS_exit,
    SYS_exit_group, SYS_fcntl, SYS_futex, SYS_getpid, SYS_getrandom, SYS_gettid, SYS_ioctl,
    SYS_kill, SYS_madvise, SYS_mmap, SYS_mprotect, SYS_mremap, SYS_munmap, SYS_poll, SYS_read,
    SYS_recvmsg, SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_sched_yield, SYS_sendto, SYS_sigaltstack, SYS_tgkill, SYS_wait4, SYS_write,
};

use super::Kind;
use super::filter::{Filter, If};
use super::requests;

pub fn filter(kind: Kind) -> Filter {
    match kind {
        Kind::Outer => outer(),
        Kind::Main => main(),
        Kind::Worker => worker(),
        Kind::Vcpu => vcpu(),
    }
}

/// Waits, and ends as the inner process ended.
fn outer() -> Filter {
    Filter::default()
        .allow(&[SYS_wait4, SYS_write, SYS_exit_group])
        // To the default action, of the signal that ended the inner process; `kill` is for this process alone.
        .allow(&[SYS_getpid, SYS_rt_sigaction])
        .allow_if(SYS_kill, &[If::Is(0, std::process::id())])
}

/// What the memory allocator, locks and the end of a thread need.
fn every_thread() -> Filter {
    let no_code = If::Lacks(2, libc::PROT_EXEC as u64);
    Filter::default()
        .allow(&[SYS_read, SYS_write, SYS_close, SYS_futex, SYS_sched_yield])
        .allow(&[SYS_brk, SYS_munmap, SYS_mremap])
        .allow_if(SYS_mmap, &[no_code])
        .allow_if(SYS_mprotect, &[no_code])
        .allow_one_of(SYS_madvise, 2, &[libc::MADV_DONTNEED as u32])
        .allow(&[SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack])
        .allow(&[SYS_exit, SYS_exit_group, SYS_restart_syscall])
        .allow(&[SYS_clock_gettime, SYS_getrandom, SYS_gettid, SYS_getpid])
}

/// Answers the daemon, and has the vCPUs stop or go on by a signal.
fn main() -> Filter {
    every_thread()
        .allow(&[SYS_recvmsg, SYS_sendto, SYS_poll])
        .allow_if(SYS_tgkill, &[If::Is(0, std::process::id())])
}

/// Runs the devices: what is open is read and written, nothing is opened.
fn worker() -> Filter {
    every_thread().allow(&[SYS_epoll_wait, SYS_epoll_ctl, SYS_recvmsg, SYS_sendto])
}

/// Runs the guest, and attaches a device's queues to its eventfds when the guest has set them up.
fn vcpu() -> Filter {
    every_thread()
        .allow(&[SYS_eventfd2])
        .allow_one_of(SYS_fcntl, 1, &[libc::F_DUPFD_CLOEXEC as u32])
        .allow_one_of(
            SYS_ioctl,
            1,
            &[
                requests::KVM_RUN,
                requests::KVM_KVMCLOCK_CTRL,
                requests::KVM_IOEVENTFD,
            ],
        )
        // Said of a vCPU that cannot go on.
        .allow_one_of(
            SYS_ioctl,
            1,
            &[requests::KVM_GET_REGS, requests::KVM_GET_SREGS],
        )
}
