//! Forked children: what may block in a system call, or becomes another program, is not for the agent's
//! only thread.
//!
//! The agent has one thread, so a forked child may use the whole program without an exec.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::SigSet;
use nix::unistd::{ForkResult, fork, pipe2};

use crate::error::{Code, Error, Result};
use crate::reaper::{Exit, ExitReceiver, Operation, Reaper, exited};

/// Of a child that becomes another program; its job is small.
const STACK: usize = 64 << 10;

/// A sentence that a job fails with is shorter.
const MESSAGE_MAX: usize = 4096;

/// A child that is reaped; dropped, it goes on.
pub struct Child {
    pid: i32,
    exit: ExitReceiver,
    /// While it is there, the exits of the child's own children are kept for whoever comes to know them.
    operation: Option<Operation>,
}

impl Child {
    /// Forks. `job` runs in the child, with the agent's descriptors but with no signal blocked or handled; it
    /// must not drop or flush anything of the agent's, and answers the exit status.
    pub fn fork(reaper: &Reaper, job: impl FnOnce() -> u8) -> Result<Self> {
        let operation = reaper.operation();
        // SAFETY: the program has one thread (see the module's comment), so no lock is held in the child.
        match unsafe { fork() } {
            Err(errno) => Err(Error::os("cannot fork a process", errno)),
            Ok(ForkResult::Parent { child }) => Ok(Self {
                pid: child.as_raw(),
                exit: reaper.watch(child.as_raw()),
                operation: Some(operation),
            }),
            Ok(ForkResult::Child) => {
                default_signals();
                let status = job();
                // SAFETY: nothing of the agent's may be dropped or flushed in the child, so exit without unwinding.
                unsafe { libc::_exit(status.into()) }
            }
        }
    }

    /// As `fork`, for a child that becomes another program at once: it runs in the agent's own memory, of which no
    /// copy is made, and the agent waits until it has become that program or has ended. `job` must not leave
    /// allocations behind in the case that it does not come back. `namespaces`: those that it is the first one in.
    pub fn become_program(
        reaper: &Reaper,
        namespaces: CloneFlags,
        mut job: impl FnMut() -> u8,
    ) -> Result<Self> {
        let operation = reaper.operation();
        let mut stack = vec![0; STACK];
        let run = Box::new(|| {
            default_signals();
            isize::from(job())
        });
        let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK | namespaces;
        // SAFETY: the child has a stack of its own, which lives as long as it uses the agent's memory, since the
        // agent, of one thread, goes on only then (CLONE_VFORK). It has descriptors and signals of its own.
        let child = unsafe { clone(run, &mut stack, flags, Some(libc::SIGCHLD)) }
            .map_err(|errno| Error::os("cannot make a process", errno))?;
        Ok(Self {
            pid: child.as_raw(),
            exit: reaper.watch(child.as_raw()),
            operation: Some(operation),
        })
    }

    /// In the agent's namespace.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// For whoever wants to know later whether it has ended.
    pub fn exit(&self) -> ExitReceiver {
        self.exit.clone()
    }

    /// Its end. There is no deadline: how long it takes may be up to a container's own limits, and the host asks for
    /// itself whether the guest lives.
    pub async fn ended(&self) -> Exit {
        exited(self.exit.clone()).await
    }

    /// To be called when the processes that the child has left behind are watched.
    pub fn settle(&mut self) {
        self.operation = None;
    }
}

fn default_signals() {
    for signal in 1..=64 {
        // SAFETY: default actions have no handler that could be wrong. SIGKILL and SIGSTOP refuse, and
        // glibc keeps 32 and 33 for itself.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // Fails for no set that is valid.
    let _ = SigSet::empty().thread_set_mask();
}

/// What may block (in the kernel, never for ever), in a child.
pub struct Job {
    child: Child,
    report: OwnedFd,
}

impl Job {
    /// Starts it. The job's error comes back with its code.
    pub fn start(reaper: &Reaper, job: impl FnOnce() -> Result<()>) -> Result<Self> {
        Self::asking(reaper, || job().map(|()| String::new()))
    }

    /// As `start`, for who wants to know something short.
    pub fn asking(reaper: &Reaper, job: impl FnOnce() -> Result<String>) -> Result<Self> {
        let (report, theirs) =
            pipe2(OFlag::O_CLOEXEC).map_err(|errno| Error::os("cannot make a pipe", errno))?;
        let child = Child::fork(reaper, || {
            let (message, status) = match job() {
                Ok(answer) => (answer, 0),
                Err(error) => (error.message, error.code as u8),
            };
            let mut message = message.into_bytes();
            message.truncate(MESSAGE_MAX);
            // Without it the agent still knows whether the job failed.
            let _ = File::from(theirs).write_all(&message);
            status
        })?;
        Ok(Self { child, report })
    }

    /// Waits for its end.
    pub async fn finished(self) -> Result<()> {
        self.answer().await.map(drop)
    }

    /// Waits for its end, and for what it says.
    pub async fn answer(self) -> Result<String> {
        let exit = self.child.ended().await;
        let mut message = vec![0; MESSAGE_MAX];
        let length = crate::transport::read(self.report.as_raw_fd(), &mut message).unwrap_or(0);
        if exit.status != 0 && length == 0 {
            return Err(Error::internal(format!(
                "the process for it ended with status {}",
                exit.status
            )));
        }
        let message = String::from_utf8_lossy(&message[..length]).into_owned();
        match exit.status {
            0 => Ok(message),
            status => Err(Error::new(code(status), message)),
        }
    }
}

/// A job's exit status is its error's code.
fn code(status: u32) -> Code {
    [
        Code::INVALID_ARGUMENT,
        Code::NOT_FOUND,
        Code::FAILED_PRECONDITION,
        Code::DEADLINE_EXCEEDED,
    ]
    .into_iter()
    .find(|code| *code as u32 == status)
    .unwrap_or(Code::INTERNAL)
}
