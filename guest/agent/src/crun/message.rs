//! crun's error messages as sentences with a code. Those about the program to run are worded as Go's
//! os/exec and runc have them, which users know and look for.

use crate::error::Error;

/// The part of `text` that follows `prefix`, parted at the first "`": what was quoted, and the rest.
fn quoted<'a>(text: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    // The quoted text is a tenant's and may have anything in it; the rest never has a "`".
    text.strip_prefix(prefix)?.rsplit_once('`')
}

/// crun's words -> the error that the host gets.
pub fn error(text: &str) -> Error {
    program(text).unwrap_or_else(|| {
        let message = text.trim_end();
        let of_the_spec = [
            "cannot parse",
            "error loading config.json",
            "invalid ",
            "unknown ",
            "chdir to `",
            "the working directory",
            "the current working directory",
            "cannot specify",
        ];
        if of_the_spec.iter().any(|start| message.starts_with(start)) {
            Error::invalid(message)
        } else {
            Error::internal(message)
        }
    })
}

/// Errors about process.args[0].
fn program(text: &str) -> Option<Error> {
    let sentence = |name: &str, why: &str| Some(Error::invalid(format!("exec: {name:?}: {why}")));
    if let Some((name, rest)) = quoted(text, "executable file `") {
        return if rest.contains("in $PATH") {
            sentence(name, "executable file not found in $PATH")
        } else {
            sentence(name, &format!("stat {name}: no such file or directory"))
        };
    }
    if text.starts_with("cannot find `` in $PATH") {
        return sentence("", "executable file not found in $PATH");
    }
    if let Some((name, rest)) = quoted(text, "the path `") {
        return if rest.starts_with(" exists but it is not executable") {
            sentence(name, "permission denied")
        } else {
            // Which other kinds there are, hardly anybody tries to run.
            sentence(name, "is a directory")
        };
    }
    if let Some((name, rest)) = quoted(text, "cannot open `") {
        return match rest.strip_prefix(": ")? {
            why @ ("Permission denied"
            | "Not a directory"
            | "Too many levels of symbolic links") => sentence(name, &why.to_lowercase()),
            _ => None,
        };
    }
    for prefix in [
        "exec container process `",
        "exec container process (missing dynamic library?) `",
    ] {
        if let Some((path, rest)) = quoted(text, prefix) {
            let why = rest.trim_start_matches(": ").to_lowercase();
            return Some(Error::invalid(format!("exec {path}: {why}")));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn programs_that_cannot_run_are_told_as_runc_tells_it() {
        for (text, expected) in [
            (
                "executable file `nosuch` not found in $PATH: No such file or directory",
                "exec: \"nosuch\": executable file not found in $PATH",
            ),
            (
                "executable file `/no`such` not found: No such file or directory",
                "exec: \"/no`such\": stat /no`such: no such file or directory",
            ),
            (
                "the path `/etc/passwd` exists but it is not executable: Operation not permitted",
                "exec: \"/etc/passwd\": permission denied",
            ),
            (
                "exec container process `/x`: Exec format error",
                "exec /x: exec format error",
            ),
            (
                "exec container process (missing dynamic library?) `/x`: No such file or directory",
                "exec /x: no such file or directory",
            ),
        ] {
            let error = error(text);
            assert_eq!(
                (error.code, error.message.as_str()),
                (Code::INVALID_ARGUMENT, expected)
            );
        }
    }

    #[test]
    fn other_errors_keep_their_words() {
        let mount = error("mount `/x` to `mnt`: No such file or directory\n");
        assert_eq!(mount.code, Code::INTERNAL);
        assert_eq!(
            mount.message,
            "mount `/x` to `mnt`: No such file or directory"
        );
        assert_eq!(error("invalid rlimit `X`").code, Code::INVALID_ARGUMENT);
    }
}
