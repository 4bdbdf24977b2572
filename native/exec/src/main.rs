//! hadron-exec: runs a program that dies with the shim daemon, in a network namespace of the pod.
//!
//! `hadron-exec --parent PID [--netns new|PATH] [--mntns FD --root PATH] [--arg0 NAME] -- PROGRAM ARGUMENTS...`
//!
//! With `--mntns` the program runs in the mount namespace of an inherited descriptor, which it does not get itself, and has a
//! directory of that namespace for its root.
//!
//! The program replaces hadron-exec: it has its pid and its file descriptors, so the daemon can watch and kill it as its
//! own child. Exit status 127: there is no such program; 126: anything else that prevents it from running; 2: the
//! command line is wrong.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::convert::Infallible;
use std::ffi::{OsString, c_int, c_ulong};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::chroot;
use std::os::unix::process::{CommandExt, parent_id};
use std::path::Path;
use std::process::{Command, ExitCode};

use thiserror::Error;

const PR_SET_PDEATHSIG: c_int = 1;
const SIGKILL: c_ulong = 9;
const CLONE_NEWNET: c_int = 0x4000_0000;
const CLONE_NEWNS: c_int = 0x0002_0000;

const USAGE: &str = "usage: hadron-exec --parent PID [--netns new|PATH] [--mntns FD --root PATH] [--arg0 NAME] -- PROGRAM [ARGUMENT...]";

unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
    fn unshare(flags: c_int) -> c_int;
    fn setns(fd: c_int, kind: c_int) -> c_int;
}

/// Which network namespace the program runs in.
#[derive(Debug, PartialEq, Eq)]
enum Netns {
    /// That of hadron-exec.
    Inherited,
    /// One of its own, with a loopback device that is down.
    New,
    /// The one that is mounted, or shown by /proc, at a path.
    At(OsString),
}

/// Why a command line cannot be understood.
#[derive(Debug, Error, PartialEq, Eq)]
enum Misuse {
    #[error("there is no '--' with a program after it")]
    NoSeparator,
    #[error("there is no program after '--'")]
    NoProgram,
    #[error("'{}' is not allowed before '--'", .0.display())]
    NotAllowed(OsString),
    #[error("--parent is missing")]
    NoParent,
    #[error("--parent needs a pid")]
    NoPid,
    #[error("--parent must be a pid, not '{}'", .0.display())]
    NotAPid(OsString),
    #[error("--netns needs 'new' or a path")]
    NoNetns,
    #[error("--netns must be 'new' or a path, and it is empty")]
    EmptyNetns,
    #[error("--arg0 needs a name")]
    NoArg0,
    #[error("--mntns needs the number of a descriptor, from 3 on")]
    NoMntns,
    #[error("--root needs an absolute path")]
    NoRoot,
    #[error("--mntns and --root need each other")]
    HalfMntns,
}

/// Why the program cannot be run.
#[derive(Debug, Error)]
enum Failure {
    #[error("the signal for the parent's death cannot be set: {0}")]
    DeathSignal(io::Error),
    #[error("the parent is no longer {expected} but {found}: it has died")]
    Orphaned { expected: u32, found: u32 },
    #[error("a network namespace cannot be made: {0}")]
    NewNetns(io::Error),
    #[error("the network namespace {} cannot be opened: {cause}", .path.display())]
    OpenNetns { path: OsString, cause: io::Error },
    #[error("{} cannot be entered as a network namespace: {cause}", .path.display())]
    EnterNetns { path: OsString, cause: io::Error },
    #[error("descriptor {fd} cannot be entered as a mount namespace: {cause}")]
    EnterMntns { fd: RawFd, cause: io::Error },
    #[error("{} cannot be the root directory: {cause}", .path.display())]
    ChangeRoot { path: OsString, cause: io::Error },
    #[error("'{}' cannot be executed: {cause}", .program.display())]
    Execute { program: OsString, cause: io::Error },
}

