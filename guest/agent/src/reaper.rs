//! Reaps every process of the guest and hands exit statuses to whoever waits.
//!
//! Container processes are children of crun; when it exits they become children of
//! PID 1, whose pid nobody but the kernel knew until then. A process may well have exited before the
//! agent has read its pid from a file, so statuses that nobody asked for are kept while an
//! operation is under way, and only then.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::watch::watch_fd;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// 0..255; 128 + n when killed by signal n.
    pub status: u32,
    /// CLOCK_REALTIME, nanoseconds since 1970.
    pub at_ns: i64,
}

/// Becomes `Some` once, when the process has been reaped.
pub type ExitReceiver = watch::Receiver<Option<Exit>>;

/// At most so many unclaimed statuses are kept; more than that exit during one operation only when a
/// container forks like mad, and then the oldest matter least.
const UNCLAIMED_MAX: usize = 4096;

#[derive(Default)]
struct Inner {
    watched: HashMap<i32, watch::Sender<Option<Exit>>>,
    operations: usize,
    unclaimed: HashMap<i32, Exit>,
}

/// See the module's comment.
#[derive(Clone, Default)]
pub struct Reaper(Arc<Mutex<Inner>>);

/// While one exists, statuses of unknown processes are kept.
pub struct Operation(Reaper);

impl Drop for Operation {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.operations -= 1;
        if inner.operations == 0 {
            inner.unclaimed.clear();
        }
    }
}

impl Reaper {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be held from before crun is started until its container process is watched.
    pub fn operation(&self) -> Operation {
        self.lock().operations += 1;
        Operation(self.clone())
    }

    /// The exit of `pid`, which must be a process that has not been watched before.
    pub fn watch(&self, pid: i32) -> ExitReceiver {
        let mut inner = self.lock();
        if let Some(exit) = inner.unclaimed.remove(&pid) {
            return watch::channel(Some(exit)).1;
        }
        let (sender, receiver) = watch::channel(None);
        inner.watched.insert(pid, sender);
        receiver
    }

    fn exited(&self, pid: i32, exit: Exit) {
        let mut inner = self.lock();
        if let Some(sender) = inner.watched.remove(&pid) {
            sender.send_replace(Some(exit));
        } else if inner.operations > 0 && inner.unclaimed.len() < UNCLAIMED_MAX {
            inner.unclaimed.insert(pid, exit);
        }
    }

    /// Reaps for ever; calls `before_kill_is_known` when a process died of SIGKILL, before anybody hears
    /// of it. SIGCHLD must be blocked (see [`block_sigchld`]) before the first fork.
    pub async fn run(self, before_kill_is_known: impl Fn()) -> io::Result<()> {
        let signals = watch_fd(signalfd()?)?;
        loop {
            // Exits from before the descriptor was there have left no signal to read: reap first.
            self.reap_all(&before_kill_is_known);
            let mut ready = signals.readable().await?;
            drain(signals.get_ref());
            ready.clear_ready();
        }
    }

    fn reap_all(&self, before_kill_is_known: &impl Fn()) {
        loop {
            // SAFETY: all-zero is a valid siginfo_t.
            let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
            // SAFETY: info outlives the call.
            let result =
                unsafe { libc::waitid(libc::P_ALL, 0, &mut info, libc::WEXITED | libc::WNOHANG) };
            if result == -1 {
                if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
                    continue;
                }
                return; // ECHILD: no children at all
            }
            // SAFETY: waitid filled in a SIGCHLD siginfo, or left it zero.
            let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
            if pid == 0 {
                return;
            }
            let status = match info.si_code {
                libc::CLD_EXITED => (status & 0xff) as u32,
                _ => 128 + status as u32,
            };
            // The OOM killer's signal: let its event go out before the exit is known.
            if info.si_code != libc::CLD_EXITED && status == 128 + libc::SIGKILL as u32 {
                before_kill_is_known();
            }
            self.exited(
                pid,
                Exit {
                    status,
                    at_ns: realtime_ns(),
                },
            );
        }
    }
}

/// Waits until the process has exited.
pub async fn exited(mut receiver: ExitReceiver) -> Exit {
    loop {
        if let Some(exit) = *receiver.borrow_and_update() {
            return exit;
        }
        // The sender is dropped only after it has sent, so an error is followed by a value above.
        if receiver.changed().await.is_err() && receiver.borrow().is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// CLOCK_REALTIME, nanoseconds since 1970.
pub fn realtime_ns() -> i64 {
    match nix::time::clock_gettime(nix::time::ClockId::CLOCK_REALTIME) {
        Ok(now) => now.tv_sec() * 1_000_000_000 + now.tv_nsec(),
        Err(_) => 0,
    }
}

/// Blocks SIGCHLD for the (only) thread so that the signal descriptor gets it.
pub fn block_sigchld() -> io::Result<()> {
    let mut set = nix::sys::signal::SigSet::empty();
    set.add(nix::sys::signal::Signal::SIGCHLD);
    set.thread_block().map_err(io::Error::from)
}

fn signalfd() -> io::Result<OwnedFd> {
    let mut set = nix::sys::signal::SigSet::empty();
    set.add(nix::sys::signal::Signal::SIGCHLD);
    // SAFETY: the set is valid; -1 asks for a new descriptor.
    let fd = unsafe { libc::signalfd(-1, set.as_ref(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fd is a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn drain(signals: &OwnedFd) {
    let mut buffer = [0u8; size_of::<libc::signalfd_siginfo>() * 16];
    // SAFETY: the buffer is as long as said; the descriptor does not block.
    while unsafe {
        libc::read(
            signals.as_raw_fd(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
        )
    } > 0
    {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXIT: Exit = Exit {
        status: 7,
        at_ns: 1,
    };

    #[tokio::test(flavor = "current_thread")]
    async fn a_status_that_comes_before_the_watch_is_kept_during_an_operation() {
        let reaper = Reaper::default();
        let operation = reaper.operation();
        reaper.exited(42, EXIT);
        let receiver = reaper.watch(42);
        drop(operation);
        assert_eq!(exited(receiver).await, EXIT);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn every_waiter_gets_the_status() {
        let reaper = Reaper::default();
        let receiver = reaper.watch(42);
        let (one, two) = (exited(receiver.clone()), exited(receiver));
        reaper.exited(42, EXIT);
        assert_eq!(tokio::join!(one, two), (EXIT, EXIT));
    }

    #[test]
    fn nothing_is_kept_when_no_operation_is_under_way() {
        let reaper = Reaper::default();
        reaper.exited(1, EXIT);
        assert!(reaper.lock().unclaimed.is_empty());
        let operation = reaper.operation();
        reaper.exited(2, EXIT);
        drop(operation);
        assert!(reaper.lock().unclaimed.is_empty());
    }

    #[test]
    fn unclaimed_statuses_are_bounded() {
        let reaper = Reaper::default();
        let _operation = reaper.operation();
        for pid in 1..(UNCLAIMED_MAX as i32 + 100) {
            reaper.exited(pid, EXIT);
        }
        assert_eq!(reaper.lock().unclaimed.len(), UNCLAIMED_MAX);
    }
}
