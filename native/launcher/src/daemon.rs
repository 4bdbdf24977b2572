//! Starting the shim daemon: Node with the bundled control plane.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::OFlags;
use rustix::thread::CoreSchedulingScope;

use crate::failure::{Context, Result};
use crate::installation::Installation;
use crate::pod::Pod;

/// They keep more than 5 MB of the idle daemon's memory away. A file of its own, since the bytecode that `make` prepares
/// for the daemon (tools/bundle.ts) is good for exactly these flags.
const NODE_FLAGS: &str = include_str!("../node-flags");

/// How many heaps the C library keeps for the threads of a process (mallopt(3)). Those of Node and libhadron are many, and each holds
/// on to what it once needed; none of them allocates so much that it would wait for another.
const ARENAS: &str = "MALLOC_ARENA_MAX";

impl Installation {
    /// Starts the daemon with `listener` as its stdin; answers with its log. The working directory must be the bundle.
    pub fn start(
        &self,
        pod: &Pod,
        listener: UnixListener,
        options: &Options<'_>,
    ) -> Result<(Child, File)> {
        let log = open_log(options.bundle)?;
        let copy = || {
            log.try_clone()
                .context(|| "the log cannot be opened twice".to_owned())
        };
        let mut command = Command::new(&self.node);
        command
            .args(NODE_FLAGS.split_whitespace())
            .arg(&self.program);
        command.args(["--namespace", options.namespace, "--id", options.group]);
        command
            .arg("--socket")
            .arg(&pod.socket)
            .arg("--state")
            .arg(&pod.state);
        if options.stays_in_cgroup {
            command.arg("--stays-in-cgroup");
        }
        if !options.runtime_options.is_empty() {
            let bytes = options.runtime_options.iter();
            let hex: String = bytes.map(|byte| format!("{byte:02x}")).collect();
            command.args(["--options", &hex]);
        }
        if options.debug {
            command.arg("--debug");
        }
        // Flags for some other Node program of the host must not change this one.
        command.env_remove("NODE_OPTIONS");
        command.env(ARENAS, "1");
        if !options.ttrpc_address.is_empty() && std::env::var_os("TTRPC_ADDRESS").is_none() {
            command.env("TTRPC_ADDRESS", options.ttrpc_address);
        }
        command
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stdout(copy()?)
            .stderr(copy()?)
            .process_group(0);
        keep_descriptors_to_ourselves();
        if std::env::var_os("SCHED_CORE").is_some_and(|value| !value.is_empty()) {
            // What this thread starts has its cookie.
            let thread = rustix::thread::gettid();
            rustix::thread::create_core_scheduling_cookie(thread, CoreSchedulingScope::Thread)
                .context(|| {
                    "containerd asks for core scheduling (SCHED_CORE), which failed".to_owned()
                })?;
        }
        let child = command
            .spawn()
            .context(|| format!("{} cannot be started", self.node.display()))?;
        raise_oom_score(child.id());
        Ok((child, log))
    }
}

/// What the daemon is told.
pub struct Options<'a> {
    pub bundle: &'a Path,
    pub namespace: &'a str,
    pub group: &'a str,
    /// Empty: containerd has put it into the environment.
    pub ttrpc_address: &'a str,
    pub debug: bool,
    /// It is put into a cgroup by name, and is to be nowhere else.
    pub stays_in_cgroup: bool,
    /// An `Any`, for what has no other way to the daemon; empty: none.
    pub runtime_options: &'a [u8],
}

/// The bundle's `log` FIFO, else /dev/null: never the launcher's own stdout, at whose end containerd waits.
///
/// Read and write, so that opening never waits and writing never meets a FIFO without a reader.
fn open_log(bundle: &Path) -> Result<File> {
    let path = bundle.join("log");
    let is_fifo = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.file_type().is_fifo());
    let path = if is_fifo {
        path
    } else {
        PathBuf::from("/dev/null")
    };
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed())
        .open(&path)
        .context(|| format!("the log {} cannot be opened", path.display()))
}

/// std opens everything close-on-exec; whoever started this program may not have.
fn keep_descriptors_to_ourselves() {
    // It fails before Linux 5.11. Then a descriptor that leaked into here leaks on; containerd leaks none.
    let flags = libc::CLOSE_RANGE_CLOEXEC.cast_signed();
    // SAFETY: no pointers; the flag closes nothing in this process, so no fd that is owned here becomes invalid.
    let _ = unsafe { libc::close_range(3, libc::c_uint::MAX, flags) };
}

/// One above containerd's own score, as containerd's runc shim has it: the kernel shall take a shim before containerd.
/// Where this is not permitted (no CAP_SYS_RESOURCE) the inherited score stays.
fn raise_oom_score(pid: u32) {
    let parent = std::os::unix::process::parent_id();
    let score = std::fs::read_to_string(format!("/proc/{parent}/oom_score_adj"));
    if let Some(score) = score
        .ok()
        .and_then(|score| score.trim().parse::<i32>().ok())
    {
        let _ = std::fs::write(
            format!("/proc/{pid}/oom_score_adj"),
            (score + 1).min(1000).to_string(),
        );
    }
}
