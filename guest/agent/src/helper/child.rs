//! The child's side of a fork: nothing of the agent may be seen, dropped or waited for in it.

use std::io;
use std::os::fd::RawFd;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Report;
use crate::error::{Error, Result};

/// Never comes back: `job`'s answer goes to `report`.
pub fn run(
    report: Report,
    stdio: [RawFd; 3],
    keep: &[RawFd],
    job: impl FnOnce(Report) -> Result<i32>,
) -> ! {
    // A panic here must not run the agent's hook (which ends the VM) nor unwind into the agent's code.
    std::panic::set_hook(Box::new(move |panic| {
        report.failed(&Error::internal(format!(
            "the helper process panicked: {panic}"
        )));
        // SAFETY: _exit is always allowed.
        unsafe { libc::_exit(101) }
    }));
    let result = prepare_child(report, stdio, keep)
        .map_err(|error| Error::os("cannot prepare the helper process", error))
        .and_then(|()| job(report));
    match result {
        Ok(pid) => report.done(pid),
        Err(error) => report.failed(&error),
    }
    // SAFETY: nothing of the agent's may be dropped or flushed in the child, so exit without unwinding.
    unsafe { libc::_exit(0) }
}

fn prepare_child(report: Report, stdio: [RawFd; 3], keep: &[RawFd]) -> io::Result<()> {
    for signal in 1..=64 {
        // SAFETY: default actions have no handler that could be wrong. SIGKILL and SIGSTOP refuse, and
        // glibc keeps 32 and 33 for itself.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    nix::sys::signal::SigSet::empty().thread_set_mask()?;
    // The agent's own soft limit is high; programs that know nothing of limits expect this one.
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        setrlimit(Resource::RLIMIT_NOFILE, hard.min(1024), hard)?;
    }
    for (target, &source) in stdio.iter().enumerate() {
        nix::unistd::dup2(source, target as RawFd)?;
    }
    let mut kept: Vec<RawFd> = keep.to_vec();
    kept.push(report.0);
    kept.sort_unstable();
    let mut from = 3;
    for fd in kept {
        if fd > from {
            close_range(from, fd - 1)?;
        }
        from = from.max(fd + 1);
    }
    close_range(from, RawFd::MAX)
}

fn close_range(first: RawFd, last: RawFd) -> io::Result<()> {
    // SAFETY: the child never touches the agent's objects that own these descriptors.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
