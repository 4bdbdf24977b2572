//! The filters of system calls, tried with every call that there is.

use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hadron_vmm_process::fault;
use hadron_vmm_process::seccomp::{self, Kind, name_of};
use libc::c_long;
use rustix::process::{Pid, Signal, kill_process};

use crate::{Inside, Jailed, Test};

pub const TESTS: &[Test] = &[
    (
        "a_fault_of_its_own_ends_both_processes",
        a_fault_of_its_own_ends_both_processes,
    ),
    (
        "a_violation_is_named_and_ends_both_processes",
        a_violation_is_named_and_ends_both_processes,
    ),
    (
        "what_a_filter_does_not_list_kills",
        what_a_filter_does_not_list_kills,
    ),
    ("arguments_are_looked_at", arguments_are_looked_at),
    (
        "of_a_ring_the_worker_has_its_file_and_others_have_nothing",
        of_a_ring_the_worker_has_its_file_and_others_have_nothing,
    ),
    (
        "memory_is_given_back_without_a_call_that_no_list_has",
        memory_is_given_back_without_a_call_that_no_list_has,
    ),
    (
        "whoever_waits_goes_on_when_the_process_was_stopped",
        whoever_waits_goes_on_when_the_process_was_stopped,
    ),
];
pub const INSIDE: &[Inside] = &[
    ("violate", violate),
    ("panic", panic),
    ("segfault", segfault),
    ("give_back", give_back),
    ("wait", wait),
];

/// How long something may take that has to come.
const LONG: Duration = Duration::from_secs(60);

/// The highest number that is tried.
const LAST: c_long = 480;

fn violate(_: OwnedFd) {
    let worker = std::thread::spawn(|| {
        seccomp::enter(Kind::Worker).unwrap();
        let _ = std::net::TcpListener::bind("127.0.0.1:0");
    });
    let _ = worker.join();
}

fn panic(_: OwnedFd) {
    fault::end_the_process();
    seccomp::enter(Kind::Main).unwrap();
    panic!("{}", "x".repeat(3));
}

fn segfault(_: OwnedFd) {
    fault::end_the_process();
    seccomp::enter(Kind::Main).unwrap();
    // SAFETY: nothing is there, which the kernel answers by a signal.
    unsafe { std::ptr::without_provenance::<u8>(64).read_volatile() };
}

/// As a device's worker after a storm of streams.
fn give_back(_: OwnedFd) {
    let worker = std::thread::spawn(|| {
        seccomp::enter(Kind::Worker).unwrap();
        let mut blocks: Vec<Vec<u8>> = (0..512).map(|_| Vec::with_capacity(64 << 10)).collect();
        while blocks.pop().is_some() {}
    });
    let _ = worker.join();
}

/// In every kind of thread, with a deadline, until there is a word from outside.
fn wait(control: OwnedFd) {
    let mut control = UnixStream::from(control);
    let kinds = [Kind::Main, Kind::Worker, Kind::Vcpu, Kind::Disk];
    let threads = kinds.map(|kind| {
        let (wake, woken) = channel();
        let (tell, told) = channel();
        let thread = std::thread::spawn(move || {
            seccomp::enter(kind).unwrap();
            tell.send(()).unwrap();
            woken.recv_timeout(LONG).unwrap();
        });
        told.recv().unwrap();
        (wake, thread)
    });
    control.write_all(&[0]).unwrap();
    control.read_exact(&mut [0]).unwrap();
    for (wake, thread) in threads {
        wake.send(()).unwrap();
        thread.join().unwrap();
    }
}

fn whoever_waits_goes_on_when_the_process_was_stopped() {
    let mut jailed = Jailed::start("wait");
    jailed.control.read_exact(&mut [0]).unwrap();
    let inner = jailed.inner();
    let pid = Pid::from_raw(inner.cast_signed()).unwrap();
    for _ in 0..2 {
        wait_for_states(inner, "S");
        kill_process(pid, Signal::STOP).unwrap();
        wait_for_states(inner, "T");
        kill_process(pid, Signal::CONT).unwrap();
    }
    wait_for_states(inner, "S");
    jailed.control.write_all(&[0]).unwrap();
    let (status, words) = jailed.end();
    assert_eq!((status.code(), words.as_str()), (Some(0), ""));
}

