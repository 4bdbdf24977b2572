//! What a kernel is told that begins at its 64-bit entry (Linux, Documentation/arch/x86/boot.rst).

use linux_loader::loader::bootparam::{boot_e820_entry, boot_params, setup_header};
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};

use super::{BootError, Loaded, memory_map};
use crate::arch::x86_64::low_memory::{COMMAND_LINE, HIGH_START, ZERO_PAGE};
use crate::memory::Memory;

/// The 64-bit entry is this much behind the beginning.
pub(super) const ENTRY: u64 = 0x200;
/// "HdrS"
const MAGIC: u32 = 0x5372_6448;
/// Which has `xloadflags`.
const MIN_VERSION: u16 = 0x020c;
/// XLF_KERNEL_64
const HAS_LONG_ENTRY: u16 = 1;
/// A boot loader without a number of its own.
const UNKNOWN_LOADER: u8 = 0xff;

/// What a kernel needs besides its file.
pub(super) struct Needs {
    /// It unpacks itself from here on.
    pub(super) start: u64,
    /// Up to here.
    pub(super) end: u64,
    /// The highest address of its initramfs.
    pub(super) initrd_end: u64,
}

pub(super) fn check(header: &setup_header) -> Result<Needs, BootError> {
    if header.header != MAGIC {
        return Err(BootError::Format);
    }
    if header.version < MIN_VERSION || header.xloadflags & HAS_LONG_ENTRY == 0 {
        return Err(BootError::NoLongEntry);
    }
    // It moves to where it prefers to be, unless it is above already (arch/x86/boot/compressed/head_64.S).
    let start = header.pref_address.max(HIGH_START);
    Ok(Needs {
        start,
        end: start.saturating_add(header.init_size.into()),
        initrd_end: header.initrd_addr_max.into(),
    })
}

/// The answer is where boot_params is.
pub(super) fn write(
    memory: &Memory,
    header: setup_header,
    loaded: &Loaded,
) -> Result<u64, GuestMemoryError> {
    let mut params = boot_params {
        hdr: header,
        acpi_rsdp_addr: loaded.rsdp,
        ..Default::default()
    };
    params.hdr.type_of_loader = UNKNOWN_LOADER;
    params.hdr.cmd_line_ptr = COMMAND_LINE as u32;
    if let Some((address, length)) = loaded.initrd {
        params.hdr.ramdisk_image = address as u32;
        params.hdr.ramdisk_size = length as u32;
    }
    let mut entries = 0;
    let ranges = memory_map::ranges(memory);
    let mut table = params.e820_table;
    for (entry, range) in table.iter_mut().zip(&ranges) {
        *entry = boot_e820_entry {
            addr: range.start,
            size: range.length,
            r#type: range.kind,
        };
        entries += 1;
    }
    params.e820_table = table;
    params.e820_entries = entries;
    memory.write_obj(params, GuestAddress(ZERO_PAGE))?;
    Ok(ZERO_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Backing, create};

    fn header() -> setup_header {
        setup_header {
            header: MAGIC,
            version: MIN_VERSION,
            xloadflags: HAS_LONG_ENTRY,
            pref_address: 0x100_0000,
            init_size: 0x200_0000,
            initrd_addr_max: 0x7fff_ffff,
            ..Default::default()
        }
    }

    #[test]
    fn a_kernel_says_what_it_needs() {
        let needs = check(&header()).unwrap();
        assert_eq!((needs.end, needs.initrd_end), (0x300_0000, 0x7fff_ffff));
        let old = setup_header {
            version: 0x020b,
            ..header()
        };
        assert!(matches!(check(&old), Err(BootError::NoLongEntry)));
        let short = setup_header {
            xloadflags: 0,
            ..header()
        };
        assert!(matches!(check(&short), Err(BootError::NoLongEntry)));
    }

    #[test]
    fn the_kernel_finds_its_memory_its_initramfs_and_acpi() {
        let memory = create(64, Backing::Anonymous).unwrap();
        let loaded = Loaded {
            initrd: Some((0x3f0_0000, 0x1234)),
            rsdp: 0xe_0000,
        };
        let at = write(&memory, header(), &loaded).unwrap();
        let word = |offset| memory.read_obj::<u32>(GuestAddress(at + offset)).unwrap();
        // Offsets of boot.rst and zero-page.rst.
        assert_eq!(word(0x70), 0xe_0000);
        assert_eq!((word(0x218), word(0x21c)), (0x3f0_0000, 0x1234));
        assert_eq!(word(0x228), COMMAND_LINE as u32);
        let count: u8 = memory.read_obj(GuestAddress(at + 0x1e8)).unwrap();
        assert_eq!(count, 3);
        assert_eq!(word(0x2d0 + 2 * 20), 0x10_0000);
    }
}