impl Failure {
    /// As a shell has it.
    fn status(&self) -> u8 {
        match self {
            Failure::Execute { cause, .. } if cause.kind() == ErrorKind::NotFound => 127,
            _ => 126,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Args {
    parent: u32,
    netns: Netns,
    /// The mount namespace's descriptor, and a directory there.
    mntns: Option<(RawFd, OsString)>,
    /// What the program finds as its own name; without it, its path.
    arg0: Option<OsString>,
    program: OsString,
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    let args = match parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(misuse) => return fail(2, &format!("{misuse}\n{USAGE}")),
    };
    let Err(failure) = run(args);
    fail(failure.status(), &failure.to_string())
}

/// Returns only when the program cannot be executed.
fn run(args: Args) -> Result<Infallible, Failure> {
    prepare(&args)?;
    // std restores SIGPIPE, which its runtime ignores.
    let cause = Command::new(&args.program)
        .arg0(args.arg0.as_ref().unwrap_or(&args.program))
        .args(&args.arguments)
        .exec();
    let program = args.program;
    Err(Failure::Execute { program, cause })
}

fn fail(status: u8, sentence: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "hadron-exec: {sentence}");
    ExitCode::from(status)
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Args, Misuse> {
    let mut rest = arguments.into_iter();
    let mut parent = None;
    let mut netns = Netns::Inherited;
    let (mut mntns, mut root) = (None, None);
    let mut arg0 = None;
    loop {
        let argument = rest.next().ok_or(Misuse::NoSeparator)?;
        match argument.to_str() {
            Some("--") => break,
            Some("--parent") => {
                let pid = rest.next().ok_or(Misuse::NoPid)?;
                let number = pid
                    .to_str()
                    .and_then(|pid| pid.parse().ok())
                    .filter(|pid| *pid > 0);
                parent = Some(number.ok_or(Misuse::NotAPid(pid))?);
            }
            Some("--netns") => {
                let given = rest.next().ok_or(Misuse::NoNetns)?;
                netns = match given.to_str() {
                    Some("new") => Netns::New,
                    Some("") => return Err(Misuse::EmptyNetns),
                    _ => Netns::At(given),
                };
            }
            Some("--mntns") => {
                let given = rest.next().ok_or(Misuse::NoMntns)?;
                let number = given.to_str().and_then(|fd| fd.parse().ok());
                mntns = Some(number.filter(|fd| *fd > 2).ok_or(Misuse::NoMntns)?);
            }
            Some("--root") => {
                let given = rest.next().filter(|path| Path::new(path).is_absolute());
                root = Some(given.ok_or(Misuse::NoRoot)?);
            }
            Some("--arg0") => arg0 = Some(rest.next().ok_or(Misuse::NoArg0)?),
            _ => return Err(Misuse::NotAllowed(argument)),
        }
    }
    Ok(Args {
        parent: parent.ok_or(Misuse::NoParent)?,
        netns,
        mntns: match (mntns, root) {
            (Some(fd), Some(root)) => Some((fd, root)),
            (None, None) => None,
            _ => return Err(Misuse::HalfMntns),
        },
        arg0,
        program: rest
            .next()
            .filter(|program| !program.is_empty())
            .ok_or(Misuse::NoProgram)?,
        arguments: rest.collect(),
    })
}

/// Ties this process to its parent, and takes it into its namespaces. All of it outlives exec(2).
fn prepare(args: &Args) -> Result<(), Failure> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number, and no pointer.
    if unsafe { prctl(PR_SET_PDEATHSIG, SIGKILL) } != 0 {
        return Err(Failure::DeathSignal(io::Error::last_os_error()));
    }
    // A parent that died before the signal was asked for sends none: then somebody else is the parent now.
    let (expected, found) = (args.parent, parent_id());
    if expected != found {
        return Err(Failure::Orphaned { expected, found });
    }
    enter_netns(&args.netns)?;
    match &args.mntns {
        Some((fd, root)) => enter_mntns(*fd, root),
        None => Ok(()),
    }
}

fn enter_netns(netns: &Netns) -> Result<(), Failure> {
    match netns {
        Netns::Inherited => Ok(()),
        Netns::New => {
            // SAFETY: no pointers.
            match unsafe { unshare(CLONE_NEWNET) } {
                0 => Ok(()),
                _ => Err(Failure::NewNetns(io::Error::last_os_error())),
            }
        }
        Netns::At(path) => {
            // std opens read-only and close-on-exec.
            let file = File::open(path).map_err(|cause| Failure::OpenNetns {
                path: path.clone(),
                cause,
            })?;
            // SAFETY: no pointers; the fd is open for as long as `file` lives.
            match unsafe { setns(file.as_raw_fd(), CLONE_NEWNET) } {
                0 => Ok(()),
                _ => Err(Failure::EnterNetns {
                    path: path.clone(),
                    cause: io::Error::last_os_error(),
                }),
            }
        }
    }
}

fn enter_mntns(fd: RawFd, root: &OsString) -> Result<(), Failure> {
    // SAFETY: the descriptor was inherited for this, and nobody else in this process knows it; it is closed at the end of this function.
    let namespace = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: no pointers; the descriptor is open.
    if unsafe { setns(namespace.as_raw_fd(), CLONE_NEWNS) } != 0 {
        let cause = io::Error::last_os_error();
        return Err(Failure::EnterMntns { fd, cause });
    }
    chroot(root)
        .and_then(|()| std::env::set_current_dir("/"))
        .map_err(|cause| Failure::ChangeRoot {
            path: root.clone(),
            cause,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Args, Misuse> {
        parse(
            line.split(' ')
                .filter(|word| !word.is_empty())
                .map(OsString::from),
        )
    }

    #[test]
    fn command_lines() {
        let args = parsed("--parent 7 --netns /run/netns/x -- qemu -m --netns new").unwrap();
        assert_eq!(
            (args.parent, args.netns),
            (7, Netns::At("/run/netns/x".into()))
        );
        assert_eq!(args.program, "qemu");
        assert_eq!(args.arguments, ["-m", "--netns", "new"]);
        assert_eq!(
            parsed("--netns new --parent 7 -- x").unwrap().netns,
            Netns::New
        );
        assert_eq!(parsed("--parent 7 -- x").unwrap().netns, Netns::Inherited);
        assert_eq!(parsed("--parent 7 -- x").unwrap().arg0, None);
        let inside = parsed("--parent 7 --mntns 4 --root /host -- x").unwrap();
        assert_eq!(inside.mntns, Some((4, "/host".into())));
        let named = parsed("--arg0 y --parent 7 -- x").unwrap();
        assert_eq!(
            (named.arg0, named.program),
            (Some("y".into()), OsString::from("x"))
        );
    }

    #[test]
    fn refusals() {
        for (line, misuse) in [
            ("", Misuse::NoSeparator),
            ("--parent 7 x", Misuse::NotAllowed("x".into())),
            ("--parent 7", Misuse::NoSeparator),
            ("--parent 7 --", Misuse::NoProgram),
            ("-- x", Misuse::NoParent),
            ("--parent", Misuse::NoPid),
            ("--parent 0 -- x", Misuse::NotAPid("0".into())),
            ("--parent 7x -- x", Misuse::NotAPid("7x".into())),
            ("--parent 7 --netns", Misuse::NoNetns),
            ("--parent 7 --arg0", Misuse::NoArg0),
            ("--parent 7 --mntns 2 --root / -- x", Misuse::NoMntns),
            ("--parent 7 --mntns x --root / -- x", Misuse::NoMntns),
            ("--parent 7 --mntns 3 --root host -- x", Misuse::NoRoot),
            ("--parent 7 --mntns 3 -- x", Misuse::HalfMntns),
            ("--parent 7 --root / -- x", Misuse::HalfMntns),
        ] {
            assert_eq!(parsed(line).unwrap_err(), misuse, "{line}");
        }
        let empty = ["--parent", "7", "--netns", "", "--", "x"].map(OsString::from);
        assert_eq!(parse(empty).unwrap_err(), Misuse::EmptyNetns);
        assert_eq!(
            Misuse::NotAPid("7x".into()).to_string(),
            "--parent must be a pid, not '7x'"
        );
    }
}
