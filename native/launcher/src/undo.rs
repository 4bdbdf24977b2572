//! Undoing a pod whose daemon is gone: its processes, and what its journal names, last entry first.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::journal::{self, Entry, Journal, Role};
use crate::pod::{self, Lock, Pod};
use crate::{cgroup, directories, mounts, processes, qdisc};

/// What the daemon writes at most.
const MAX_JOURNAL_BYTES: u64 = 4 << 20;
/// The daemon replaces its journal through the second name.
const JOURNAL_FILES: [&str; 2] = ["journal", "journal.new"];

/// What became of it.
#[derive(Debug, Default)]
pub struct Undone {
    /// Sentences for the log.
    pub warnings: Vec<String>,
    /// Sentences for what is left on the host. The journal stays as long as there is any.
    pub left: Vec<String>,
    /// The containers that were there, with the pids that containerd knows them by.
    pub containers: Vec<(String, u32)>,
}

/// Undoes the pod. Nobody may listen on its socket.
///
/// A daemon that still runs has closed its socket to exit; it gets until `daemon_deadline` to clean up by itself, which
/// it does better. After that everything is killed. What is not gone at `deadline` is left, and named in the answer.
pub fn undo(pod: &Pod, lock: &Lock, daemon_deadline: Instant, deadline: Instant) -> Undone {
    let mut undone = Undone::default();
    let journal = read(pod, &mut undone);
    wait_for_daemon(&journal, daemon_deadline, &mut undone);
    // What the daemon has undone meanwhile is no longer in its journal.
    let mut undone = Undone {
        containers: undone.containers,
        ..Undone::default()
    };
    // What is there now may be of a new pod.
    if !pod.is_locked_by(lock) {
        return undone;
    }
    let journal = read(pod, &mut undone);
    // Processes first, and the daemon is the first of them: otherwise it would react to what happens to the rest. None
    // of them needs anything of the rest to die.
    kill_all(&journal, deadline, &mut undone);
    if !pod.is_locked_by(lock) {
        return undone;
    }
    for entry in journal.entries.iter().rev() {
        match entry {
            Entry::Process { .. } => {}
            Entry::Mount(path) => detach(path, &mut undone),
            Entry::Directory(path) if path.as_path() == pod.state => {}
            Entry::Directory(path) => {
                if path.starts_with(&pod.state) {
                    detach_below(path, &mut undone);
                }
                undone.left.extend(directories::remove(path));
            }
            Entry::File(path) => remove_file(path, &mut undone),
            Entry::Cgroup(path) => {
                if let Err(error) = cgroup::remove(path, deadline) {
                    undone.left.push(format!(
                        "the cgroup {} cannot be removed: {error}",
                        path.display()
                    ));
                }
            }
            Entry::Qdisc(link, netns) => {
                if let Err(error) = qdisc::remove(*link, netns) {
                    undone.left.push(format!(
                        "the ingress qdisc of interface {link} in {} cannot be removed: {error}",
                        netns.display()
                    ));
                }
            }
        }
    }
    remove_state(pod, &mut undone);
    undone
}

fn read(pod: &Pod, undone: &mut Undone) -> Journal {
    let path = pod.journal();
    let mut text = Vec::new();
    match File::open(&path).and_then(|file| file.take(MAX_JOURNAL_BYTES).read_to_end(&mut text)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => undone.left.push(format!(
            "the journal {} cannot be read: {error}",
            path.display()
        )),
        Ok(_) => {}
    }
    let mut journal = journal::parse(&text);
    undone.warnings.append(&mut journal.warnings);
    undone.left.append(&mut journal.unknown);
    for entry in &journal.entries {
        if let Entry::Process {
            pid,
            role: Role::Container(id),
            ..
        } = entry
        {
            undone.containers.push((id.clone(), *pid));
        }
    }
    journal
}

/// What the journal says of the pod's daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    Lives,
    /// Gone, or cannot but go, although its socket may still accept connections.
    IsGone,
    /// There is none in the journal, or no journal that can be read.
    IsUnknown,
}

/// Looks it up.
pub fn daemon_of(pod: &Pod) -> Daemon {
    let journal = read(pod, &mut Undone::default());
    let ending = journal.entries.iter().filter_map(|entry| match entry {
        Entry::Process {
            pid,
            start_time,
            role: Role::Daemon,
        } => Some(processes::is_ending(*pid, *start_time).unwrap_or(false)),
        _ => None,
    });
    ending.fold(Daemon::IsUnknown, |daemon, ending| match (daemon, ending) {
        (Daemon::Lives, _) | (_, false) => Daemon::Lives,
        (_, true) => Daemon::IsGone,
    })
}

