//! The registers with which the first CPU begins.

use kvm_bindings::{kvm_regs, kvm_segment, kvm_sregs};
use kvm_ioctls::VcpuFd;
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};

use super::low_memory::{GDT, PAGE_TABLES};
use crate::memory::Memory;
use crate::vm::{KvmError, refused};

/// How a guest begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// In 32-bit protected mode without paging, EBX pointing to hvm_start_info (Xen's docs/misc/pvh.pandoc).
    Pvh {
        /// Of the first instruction.
        address: u64,
        /// Of hvm_start_info.
        start_info: u64,
    },
    /// In 64-bit mode, the first 4 GiB mapped as they are, RSI pointing to boot_params
    /// (Linux, Documentation/arch/x86/boot.rst, "64-bit Boot Protocol").
    Long {
        /// Of the first instruction.
        address: u64,
        /// What RSI holds.
        argument: u64,
    },
}

/// Flags of a descriptor: type, S, DPL, P, AVL, L, D/B, G from the lowest bit on.
const CODE_32: u16 = 0xc09b;
const CODE_64: u16 = 0xa09b;
const DATA: u16 = 0xc093;
const TASK: u16 = 0x008b;
/// Index of its descriptor, times 8: what boot.rst calls __BOOT_CS and __BOOT_DS.
const CODE_SELECTOR: u16 = 0x10;
const DATA_SELECTOR: u16 = 0x18;
const TASK_SELECTOR: u16 = 0x20;

const CR0_PE: u64 = 1;
const CR0_ET: u64 = 1 << 4;
const CR0_PG: u64 = 1 << 31;
const CR4_PAE: u64 = 1 << 5;
const EFER_LME: u64 = 1 << 8;
const EFER_LMA: u64 = 1 << 10;
/// The bit that is always set.
const RFLAGS: u64 = 2;

const PAGE: u64 = 0x1000;
const PRESENT_WRITABLE: u64 = 3;
const LARGE: u64 = 1 << 7;

impl Entry {
    fn code(self) -> u16 {
        match self {
            Entry::Pvh { .. } => CODE_32,
            Entry::Long { .. } => CODE_64,
        }
    }

    fn descriptors(self) -> [u64; 5] {
        [
            0,
            0,
            descriptor(self.code(), 0xf_ffff),
            descriptor(DATA, 0xf_ffff),
            descriptor(TASK, 0x67),
        ]
    }

    /// Writes the tables that the registers point to.
    ///
    /// # Errors
    /// When the guest has no memory there.
    pub(crate) fn write_tables(self, memory: &Memory) -> Result<(), GuestMemoryError> {
        for (address, descriptor) in (GDT..).step_by(8).zip(self.descriptors()) {
            memory.write_obj(descriptor, GuestAddress(address))?;
        }
        if matches!(self, Entry::Long { .. }) {
            write_page_tables(memory)?;
        }
        Ok(())
    }

    pub(super) fn set_registers(self, vcpu: &VcpuFd) -> Result<(), KvmError> {
        let mut sregs = vcpu.get_sregs().map_err(refused("read registers"))?;
        self.change_system_registers(&mut sregs);
        vcpu.set_sregs(&sregs)
            .map_err(refused("set system registers"))?;
        vcpu.set_regs(&self.registers())
            .map_err(refused("set registers"))
    }

    fn change_system_registers(self, sregs: &mut kvm_sregs) {
        sregs.gdt.base = GDT;
        sregs.gdt.limit = (self.descriptors().len() * 8 - 1) as u16;
        sregs.cs = segment(CODE_SELECTOR, self.code(), u32::MAX);
        let data = segment(DATA_SELECTOR, DATA, u32::MAX);
        (sregs.ds, sregs.es, sregs.fs, sregs.gs, sregs.ss) = (data, data, data, data, data);
        sregs.tr = segment(TASK_SELECTOR, TASK, 0x67);
        sregs.cr0 = CR0_PE | CR0_ET;
        if matches!(self, Entry::Long { .. }) {
            sregs.cr0 |= CR0_PG;
            sregs.cr3 = PAGE_TABLES;
            sregs.cr4 = CR4_PAE;
            sregs.efer = EFER_LME | EFER_LMA;
        }
    }

