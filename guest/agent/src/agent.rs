//! The agent's state: the sandbox and its containers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::{MutexGuard as AsyncMutexGuard, watch};

use crate::container::{Container, Context, Stdio};
use crate::crun::Crun;
use crate::doors::Doors;
use crate::error::{Code, Error, Result};
use crate::network::Network;
use crate::pod_pids::PodPids;
use crate::reaper::Reaper;
use crate::transport::Connector;

/// OOM events that wait for the host to read them.
const EVENTS_MAX: usize = 256;

/// A container; its id is taken before it exists.
#[derive(Clone)]
enum Slot {
    Reserved,
    Container(Arc<Container>),
}

/// Everything that requests work on.
pub struct Agent {
    /// What containers share.
    pub context: Context,
    /// CLOCK_MONOTONIC at which /init was entered, in nanoseconds.
    pub init_entered_ns: u64,
    /// Set by the first CreateSandbox.
    pub sandbox: AtomicBool,
    /// The pod's, whose containers share it.
    pub network: tokio::sync::Mutex<Network>,
    /// To servers of the host.
    pub doors: Doors,
    containers: Mutex<HashMap<String, Slot>>,
    events: tokio::sync::Mutex<Events>,
    connection: watch::Sender<()>,
}

/// The container ids of OOM events.
pub struct Events {
    receiver: Receiver<String>,
    unsent: Option<String>,
}

impl Events {
    /// `None` when there will be none. May be dropped while it waits.
    pub async fn next(&mut self) -> Option<String> {
        match self.unsent.take() {
            Some(event) => Some(event),
            None => self.receiver.recv().await,
        }
    }

    /// The subscriber did not get it; the next one does.
    pub fn put_back(&mut self, event: String) {
        self.unsent = Some(event);
    }
}

impl Agent {
    /// `directory` must exist, be empty, lie on a tmpfs and have a short path.
    pub fn new(
        reaper: Reaper,
        connector: Arc<dyn Connector>,
        crun: Crun,
        directory: PathBuf,
        init_entered_ns: u64,
    ) -> Self {
        let (oom, receiver) = channel(EVENTS_MAX);
        Self {
            context: Context {
                reaper,
                connector,
                crun,
                oom,
                pod_pids: PodPids::default(),
                directory,
                numbers: AtomicU64::new(0),
            },
            init_entered_ns,
            sandbox: AtomicBool::new(false),
            network: tokio::sync::Mutex::default(),
            doors: Doors::default(),
            containers: Mutex::default(),
            events: tokio::sync::Mutex::new(Events {
                receiver,
                unsent: None,
            }),
            connection: watch::Sender::default(),
        }
    }

    fn containers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.containers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// NOT_FOUND for an unknown id, FAILED_PRECONDITION while it is being created.
    pub fn container(&self, id: &str) -> Result<Arc<Container>> {
        match self.containers().get(id) {
            Some(Slot::Container(container)) => Ok(Arc::clone(container)),
            Some(Slot::Reserved) => Err(Error::precondition(format!(
                "container {id} is being created"
            ))),
            None => Err(Error::not_found(format!("there is no container {id}"))),
        }
    }

    /// Answers the init process' pid.
    pub async fn create(&self, id: &str, config: &[u8], stdio: Stdio) -> Result<i32> {
        check_id(id)?;
        {
            let mut containers = self.containers();
            if containers.contains_key(id) {
                return Err(Error::new(
                    Code::ALREADY_EXISTS,
                    format!("there is a container {id} already"),
                ));
            }
            containers.insert(id.to_string(), Slot::Reserved);
        }
        let made = Container::create(&self.context, id, config, stdio).await;
        let mut containers = self.containers();
        match made {
            Ok(container) => {
                let container = Arc::new(container);
                let pid = container.process("")?.pid;
                containers.insert(id.to_string(), Slot::Container(container));
                Ok(pid)
            }
            Err(error) => {
                containers.remove(id);
                Err(error)
            }
        }
    }

    /// Removes the container and everything of it.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.container(id)?.delete().await?;
        self.containers().remove(id);
        Ok(())
    }

    /// Announces OOM kills that the kernel has counted but not signalled yet.
    pub fn check_oom(&self) {
        let containers: Vec<Slot> = self.containers().values().cloned().collect();
        for slot in containers {
            if let Slot::Container(container) = slot {
                container.check_oom();
            }
        }
    }

    /// For the one subscriber, as long as it has this.
    pub fn events(&self) -> Result<AsyncMutexGuard<'_, Events>> {
        self.events
            .try_lock()
            .map_err(|_| Error::new(Code::ALREADY_EXISTS, "the events have a subscriber already"))
    }

    /// Changes when the present connection to the host is lost.
    pub fn connection(&self) -> watch::Receiver<()> {
        self.connection.subscribe()
    }

    /// Ends what lives as long as a connection.
    pub fn connection_lost(&self) {
        self.connection.send_replace(());
    }
}

/// It becomes a directory's and a cgroup's name.
fn check_id(id: &str) -> Result<()> {
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_+-.".contains(&byte));
    if id.is_empty() || id.len() > 200 || !plain || id == "." || id == ".." {
        return Err(Error::invalid(format!(
            "container id {id:?} must be 1 to 200 letters, digits and any of _ + - ."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_file_names() {
        assert!(check_id("web-1_a.b+c").is_ok());
        for id in ["", ".", "..", "a/b", "a b", &"x".repeat(201)] {
            assert!(check_id(id).is_err(), "{id}");
        }
    }
}
