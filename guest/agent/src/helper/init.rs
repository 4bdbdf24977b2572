//! Creating a container with libcontainer (OCI "create").

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use libcontainer::container::builder::ContainerBuilder;
use libcontainer::error::LibcontainerError;
use libcontainer::syscall::syscall::SyscallType;
use nix::fcntl::OFlag;
use pathrs::Root;

use super::program::UserProgram;
use super::user::open_below;
use super::{Report, diagnostics};
use crate::error::{Error, Result};

/// What the helper needs to know of a container to be made.
pub struct InitPlan {
    /// The container's id; must be a valid file name.
    pub id: String,
    /// Has the config.json.
    pub bundle: PathBuf,
    /// libcontainer keeps its own state below it.
    pub state: PathBuf,
    /// Where the agent listens for the terminal's master.
    pub console_socket: Option<PathBuf>,
    /// A root directory and a path in it that is made if it is not there (the process' cwd, as runc does).
    pub make_directory: Option<(PathBuf, PathBuf)>,
}

/// Runs in the helper; answers the init process' pid.
pub fn create(report: Report, plan: InitPlan) -> Result<i32> {
    diagnostics::install(report);
    if let Some((root, path)) = plan.make_directory {
        make_directory(&root, &path)?;
    }
    let container = ContainerBuilder::new(plan.id, SyscallType::default())
        .with_executor(UserProgram { report })
        .with_console_socket(plan.console_socket)
        .with_root_path(plan.state)
        .and_then(ContainerBuilder::validate_id)
        .and_then(|builder| {
            builder
                .as_init(plan.bundle)
                .with_systemd(false)
                .with_detach(true)
                .build()
        })
        .map_err(translate)?;
    match container.pid() {
        Some(pid) => Ok(pid.as_raw()),
        None => Err(Error::internal(
            "libcontainer made a container without a process",
        )),
    }
}

/// Links are resolved inside of `root`. A path that cannot be made may still be below a mount: entering
/// it will tell.
fn make_directory(root: &Path, path: &Path) -> Result<()> {
    // Nearly always it is there, and this is one system call: without KVM the rest is 25 ms of new code.
    if open_below(root, path, OFlag::O_PATH | OFlag::O_DIRECTORY).is_ok() {
        return Ok(());
    }
    let root = Root::open(root).map_err(|error| {
        Error::invalid(format!("cannot open root.path {}: {error}", root.display()))
    })?;
    let _ = root.mkdir_all(path, &Permissions::from_mode(0o755));
    Ok(())
}

/// A code, and the messages of the error and all of its causes.
fn translate(error: LibcontainerError) -> Error {
    let mut message = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(next) = cause {
        let text = next.to_string();
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        cause = next.source();
    }
    match error {
        LibcontainerError::InvalidID(_)
        | LibcontainerError::MissingSpec(_)
        | LibcontainerError::InvalidSpec(_)
        | LibcontainerError::InvalidInput(_)
        | LibcontainerError::NoUserNamespace
        | LibcontainerError::Spec(_) => Error::invalid(message),
        _ => Error::internal(message),
    }
}
