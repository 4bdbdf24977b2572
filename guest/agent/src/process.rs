//! One process of a container that the host knows: the init process or an additional one.

use nix::errno::Errno;

use crate::cgroup::signal_process;
use crate::error::{Error, Result};
use crate::reaper::{Exit, ExitReceiver};
use crate::terminal::{Master, Size};

/// A process that was reaped or will be.
pub struct Process {
    /// In the guest's root pid namespace.
    pub pid: i32,
    /// How it ends.
    pub exit: ExitReceiver,
    /// With a terminal: its master.
    pub terminal: Option<Master>,
}

/// kill(2) takes 0 (only the check) to 64.
pub fn check_signal(signal: u32) -> Result<i32> {
    match signal {
        0..=64 => Ok(signal as i32),
        _ => Err(Error::invalid(format!(
            "{signal} is not a signal; the numbers are 1 to 64"
        ))),
    }
}

impl Process {
    /// Its exit, if it has exited.
    pub fn exited(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// NOT_FOUND when it has exited.
    pub fn signal(&self, signal: i32) -> Result<()> {
        // Only the agent reaps, on this thread: the pid is still this process' one.
        if self.exited().is_some() {
            return Err(Error::not_found("the process has exited already"));
        }
        match signal_process(self.pid, signal) {
            Ok(()) => Ok(()),
            Err(Errno::ESRCH) => Err(Error::not_found("the process has exited already")),
            Err(errno) => Err(Error::os(
                format!("cannot signal process {}", self.pid),
                errno,
            )),
        }
    }

    /// FAILED_PRECONDITION without a terminal.
    pub fn resize(&self, size: Size) -> Result<()> {
        match &self.terminal {
            Some(master) => master.resize(size),
            None => Err(Error::precondition("the process has no terminal")),
        }
    }
}
