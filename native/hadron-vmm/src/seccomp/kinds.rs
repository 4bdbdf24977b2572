//! The lists. They were found by running the tests and real guests: a call that no run makes is not in them, but for what allocators, locks
//! and the C library may want of any thread at any time (`every_thread`).

use libc::{
    SYS_brk, SYS_clock_gettime, SYS_close, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_exit,
    SYS_exit_group, SYS_fallocate, SYS_fcntl, SYS_fdatasync, SYS_futex, SYS_getpid, SYS_getrandom,
    SYS_getsockopt, SYS_io_uring_enter, SYS_io_uring_register, SYS_ioctl, SYS_kill, SYS_lseek,
    SYS_madvise, SYS_mmap, SYS_mprotect, SYS_mremap, SYS_munmap, SYS_poll, SYS_ppoll, SYS_preadv,
    SYS_pwritev2, SYS_read, SYS_readv, SYS_recvfrom, SYS_recvmsg, SYS_restart_syscall,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sched_setscheduler,
    SYS_sched_yield, SYS_sendmsg, SYS_sendto, SYS_shutdown, SYS_sigaltstack, SYS_statx, SYS_tgkill,
    SYS_timerfd_create, SYS_timerfd_settime, SYS_wait4, SYS_write, SYS_writev,
};

use super::Kind;
use super::filter::{Filter, If};
use super::requests;

/// linux/io_uring.h: IORING_REGISTER_FILES, IORING_UNREGISTER_FILES, IORING_REGISTER_ENABLE_RINGS.
const USE_RING: [u32; 3] = [2, 3, 12];

pub fn filter(kind: Kind) -> Filter {
    match kind {
        Kind::Outer => outer(),
        Kind::Main => main(),
        Kind::Worker => worker(),
        Kind::Vcpu => vcpu(),
        Kind::Disk => disk(),
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

/// What the memory allocator, locks, words to standard error and the end of a thread need.
fn every_thread() -> Filter {
    let no_code = If::Lacks(2, libc::PROT_EXEC as u64);
    Filter::default()
        .allow(&[SYS_write, SYS_close, SYS_futex])
        // How the kernel goes on with a wait that has a deadline, when the process was stopped meanwhile or frozen, or the host slept.
        .allow(&[SYS_restart_syscall])
        // How a channel of Rust's waits for another thread that is in the midst of it.
        .allow(&[SYS_sched_yield])
        .allow(&[SYS_brk, SYS_munmap, SYS_mremap])
        // Neither a file's nor a ring's.
        .allow_if(SYS_mmap, &[no_code, If::Has(3, libc::MAP_ANONYMOUS as u64)])
        .allow_if(SYS_mprotect, &[no_code])
        .allow_one_of(SYS_madvise, 2, &[libc::MADV_DONTNEED as u32])
        // How Rust looks whether what it closes is open, where it checks itself.
        .allow_one_of(SYS_fcntl, 1, &[libc::F_GETFD as u32])
        .allow(&[SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack])
        .allow(&[SYS_exit, SYS_exit_group])
        // Where the kernel gives time and random numbers no shorter way.
        .allow(&[SYS_clock_gettime, SYS_getrandom])
}

/// Answers the daemon, has the vCPUs stop or go on by a signal, and makes disks of descriptors that the daemon sends. A disk goes whether its
/// driver has let go of it or not, and with it what the driver had attached.
fn main() -> Filter {
    every_thread()
        // What a disk is, as far as its descriptor tells.
        .allow(&[SYS_statx, SYS_lseek, SYS_fallocate])
        .allow_one_of(SYS_fcntl, 1, &[libc::F_GETFL as u32])
        .allow_one_of(SYS_ioctl, 1, &requests::BLOCK_SIZES)
        .allow_one_of(SYS_ioctl, 1, &[requests::KVM_IOEVENTFD])
        // What holds it to its rate limit.
        .allow(&[SYS_timerfd_create])
        .allow(&[SYS_poll, SYS_ppoll, SYS_read, SYS_recvmsg, SYS_sendto])
        // pthread_kill(3), which looks for its own pid first.
        .allow(&[SYS_getpid])
        .allow_if(SYS_tgkill, &[If::Is(0, std::process::id())])
}

/// Runs the devices: what is open is read and written, nothing is opened but what comes over a socket.
fn worker() -> Filter {
    every_thread()
        .allow(&[
            SYS_epoll_pwait,
            SYS_epoll_ctl,
            SYS_ppoll,
            SYS_timerfd_settime,
        ])
        // Its own: whether it waits until the guest pauses.
        .allow_if(SYS_sched_setscheduler, &[If::Is(0, 0)])
        .allow(&[SYS_read, SYS_readv, SYS_writev])
        .allow(&[SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg])
        // Of what is joined with a stream.
        .allow(&[SYS_shutdown])
        .allow_if(
            SYS_getsockopt,
            &[
                If::Is(1, libc::SOL_SOCKET as u32),
                If::Is(2, libc::SO_TYPE as u32),
            ],
        )
        .allow_one_of(SYS_fcntl, 1, &[libc::F_GETFL as u32, libc::F_SETFL as u32])
        // A balloon's pages, of memory that is a file's.
        .allow_one_of(SYS_madvise, 2, &[libc::MADV_REMOVE as u32])
        // A disk's ring, which was made and restricted before: it is enabled, gets the disk's file and gives it up.
        .allow(&[SYS_io_uring_enter])
        .allow_one_of(SYS_io_uring_register, 1, &USE_RING)
        .allow_one_of(SYS_ioctl, 1, &requests::TAP)
        .allow_one_of(SYS_ioctl, 1, &requests::VHOST)
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
                requests::KVM_SET_GSI_ROUTING,
            ],
        )
        // Said of a vCPU that cannot go on.
        .allow_one_of(
            SYS_ioctl,
            1,
            &[requests::KVM_GET_REGS, requests::KVM_GET_SREGS],
        )
}

/// Reads and writes one file.
fn disk() -> Filter {
    every_thread().allow(&[SYS_preadv, SYS_pwritev2, SYS_fdatasync, SYS_fallocate])
}