    fn registers(self) -> kvm_regs {
        match self {
            Entry::Pvh {
                address,
                start_info,
            } => kvm_regs {
                rflags: RFLAGS,
                rip: address,
                rbx: start_info,
                ..Default::default()
            },
            Entry::Long { address, argument } => kvm_regs {
                rflags: RFLAGS,
                rip: address,
                rsi: argument,
                ..Default::default()
            },
        }
    }
}

/// One of base 0 (Intel SDM, "Segment Descriptors").
fn descriptor(flags: u16, limit: u32) -> u64 {
    let (low, high) = (u64::from(limit & 0xffff), u64::from(limit >> 16 & 0xf));
    u64::from(flags) << 40 | high << 48 | low
}

fn segment(selector: u16, flags: u16, limit: u32) -> kvm_segment {
    let bit = |at: u16| (flags >> at & 1) as u8;
    kvm_segment {
        base: 0,
        limit,
        selector,
        type_: (flags & 0xf) as u8,
        s: bit(4),
        dpl: 0,
        present: bit(7),
        avl: 0,
        l: bit(13),
        db: bit(14),
        g: bit(15),
        unusable: 0,
        padding: 0,
    }
}

/// The first 4 GiB in pages of 2 MiB: one table of the fourth level, one of the third, four of the second.
fn write_page_tables(memory: &Memory) -> Result<(), GuestMemoryError> {
    let third = PAGE_TABLES + PAGE;
    let write = |at: u64, to: u64, flags: u64| memory.write_obj(to | flags, GuestAddress(at));
    write(PAGE_TABLES, third, PRESENT_WRITABLE)?;
    for gib in 0..4 {
        let second = third + PAGE + gib * PAGE;
        write(third + gib * 8, second, PRESENT_WRITABLE)?;
        for page in 0..512 {
            let to = gib << 30 | page << 21;
            write(second + page * 8, to, PRESENT_WRITABLE | LARGE)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Backing, MIN_MIB, create};

    #[test]
    fn descriptors_are_what_linux_has_for_its_own_boot() {
        // arch/x86/include/asm/desc_defs.h: GDT_ENTRY_INIT of __BOOT_CS and __BOOT_DS, and of a 64-bit kernel.
        assert_eq!(descriptor(CODE_32, 0xf_ffff), 0x00cf_9b00_0000_ffff);
        assert_eq!(descriptor(CODE_64, 0xf_ffff), 0x00af_9b00_0000_ffff);
        assert_eq!(descriptor(DATA, 0xf_ffff), 0x00cf_9300_0000_ffff);
        let code = segment(CODE_SELECTOR, CODE_64, u32::MAX);
        assert_eq!(
            (code.type_, code.s, code.present, code.l, code.db, code.g),
            (0xb, 1, 1, 1, 0, 1)
        );
    }

    #[test]
    fn the_first_4_gib_are_mapped_as_they_are() {
        let memory = create(MIN_MIB, Backing::Anonymous).unwrap();
        let entry = Entry::Long {
            address: 0,
            argument: 0,
        };
        entry.write_tables(&memory).unwrap();
        let read = |at| memory.read_obj::<u64>(GuestAddress(at)).unwrap();
        let table = |entry: u64| entry & !0xfff;
        for address in [0_u64, 0x20_0000, 0xd000_0000, 0xfee0_0000] {
            let third = table(read(PAGE_TABLES));
            let second = table(read(third + (address >> 30) * 8));
            let page = read(second + (address >> 21 & 511) * 8);
            assert_eq!(page, address | 0x83, "{address:#x}");
        }
    }
}
