//! `sweep`: undoes the pods that nobody will ever delete, since their daemon is gone and whoever would have run `delete`, too:
//! containerd was killed with it, or never knew of it.
//!
//! Each `start` that makes a daemon looks at a few others, and if one of them is dead starts a sweep as a process of its
//! own, which it does not wait for. A pod is
//! touched if no daemon of it lives, nobody listens on its socket, and nobody holds its lock, as `start`, `delete` and other sweeps do; so many
//! of them at once do each pod once. What is a pod's is what its journal says, its socket included: `start` has
//! written down both socket and daemon before it gave its lock away.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Context, Result};
use crate::pod::{self, Pod};
use crate::undo::{Daemon, daemon_of, sockets_of, undo};

/// How many pods `start` itself looks at: 45 microseconds each, and it has milliseconds in all.
const SAMPLE: usize = 4;
/// How many a sweep looks at.
const MAX_PODS: usize = 256;
/// After that, no further pod is begun; and for what is being undone then.
const PATIENCE: Duration = Duration::from_secs(10);
/// Whatever else the host does goes first.
const NICENESS: i32 = 10;

/// Starts a sweep, if one of the pods that `start` has the time to look at is dead. What it says goes to `log`. That it
/// cannot be started is no reason for anything: another `start` will.
pub fn begin(own: &Pod, log: File) {
    let is_due = names_after(own.name()).is_ok_and(|names| {
        names
            .iter()
            .filter(|name| *name != own.name())
            .take(SAMPLE)
            .any(|name| pod_of(name).is_ok_and(|pod| is_dead(&pod)))
    });
    if !is_due {
        return;
    }
    // The program that runs here, whatever has become of its file. The bundle must not be kept busy, and whoever
    // waits for the end of stdout must not wait for the sweep's.
    let _ = Command::new("/proc/self/exe")
        .arg0(crate::NAME)
        .args(["-id", own.name(), "sweep"])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn();
}

/// Looks at up to `MAX_PODS` pods, beginning with those whose names follow `after`. Sentences go to `tell`, with the level
/// that they have in the log.
pub fn sweep(after: &str, mut tell: impl FnMut(&str, &str)) -> Result<()> {
    // To be less nice than before could fail; this is the other way.
    let _ = rustix::process::nice(NICENESS);
    let deadline = Instant::now() + PATIENCE;
    for name in names_after(after)?.iter().take(MAX_PODS) {
        if Instant::now() >= deadline {
            break;
        }
        let pod = pod_of(name)?;
        // Most pods live, and their locks are left alone.
        if !is_dead(&pod) {
            continue;
        }
        let Some(lock) = pod.try_lock() else {
            continue;
        };
        // `start` may have been there before.
        if !is_dead(&pod) {
            continue;
        }
        // For a journal that does not name it; once the pod is undone, there may be a new one.
        if let Err(failure) = pod.remove_stale_socket() {
            tell("warning", &failure.to_string());
        }
        let undone = undo(&pod, &lock, Instant::now(), deadline);
        for sentence in undone.warnings.iter().chain(&undone.left) {
            tell("warning", sentence);
        }
        if undone.left.is_empty() {
            tell(
                "info",
                &format!("swept up the pod {name}, whose shim daemon is gone"),
            );
        }
    }
    Ok(())
}

/// Names of the pods' directories, those behind `after` first: names are hashes, so that all pods get their turn, however
/// many there are. Whatever else is there is nobody's pod.
fn names_after(after: &str) -> Result<Vec<String>> {
    let entries = match fs::read_dir(pod::STATE_DIRECTORY) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.context(|| format!("{} cannot be read", pod::STATE_DIRECTORY))?,
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| pod::is_name(name))
        .collect();
    names.sort_unstable();
    let first = names.partition_point(|name| name.as_str() <= after);
    names.rotate_left(first);
    Ok(names)
}

fn pod_of(name: &str) -> Result<Pod> {
    Pod::new(name, Path::new(pod::SOCKET_DIRECTORY))
}

/// Whether nobody lives who would undo the pod. What cannot be found out lives.
///
/// A daemon that is gone leaves a socket at which nobody listens. So it is asked there as well: a containerd with a pid
/// namespace of its own can share /run with others, whose daemons then have pids that say nothing here.
fn is_dead(pod: &Pod) -> bool {
    daemon_of(pod) != Daemon::Lives
        && sockets_of(pod)
            .iter()
            .all(|socket| pod::is_listening(socket).is_ok_and(|listening| !listening))
}
