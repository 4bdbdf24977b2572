//! What the VM's owner does with its balloon.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::PAGE;
use super::discard::Discarded;
use crate::device::{Configuration, Interrupt};

/// Where the configuration has the pages that the guest shall give up, and those that it has (virtio 1.2, section 5.5.4).
const TARGET: std::ops::Range<usize> = 0..4;
const ACTUAL: std::ops::Range<usize> = 4..8;

/// More than the guest has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a balloon cannot take {wanted} bytes of a guest of {memory}")]
pub struct TooLarge {
    wanted: u64,
    memory: u64,
}

/// Bytes that went back to the host so far, each as often as it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// That the guest gave up.
    pub inflated: u64,
    /// That it said were free.
    pub reported: u64,
    /// That the host did not take.
    pub refused: u64,
}

/// The owner's end; of any thread.
#[derive(Clone)]
pub struct Owner {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    memory: u64,
    pub configuration: Arc<Configuration>,
    /// While a driver is there.
    pub interrupt: Mutex<Option<Interrupt>>,
    inflated: AtomicU64,
    reported: AtomicU64,
    refused: AtomicU64,
}

impl Owner {
    pub(super) fn new(memory: u64) -> Self {
        Owner {
            shared: Arc::new(Shared {
                memory,
                configuration: Configuration::new(vec![0; ACTUAL.end]),
                interrupt: Mutex::default(),
                inflated: AtomicU64::default(),
                reported: AtomicU64::default(),
                refused: AtomicU64::default(),
            }),
        }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Asks the guest to give so many bytes up, rounded down to pages; with fewer than before it gets some back. It does what it can.
    ///
    /// # Errors
    /// When it has not so many.
    pub fn set_target(&self, bytes: u64) -> Result<(), TooLarge> {
        let pages = u32::try_from(bytes / PAGE).ok();
        let Some(pages) = pages.filter(|_| bytes <= self.shared.memory) else {
            return Err(TooLarge {
                wanted: bytes,
                memory: self.shared.memory,
            });
        };
        self.shared.configuration.update(|configuration| {
            if let Some(target) = configuration.get_mut(TARGET) {
                target.copy_from_slice(&pages.to_le_bytes());
            }
        });
        let interrupt = self.shared.interrupt.lock();
        if let Some(interrupt) = &*interrupt.unwrap_or_else(PoisonError::into_inner) {
            interrupt.configuration_changed();
        }
        Ok(())
    }

    /// How many bytes the guest says it has given up; not more than it has.
    #[must_use]
    pub fn actual(&self) -> u64 {
        let mut pages = [0; 4];
        self.shared
            .configuration
            .read(ACTUAL.start as u64, &mut pages);
        (u64::from(u32::from_le_bytes(pages)) * PAGE).min(self.shared.memory)
    }

    /// What the host got.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            inflated: load(&self.shared.inflated),
            reported: load(&self.shared.reported),
            refused: load(&self.shared.refused),
        }
    }
}

impl Shared {
    pub fn count_inflated(&self, discarded: Discarded) {
        self.inflated
            .fetch_add(discarded.returned, Ordering::Relaxed);
        self.refused.fetch_add(discarded.refused, Ordering::Relaxed);
    }

    pub fn count_reported(&self, discarded: Discarded) {
        self.reported
            .fetch_add(discarded.returned, Ordering::Relaxed);
        self.refused.fetch_add(discarded.refused, Ordering::Relaxed);
    }

    /// What the driver writes to the configuration: how many pages it has given up, and nothing else.
    pub fn configure(&self, offset: u64, data: &[u8]) {
        self.configuration.update(|configuration| {
            for (index, byte) in (0..).zip(data) {
                let at = offset
                    .checked_add(index)
                    .and_then(|at| usize::try_from(at).ok())
                    .filter(|at| ACTUAL.contains(at));
                if let Some(to) = at.and_then(|at| configuration.get_mut(at)) {
                    *to = *byte;
                }
            }
        });
    }
}
