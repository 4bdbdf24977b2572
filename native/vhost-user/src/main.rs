//! hadron-vsock: the vsock device of one virtual machine, as a vhost-user back end.
//!
//! `hadron-vsock (--socket PATH | --listen-fd N) --guest-cid CID`
//!
//! File descriptor 3 is the control socket (see [`hadron_vsock_device::Control`]). The process ends when that does, or
//! when its parent dies.

mod backend;
mod event_loop;

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::process::ExitCode;

use hadron_vsock_device::{Config, Control};
use rustix::io::Errno;
use rustix::process::{Signal, set_parent_process_death_signal};
use thiserror::Error;

use crate::backend::Backend;
use crate::event_loop::EventLoop;

const CONTROL_FD: RawFd = 3;

const USAGE: &str = "usage: hadron-vsock (--socket PATH | --listen-fd N) --guest-cid CID";

/// Why hadron-vsock cannot run.
#[derive(Debug, Error)]
enum Failure {
    #[error("unknown argument {0:?}; {USAGE}")]
    UnknownArgument(String),
    #[error("{0} needs a value; {USAGE}")]
    NoValue(String),
    #[error("--listen-fd must be a number from 4 on, not {0:?}")]
    ListenFd(String),
    #[error("--guest-cid must be a number from 3 to 4294967294, not {0:?}")]
    GuestCid(String),
    #[error("{USAGE}")]
    Incomplete,
    #[error("file descriptor {fd}, {what}, is not open")]
    NotOpen { fd: RawFd, what: &'static str },
    #[error("{what} cannot be set up: {errno}")]
    Inherited { what: &'static str, errno: Errno },
    #[error("the death signal of the parent cannot be set: {0}")]
    DeathSignal(Errno),
    #[error("cannot listen on {path}: {cause}")]
    Listen { path: String, cause: io::Error },
    #[error("the device cannot be made: {0}")]
    Device(io::Error),
    #[error("the event loop failed: {0}")]
    EventLoop(io::Error),
}

enum Listen {
    Path(String),
    Fd(RawFd),
}

struct Arguments {
    listen: Listen,
    guest_cid: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("hadron-vsock: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = parse(std::env::args().skip(1))?;
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(Failure::DeathSignal)?;
    let control = Control::new(inherited(CONTROL_FD, "the control socket")?);
    let listener = match &arguments.listen {
        Listen::Path(path) => UnixListener::bind(path).map_err(|cause| Failure::Listen {
            path: path.clone(),
            cause,
        })?,
        Listen::Fd(fd) => UnixListener::from(inherited(*fd, "the listening socket")?),
    };
    let backend = Backend::new(Config::new(arguments.guest_cid)).map_err(Failure::Device)?;
    let result = EventLoop::new(control, listener, backend)
        .and_then(EventLoop::run)
        .map_err(Failure::EventLoop);
    if let Listen::Path(path) = &arguments.listen {
        // The parent may have removed it already.
        let _ = std::fs::remove_file(path);
    }
    result
}

/// Takes over a descriptor that the parent left open for us.
fn inherited(fd: RawFd, what: &'static str) -> Result<OwnedFd, Failure> {
    // SAFETY: fcntl(F_GETFD) takes any number and touches no memory.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(Failure::NotOpen { fd, what });
    }
    // SAFETY: it is open, and nothing in this process opened it: the parent meant it for us. Each
    // number is taken once (`parse` refuses the control socket's as --listen-fd).
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)
        .map_err(|errno| Failure::Inherited { what, errno })?;
    Ok(fd)
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
    let mut listen = None;
    let mut guest_cid = None;
    while let Some(name) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| Failure::NoValue(name.clone()))
        };
        match name.as_str() {
            "--socket" => listen = Some(Listen::Path(value()?)),
            "--listen-fd" => {
                let text = value()?;
                let fd = text
                    .parse()
                    .ok()
                    .filter(|fd| *fd > CONTROL_FD)
                    .ok_or(Failure::ListenFd(text))?;
                listen = Some(Listen::Fd(fd));
            }
            "--guest-cid" => {
                let text = value()?;
                // virtio 1.2, section 5.10.4: 0 to 2 are reserved, the upper 32 bits are zero, and
                // the highest is VMADDR_CID_ANY.
                let cid = text
                    .parse::<u32>()
                    .ok()
                    .filter(|cid| (3..u32::MAX).contains(cid))
                    .ok_or(Failure::GuestCid(text))?;
                guest_cid = Some(u64::from(cid));
            }
            _ => return Err(Failure::UnknownArgument(name)),
        }
    }
    match (listen, guest_cid) {
        (Some(listen), Some(guest_cid)) => Ok(Arguments { listen, guest_cid }),
        _ => Err(Failure::Incomplete),
    }
}
