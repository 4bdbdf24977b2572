//! `start`: the address of the pod's daemon, which is started if it does not run yet.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use crate::args::Args;
use crate::cgroup::Cgroup;
use crate::daemon::Options;
use crate::failure::{Context, Failure, Result};
use crate::installation::Installation;
use crate::pod::{self, Lock, Pod};
use crate::proto::{self, BootstrapParams};
use crate::undo::{daemon_is_ending, undo};
use crate::{group, input, journal, processes, sweep};

/// For all of `start`; only the remains of an earlier pod can make it take longer than milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// For a daemon of the same group that is about to exit.
const DAEMON_EXIT: Duration = Duration::from_secs(4);
/// The directory of containerd's own sandbox controller, in whose bundles the Sandbox service is asked for.
const SANDBOX_CONTROLLER: &str = "io.containerd.sandbox.controller.v1.shim";
/// slog's level Debug, in BootstrapParams.
const LOG_LEVEL_DEBUG: i32 = -4;

/// Runs `start` in the working directory, which is the bundle, and prints the address to `out`.
///
/// After a failure nothing of what it made is left.
pub fn start(args: &Args, out: &mut impl Write) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    group::check_identifier("namespace", &args.namespace)?;
    group::check_identifier("id", &args.id)?;
    let bundle = std::env::current_dir().context(|| "the working directory is gone".to_owned())?;
    let stdin = input::read_stdin()?;
    let params = BootstrapParams::read(&stdin)
        .filter(|params| params.instance_id == args.id && params.namespace == args.namespace);
    let is_sandbox = bundle.iter().any(|part| part == SANDBOX_CONTROLLER);
    let group = group::of_bundle(&bundle, is_sandbox || params.is_some())?
        .unwrap_or_else(|| args.id.clone());
    let form = match &params {
        Some(_) => Form::BootstrapResult,
        None if is_sandbox => Form::Json,
        None => Form::Plain,
    };
    let cgroup = match &params {
        Some(params) => params.shim_cgroup(),
        None => proto::shim_cgroup(&stdin),
    };
    // What makes a task has its options in each Create; what makes a sandbox has not.
    let runtime_options = match &params {
        _ if !is_sandbox => None,
        Some(params) => params.runtime_options(),
        None => proto::runtime_options(&stdin),
    };
    let params = params.unwrap_or_default();
    let or = |flag: &str, param: &str| {
        if flag.is_empty() {
            param.to_owned()
        } else {
            flag.to_owned()
        }
    };
    let address = or(&args.address, &params.grpc_address);
    let sockets = or(&params.socket_dir, pod::SOCKET_DIRECTORY);
    let options = Options {
        bundle: &bundle,
        namespace: &args.namespace,
        group: &group,
        ttrpc_address: &params.ttrpc_address,
        stays_in_cgroup: cgroup.is_some(),
        debug: args.debug || params.log_level <= LOG_LEVEL_DEBUG,
        runtime_options: runtime_options.as_deref().unwrap_or_default(),
    };
    let pod = Pod::new(
        &group::hash(&address, &args.namespace, &group),
        Path::new(&sockets),
    )?;
    let installation = Installation::find()?;
    let (mut made, listener) = loop {
        let mut made = Made::new(&pod, pod.lock(deadline)?);
        let is_live = pod.is_live();
        // With an answer of neither kind, at least the directory goes, if it is the empty one that `lock` has made.
        if is_live.inspect_err(|_| drop(fs::remove_dir(&pod.state)))? && !daemon_is_ending(&pod) {
            made.write_address(&bundle)?;
            form.print(&pod, out)?;
            made.keep();
            return Ok(());
        }
        made.is_new = true;
        pod.remove_stale_socket()?;
        if pod.is_clean()? {
            if let Some(listener) = pod.listen()? {
                break (made, listener);
            }
            // Somebody listens there now who did not ask for the lock.
            made.is_new = false;
        } else {
            // A daemon that is about to exit, or the remains of one that was killed and never deleted. Undoing removes
            // the directory, and the lock with it.
            made.is_new = false;
            let undone = undo(&pod, &made.lock, Instant::now() + DAEMON_EXIT, deadline);
            if !undone.left.is_empty() {
                let left = undone.left;
                return Err(Failure::LeftBehind { group, left });
            }
        }
        if Instant::now() >= deadline {
            return Err(Failure::Restless(group));
        }
    };
    let cgroup = cgroup.map(|path| Cgroup::find(&path)).transpose()?;
    made.write_address(&bundle)?;
    let (child, log) = installation.start(&pod, listener, &options)?;
    write_down(&pod, child.id());
    let pid = child.id();
    made.child = Some(child);
    if let Some(cgroup) = cgroup {
        cgroup.join(pid)?;
    }
    form.print(&pod, out)?;
    made.keep();
    sweep::begin(&pod, log);
    Ok(())
}

