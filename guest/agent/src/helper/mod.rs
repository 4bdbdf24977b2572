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
pub mod user;

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{ForkResult, fork};
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

use crate::error::{Code, Error, Result};
use crate::reaper::{ExitReceiver, Operation, Reaper, exited};
use crate::watch::watch_fd;

/// No helper takes longer, unless its container is frozen or the host's file system hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// Longest packet; longer text is cut.
const PACKET_MAX: usize = 4096;

/// The child's end of the socket. Close-on-exec.
#[derive(Debug, Clone, Copy)]
pub struct Report(RawFd);

enum Packet {
    /// The helper has done its work; the container process' pid (0 where there is none).
    Done(i32),
    /// The operation failed.
    Failed(Error),
    /// What a library logged as an error on the way; the first one is the nearest to the cause.
    Diagnostic(String),
}

impl Report {
    fn send(self, tag: u8, code: i32, text: &str) {
        let mut packet = Vec::with_capacity(5 + text.len());
        packet.push(tag);
        packet.extend_from_slice(&code.to_le_bytes());
        packet.extend_from_slice(text.as_bytes());
        packet.truncate(PACKET_MAX);
        // write(2), because seccomp filters that are already in force always allow it. Nobody can be
        // told if it fails: then the agent is gone or has given up.
        // SAFETY: the packet outlives the call.
        unsafe { libc::write(self.0, packet.as_ptr().cast(), packet.len()) };
    }

    /// Ends the operation well.
    pub fn done(self, pid: i32) {
        self.send(b'P', pid, "");
    }

    /// Ends the operation with an error.
    pub fn failed(self, error: &Error) {
        self.send(b'F', error.code as i32, &error.message);
    }

    /// Adds a hint for the error message.
    pub fn diagnostic(self, text: &str) {
        self.send(b'D', 0, text);
    }
}

fn parse(packet: &[u8]) -> Option<Packet> {
    let (&tag, rest) = packet.split_first()?;
    let (number, text) = rest.split_first_chunk::<4>()?;
    let number = i32::from_le_bytes(*number);
    let text = String::from_utf8_lossy(text).into_owned();
    match tag {
        b'P' => Some(Packet::Done(number)),
        b'F' => {
            let code = [
                Code::INVALID_ARGUMENT,
                Code::NOT_FOUND,
                Code::FAILED_PRECONDITION,
                Code::UNIMPLEMENTED,
                Code::DEADLINE_EXCEEDED,
            ]
            .into_iter()
            .find(|code| *code as i32 == number)
            .unwrap_or(Code::INTERNAL);
            Some(Packet::Failed(Error::new(code, text)))
        }
        b'D' => Some(Packet::Diagnostic(text)),
        _ => None,
    }
}

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
        let result = match timeout(DEADLINE, self.receive_result()).await {
            Ok(result) => result,
            Err(_) => {
                self.kill();
                Err(Error::new(
                    Code::DEADLINE_EXCEEDED,
                    format!(
                        "the operation was not done in {} seconds",
                        DEADLINE.as_secs()
                    ),
                ))
            }
        };
        // The watch must exist before the operation ends, see Reaper.
        let result = result.map(|pid| (pid, self.reaper.watch(pid)));
        self.operation = None;
        result
    }

    /// As `result`, for a job without a container process: waits until the helper has exited as well.
    pub async fn finish(mut self) -> Result<()> {
        let result = match timeout(DEADLINE, self.receive_result()).await {
            Ok(result) => result,
            Err(_) => {
                self.kill();
                Err(Error::new(
                    Code::DEADLINE_EXCEEDED,
                    format!(
                        "the operation was not done in {} seconds",
                        DEADLINE.as_secs()
                    ),
                ))
            }
        };
        self.operation = None;
        result.map(|_| ())
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

fn receive_now(socket: &OwnedFd) -> io::Result<Option<Packet>> {
    let mut buffer = [0u8; PACKET_MAX];
    loop {
        // SAFETY: the buffer is as long as said.
        let length =
            unsafe { libc::read(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
        match length {
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            0 => return Ok(None),
            length => {
                if let Some(packet) = parse(&buffer[..length as usize]) {
                    return Ok(Some(packet));
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_survive_the_way() {
        let (ours, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .expect("socketpair");
        let report = Report(theirs.as_raw_fd());
        report.done(1234);
        report.failed(&Error::precondition("because"));
        report.diagnostic(&"x".repeat(PACKET_MAX * 2));
        assert!(matches!(receive_now(&ours), Ok(Some(Packet::Done(1234)))));
        match receive_now(&ours) {
            Ok(Some(Packet::Failed(error))) => {
                assert_eq!(error.code, Code::FAILED_PRECONDITION);
                assert_eq!(error.message, "because");
            }
            _ => panic!("not a failure"),
        }
        match receive_now(&ours) {
            Ok(Some(Packet::Diagnostic(text))) => assert_eq!(text.len(), PACKET_MAX - 5),
            _ => panic!("not a diagnostic"),
        }
        drop(theirs);
        assert!(matches!(receive_now(&ours), Ok(None)));
    }

    #[test]
    fn garbage_is_no_packet() {
        assert!(parse(b"").is_none());
        assert!(parse(b"P\0\0").is_none());
        assert!(parse(b"?\0\0\0\0").is_none());
    }
}
