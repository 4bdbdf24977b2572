//! Bringing into memory what a guest runs.

use vm_memory::GuestMemoryError;

use super::entry::Entry;
use crate::memory::Memory;

/// What a guest runs.
#[derive(Debug)]
pub enum Boot {
    /// Code that is in memory already, from this address on, in 64-bit mode with the first 4 GiB mapped as they are and interrupts off.
    Code(u64),
}

/// Why a guest cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// Too small a memory.
    #[error("what the guest is told does not fit into its memory: {0}")]
    Memory(#[from] GuestMemoryError),
}

impl Boot {
    /// Writes it into memory.
    pub(crate) fn load(self, memory: &Memory) -> Result<Entry, BootError> {
        let Boot::Code(address) = self;
        let entry = Entry::Long {
            address,
            argument: 0,
        };
        entry.write_tables(memory)?;
        Ok(entry)
    }
}
