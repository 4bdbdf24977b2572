//! Finding and executing the user's program, with errors that a person understands. Runs in the
//! container's process, with its root, working directory and credentials.

use std::collections::HashMap;
use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;

use libcontainer::oci_spec::runtime::{Process, Spec};
use libcontainer::workload::{
    Executor, ExecutorError, ExecutorSetEnvsError, ExecutorValidationError,
};
use nix::unistd::AccessFlags;

use super::Report;
use crate::error::{Error, Result, errno_text};

/// libcontainer's hook for the end of a container's creation.
#[derive(Clone)]
pub struct UserProgram {
    /// Where errors go: libcontainer would wrap them thrice.
    pub report: Report,
}

impl Executor for UserProgram {
    fn validate(&self, spec: &Spec) -> std::result::Result<(), ExecutorValidationError> {
        let Some(process) = spec.process() else {
            return Err(ExecutorValidationError::ArgValidationError(
                "no process".into(),
            ));
        };
        find(process).map(|_| ()).map_err(|error| {
            self.report.failed(&error);
            ExecutorValidationError::ArgValidationError(error.message)
        })
    }

    // The environment comes from the specification as it stands, in its order.
    fn setup_envs(
        &self,
        _: HashMap<String, String>,
    ) -> std::result::Result<(), ExecutorSetEnvsError> {
        Ok(())
    }

    fn exec(&self, spec: &Spec) -> std::result::Result<(), ExecutorError> {
        let Some(process) = spec.process() else {
            return Err(ExecutorError::InvalidArg);
        };
        self.report.failed(&execute(process));
        // SAFETY: the container's process has nothing to clean up. 127 is what a shell would say.
        unsafe { libc::_exit(127) }
    }
}

/// Replaces this process by the program. Comes back only with an error.
pub fn execute(process: &Process) -> Error {
    let path = match find(process) {
        Ok(path) => path,
        Err(error) => return error,
    };
    let strings = |list: &Option<Vec<String>>| -> std::result::Result<Vec<CString>, _> {
        list.iter()
            .flatten()
            .map(|text| CString::new(text.as_bytes()))
            .collect()
    };
    let (Ok(arguments), Ok(environment), Ok(c_path)) = (
        strings(process.args()),
        strings(process.env()),
        CString::new(path.as_bytes()),
    ) else {
        return Error::invalid("process.args and process.env must not contain NUL bytes");
    };
    match nix::unistd::execve(&c_path, &arguments, &environment) {
        Ok(never) => match never {},
        Err(errno) => Error::invalid(format!("exec {path}: {}", errno_text(&errno.into()))),
    }
}

/// The path of `process.args[0]`, looked up in the PATH of `process.env`; the rules and the words are
/// those of Go's os/exec.LookPath, which runc's users know.
fn find(process: &Process) -> Result<String> {
    let Some(name) = process.args().as_ref().and_then(|args| args.first()) else {
        return Err(Error::invalid("process.args must name a program"));
    };
    let path = process
        .env()
        .iter()
        .flatten()
        .rev()
        .find_map(|entry| entry.strip_prefix("PATH="))
        .unwrap_or("");
    look_up(name, path)
}

fn look_up(name: &str, path: &str) -> Result<String> {
    if name.contains('/') {
        return match executable(name) {
            Ok(()) => Ok(name.to_string()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(Error::invalid(format!("exec: {name:?}: permission denied")))
            }
            Err(error) => Err(Error::invalid(format!(
                "exec: {name:?}: stat {name}: {}",
                errno_text(&error).to_lowercase()
            ))),
        };
    }
    if !name.is_empty() {
        for directory in path.split(':') {
            let directory = if directory.is_empty() { "." } else { directory };
            let candidate = format!("{directory}/{name}");
            if executable(&candidate).is_ok() {
                return Ok(candidate);
            }
        }
    }
    Err(Error::invalid(format!(
        "exec: {name:?}: executable file not found in $PATH"
    )))
}

fn executable(path: &str) -> io::Result<()> {
    let metadata = std::fs::metadata(OsStr::from_bytes(path.as_bytes()))?;
    if metadata.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    // The *effective* ids are the container user's. A file without any execute bit is refused for root
    // as well.
    nix::unistd::eaccess(path, AccessFlags::X_OK)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_in_the_path() {
        assert_eq!(look_up("sh", "/nosuch:/bin").expect("sh"), "/bin/sh");
        let error = look_up("nosuch", "/bin:/usr/bin").expect_err("nosuch");
        assert_eq!(
            error.message,
            "exec: \"nosuch\": executable file not found in $PATH"
        );
    }

    #[test]
    fn a_path_is_taken_as_it_is() {
        assert_eq!(look_up("/bin/sh", "").expect("sh"), "/bin/sh");
        let messages: Vec<_> = ["/nosuch/x", "/etc/passwd", "/etc"]
            .iter()
            .map(|path| look_up(path, "/bin").expect_err(path).message)
            .collect();
        assert_eq!(
            messages,
            [
                "exec: \"/nosuch/x\": stat /nosuch/x: no such file or directory",
                "exec: \"/etc/passwd\": permission denied",
                "exec: \"/etc\": stat /etc: is a directory",
            ]
        );
    }
}
