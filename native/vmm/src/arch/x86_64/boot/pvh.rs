//! What a kernel is told that begins at its PVH entry (Xen's include/public/arch-x86/hvm/start_info.h).

use linux_loader::loader::elf::start_info::{
    hvm_memmap_table_entry, hvm_modlist_entry, hvm_start_info,
};
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};

use super::{Loaded, memory_map};
use crate::arch::x86_64::low_memory::{COMMAND_LINE, START_INFO};
use crate::memory::Memory;

/// "xEn3", with the highest bit of E set.
const MAGIC: u32 = 0x336e_c578;
/// With a memory map.
const VERSION: u32 = 1;

/// The answer is where hvm_start_info is.
pub(super) fn write(memory: &Memory, loaded: &Loaded) -> Result<u64, GuestMemoryError> {
    let modules = START_INFO + size_of::<hvm_start_info>() as u64;
    let map = modules + size_of::<hvm_modlist_entry>() as u64;
    let mut info = hvm_start_info {
        magic: MAGIC,
        version: VERSION,
        cmdline_paddr: COMMAND_LINE,
        rsdp_paddr: loaded.rsdp,
        memmap_paddr: map,
        ..Default::default()
    };
    if let Some((paddr, size)) = loaded.initrd {
        let module = hvm_modlist_entry {
            paddr,
            size,
            ..Default::default()
        };
        memory.write_obj(module, GuestAddress(modules))?;
        info.nr_modules = 1;
        info.modlist_paddr = modules;
    }
    let step = size_of::<hvm_memmap_table_entry>();
    for (at, range) in (map..).step_by(step).zip(memory_map::ranges(memory)) {
        let entry = hvm_memmap_table_entry {
            addr: range.start,
            size: range.length,
            type_: range.kind,
            ..Default::default()
        };
        memory.write_obj(entry, GuestAddress(at))?;
        info.memmap_entries += 1;
    }
    memory.write_obj(info, GuestAddress(START_INFO))?;
    Ok(START_INFO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Backing, create};

    #[test]
    fn the_kernel_finds_its_memory_its_initramfs_and_acpi() {
        let memory = create(64, Backing::Anonymous).unwrap();
        let loaded = Loaded {
            initrd: Some((0x3f0_0000, 0x1234)),
            rsdp: 0xe_0000,
        };
        let at = write(&memory, &loaded).unwrap();
        let read = |at: u64| memory.read_obj::<u64>(GuestAddress(at)).unwrap();
        assert_eq!(read(at), 1 << 32 | u64::from(MAGIC));
        assert_eq!(read(at + 8), 1 << 32);
        let [modules, command_line, rsdp, map] = [16, 24, 32, 40].map(|offset| read(at + offset));
        assert_eq!((command_line, rsdp), (COMMAND_LINE, 0xe_0000));
        assert_eq!((read(modules), read(modules + 8)), (0x3f0_0000, 0x1234));
        assert_eq!(read(at + 48), 3);
        let last = map + 2 * 24;
        assert_eq!((read(last), read(last + 8)), (0x10_0000, 0x3f0_0000));
        assert_eq!(read(last + 16), 1);
    }
}
