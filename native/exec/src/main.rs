//! hadron-exec: runs a program that dies with the shim daemon, in a network namespace of the pod.
//!
//! `hadron-exec --parent PID [--netns new|PATH] -- PROGRAM ARGUMENTS...`
//!
//! The program replaces hadron-exec: it has its pid and its file descriptors, so the daemon can watch and kill it as its
//! own child. Exit status 127: there is no such program; 126: anything else that prevents it from running; 2: the
//! command line is wrong.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::ffi::{OsString, c_int, c_ulong};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, ExitCode};

const PR_SET_PDEATHSIG: c_int = 1;
const SIGKILL: c_ulong = 9;
const CLONE_NEWNET: c_int = 0x4000_0000;

const USAGE: &str = "usage: hadron-exec --parent PID [--netns new|PATH] -- PROGRAM [ARGUMENT...]";

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

#[derive(Debug, PartialEq, Eq)]
struct Args {
    parent: u32,
    netns: Netns,
    program: OsString,
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    let args = match parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(sentence) => return fail(2, &format!("{sentence}\n{USAGE}")),
    };
    if let Err(sentence) = prepare(&args) {
        return fail(126, &sentence);
    }
    // Returns only when the program cannot be executed. std restores SIGPIPE, which its runtime ignores.
    let error = Command::new(&args.program).args(&args.arguments).exec();
    let status = if error.kind() == ErrorKind::NotFound {
        127
    } else {
        126
    };
    fail(
        status,
        &format!("'{}' cannot be executed: {error}", args.program.display()),
    )
}

fn fail(status: u8, sentence: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "hadron-exec: {sentence}");
    ExitCode::from(status)
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Args, String> {
    let mut rest = arguments.into_iter();
    let mut parent = None;
    let mut netns = Netns::Inherited;
    loop {
        let argument = rest
            .next()
            .ok_or("there is no '--' with a program after it")?;
        match argument.to_str() {
            Some("--") => break,
            Some("--parent") => {
                let pid = rest.next().ok_or("--parent needs a pid")?;
                let number = pid
                    .to_str()
                    .and_then(|pid| pid.parse().ok())
                    .filter(|pid| *pid > 0);
                parent =
                    Some(number.ok_or_else(|| {
                        format!("--parent must be a pid, not '{}'", pid.display())
                    })?);
            }
            Some("--netns") => {
                let given = rest.next().ok_or("--netns needs 'new' or a path")?;
                netns = match given.to_str() {
                    Some("new") => Netns::New,
                    Some("") => {
                        return Err("--netns must be 'new' or a path, and it is empty".to_owned());
                    }
                    _ => Netns::At(given),
                };
            }
            _ => {
                return Err(format!(
                    "'{}' is not allowed before '--'",
                    argument.display()
                ));
            }
        }
    }
    Ok(Args {
        parent: parent.ok_or("--parent is missing")?,
        netns,
        program: rest
            .next()
            .filter(|program| !program.is_empty())
            .ok_or("there is no program after '--'")?,
        arguments: rest.collect(),
    })
}

/// Ties this process to its parent, and takes it into its network namespace. Both outlive exec(2).
fn prepare(args: &Args) -> Result<(), String> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number, and no pointer.
    if unsafe { prctl(PR_SET_PDEATHSIG, SIGKILL) } != 0 {
        return Err(format!(
            "the signal for the parent's death cannot be set: {}",
            io::Error::last_os_error()
        ));
    }
    // A parent that died before the signal was asked for sends none: then somebody else is the parent now.
    if parent_id() != args.parent {
        return Err(format!(
            "the parent is no longer {} but {}: it has died",
            args.parent,
            parent_id()
        ));
    }
    match &args.netns {
        Netns::Inherited => Ok(()),
        Netns::New => {
            // SAFETY: no pointers.
            match unsafe { unshare(CLONE_NEWNET) } {
                0 => Ok(()),
                _ => Err(format!(
                    "a network namespace cannot be made: {}",
                    io::Error::last_os_error()
                )),
            }
        }
        Netns::At(path) => {
            // std opens read-only and close-on-exec.
            let file = File::open(path).map_err(|error| {
                format!(
                    "the network namespace {} cannot be opened: {error}",
                    path.display()
                )
            })?;
            // SAFETY: no pointers; the fd is open for as long as `file` lives.
            match unsafe { setns(file.as_raw_fd(), CLONE_NEWNET) } {
                0 => Ok(()),
                _ => Err(format!(
                    "{} cannot be entered as a network namespace: {}",
                    path.display(),
                    io::Error::last_os_error()
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Args, String> {
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
    }

    #[test]
    fn refusals() {
        for (line, words) in [
            ("", "no '--'"),
            ("--parent 7 x", "'x' is not allowed"),
            ("--parent 7", "no '--'"),
            ("--parent 7 --", "no program"),
            ("-- x", "--parent is missing"),
            ("--parent", "needs a pid"),
            ("--parent 0 -- x", "not '0'"),
            ("--parent 7x -- x", "not '7x'"),
            ("--parent 7 --netns", "needs 'new'"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(words), "{line}: {error}");
        }
    }
}
