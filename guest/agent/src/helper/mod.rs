//! Forked, short-lived helpers: whatever enters namespaces, changes credentials or may block in a
//! system call runs in one, so that the agent's only thread never does.
//!
//! The agent has one thread, so a forked child may use the whole program without an exec. A helper and
//! the container process that comes of it tell what happens as packets on one socket, which is closed by
//! the exec of the user's program: its end is the news that the program runs.

mod child;
pub mod diagnostics;
pub mod exec;
pub mod init;
pub mod program;
mod report;
pub mod user;

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{ForkResult, fork};
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

pub use report::Report;
use report::{Packet, receive_now};

use crate::error::{Code, Error, Result};
use crate::reaper::{ExitReceiver, Operation, Reaper, exited};
use crate::watch::watch_fd;

/// No helper takes longer, unless its container is frozen or the host's file system hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// The agent's end of a helper.
pub struct Helper {
    socket: AsyncFd<OwnedFd>,
    reaper: Reaper,
    operation: Option<Operation>,
    pid: i32,
    exit: ExitReceiver,
    diagnostic: Option<String>,
}

impl Helper {
    /// Forks; the child runs `job` with `stdio` as its descriptors 0, 1 and 2 and no others than `keep`
    /// and its report. `job` returns the container process' pid, or 0.
    pub fn spawn(
        reaper: &Reaper,
        stdio: [RawFd; 3],
        keep: &[RawFd],
        job: impl FnOnce(Report) -> Result<i32>,
    ) -> Result<Self> {
        let (ours, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .map_err(|errno| Error::os("cannot make a socket for the helper process", errno))?;
        set_nonblocking(&ours)
            .map_err(|error| Error::os("cannot make the helper's socket non-blocking", error))?;
        let socket =
            watch_fd(ours).map_err(|error| Error::os("cannot watch the helper's socket", error))?;
        let operation = reaper.operation();
        // SAFETY: the program has one thread (see the module's comment), so no lock is held in the child.
        match unsafe { fork() } {
            Err(errno) => Err(Error::os("cannot fork a helper process", errno)),
            Ok(ForkResult::Parent { child }) => Ok(Self {
                socket,
                exit: reaper.watch(child.as_raw()),
                reaper: reaper.clone(),
                operation: Some(operation),
                pid: child.as_raw(),
                diagnostic: None,
            }),
            Ok(ForkResult::Child) => {
                let report = Report(theirs.as_raw_fd());
                child::run(report, stdio, keep, job)
            }
        }
    }

    /// The container process' pid and exit, when the helper is done.
    pub async fn result(&mut self) -> Result<(i32, ExitReceiver)> {
        // The watch must exist before the operation ends, see Reaper.
        let pid = self.done().await;
        let result = pid.map(|pid| (pid, self.reaper.watch(pid)));
        self.operation = None;
        result
    }

    /// As `result`, for a job without a container process.
    pub async fn finish(mut self) -> Result<()> {
        self.done().await.map(|_| ())
    }

    /// Waits for the exec of the user's program, or for the reason why there is none.
    pub async fn program_runs(&mut self) -> Result<()> {
        loop {
            match timeout(DEADLINE, self.receive()).await {
                Err(_) => {
                    return Err(Error::new(
                        Code::DEADLINE_EXCEEDED,
                        format!(
                            "the program was not executed in {} seconds",
                            DEADLINE.as_secs()
                        ),
                    ));
                }
                Ok(Err(error)) => return Err(Error::os("cannot read from the helper", error)),
                Ok(Ok(None)) => return Ok(()),
                Ok(Ok(Some(Packet::Failed(error)))) => return Err(error),
                Ok(Ok(Some(Packet::Diagnostic(text)))) => log::debug!("{text}"),
                Ok(Ok(Some(Packet::Done(_)))) => {}
            }
        }
    }

    /// What the helper says at its end; one that does not come to it in time is killed.
    async fn done(&mut self) -> Result<i32> {
        if let Ok(result) = timeout(DEADLINE, self.receive_result()).await {
            return result;
        }
        self.kill();
        let seconds = DEADLINE.as_secs();
        Err(Error::new(
            Code::DEADLINE_EXCEEDED,
            format!("the operation was not done in {seconds} seconds"),
        ))
    }

    fn kill(&self) {
        if self.exit.borrow().is_none() {
            // Not reaped yet, so the pid is still the helper's. SIGKILL ends a frozen process too.
            let pid = nix::unistd::Pid::from_raw(self.pid);
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    }

    async fn receive_result(&mut self) -> Result<i32> {
        let mut helper_gone = false;
        loop {
            let packet = if helper_gone {
                // The container process may hold the socket open for ever: only what is there counts.
                match receive_now(self.socket.get_ref()) {
                    Ok(packet) => Ok(packet),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
                    Err(error) => Err(error),
                }
            } else {
                let exit = self.exit.clone();
                tokio::select! {
                    biased;
                    packet = self.receive() => packet,
                    _ = exited(exit) => {
                        helper_gone = true;
                        continue;
                    }
                }
            };
            match packet.map_err(|error| Error::os("cannot read from the helper", error))? {
                Some(Packet::Done(pid)) => return Ok(pid),
                Some(Packet::Failed(error)) => return Err(self.explain(error)),
                Some(Packet::Diagnostic(text)) => {
                    log::debug!("{text}");
                    self.diagnostic.get_or_insert(text);
                }
                None => {
                    return Err(self.explain(Error::internal(
                        "the helper process died before it was done",
                    )));
                }
            }
        }
    }

    /// Libraries' errors often say "failed to prepare rootfs" and no more; what they logged says why.
    fn explain(&mut self, error: Error) -> Error {
        match self.diagnostic.take() {
            Some(hint) if error.code == Code::INTERNAL && !error.message.contains(&hint) => {
                Error::new(error.code, format!("{} ({hint})", error.message))
            }
            _ => error,
        }
    }

    async fn receive(&self) -> io::Result<Option<Packet>> {
        loop {
            let mut ready = self.socket.readable().await?;
            match ready.try_io(|socket| receive_now(socket.get_ref())) {
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }
}

/// Makes reads and writes answer EAGAIN instead of blocking the only thread.
pub fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let flags = fcntl(fd.as_raw_fd(), FcntlArg::F_GETFL)?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(fd.as_raw_fd(), FcntlArg::F_SETFL(flags))?;
    Ok(())
}

/// /dev/null for all three.
pub fn null() -> Result<OwnedFd> {
    // SAFETY: the path is a C string.
    let fd = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) };
    if fd == -1 {
        return Err(Error::os(
            "cannot open /dev/null",
            io::Error::last_os_error(),
        ));
    }
    // SAFETY: fd is a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
