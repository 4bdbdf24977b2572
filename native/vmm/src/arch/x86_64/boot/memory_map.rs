//! What of the address space is memory, in the words of E820.

use vm_memory::{GuestMemoryBackend, GuestMemoryRegion};

use crate::arch::x86_64::low_memory::{ACPI, HIGH_START, LOW_END};
use crate::memory::Memory;

/// E820's types, which are PVH's as well.
const RAM: u32 = 1;
const ACPI_TABLES: u32 = 3;

/// A range and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) kind: u32,
}

/// In the order of addresses. What is in none is reserved.
pub(super) fn ranges(memory: &Memory) -> Vec<Range> {
    let mut ranges = vec![
        Range {
            start: 0,
            length: LOW_END,
            kind: RAM,
        },
        Range {
            start: ACPI,
            length: HIGH_START - ACPI,
            kind: ACPI_TABLES,
        },
    ];
    for region in memory.iter() {
        let start = region.start_addr().0.max(HIGH_START);
        let end = region.last_addr().0 + 1;
        ranges.push(Range {
            start,
            length: end - start,
            kind: RAM,
        });
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Backing, create};

    #[test]
    fn memory_has_a_hole_below_1_mib_and_one_below_4_gib() {
        let memory = create(4096, Backing::Anonymous).unwrap();
        let found: Vec<_> = ranges(&memory)
            .iter()
            .map(|range| (range.start, range.start + range.length, range.kind))
            .collect();
        assert_eq!(
            found,
            [
                (0, 0x9_fc00, 1),
                (0xe_0000, 0x10_0000, 3),
                (0x10_0000, 0xd000_0000, 1),
                (0x1_0000_0000, 0x1_3000_0000, 1),
            ]
        );
    }
}
