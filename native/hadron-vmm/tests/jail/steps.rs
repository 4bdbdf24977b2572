//! Nothing is left when one of the processes is killed, or who started them is, at any step of making the jail.
//!
//! The test traces both processes, has them stop at each of their system calls in turn, kills, and lets the rest go on: within its
//! time all must be gone.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use libc::{c_int, c_long, pid_t};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Test;
use crate::program::PROGRAM;

pub const TESTS: &[Test] = &[
    ("nothing_is_left_of_a_killed_outer_process", || {
        at_each_step(Victim::Outer)
    }),
    ("nothing_is_left_of_a_killed_inner_process", || {
        at_each_step(Victim::Inner)
    }),
    ("nothing_is_left_of_a_killed_parent", || {
        at_each_step(Victim::Parent)
    }),
    ("nothing_is_left_of_an_ended_thread", || {
        at_each_step(Victim::Thread)
    }),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Outer,
    Inner,
    Parent,
    /// The parent's, that started the outer process.
    Thread,
}

/// Both processes make about a hundred calls until they wait for a request.
const FEWEST_STEPS: usize = 60;
/// For one run, which takes milliseconds.
const LIMIT_S: u32 = 20;

fn at_each_step(victim: Victim) {
    let mut step = 1;
    while Run::new(victim).kill_at(step) {
        step += 1;
    }
    assert!(step > FEWEST_STEPS, "{victim:?}: only {step} steps");
}

/// One life of the three processes.
struct Run {
    victim: Victim,
    parent: pid_t,
    outer: Option<pid_t>,
    inner: Option<pid_t>,
    /// All traced threads and processes.
    alive: BTreeSet<pid_t>,
    control: UnixStream,
    /// Its end lets the parent's thread end.
    thread: Option<OwnedFd>,
    /// The outer process has asked for the signal of that thread's death.
    bound: bool,
}

impl Run {
    fn new(victim: Victim) -> Self {
        let (control, theirs) = UnixStream::pair().unwrap();
        let (read, write) = rustix::pipe::pipe().unwrap();
        let (ready, begin) = UnixStream::pair().unwrap();
        // SAFETY: the test has one thread.
        let parent = unsafe { libc::fork() };
        if parent == 0 {
            drop((control, write, begin));
            parent_of_the_vmm(theirs, read, ready, victim);
        }
        let options = libc::PTRACE_O_TRACECLONE
            | libc::PTRACE_O_TRACEFORK
            | libc::PTRACE_O_TRACEVFORK
            | libc::PTRACE_O_TRACEEXEC
            | libc::PTRACE_O_TRACESYSGOOD
            // If this test fails, nothing is left either.
            | libc::PTRACE_O_EXITKILL;
        ptrace(libc::PTRACE_SEIZE, parent, options.into());
        (&begin).write_all(&[0]).unwrap();
        Run {
            victim,
            parent,
            outer: None,
            inner: None,
            alive: BTreeSet::from([parent]),
            control,
            thread: Some(write),
            bound: false,
        }
    }

    /// False: both processes were ready before they made so many calls.
    fn kill_at(mut self, step: usize) -> bool {
        // What takes too long kills this program.
        // SAFETY: no pointers.
        unsafe { libc::alarm(LIMIT_S) };
        let mut steps = 0;
        // It answers in the jail, and waits for the next request.
        self.control.write_all(b"{}\n").unwrap();
        let reached = loop {
            let (pid, status) = wait_for_any().unwrap();
            if self.has_answered() {
                break false;
            }
            let called = self.note(pid, status);
            if called {
                steps += 1;
                if steps == step {
                    self.kill();
                    resume(libc::PTRACE_CONT, pid, 0);
                    break true;
                }
            }
            if libc::WIFSTOPPED(status) {
                let request = match Some(pid) == self.outer || Some(pid) == self.inner {
                    true => libc::PTRACE_SYSCALL,
                    false => libc::PTRACE_CONT,
                };
                resume(request, pid, signal_of(status));
            }
        };
        if !reached {
            kill(self.outer.unwrap());
        }
        self.expect_nothing();
        // SAFETY: no pointers.
        unsafe { libc::alarm(0) };
        reached
    }

    /// Keeps account of who is there. True: a step of the VMM's processes.
    fn note(&mut self, pid: pid_t, status: c_int) -> bool {
        if !libc::WIFSTOPPED(status) {
            self.alive.remove(&pid);
            return false;
        }
        if self.alive.insert(pid) && self.outer.is_some() {
            // The outer process has one child.
            self.inner = Some(pid);
        }
        if status >> 16 == libc::PTRACE_EVENT_EXEC {
            self.outer = Some(pid);
        }
        let of_the_vmm = Some(pid) == self.outer || Some(pid) == self.inner;
        if !of_the_vmm || libc::WSTOPSIG(status) != libc::SIGTRAP | 0x80 {
            return false;
        }
        let call = Call::of(pid);
        if Some(pid) == self.outer {
            self.bound = call.leaves_bound(self.bound);
        }
        call.begins && !call.rules_out_a_capability()
    }

