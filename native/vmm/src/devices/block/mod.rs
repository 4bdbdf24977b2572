//! Disks: virtio-blk (virtio 1.2, section 5.2) on a regular file or a block device of the host.
//!
//! Data goes straight between guest memory and the file. Requests are checked (`request`), become operations of the host
//! (`pending`), and are with an [`engine`] until they are answered (`active`).

mod active;
mod configuration;
mod disk;
pub mod engine;
mod pending;
mod request;
mod serial;

use std::io;

use virtio_bindings::virtio_ids::VIRTIO_ID_BLOCK;

use crate::config::{Cache, RateLimit};
use crate::device::{
    AGAIN, Activation, Configuration, Description, Device, Failure, Progress, as_fd,
};
use crate::rate_limiter::RateLimiter;
use crate::worker::{EventFlags, Poll};

use active::{Active, Host};
pub use disk::{Disk, DiskError};
use engine::{Engine, Engines};
use serial::SerialNumber;

/// Entries of each queue.
const QUEUE_SIZE: u16 = 256;
/// The most queues of a disk.
pub const MAX_QUEUES: u16 = 64;

// Tokens of what is watched; those of the queues are their numbers.
const ENGINE: u32 = 1 << 16;
const TIMER: u32 = ENGINE + 1;

/// How a disk is to be; as of [`crate::config::DeviceConfig::Block`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// The guest cannot write.
    pub read_only: bool,
    /// At most 20 bytes.
    pub serial: String,
    /// 1 to [`MAX_QUEUES`].
    pub queues: u16,
    /// When a write counts as done.
    pub cache: Cache,
    /// Of all requests.
    pub rate_limit: Option<RateLimit>,
}

/// A disk.
pub struct Block {
    name: String,
    disk: Disk,
    cache: Cache,
    queues: u16,
    serial: SerialNumber,
    /// With the disk's file while the disk is active. None at the end, when it is one of `engines` again.
    engine: Option<Box<dyn Engine>>,
    engines: Engines,
    limiter: RateLimiter,
    active: Option<Active>,
}

impl Block {
    /// `name`: for a person, as in "the disk 0". It takes one of the engines, and gives it back when it is dropped. To be called in the
    /// process that runs the device, on any thread.
    ///
    /// # Errors
    /// When the settings cannot be, or all engines are in use.
    pub fn new(
        name: String,
        disk: Disk,
        settings: &Settings,
        engines: &Engines,
    ) -> Result<Self, DiskError> {
        if !(1..=MAX_QUEUES).contains(&settings.queues) {
            return Err(DiskError::Queues(settings.queues));
        }
        let limiter = RateLimiter::new(settings.rate_limit)
            .map_err(|error| DiskError::Host("a timer for it", error))?;
        Ok(Block {
            name,
            disk,
            cache: settings.cache,
            queues: settings.queues,
            serial: SerialNumber::new(&settings.serial)?,
            engine: Some(engines.take().ok_or(DiskError::Engines)?),
            engines: engines.clone(),
            limiter,
            active: None,
        })
    }

    fn start(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        if let Some(engine) = &mut self.engine {
            engine.open(self.disk.file())?;
            poll.add(
                as_fd(engine.event()),
                ENGINE,
                EventFlags::IN | EventFlags::ET,
            )?;
        }
        if let Some(timer) = self.limiter.fd() {
            poll.add(timer, TIMER, EventFlags::IN)?;
        }
        Ok(())
    }

    fn work(&mut self) -> Result<Progress, Failure> {
        let (Some(active), Some(engine)) = (&mut self.active, &mut self.engine) else {
            return Ok(Progress::Done);
        };
        active.work(&mut Host {
            engine: &mut **engine,
            limiter: &mut self.limiter,
            serial: &self.serial,
        })
    }
}

impl Device for Block {
    fn description(&self) -> Description {
        Description {
            name: self.name.clone(),
            device_type: VIRTIO_ID_BLOCK,
            queue_sizes: vec![QUEUE_SIZE; self.queues.into()],
            features: configuration::features(&self.disk, self.cache, self.queues),
            configuration: Configuration::new(configuration::space(
                &self.disk,
                self.cache,
                self.queues,
            )),
        }
    }

    fn waits(&self) -> bool {
        true
    }

    fn activate(&mut self, activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let active = Active::new(activation, &self.disk, self.cache);
        let active = self.active.insert(active);
        active.watch(poll)?;
        self.start(poll).map_err(host("the disk cannot start"))
    }

    fn handle(&mut self, token: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
        match token {
            TIMER => self.limiter.expired(),
            ENGINE | AGAIN => {}
            queue => {
                if let Some(active) = &mut self.active {
                    active.kicked(queue)?;
                }
            }
        }
        self.work()
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        let (Some(active), Some(engine)) = (&self.active, &mut self.engine) else {
            return Ok(());
        };
        // What was never added cannot be removed, and needs not be.
        let _ = poll.remove(as_fd(engine.event()));
        if let Some(timer) = self.limiter.fd() {
            let _ = poll.remove(timer);
        }
        active.unwatch(poll);
        engine.close()?;
        self.active = None;
        Ok(())
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let Some(mut engine) = self.engine.take() else {
            return;
        };
        if engine.close().is_ok() {
            self.engines.give_back(engine);
        } else {
            // Nobody knows what the host's kernel still writes there.
            std::mem::forget(self.active.take());
        }
    }
}

/// What the host did not do.
fn host(what: &'static str) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::Host(format!("{what}: {error}"))
}