/// Where the pod's socket can be: where `start` has written it down, and where it is by default.
pub fn sockets_of(pod: &Pod) -> Vec<PathBuf> {
    let mut sockets: Vec<PathBuf> = read(pod, &mut Undone::default())
        .entries
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::File(path) if path.file_name() == pod.socket.file_name() => Some(path),
            _ => None,
        })
        .collect();
    if !sockets.contains(&pod.socket) {
        sockets.push(pod.socket.clone());
    }
    sockets
}

/// Whether the daemon that the journal names is gone or going. No journal, or none that can be read: no.
pub fn daemon_is_ending(pod: &Pod) -> bool {
    daemon_of(pod) == Daemon::IsGone
}

fn wait_for_daemon(journal: &Journal, deadline: Instant, undone: &mut Undone) {
    for entry in &journal.entries {
        let Entry::Process {
            pid,
            start_time,
            role: Role::Daemon,
        } = entry
        else {
            continue;
        };
        let gone = match processes::find(*pid, *start_time) {
            Ok(Some(pidfd)) => processes::wait_gone(&pidfd, deadline),
            Ok(None) => Ok(true),
            Err(error) => Err(error),
        };
        if let Err(error) = gone {
            undone.warnings.push(format!(
                "the daemon (pid {pid}) cannot be waited for: {error}"
            ));
        }
    }
}

fn kill_all(journal: &Journal, deadline: Instant, undone: &mut Undone) {
    let mut killed = Vec::new();
    for entry in &journal.entries {
        let Entry::Process {
            pid,
            start_time,
            role,
        } = entry
        else {
            continue;
        };
        // A journal is never a reason to kill init or this process.
        if *pid == 1 || *pid == std::process::id() {
            undone.warnings.push(format!(
                "the journal names pid {pid} as {role}, which cannot be true"
            ));
            continue;
        }
        match processes::find(*pid, *start_time) {
            Ok(None) => {}
            Ok(Some(pidfd)) => match processes::kill(&pidfd) {
                Ok(()) => killed.push((pid, role, pidfd)),
                Err(error) => undone
                    .left
                    .push(format!("{role} (pid {pid}) cannot be killed: {error}")),
            },
            Err(error) => undone
                .left
                .push(format!("{role} (pid {pid}) cannot be looked up: {error}")),
        }
    }
    for (pid, role, pidfd) in killed {
        match processes::wait_gone(&pidfd, deadline) {
            Ok(true) => {}
            Ok(false) => undone
                .left
                .push(format!("{role} (pid {pid}) was killed and is still there")),
            Err(error) => undone
                .left
                .push(format!("{role} (pid {pid}) cannot be waited for: {error}")),
        }
    }
}

fn detach(path: &Path, undone: &mut Undone) {
    if let Err(error) = mounts::detach_all(path) {
        undone
            .left
            .push(format!("{} cannot be unmounted: {error}", path.display()));
    }
}

fn remove_file(path: &Path, undone: &mut Undone) {
    // All of the pod's processes are gone: whoever listens there has come later, and it is not the pod's any more.
    if pod::connects(path).is_ok() {
        return;
    }
    match std::fs::remove_file(path) {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            undone
                .left
                .push(format!("{} cannot be removed: {error}", path.display()));
        }
        _ => {}
    }
}

/// For directories within the pod's own: that belongs to Hadron alone, so mounts that no journal names are the pod's too.
fn detach_below(directory: &Path, undone: &mut Undone) {
    match mounts::below(directory) {
        Ok(below) => below.iter().rev().for_each(|path| detach(path, undone)),
        Err(error) => undone
            .left
            .push(format!("the mount table cannot be read: {error}")),
    }
}

fn remove_state(pod: &Pod, undone: &mut Undone) {
    detach_below(&pod.state, undone);
    undone
        .left
        .extend(directories::empty(&pod.state, &JOURNAL_FILES));
    if undone.left.is_empty() {
        JOURNAL_FILES
            .iter()
            .for_each(|name| remove_file(&pod.state.join(name), undone));
        undone.left.extend(directories::remove(&pod.state));
    }
}
