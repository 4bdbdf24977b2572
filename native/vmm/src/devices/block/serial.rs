//! What a disk answers to VIRTIO_BLK_T_GET_ID.

use virtio_bindings::virtio_blk::VIRTIO_BLK_ID_BYTES;
use vm_memory::{Bytes, GuestAddress};

use super::disk::DiskError;
use super::request::{IO_ERROR, Refusal};
use crate::memory::Memory;

const LENGTH: usize = VIRTIO_BLK_ID_BYTES as usize;

/// A serial number, filled up with zeros (virtio 1.2, section 5.2.6).
#[derive(Clone, Copy, Debug)]
pub struct SerialNumber([u8; LENGTH]);

impl SerialNumber {
    /// # Errors
    /// When it is too long.
    pub fn new(serial: &str) -> Result<Self, DiskError> {
        let mut bytes = [0; LENGTH];
        let place = bytes.get_mut(..serial.len());
        place
            .ok_or(DiskError::Serial(serial.len()))?
            .copy_from_slice(serial.as_bytes());
        Ok(SerialNumber(bytes))
    }

    /// Writes as much as there is room for; returns how much.
    pub fn write(&self, memory: &Memory, places: &[(GuestAddress, u32)]) -> Result<u32, Refusal> {
        let mut left = &self.0[..];
        for (address, length) in places {
            let (now, later) = left.split_at(left.len().min(*length as usize));
            memory.write_slice(now, *address).map_err(|_| IO_ERROR)?;
            left = later;
        }
        Ok((LENGTH - left.len()) as u32)
    }
}
