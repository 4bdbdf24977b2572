//! The command line.

use std::ffi::OsString;

use thiserror::Error;

/// How to call hadron-vmm.
pub const USAGE: &str = "usage: hadron-vmm --parent PID --netns new|PATH";

/// Which network namespace the outer process is in.
#[derive(Debug, PartialEq, Eq)]
pub enum Netns {
    /// One of its own, with a loopback device that is down.
    New,
    /// The one that is mounted, or shown by /proc, at a path.
    At(OsString),
}

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Who has started this process.
    pub parent: u32,
    /// The pod's.
    pub netns: Netns,
}

/// Why a command line cannot be understood.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Misuse {
    /// An argument that nobody knows.
    #[error("'{}' is not allowed", .0.display())]
    NotAllowed(OsString),
    /// Nobody to die with.
    #[error("--parent needs a pid")]
    NoParent,
    /// No namespace.
    #[error("--netns needs 'new' or a path")]
    NoNetns,
}

/// Reads all behind the program's name.
///
/// # Errors
/// As [`Misuse`] says.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, Misuse> {
    let (mut parent, mut netns) = (None, None);
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("--parent") => {
                let pid = rest.next().and_then(|pid| pid.to_str()?.parse().ok());
                parent = Some(pid.filter(|pid| *pid > 0).ok_or(Misuse::NoParent)?);
            }
            Some("--netns") => {
                let given = rest.next().filter(|path| !path.is_empty());
                netns = match given.ok_or(Misuse::NoNetns)? {
                    new if new == "new" => Some(Netns::New),
                    path => Some(Netns::At(path)),
                };
            }
            _ => return Err(Misuse::NotAllowed(argument)),
        }
    }
    Ok(Arguments {
        parent: parent.ok_or(Misuse::NoParent)?,
        netns: netns.ok_or(Misuse::NoNetns)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, Misuse> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn command_lines() {
        let parent = 7;
        let netns = Netns::At("/run/netns/x".into());
        assert_eq!(
            parsed("--parent 7 --netns /run/netns/x"),
            Ok(Arguments { parent, netns })
        );
        let netns = Netns::New;
        assert_eq!(
            parsed("--netns new --parent 7"),
            Ok(Arguments { parent, netns })
        );
    }

    #[test]
    fn refusals() {
        for (line, misuse) in [
            ("", Misuse::NoParent),
            ("--parent", Misuse::NoParent),
            ("--parent 0 --netns new", Misuse::NoParent),
            ("--parent 7x --netns new", Misuse::NoParent),
            ("--parent 7", Misuse::NoNetns),
            ("--parent 7 --netns", Misuse::NoNetns),
            ("--parent 7 --help", Misuse::NotAllowed("--help".into())),
        ] {
            assert_eq!(parsed(line), Err(misuse), "{line}");
        }
        let empty = ["--parent", "7", "--netns", ""].map(OsString::from);
        assert_eq!(parse(empty), Err(Misuse::NoNetns));
    }
}
