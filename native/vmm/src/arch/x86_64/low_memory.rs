//! What the VMM leaves for the guest below 1 MiB, where a PC has its firmware's data.

/// A table of segments, for the first instructions.
pub(crate) const GDT: u64 = 0x500;
/// hvm_start_info, its module and its memory map (PVH).
pub(crate) const START_INFO: u64 = 0x6000;
/// boot_params ("zero page"), for the 64-bit entry.
pub(crate) const ZERO_PAGE: u64 = 0x7000;
/// Page tables for the 64-bit entry: six pages.
pub(crate) const PAGE_TABLES: u64 = 0x9000;
/// The kernel's command line.
pub(crate) const COMMAND_LINE: u64 = 0x2_0000;
/// Memory that a guest can use freely ends here; a PC's BIOS has the rest.
pub(crate) const LOW_END: u64 = 0x9_fc00;
/// ACPI's tables, in the range where a guest without firmware looks for them as well.
pub(crate) const ACPI: u64 = 0xe_0000;
/// The generation id, in a page of its own behind them.
pub(crate) const GENERATION: u64 = 0xf_f000;
/// Where kernels begin.
pub(crate) const HIGH_START: u64 = 0x10_0000;
