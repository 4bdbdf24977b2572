//! Disks that come and go while the guest runs: a device with a place of its own from the beginning, which may be vacant.
//!
//! No interrupt tells the guest: whoever asked for it has the guest's driver look at the place again, or let go of it before.

use std::sync::PoisonError;

use virtio_bindings::virtio_ids::VIRTIO_ID_BLOCK;

use super::Machine;
use crate::device::Device;
use crate::devices::vacant::{NO_DEVICE, Vacant};
use crate::mmio::{Mmio, ReplaceError};

/// Why a place stays as it is.
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
    /// The device, or the VM's end.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
}

impl Machine {
    /// Whether a device can be put there, before it is made.
    ///
    /// # Errors
    /// Why not.
    pub fn expect_vacant(&self, place: usize) -> Result<(), PlaceError> {
        self.change(place, |mmio| is_vacant(place, mmio))
    }

    /// Puts a device into a vacant place.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub fn insert(&self, place: usize, device: Box<dyn Device>) -> Result<(), PlaceError> {
        self.change(place, |mmio| {
            is_vacant(place, mmio)?;
            Ok(mmio.replace(device)?)
        })
    }

    /// Takes a disk out, whatever its driver is about. Its file is closed when this answers.
    ///
    /// # Errors
    /// When no disk is there, or the VM ends.
    pub fn eject(&self, place: usize) -> Result<(), PlaceError> {
        self.change(place, |mmio| match mmio.device_type() {
            VIRTIO_ID_BLOCK => Ok(mmio.replace(Box::new(Vacant))?),
            _ => Err(PlaceError::NoDisk(place)),
        })
    }

    fn change(
        &self,
        place: usize,
        change: impl FnOnce(&mut Mmio) -> Result<(), PlaceError>,
    ) -> Result<(), PlaceError> {
        let mmio = self.places.get(&place).ok_or(PlaceError::Unknown(place))?;
        change(&mut mmio.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn is_vacant(place: usize, mmio: &Mmio) -> Result<(), PlaceError> {
    match mmio.device_type() {
        NO_DEVICE => Ok(()),
        _ => Err(PlaceError::Occupied(place)),
    }
}
