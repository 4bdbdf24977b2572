//! Engines that no disk has. They are made before the jail shuts, since nobody in it may make a ring or a thread, and are used again.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Engine, best};
use crate::machine::Enter;

/// See the module. Its clones are the same ones. All disks that take from it have one worker, as those of a VM do: a ring is that thread's
/// which has used it first.
#[derive(Clone)]
pub struct Engines(Arc<Mutex<Vec<Box<dyn Engine>>>>);

impl Engines {
    /// For so many disks at a time, each by io_uring if the host lets it, or else by a thread, in which `enter` runs first.
    ///
    /// # Errors
    /// When there can be no thread either.
    pub fn new(count: usize, enter: &Enter) -> io::Result<Self> {
        let engines: io::Result<Vec<_>> = (0..count).map(|_| best(enter)).collect();
        Ok(Self::of(engines?))
    }

    /// The caller's own ones, without a file.
    #[must_use]
    pub fn of(engines: Vec<Box<dyn Engine>>) -> Self {
        Engines(Arc::new(Mutex::new(engines)))
    }

    /// None: all are in use.
    #[must_use]
    pub fn take(&self) -> Option<Box<dyn Engine>> {
        self.lock().pop()
    }

    /// It is without a file.
    pub fn give_back(&self, engine: Box<dyn Engine>) {
        self.lock().push(engine);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Box<dyn Engine>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
