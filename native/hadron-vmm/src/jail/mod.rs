//! The jail: what is left to the process that runs a guest.
//!
//! | | the inner process |
//! |---|---|
//! | user | one of its own, 0x7000_0000 + its pid: no two running ones share it, and no file is its own |
//! | capabilities | none, and none can be had: all sets are empty, no_new_privs |
//! | files | an empty, read-only tmpfs is its root; nothing else is mounted |
//! | processes | it is the only one of its pid namespace |
//! | network | a network namespace with nothing but lo, which is down |
//! | descriptors | its control socket, standard error, and what comes through the socket |
//! | limits | no core dump, few threads, no locked memory to speak of |
//! | system calls | those of a short list for each kind of thread ([`crate::seccomp`]) |
//!
//! It dies with the outer process, that one with the thread that has started it. Between asking for the signal and the death of
//! who sends it there is no gap: each looks, after it has asked, whether the other one is still there.

mod begin;
mod descriptors;
mod inner;
mod outer;
mod root;

use std::ffi::OsString;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use rustix::process::{DumpableBehavior, Gid, Resource, Rlimit, Signal, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};
use thiserror::Error;

use crate::arguments::Arguments;

/// The first host uid, and gid, of inner processes: far above what distributions and container managers give away.
pub const FIRST_ID: u32 = 0x7000_0000;
/// The only uid and gid of the inner process's user namespace. Not 0, which the kernel treats differently even there.
pub const INNER_ID: u32 = 1;

/// Why there is no jail.
#[derive(Debug, Error)]
pub enum Failure {
    /// PR_SET_PDEATHSIG.
    #[error("the signal for the parent's death cannot be set: {0}")]
    DeathSignal(io::Error),
    /// Who has started this process is gone.
    #[error("the parent is no longer {expected} but {found}: it has died")]
    Orphaned {
        /// Of the command line.
        expected: u32,
        /// The parent now.
        found: u32,
    },
    /// The outer process is gone.
    #[error("the outer process has died")]
    Alone,
    /// `--netns new`.
    #[error("a network namespace cannot be made: {0}")]
    NewNetns(io::Error),
    /// `--netns PATH`.
    #[error("the network namespace {} cannot be entered: {cause}", .path.display())]
    Netns {
        /// Of the command line.
        path: OsString,
        /// Of open(2) or setns(2).
        cause: io::Error,
    },
    /// clone(2) was refused since the host allows none, or no more, of a kind of namespace.
    #[error("the host allows no more namespaces, which the jail consists of: raise {0}")]
    NoNamespaces(String),
    /// The inner process was killed, and the outer one cannot end likewise.
    #[error("the inner process was killed by signal {0}")]
    Killed(i32),
    /// Something else of the jail.
    #[error("{what}: {cause}")]
    Step {
        /// What cannot be done.
        what: &'static str,
        /// Why.
        cause: io::Error,
    },
}

/// Names a step of making the jail in its error.
trait Step<T> {
    fn step(self, what: &'static str) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, what: &'static str) -> Result<T, Failure> {
        self.map_err(|cause| Failure::Step {
            what,
            cause: cause.into(),
        })
    }
}

/// Splits this process in two: returns in the inner one, in the jail, with the control socket; the outer one ends in here. To be
/// called before there is a second thread.
///
/// # Errors
/// In either process, after which it is to end.
pub fn enter(arguments: &Arguments) -> Result<OwnedFd, Failure> {
    begin::unblock_signals()?;
    begin::keep_to_one_arena()?;
    die_with_parent(arguments.parent)?;
    // Kernels before 6.4 have it in /proc alone, where the jail has nothing; it is kept.
    rustix::param::page_size();
    outer::enter_netns(&arguments.netns)?;
    set_limits()?;
    // Those of the daemon would stay with both processes.
    rustix::thread::set_thread_groups(&[]).step("the supplementary groups cannot be dropped")?;
    let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)
        .step("a pipe between the two processes cannot be made")?;
    match outer::divide()? {
        Some(inner) => {
            drop(read);
            outer::run(arguments.parent, inner, write)
        }
        None => {
            drop(write);
            inner::enter(read)
        }
    }
}

fn die_with_parent(expected: u32) -> Result<(), Failure> {
    ask_for_death_signal()?;
    // A parent that died before the signal was asked for sends none: then somebody else is the parent now.
    let found =
        rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().cast_unsigned());
    if found == expected {
        Ok(())
    } else {
        Err(Failure::Orphaned { expected, found })
    }
}

/// `outer`: a pipe whose writing end the outer process alone has. Who dies closes its descriptors before its children get
/// their signals, so an end that is still open after the signal was asked for means that the signal will come. (getppid(2) says 0 here.)
fn die_with(outer: BorrowedFd<'_>) -> Result<(), Failure> {
    ask_for_death_signal()?;
    let mut fds = [PollFd::from_borrowed_fd(outer, PollFlags::empty())];
    poll(&mut fds, Some(&Timespec::default())).step("the outer process cannot be looked for")?;
    match fds.first().map(PollFd::revents) {
        Some(events) if events.is_empty() => Ok(()),
        _ => Err(Failure::Alone),
    }
}

/// It is forgotten when the process gets another uid (prctl(2), PR_SET_PDEATHSIG).
fn ask_for_death_signal() -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|errno| Failure::DeathSignal(errno.into()))
}

/// Both limits; a hard one that is lower already stays, since raising it takes CAP_SYS_RESOURCE.
fn limit(resource: Resource, value: u64) -> Result<(), Failure> {
    let hard = rustix::process::getrlimit(resource).maximum;
    let value = Some(hard.map_or(value, |hard| hard.min(value)));
    let limits = Rlimit {
        current: value,
        maximum: value,
    };
    rustix::process::setrlimit(resource, limits).step("a resource limit cannot be set")
}

/// Of both processes. That on the size of files stays as it is: a disk may be of any size.
fn set_limits() -> Result<(), Failure> {
    limit(Resource::Core, 0)?;
    // Joined streams have one each, and the daemon decides how many there are.
    limit(Resource::Nofile, 65_536)?;
    // Rings of io_uring count as locked on kernels before 5.12.
    limit(Resource::Memlock, 8 << 20)
}

/// What no program could give back, if one could be executed. Takes a capability itself.
fn drop_bounding_capabilities() -> Result<(), Failure> {
    for capability in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << capability);
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // There are no more.
            Err(Errno::INVAL) => break,
            Err(errno) => return Err(errno).step("a capability cannot be ruled out"),
        }
    }
    Ok(())
}

/// Gives up all capabilities, for ever, and whatever else a process could be looked into by.
fn drop_capabilities() -> Result<(), Failure> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    rustix::thread::clear_ambient_capability_set().step("capabilities cannot be dropped")?;
    rustix::thread::set_capabilities(None, sets).step("capabilities cannot be dropped")?;
    rustix::thread::set_no_new_privs(true).step("new privileges cannot be ruled out")?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .step("other processes cannot be kept from looking into this one")
}

fn set_ids(id: u32) -> Result<(), Failure> {
    let what = "the user cannot be changed";
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    rustix::thread::set_thread_res_gid(group, group, group).step(what)?;
    rustix::thread::set_thread_res_uid(user, user, user).step(what)
}