    fn has_answered(&self) -> bool {
        let mut fds = [PollFd::new(&self.control, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).unwrap() > 0
    }

    fn kill(&mut self) {
        match self.victim {
            Victim::Outer => self.outer.into_iter().for_each(kill),
            Victim::Inner => match self.inner {
                Some(inner) => kill(inner),
                // The first steps are the other one's alone.
                None => kill(self.outer.unwrap()),
            },
            Victim::Thread if self.bound => {
                self.thread = None;
                let others = [Some(self.parent), self.outer, self.inner];
                let is_it = |pid: &&pid_t| !others.contains(&Some(**pid));
                let thread = *self.alive.iter().find(is_it).unwrap();
                self.wait_for_the_end_of(thread);
            }
            // A thread that ends before the signal was asked for leaves its children to another thread.
            Victim::Thread | Victim::Parent => kill(self.parent),
        }
    }

    /// The VMM's processes get no further than their next call meanwhile: one of them could leave the outer one unbound.
    fn wait_for_the_end_of(&mut self, thread: pid_t) {
        let mut held = Vec::new();
        while self.alive.contains(&thread) {
            let (pid, status) = wait_for_any().unwrap();
            self.note(pid, status);
            if Some(pid) == self.outer || Some(pid) == self.inner {
                held.push((pid, status));
            } else if libc::WIFSTOPPED(status) {
                resume(libc::PTRACE_CONT, pid, signal_of(status));
            }
        }
        for (pid, status) in held {
            resume(libc::PTRACE_CONT, pid, signal_of(status));
        }
    }

    /// The parent may live on; the others must not.
    fn expect_nothing(mut self) {
        let gone = |run: &Self| {
            let ended = |pid: Option<pid_t>| pid.is_none_or(|pid| !run.alive.contains(&pid));
            run.outer.is_some() && ended(run.outer) && ended(run.inner)
        };
        self.let_go_until(gone);
        kill(self.parent);
        while let Some((pid, status)) = wait_for_any() {
            if libc::WIFSTOPPED(status) {
                resume(libc::PTRACE_CONT, pid, 0);
            }
        }
    }

    /// Without further steps.
    fn let_go_until(&mut self, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            let (pid, status) = wait_for_any().unwrap();
            self.note(pid, status);
            if libc::WIFSTOPPED(status) {
                resume(libc::PTRACE_CONT, pid, signal_of(status));
            }
        }
    }
}

/// Starts the program, and lives until it is killed.
#[allow(
    clippy::zombie_processes,
    reason = "its child outlives it, or is the one that is tested"
)]
fn parent_of_the_vmm(control: UnixStream, end: OwnedFd, ready: UnixStream, victim: Victim) -> ! {
    // A thread that is made later is traced, too.
    std::io::Read::read_exact(&mut &ready, &mut [0]).unwrap();
    let start = move || {
        let child = Command::new(PROGRAM)
            .args([
                "--parent",
                &std::process::id().to_string(),
                "--netns",
                "new",
            ])
            .stdin(Stdio::from(OwnedFd::from(control)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        // Until the test wants this thread to end.
        let _ = rustix::io::read(end.as_fd(), &mut [0]);
        child.unwrap();
    };
    if victim == Victim::Thread {
        let thread = std::thread::spawn(start);
        thread.join().unwrap();
    } else {
        start();
    }
    loop {
        std::thread::park();
    }
}

/// A system call at which a process stands still, at its beginning or at its end.
struct Call {
    number: c_long,
    first: c_long,
    second: c_long,
    begins: bool,
}

impl Call {
    fn of(pid: pid_t) -> Self {
        // SAFETY: all zeros are registers.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        // SAFETY: the registers are stored in a live local.
        unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, 0, &raw mut registers) };
        Call {
            number: registers.orig_rax as c_long,
            first: registers.rdi as c_long,
            second: registers.rsi as c_long,
            // What the kernel has put there for the time of the call (entry_SYSCALL_64).
            begins: registers.rax as c_long == -c_long::from(libc::ENOSYS),
        }
    }

    /// Of these there are forty, one after the other: one of them will do.
    fn rules_out_a_capability(&self) -> bool {
        self.number == libc::SYS_prctl
            && self.first == c_long::from(libc::PR_CAPBSET_DROP)
            && self.second != 0
    }

    /// Whether the death of the starting thread is the process's own as long as it makes no other call.
    fn leaves_bound(&self, bound: bool) -> bool {
        match self.number {
            libc::SYS_prctl
                if self.first == c_long::from(libc::PR_SET_PDEATHSIG) && !self.begins =>
            {
                true
            }
            // At its beginning already: the other process's next stop may be seen before its end.
            libc::SYS_setresgid | libc::SYS_setresuid => false,
            _ => bound,
        }
    }
}

fn kill(pid: pid_t) {
    // SAFETY: no pointers.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// The signal that a stop stands for, which is to be delivered.
fn signal_of(status: c_int) -> c_int {
    match libc::WSTOPSIG(status) {
        _ if status >> 16 != 0 => 0,
        signal if signal & 0x80 != 0 => 0,
        signal => signal,
    }
}

fn wait_for_any() -> Option<(pid_t, c_int)> {
    let mut status = 0;
    // SAFETY: `status` is a live local.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
    (pid > 0).then_some((pid, status))
}

/// It may have been killed meanwhile.
fn resume(request: libc::c_uint, pid: pid_t, signal: c_int) {
    // SAFETY: the two requests take a signal, and no pointer.
    unsafe { libc::ptrace(request, pid, 0, c_long::from(signal)) };
}

fn ptrace(request: libc::c_uint, pid: pid_t, data: c_long) {
    // SAFETY: PTRACE_SEIZE takes options, and no pointer.
    let result = unsafe { libc::ptrace(request, pid, 0, data) };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}
