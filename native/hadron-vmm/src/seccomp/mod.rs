//! Which system calls each kind of thread may make.
//!
//! A thread that makes another one says its name to standard error, and the whole process is killed by SIGSYS: who can have a thread do what
//! it never does has taken it over.

mod filter;
mod kinds;
mod names;
mod requests;
mod violation;

use std::io;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

pub use names::name_of;
pub use violation::report_violations;

/// Kinds of threads, by what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of the outer process, which waits.
    Outer,
    /// Answers the daemon.
    Main,
    /// Runs the devices.
    Worker,
    /// Runs the guest.
    Vcpu,
    /// Does what a disk's io_uring would.
    Disk,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [
        Kind::Outer,
        Kind::Main,
        Kind::Worker,
        Kind::Vcpu,
        Kind::Disk,
    ];

    /// As in the words about a violation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Outer => "outer",
            Kind::Main => "main",
            Kind::Worker => "worker",
            Kind::Vcpu => "vcpu",
            Kind::Disk => "disk",
        }
    }
}

/// Binds the calling thread, and those that it starts later, to the filter of its kind. The filters of one thread add up.
///
/// # Errors
/// When the kernel takes no filters.
pub fn enter(kind: Kind) -> io::Result<()> {
    Ready::new(kind)?.enter()
}

/// A filter that nothing is bound to yet.
pub struct Ready {
    kind: Kind,
    program: BpfProgram,
}

impl Ready {
    /// # Errors
    /// When this architecture has none.
    pub fn new(kind: Kind) -> io::Result<Self> {
        // What it reads of the process's beginning it keeps; later it would make a call for that, in whichever thread is the first.
        rustix::param::page_size();
        let program = compile(kind)?;
        Ok(Ready { kind, program })
    }

    /// As [`enter`].
    ///
    /// # Errors
    /// When the kernel takes no filters.
    pub fn enter(&self) -> io::Result<()> {
        violation::set_thread(self.kind);
        seccompiler::apply_filter(&self.program).map_err(io::Error::other)
    }
}

fn compile(kind: Kind) -> io::Result<BpfProgram> {
    let arch: TargetArch = std::env::consts::ARCH
        .try_into()
        .map_err(io::Error::other)?;
    let rules = kinds::filter(kind).into_rules()?;
    SeccompFilter::new(rules, SeccompAction::Trap, SeccompAction::Allow, arch)
        .and_then(BpfProgram::try_from)
        .map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_filter_that_the_kernel_would_take() {
        for kind in Kind::ALL {
            let length = compile(kind).unwrap().len();
            // BPF_MAXINSNS
            assert!((1..4096).contains(&length), "{kind:?}: {length}");
        }
    }

    #[test]
    fn threads_that_meet_in_a_channel_may_make_way_for_each_other() {
        for kind in [Kind::Main, Kind::Worker, Kind::Vcpu, Kind::Disk] {
            let thread = std::thread::spawn(move || {
                enter(kind).unwrap();
                std::thread::yield_now();
            });
            thread.join().unwrap();
        }
    }
}
