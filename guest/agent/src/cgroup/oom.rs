//! Out-of-memory kills, as memory.events counts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use super::{Cgroup, EventFile, flat_value};

/// Watches one container; dropped, it stops.
pub struct OomWatch {
    counter: Arc<Counter>,
    task: JoinHandle<()>,
}

struct Counter {
    container_id: String,
    file: EventFile,
    seen: AtomicU64,
    events: Sender<String>,
}

impl OomWatch {
    /// `None` without a memory controller. Container ids go to `events`.
    pub fn start(container_id: &str, cgroup: &Cgroup, events: Sender<String>) -> Option<Self> {
        let file = match EventFile::open(&cgroup.directory().join("memory.events")) {
            Ok(file) => file,
            Err(error) => {
                log::warn!("no OOM events of container {container_id}: {error}");
                return None;
            }
        };
        let counter = Arc::new(Counter {
            container_id: container_id.to_string(),
            file,
            seen: AtomicU64::new(0),
            events,
        });
        let followed = Arc::clone(&counter);
        let task = tokio::spawn(async move {
            while followed.check() && followed.file.changed().await.is_ok() {}
        });
        Some(Self { counter, task })
    }

    /// Sends an event now if there was a kill since the last look.
    pub fn check(&self) {
        self.counter.check();
    }
}

impl Drop for OomWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Counter {
    /// False when the cgroup is gone.
    fn check(&self) -> bool {
        let Ok(text) = self.file.read() else {
            return false;
        };
        let kills = flat_value(&text, "oom_kill")
            .and_then(|count| count.parse().ok())
            .unwrap_or(0);
        // Full means that nobody subscribed, or that the host has many to read already.
        if self.seen.fetch_max(kills, Ordering::Relaxed) < kills
            && self.events.try_send(self.container_id.clone()).is_err()
        {
            log::warn!("an OOM event of container {} is lost", self.container_id);
        }
        true
    }
}
