//! What the VMM leaves for the guest below 1 MiB, where a PC has its firmware's data.

/// A table of segments, for the first instructions.
pub(crate) const GDT: u64 = 0x500;
/// Page tables for the 64-bit entry: six pages.
pub(crate) const PAGE_TABLES: u64 = 0x9000;