/// Until all threads of a process are in the same state, one of the main thread and four others (proc(5), stat).
fn wait_for_states(pid: u32, wanted: &str) {
    let deadline = Instant::now() + LONG;
    loop {
        let states: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/task"))
            .unwrap()
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok())
            .filter_map(|stat| Some(stat.rsplit_once(") ")?.1.get(..1)?.to_owned()))
            .collect();
        if states.len() == 5 && states.iter().all(|state| state == wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "the threads are {states:?}");
        std::thread::yield_now();
    }
}

fn memory_is_given_back_without_a_call_that_no_list_has() {
    let (status, words) = Jailed::start("give_back").end();
    assert_eq!((status.code(), words.as_str()), (Some(0), ""));
}

fn a_fault_of_its_own_ends_both_processes() {
    let (status, words) = Jailed::start("panic").end();
    assert_eq!(status.code(), Some(101), "{words}");
    assert!(
        words.starts_with("hadron-vmm: a fault of the VMM's own: panicked at "),
        "{words}"
    );
    let (status, words) = Jailed::start("segfault").end();
    assert_eq!(status.signal(), Some(libc::SIGSEGV));
    assert_eq!(
        words,
        "hadron-vmm: the process in the jail was killed by signal 11\n"
    );
}

fn a_violation_is_named_and_ends_both_processes() {
    // libhadron starts it on a thread that has all signals blocked, which a new program inherits.
    for change in [libc::SIG_UNBLOCK, libc::SIG_BLOCK] {
        let before = block_signals(change);
        let jailed = Jailed::start("violate");
        set_signals(&before);
        let (status, words) = jailed.end();
        assert_eq!(
            words,
            "hadron-vmm: the thread \"worker\" made the system call socket, which its filter forbids\n\
             hadron-vmm: the process in the jail was killed by signal 31\n"
        );
        assert_eq!(status.signal(), Some(libc::SIGSYS));
    }
}

/// All of them; answers which ones were blocked.
fn block_signals(change: libc::c_int) -> libc::sigset_t {
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: the first set is filled before it is read, and the second one by the call.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(change, all.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

fn set_signals(blocked: &libc::sigset_t) {
    // SAFETY: the set is valid.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, blocked, std::ptr::null_mut()) };
}

/// How a process with this filter takes a call: true if it lives on; else it has died of SIGSYS, and has said so.
fn survives(kind: Kind, number: c_long, arguments: [c_long; 4]) -> bool {
    let (read, write) = rustix::pipe::pipe().unwrap();
    // SAFETY: the test has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        rustix::stdio::dup2_stderr(&write).unwrap();
        seccomp::report_violations().unwrap();
        seccomp::enter(kind).unwrap();
        let [a, b, c, d] = arguments;
        // SAFETY: what the call does to this process does not matter any more.
        unsafe {
            libc::syscall(number, a, b, c, d, -1, -1);
            libc::_exit(0)
        }
    }
    drop(write);
    let mut words = String::new();
    std::fs::File::from(read)
        .read_to_string(&mut words)
        .unwrap();
    let mut status = 0;
    // SAFETY: `status` is a live local.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    if !libc::WIFSIGNALED(status) || libc::WTERMSIG(status) != libc::SIGSYS {
        assert_eq!(words, "", "{kind:?} {number}");
        return true;
    }
    let name = name_of(number).map_or_else(|| format!("number {number}"), str::to_owned);
    let kind = kind.name();
    let expected = format!(
        "hadron-vmm: the thread \"{kind}\" made the system call {name}, which its filter forbids\n"
    );
    assert_eq!(words, expected);
    false
}

fn what_a_filter_does_not_list_kills() {
    for kind in Kind::ALL {
        // With arguments that no condition of a filter holds for.
        let left: Vec<&str> = (0..LAST)
            // Without a signal it goes on wherever the words on the stack say.
            .filter(|number| *number != libc::SYS_rt_sigreturn)
            .filter(|number| survives(kind, *number, [-1; 4]))
            .filter_map(name_of)
            .collect();
        assert_eq!(left.join(" "), allowed(kind), "{kind:?}");
    }
}