/// Writes socket and daemon into the pod's journal, so that from now on anybody can see what the pod is, with or without
/// the lock. Where there is no room for that, there is none for the daemon either, and it says so.
fn write_down(pod: &Pod, daemon: u32) {
    let mut lines = journal::file_line(&pod.socket);
    if let Ok(Some(start_time)) = processes::start_time(daemon) {
        lines += &journal::daemon_line(daemon, start_time);
    }
    let _ = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(pod.journal())
        .and_then(|mut file| file.write_all(lines.as_bytes()));
}

/// What the different versions of containerd understand.
#[derive(Clone, Copy)]
enum Form {
    /// All versions, for tasks; means Task v2.
    Plain,
    /// 2.0 and later, for sandboxes.
    Json,
    /// 2.3 and later, which sends BootstrapParams.
    BootstrapResult,
}

impl Form {
    fn print(self, pod: &Pod, out: &mut impl Write) -> Result<()> {
        let address = pod.address();
        let answer = match self {
            Self::Plain => address.into_bytes(),
            // The default directory and hexadecimal digits: nothing that JSON would escape.
            Self::Json => {
                format!(r#"{{"version":3,"address":"{address}","protocol":"ttrpc"}}"#).into_bytes()
            }
            Self::BootstrapResult => proto::bootstrap_result(3, &address, "ttrpc"),
        };
        out.write_all(&answer)
            .and_then(|()| out.flush())
            .context(|| "containerd does not read the address".to_owned())
    }
}

/// What was made so far; dropped without `keep`, it is undone.
struct Made<'a> {
    pod: &'a Pod,
    lock: Lock,
    /// Socket and directory of the pod are this launcher's, not those of a daemon that was there before.
    is_new: bool,
    address_file: Option<PathBuf>,
    child: Option<Child>,
}

impl<'a> Made<'a> {
    fn new(pod: &'a Pod, lock: Lock) -> Self {
        Self {
            pod,
            lock,
            is_new: false,
            address_file: None,
            child: None,
        }
    }

    /// Writes the bundle's `address` file as a whole or not at all: containerd 1.x reads it after a restart.
    fn write_address(&mut self, bundle: &Path) -> Result<()> {
        let path = bundle.join("address");
        let temporary = bundle.join(format!(".address-{}", std::process::id()));
        fs::write(&temporary, self.pod.address())
            .and_then(|()| fs::rename(&temporary, &path))
            .inspect_err(|_| drop(fs::remove_file(&temporary)))
            .context(|| format!("{} cannot be written", path.display()))?;
        self.address_file = Some(path);
        Ok(())
    }

    fn keep(mut self) {
        self.is_new = false;
        self.address_file = None;
        self.child = None;
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        // The failure itself is what the user hears of, so what fails here is not reported.
        if let Some(child) = &mut self.child {
            let _ = child.kill().and_then(|()| child.wait());
        }
        if let Some(path) = &self.address_file {
            let _ = fs::remove_file(path);
        }
        if self.is_new {
            let _ = self.pod.remove_stale_socket();
            let now = Instant::now();
            undo(self.pod, &self.lock, now, now + DAEMON_EXIT);
        }
    }
}
