//! A container: its states and what may be asked of it in which.

mod cover;
mod create;
mod exec;

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use crate::cgroup::Cgroup;
use crate::cgroup::oom::OomWatch;
use crate::cgroup::resources::Resources;
use crate::cgroup::update;
use crate::child::Job;
use crate::crun::{Call, Crun};
use crate::error::{Code, Error, Result};
use crate::pod_pids::PodPids;
use crate::process::Process;
use crate::reaper::{Reaper, exited};
use crate::spec::Config;
use crate::stdio::{Owner, Ports};
use crate::terminal::Size;
use crate::transport::Connector;

/// How long the init process may take to die of SIGKILL.
const DEATH_DEADLINE: Duration = Duration::from_secs(20);

/// What all containers of the sandbox have in common.
pub struct Context {
    /// Reaps their processes.
    pub reaper: Reaper,
    /// To the host.
    pub connector: Arc<dyn Connector>,
    /// Makes them.
    pub crun: Crun,
    /// Takes the ids of containers that ran out of memory.
    pub oom: Sender<String>,
    /// Of those containers that share one.
    pub pod_pids: PodPids,
    /// A directory (on tmpfs) for bundles; its path is short, because sockets are bound in it.
    pub directory: PathBuf,
    /// How many of [`Context::next_number`] were given out.
    pub numbers: AtomicU64,
}

impl Context {
    /// For a file's name: one that was never used in the life of the guest.
    pub fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// Where a process' standard streams go.
#[derive(Debug, Clone, Copy)]
pub struct Stdio {
    /// Host ports.
    pub ports: Ports,
    /// Of the pipes.
    pub owner: Owner,
    /// The terminal's first size.
    pub size: Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Created,
    Starting,
    Running,
    Paused,
    Deleting,
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            State::Created => "created",
            State::Starting => "starting",
            State::Running => "running",
            State::Paused => "paused",
            State::Deleting => "being deleted",
        })
    }
}

/// An additional process; its id is taken before it exists.
enum Slot {
    Reserved,
    Process(Arc<Process>),
}

/// See the module's comment.
pub struct Container {
    id: String,
    bundle: PathBuf,
    /// What crun knows of it.
    state_directory: PathBuf,
    cgroup: Cgroup,
    config: Config,
    init: Arc<Process>,
    state: Mutex<State>,
    /// Until the start: the call that has made the init process, which still has its log.
    waiting: Mutex<Option<Call>>,
    execs: Mutex<HashMap<String, Slot>>,
    /// One of pause and resume at a time.
    freezing: tokio::sync::Mutex<()>,
    oom: Option<OomWatch>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Container {
    /// OCI "start"; answers when the program runs, or with the reason why it does not.
    pub async fn start(&self) -> Result<()> {
        self.require("started", &[State::Created])?;
        let Some(mut call) = lock(&self.waiting).take() else {
            return Err(self.wrong_state("started"));
        };
        *lock(&self.state) = State::Starting;
        self.release()?;
        let result = call.program_runs().await;
        if result.is_err() {
            // The process is about to exit; the caller's next request shall find it stopped.
            let _ = tokio::time::timeout(DEATH_DEADLINE, exited(self.init.exit.clone())).await;
        }
        *lock(&self.state) = State::Running;
        result
    }

    /// Lets the init process go on, which reads from a FIFO: all that `crun start` does without hooks.
    fn release(&self) -> Result<()> {
        let fifo = self.state_directory.join("exec.fifo");
        std::fs::OpenOptions::new()
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&fifo)
            .and_then(|mut file| file.write_all(&[0]))
            .and_then(|()| std::fs::remove_file(&fifo))
            .map_err(|error| Error::os("cannot reach the container's init process", error))
    }

    /// Removes everything. The container must not run; one that was never started is killed.
    pub async fn delete(&self) -> Result<()> {
        {
            let mut state = lock(&self.state);
            let stopped = self.init.exited().is_some();
            if *state == State::Deleting || (!stopped && *state != State::Created) {
                return Err(Error::precondition(format!(
                    "container {} cannot be deleted: it is {}",
                    self.id, *state
                )));
            }
            *state = State::Deleting;
        }
        let result = self.remove().await;
        if result.is_err() {
            // To be tried again: `stopped` shows through.
            *lock(&self.state) = State::Running;
        }
        result
    }

    async fn remove(&self) -> Result<()> {
        self.cgroup.destroy().await?;
        tokio::time::timeout(DEATH_DEADLINE, exited(self.init.exit.clone()))
            .await
            .map_err(|_| {
                Error::new(
                    Code::DEADLINE_EXCEEDED,
                    "the init process did not die of SIGKILL",
                )
            })?;
        remove_directory(&self.bundle);
        remove_directory(&self.state_directory);
        Ok(())
    }