/// In the order of their numbers.
fn allowed(kind: Kind) -> &'static str {
    match kind {
        Kind::Outer => "write rt_sigaction getpid wait4 exit_group",
        Kind::Main => {
            "read write close poll lseek munmap brk rt_sigprocmask sched_yield mremap getpid sendto recvmsg exit sigaltstack futex restart_syscall clock_gettime exit_group ppoll timerfd_create fallocate getrandom statx"
        }
        Kind::Worker => {
            "read write close munmap brk rt_sigprocmask readv writev sched_yield mremap sendto recvfrom sendmsg recvmsg shutdown exit sigaltstack futex restart_syscall clock_gettime exit_group epoll_ctl ppoll epoll_pwait timerfd_settime getrandom io_uring_enter"
        }
        Kind::Vcpu => {
            "write close munmap brk rt_sigprocmask sched_yield mremap exit sigaltstack futex restart_syscall clock_gettime exit_group eventfd2 getrandom"
        }
        Kind::Disk => {
            "write close munmap brk rt_sigprocmask sched_yield mremap exit fdatasync sigaltstack futex restart_syscall clock_gettime exit_group fallocate preadv getrandom pwritev2"
        }
    }
}

fn arguments_are_looked_at() {
    let page = 4096;
    let private = c_long::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    let data = c_long::from(libc::PROT_READ | libc::PROT_WRITE);
    let code = data | c_long::from(libc::PROT_EXEC);
    let own = c_long::from(std::process::id());
    for kind in [Kind::Main, Kind::Worker, Kind::Vcpu, Kind::Disk] {
        for (number, arguments, expected) in [
            (libc::SYS_mmap, [0, page, data, private], true),
            (libc::SYS_mmap, [0, page, code, private], false),
            (
                libc::SYS_mmap,
                [0, page, data, libc::MAP_PRIVATE.into()],
                false,
            ),
            (
                libc::SYS_mmap,
                [0, page, data, libc::MAP_SHARED.into()],
                false,
            ),
            (libc::SYS_io_uring_setup, [4, 0, 0, 0], false),
            (libc::SYS_io_uring_enter, [-1; 4], kind == Kind::Worker),
            (libc::SYS_mprotect, [0, page, data, 0], true),
            (libc::SYS_mprotect, [0, page, code, 0], false),
            (
                libc::SYS_madvise,
                [0, page, libc::MADV_DONTNEED.into(), 0],
                true,
            ),
            (
                libc::SYS_madvise,
                [0, page, libc::MADV_DODUMP.into(), 0],
                false,
            ),
            (libc::SYS_ioctl, [-1, libc::TIOCSTI as c_long, 0, 0], false),
            (libc::SYS_fcntl, [-1, libc::F_SETOWN.into(), own, 0], false),
            (
                libc::SYS_getsockopt,
                [-1, libc::SOL_SOCKET.into(), libc::SO_TYPE.into(), 0],
                kind == Kind::Worker,
            ),
            (
                libc::SYS_getsockopt,
                [-1, libc::SOL_SOCKET.into(), libc::SO_PEERCRED.into(), 0],
                false,
            ),
            (libc::SYS_shutdown, [-1, 0, 0, 0], kind == Kind::Worker),
            (libc::SYS_tgkill, [own, own, 0, 0], false),
            (libc::SYS_clone, [libc::SIGCHLD.into(), 0, 0, 0], false),
        ] {
            let name = name_of(number).unwrap();
            assert_eq!(
                survives(kind, number, arguments),
                expected,
                "{kind:?} {name}"
            );
        }
    }
}

fn of_a_ring_the_worker_has_its_file_and_others_have_nothing() {
    for kind in [Kind::Main, Kind::Worker, Kind::Vcpu, Kind::Disk] {
        // IORING_REGISTER_FILES, IORING_UNREGISTER_FILES, IORING_REGISTER_ENABLE_RINGS.
        let allowed: Vec<c_long> = (0..64)
            .filter(|request| survives(kind, libc::SYS_io_uring_register, [-1, *request, 0, 0]))
            .collect();
        let expected: &[c_long] = match kind {
            Kind::Worker => &[2, 3, 12],
            _ => &[],
        };
        assert_eq!(allowed, expected, "{kind:?}");
    }
}
