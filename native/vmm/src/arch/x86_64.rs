//! A PC without firmware, as small as Linux allows.

mod acpi;
mod boot;
mod cpu;
mod cpuid;
mod entry;
mod exit;
mod interrupts;
mod ioapic;
mod legacy;
mod low_memory;
mod msr;

pub(crate) use acpi::Generation;
pub use acpi::GenerationError;
pub use boot::{Boot, BootError, Linux};
pub(crate) use cpu::Cpus;
pub use entry::Entry;
pub(crate) use exit::{describe, go_on, port_access};
pub(crate) use interrupts::create_interrupt_controllers;
pub(crate) use legacy::insert as insert_legacy;

/// What a guest has, as far as it has to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) vcpus: u8,
    /// Virtio devices.
    pub(crate) devices: usize,
    /// Whether there is a serial port.
    pub(crate) serial: bool,
}
