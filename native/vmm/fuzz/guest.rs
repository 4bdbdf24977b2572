//! A driver that reads and writes registers in any order and width.

use std::sync::Arc;

use hadron_vmm::bus::BusDevice;
use hadron_vmm::device::QUEUE_FEATURES;
use hadron_vmm::memory::Memory;
use hadron_vmm::mmio::{Doorbells, Mmio};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use virtio_bindings::virtio_mmio::*;
use vm_memory::{Bytes, GuestAddress};

#[path = "../src/mmio/tests/bells.rs"]
mod bells;

pub use bells::{Attached, Bells};

const REGISTERS: [u32; 24] = [
    VIRTIO_MMIO_DEVICE_FEATURES_SEL,
    VIRTIO_MMIO_DRIVER_FEATURES,
    VIRTIO_MMIO_DRIVER_FEATURES_SEL,
    VIRTIO_MMIO_QUEUE_SEL,
    VIRTIO_MMIO_QUEUE_NUM,
    VIRTIO_MMIO_QUEUE_READY,
    VIRTIO_MMIO_QUEUE_NOTIFY,
    VIRTIO_MMIO_INTERRUPT_ACK,
    VIRTIO_MMIO_STATUS,
    VIRTIO_MMIO_QUEUE_DESC_LOW,
    VIRTIO_MMIO_QUEUE_DESC_HIGH,
    VIRTIO_MMIO_QUEUE_AVAIL_LOW,
    VIRTIO_MMIO_QUEUE_AVAIL_HIGH,
    VIRTIO_MMIO_QUEUE_USED_LOW,
    VIRTIO_MMIO_QUEUE_USED_HIGH,
    VIRTIO_MMIO_SHM_SEL,
    VIRTIO_MMIO_CONFIG_GENERATION,
    VIRTIO_MMIO_CONFIG,
    VIRTIO_MMIO_QUEUE_SEL,
    VIRTIO_MMIO_QUEUE_NUM,
    VIRTIO_MMIO_QUEUE_READY,
    VIRTIO_MMIO_STATUS,
    VIRTIO_MMIO_STATUS,
    VIRTIO_MMIO_QUEUE_NOTIFY,
];

/// Anything.
pub fn step(
    input: &mut Unstructured,
    registers: &mut Mmio,
    memory: &Arc<Memory>,
    attached: &Attached,
) -> Result<()> {
    match input.int_in_range(0..=15)? {
        0 => {
            let width = *input.choose(&[1, 2, 3, 4, 8])?;
            registers.read(input.int_in_range(0..=0xfff)?, &mut [0; 8][..width]);
        }
        1 => {
            let width = *input.choose(&[1, 2, 3, 4, 8])?;
            let bytes: [u8; 8] = input.arbitrary()?;
            registers.write(input.int_in_range(0..=0xfff)?, &bytes[..width]);
        }
        2 => {
            let at = input.int_in_range(0..=0x4000)?;
            let length = input.int_in_range(1..=32)?;
            let bytes = input.bytes(length)?;
            memory
                .write_slice(bytes, GuestAddress(at))
                .map_err(|_| libfuzzer_sys::arbitrary::Error::IncorrectFormat)?;
        }
        3 => {
            if let Some((_, _, kick)) = attached.lock().unwrap().first() {
                let _ = kick.write(1);
            }
        }
        4 | 5 => begin(input, registers)?,
        _ => {
            let register = *input.choose(&REGISTERS)?;
            let value = value(input, register)?;
            registers.write(register.into(), &value.to_le_bytes());
        }
    }
    Ok(())
}

/// Mostly one that leads on.
fn value(input: &mut Unstructured, register: u32) -> Result<u32> {
    if input.ratio(1, 4)? {
        return input.arbitrary();
    }
    Ok(match register {
        VIRTIO_MMIO_STATUS => *input.choose(&[0, 1, 3, 0xb, 0xf, 0x8f, 0x4f])?,
        VIRTIO_MMIO_QUEUE_NUM => *input.choose(&[0, 1, 4, 16, 64, 65, 32768])?,
        VIRTIO_MMIO_QUEUE_DESC_LOW | VIRTIO_MMIO_QUEUE_AVAIL_LOW | VIRTIO_MMIO_QUEUE_USED_LOW => {
            0x400 * input.int_in_range(0..=16)?
        }
        _ => input.int_in_range(0..=3)?,
    })
}

/// What a good driver does as far as FEATURES_OK.
pub fn begin(input: &mut Unstructured, registers: &mut Mmio) -> Result<()> {
    let features: u64 = *input.choose(&[QUEUE_FEATURES, QUEUE_FEATURES | 1, 1 << 32, 2])?;
    for (register, value) in [
        (VIRTIO_MMIO_STATUS, 0),
        (VIRTIO_MMIO_STATUS, 3),
        (VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0),
        (VIRTIO_MMIO_DRIVER_FEATURES, features as u32),
        (VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1),
        (VIRTIO_MMIO_DRIVER_FEATURES, (features >> 32) as u32),
        (VIRTIO_MMIO_STATUS, 0xb),
    ] {
        registers.write(register.into(), &u32::to_le_bytes(value));
    }
    Ok(())
}
