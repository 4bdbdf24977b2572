//! The command line: containerd's shims take Go's flags, so `-id x`, `--id x`, `-id=x` and `--id=x` are the same.

use thiserror::Error;

use crate::failure::Result;

/// Why a command line cannot be understood.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Error {
    #[error("an argument is not UTF-8; namespaces, ids and paths must be")]
    NotUtf8,
    #[error("what follows {0} is not UTF-8; namespaces, ids and paths must be")]
    ValueNotUtf8(String),
    #[error(
        "the flag -{0} is not known; allowed are -namespace, -id, -address, -publish-binary, -bundle, -debug, -info and -v \
         (a newer containerd may need a newer Hadron)"
    )]
    UnknownFlag(String),
    #[error("the flag -{0} needs a value")]
    NoValue(String),
    #[error("the flag -{flag} is either true or false, not '{value}'")]
    NotBoolean { flag: String, value: String },
}

/// What the flags said. Empty: not given.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    pub namespace: String,
    pub id: String,
    pub address: String,
    pub bundle: String,
    pub debug: bool,
    pub info: bool,
    pub version: bool,
    pub help: bool,
    /// The first argument that is no flag: `start`, `delete` or `sweep`.
    pub command: Option<String>,
}

/// Printed when the command line cannot be understood, and by `-h`.
pub const USAGE: &str = "\
usage: containerd-shim-hadron-v2 -namespace NS -address GRPC_SOCKET -publish-binary CONTAINERD -id ID [-bundle DIR] [-debug] start|delete
       containerd-shim-hadron-v2 -info|-v|sweep
containerd runs this program; to use it, run a container with the runtime io.containerd.hadron.v2 \
(ctr run --runtime io.containerd.hadron.v2 ...).";

/// Reads the arguments that follow the program's name. As in Go, flags end at the first argument that is none, or at
/// `--`.
pub fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Args> {
    let mut args = Args::default();
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        let Ok(argument) = argument.into_string() else {
            return Err(Error::NotUtf8.into());
        };
        if argument == "--" {
            args.command = text(rest.next(), "--")?.or(args.command);
            break;
        }
        let Some(flag) = argument.strip_prefix('-').filter(|flag| !flag.is_empty()) else {
            args.command = Some(argument);
            break;
        };
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        let (name, given) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        let switch = match name {
            "debug" => Some(&mut args.debug),
            "info" => Some(&mut args.info),
            "v" | "version" => Some(&mut args.version),
            "h" | "help" => Some(&mut args.help),
            _ => None,
        };
        if let Some(switch) = switch {
            *switch = boolean(name, given.as_deref())?;
            continue;
        }
        // For shims that run containerd to publish their events; ours connects to it.
        let mut publish_binary = String::new();
        let value = match name {
            "namespace" => &mut args.namespace,
            "id" => &mut args.id,
            "address" => &mut args.address,
            "publish-binary" => &mut publish_binary,
            "bundle" => &mut args.bundle,
            // Whether it takes a value cannot be known, so it cannot be skipped either.
            _ => return Err(Error::UnknownFlag(name.to_owned()).into()),
        };
        *value = match given {
            Some(given) => given,
            None => match text(rest.next(), name)? {
                Some(next) => next,
                None => return Err(Error::NoValue(name.to_owned()).into()),
            },
        };
    }
    Ok(args)
}

fn text(argument: Option<std::ffi::OsString>, flag: &str) -> Result<Option<String>> {
    match argument.map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(Error::ValueNotUtf8(flag.to_owned()).into()),
    }
}

/// The words that Go's strconv.ParseBool takes.
fn boolean(name: &str, given: Option<&str>) -> Result<bool> {
    match given {
        None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(other) => Err(Error::NotBoolean {
            flag: name.to_owned(),
            value: other.to_owned(),
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    fn parsed(line: &str) -> Result<Args> {
        parse(
            line.split(' ')
                .filter(|word| !word.is_empty())
                .map(OsString::from),
        )
    }

    #[test]
    fn as_containerd_calls_it() {
        let args = parsed(
            "-namespace k8s.io -address /run/c.sock -publish-binary /usr/bin/containerd -id x -debug start",
        );
        assert_eq!(
            args.unwrap(),
            Args {
                namespace: "k8s.io".into(),
                id: "x".into(),
                address: "/run/c.sock".into(),
                debug: true,
                command: Some("start".into()),
                ..Args::default()
            }
        );
    }

    #[test]
    fn every_form_of_a_go_flag() {
        let args =
            parsed("--id=a=b --namespace ns -bundle=/b -debug=false -v=1 -- delete more").unwrap();
        assert_eq!(
            (
                args.id.as_str(),
                args.namespace.as_str(),
                args.bundle.as_str()
            ),
            ("a=b", "ns", "/b")
        );
        assert!(!args.debug && args.version);
        assert_eq!(args.command.as_deref(), Some("delete"));
        // A value may look like a flag; what follows the command is not looked at.
        let args = parsed("-id -debug start -unknown").unwrap();
        assert_eq!((args.id.as_str(), args.debug), ("-debug", false));
        assert_eq!(parsed("").unwrap(), Args::default());
    }

    #[test]
    fn refusals_name_the_flag() {
        for (line, words) in [
            ("-id x -later y start", "-later"),
            ("-id", "-id needs a value"),
            ("-debug=maybe start", "-debug"),
            ("-=x", "the flag - is"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let bytes = OsString::from_vec(vec![0xff]);
        assert!(matches!(
            parse([bytes.clone()]),
            Err(Failure::Arguments(Error::NotUtf8))
        ));
        assert!(matches!(
            parse(["-id".into(), bytes]),
            Err(Failure::Arguments(Error::ValueNotUtf8(flag))) if flag == "id"
        ));
    }
}
