//! A PC without firmware, as small as Linux allows.

mod boot;
mod cpu;
mod cpuid;
mod entry;
mod exit;
mod interrupts;
mod legacy;
mod low_memory;
mod msr;

pub use boot::{Boot, BootError};
pub(crate) use cpu::Cpus;
pub use entry::Entry;
pub(crate) use exit::{describe, port_access};
pub(crate) use interrupts::create_interrupt_controllers;
pub(crate) use legacy::insert as insert_legacy;