    /// "" is the init process.
    pub fn process(&self, exec_id: &str) -> Result<Arc<Process>> {
        if exec_id.is_empty() {
            return Ok(Arc::clone(&self.init));
        }
        match lock(&self.execs).get(exec_id) {
            Some(Slot::Process(process)) => Ok(Arc::clone(process)),
            Some(Slot::Reserved) => Err(Error::precondition(format!(
                "process {exec_id} of container {} is being created",
                self.id
            ))),
            None => Err(self.no_process(exec_id)),
        }
    }

    fn no_process(&self, exec_id: &str) -> Error {
        Error::not_found(format!("container {} has no process {exec_id}", self.id))
    }

    /// Forgets an additional process that has exited.
    pub fn delete_process(&self, exec_id: &str) -> Result<()> {
        if exec_id.is_empty() {
            return Err(Error::invalid(
                "exec_id must not be empty: DeleteContainer removes the init process",
            ));
        }
        if self.process(exec_id)?.exited().is_none() {
            return Err(Error::precondition(format!(
                "process {exec_id} of container {} is running",
                self.id
            )));
        }
        lock(&self.execs).remove(exec_id);
        Ok(())
    }

    /// Every process of the container; NOT_FOUND when there is none.
    pub fn signal_all(&self, signal: i32) -> Result<()> {
        match self.cgroup.signal_all(signal)? {
            0 => Err(Error::not_found(format!(
                "every process of container {} has exited already",
                self.id
            ))),
            _ => Ok(()),
        }
    }

    /// Freezes.
    pub async fn pause(&self) -> Result<()> {
        let _one = self.freezing.lock().await;
        self.require("paused", &[State::Running])?;
        self.cgroup.freeze(true).await?;
        self.change(State::Running, State::Paused);
        Ok(())
    }

    /// Thaws.
    pub async fn resume(&self) -> Result<()> {
        let _one = self.freezing.lock().await;
        self.require("resumed", &[State::Paused])?;
        self.cgroup.freeze(false).await?;
        self.change(State::Paused, State::Running);
        Ok(())
    }

    fn change(&self, from: State, to: State) {
        let mut state = lock(&self.state);
        if *state == from {
            *state = to;
        }
    }

    /// Pids, with the exec ids of those that have one.
    pub fn processes(&self) -> Result<Vec<(i32, String)>> {
        let pids = self.cgroup.processes()?;
        let execs = lock(&self.execs);
        let name = |pid: i32| {
            execs
                .iter()
                .find(|(_, slot)| {
                    matches!(slot, Slot::Process(process) if process.pid == pid && process.exited().is_none())
                })
                .map_or(String::new(), |(id, _)| id.clone())
        };
        Ok(pids.into_iter().map(|pid| (pid, name(pid))).collect())
    }

    /// cgroup files.
    pub fn stats(&self) -> Result<HashMap<String, String>> {
        self.cgroup.stats()
    }

    /// Takes `linux.resources` as JSON.
    pub async fn update(&self, context: &Context, json: &[u8]) -> Result<()> {
        if self.init.exited().is_some() {
            return Err(self.wrong_state("updated"));
        }
        let resources: Resources = serde_json::from_slice(json)
            .map_err(|error| Error::invalid(format!("the resources are wrong: {error}")))?;
        let directory = self.cgroup.directory().to_path_buf();
        let writes = update::plan(&resources, &update::current(&directory))?;
        Job::start(&context.reaper, || update::apply(&directory, &writes))?
            .finished()
            .await
    }

    /// Has the container see the socket `source` of the guest in the place of the socket that it has at `target`.
    pub async fn cover(&self, context: &Context, source: &str, target: &str) -> Result<()> {
        if self.init.exited().is_some() {
            return Err(self.wrong_state("changed"));
        }
        let path = format!("/proc/{}/ns/mnt", self.init.pid);
        let namespace =
            File::open(&path).map_err(|error| Error::os(format!("cannot open {path}"), error))?;
        Job::start(&context.reaper, || cover::cover(&namespace, source, target))?
            .finished()
            .await
    }

    /// Sends an OOM event that the kernel has not announced yet.
    pub fn check_oom(&self) {
        if let Some(watch) = &self.oom {
            watch.check();
        }
    }

    fn require(&self, doing: &str, wanted: &[State]) -> Result<()> {
        if self.init.exited().is_some() || !wanted.contains(&lock(&self.state)) {
            return Err(self.wrong_state(doing));
        }
        Ok(())
    }

    fn wrong_state(&self, doing: &str) -> Error {
        let state = *lock(&self.state);
        let state = match state {
            State::Deleting => state.to_string(),
            _ if self.init.exited().is_some() => "stopped".to_string(),
            _ => state.to_string(),
        };
        Error::precondition(format!(
            "container {} cannot be {doing}: it is {state}",
            self.id
        ))
    }
}

fn check_ports(ports: Ports, terminal: bool) -> Result<()> {
    if terminal && ports.stderr != 0 {
        return Err(Error::invalid(
            "a process with a terminal has no stderr: stderr_port must be 0",
        ));
    }
    Ok(())
}

fn remove_directory(path: &Path) {
    match std::fs::remove_dir_all(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => log::warn!("cannot remove {}: {error}", path.display()),
    }
}
