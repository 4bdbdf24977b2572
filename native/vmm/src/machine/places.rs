//! Disks that come and go while the guest runs: a device with a place of its own from the beginning, which may be vacant.
//!
//! No interrupt tells the guest: whoever asked for it has the guest's driver look at the place again, or let go of it before.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use virtio_bindings::virtio_ids::VIRTIO_ID_BLOCK;

use super::Machine;
use crate::device::Device;
use crate::devices::vacant::{NO_DEVICE, Vacant};
use crate::mmio::Mmio;
use crate::worker::Answer;

/// How long a disk has to come or go: it goes when the host has done or given up what it is about.
const LIMIT: Duration = Duration::from_secs(10);

/// Why a place is not as it was to be.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There are fewer.
    #[error("the VM has no place {0} for devices")]
    Unknown(usize),
    /// It has to be vacated first.
    #[error("a device is in the place {0} already")]
    Occupied(usize),
    /// What else is there stays as long as the VM.
    #[error("no disk is in the place {0}")]
    NoDisk(usize),
    /// It describes queues that cannot be.
    #[error("its queues cannot be: {0}")]
    Queues(#[from] virtio_queue::Error),
    /// The host does not answer for it, or for another one.
    #[error("the place {0} is not free to change: a disk has not ended within {limit} s what it is about", limit = LIMIT.as_secs())]
    Slow(usize),
    /// The VM is about to end.
    #[error("the devices' thread is gone")]
    Worker,
}

impl Machine {
    /// Whether a device can be put there, before it is made.
    ///
    /// # Errors
    /// Why not.
    pub fn expect_vacant(&self, place: usize) -> Result<(), PlaceError> {
        is_vacant(place, &mut *self.place(place)?)
    }

    /// Puts a device into a vacant place.
    ///
    /// # Errors
    /// The device is dropped then, and the place stays vacant.
    pub fn insert(&self, place: usize, device: Box<dyn Device>) -> Result<(), PlaceError> {
        let answer = {
            let mut mmio = self.place(place)?;
            is_vacant(place, &mut mmio)?;
            mmio.replace(device)?
        };
        let result = wait(place, &answer);
        if matches!(result, Err(PlaceError::Slow(_))) {
            // Right behind it, if it comes after all.
            let _ = self.place(place)?.replace(Box::new(Vacant))?;
        }
        result
    }

    /// Takes a disk out, whatever its driver is about. Its file is closed when this answers.
    ///
    /// # Errors
    /// When no disk is there, or the VM ends. [`PlaceError::Slow`]: it goes later, for which another call waits if it is not gone by then.
    pub fn eject(&self, place: usize) -> Result<(), PlaceError> {
        let answer = {
            let mut mmio = self.place(place)?;
            match (mmio.device_type(), mmio.replacing()) {
                (VIRTIO_ID_BLOCK, Some(answer)) => answer,
                (VIRTIO_ID_BLOCK, None) => mmio.replace(Box::new(Vacant))?,
                _ => return Err(PlaceError::NoDisk(place)),
            }
        };
        wait(place, &answer)
    }

    fn place(&self, place: usize) -> Result<MutexGuard<'_, Mmio>, PlaceError> {
        let mmio = self.places.get(&place).ok_or(PlaceError::Unknown(place))?;
        Ok(mmio.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits for what was asked of a place, while others have its registers.
fn wait(place: usize, answer: &Answer) -> Result<(), PlaceError> {
    match answer.within(LIMIT) {
        // The driver finds it the next time it looks.
        Some(true) => Ok(()),
        Some(false) => Err(PlaceError::Worker),
        None => Err(PlaceError::Slow(place)),
    }
}

fn is_vacant(place: usize, mmio: &mut Mmio) -> Result<(), PlaceError> {
    match mmio.device_type() {
        NO_DEVICE => Ok(()),
        _ => Err(PlaceError::Occupied(place)),
    }
}
