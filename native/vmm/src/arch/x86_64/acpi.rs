//! What the guest finds in ACPI's tables: its CPUs, its devices and how to end. They are of the hardware-reduced kind, which
//! has no timer, no PIC and no registers of its own but the ones for the end (ACPI 6.5, section 3.11.1).

mod dsdt;
mod fadt;
mod generation;
mod madt;

pub(crate) use generation::Generation;
pub use generation::GenerationError;

use acpi_tables::Aml;
use acpi_tables::rsdp::Rsdp;
use acpi_tables::xsdt::XSDT;
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};

use super::Description;
use super::low_memory::ACPI;
use crate::memory::Memory;

const OEM: [u8; 6] = *b"HADRON";
const TABLE: [u8; 8] = *b"HADRONVM";
const REVISION: u32 = 1;

/// The answer is where the first one is.
pub(super) fn write(memory: &Memory, description: Description) -> Result<u64, GuestMemoryError> {
    // Its pointer is what the guest is told, so it is first, and written last.
    let mut tables = Tables {
        memory,
        end: ACPI + Rsdp::len() as u64,
    };
    let dsdt = tables.add(&dsdt::table(description))?;
    let fadt = tables.add(&fadt::table(dsdt))?;
    let madt = tables.add(&madt::table(description.vcpus))?;
    let mut xsdt = XSDT::new(OEM, TABLE, REVISION);
    xsdt.add_entry(fadt);
    xsdt.add_entry(madt);
    let xsdt = tables.add(&bytes(&xsdt))?;
    memory.write_slice(&bytes(&Rsdp::new(OEM, xsdt)), GuestAddress(ACPI))?;
    Ok(ACPI)
}

struct Tables<'a> {
    memory: &'a Memory,
    end: u64,
}

impl Tables<'_> {
    fn add(&mut self, table: &[u8]) -> Result<u64, GuestMemoryError> {
        let address = self.end.next_multiple_of(16);
        self.memory.write_slice(table, GuestAddress(address))?;
        self.end = address + table.len() as u64;
        Ok(address)
    }
}

fn bytes(table: &dyn Aml) -> Vec<u8> {
    let mut bytes = Vec::new();
    table.to_aml_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::x86_64::low_memory::GENERATION;
    use crate::layout::MAX_DEVICES;
    use crate::memory::{Backing, MIN_MIB, create};

    fn read(memory: &Memory, address: u64, length: usize) -> Vec<u8> {
        let mut data = vec![0; length];
        memory.read_slice(&mut data, GuestAddress(address)).unwrap();
        data
    }

    fn sums_to_zero(data: &[u8]) -> bool {
        data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0
    }

    fn table(memory: &Memory, address: u64) -> Vec<u8> {
        let length: u32 = memory.read_obj(GuestAddress(address + 4)).unwrap();
        let table = read(memory, address, length as usize);
        assert!(sums_to_zero(&table), "{:?}", &table[..4]);
        table
    }

    fn pointer(table: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(table[at..at + 8].try_into().unwrap())
    }

    #[test]
    fn the_largest_vm_is_found_from_the_pointer_on() {
        let memory = create(MIN_MIB, Backing::Anonymous).unwrap();
        let description = Description {
            vcpus: 254,
            devices: MAX_DEVICES,
            serial: true,
        };
        let rsdp = write(&memory, description).unwrap();
        let pointers = read(&memory, rsdp, 36);
        assert_eq!(&pointers[..8], b"RSD PTR ");
        assert!(sums_to_zero(&pointers) && sums_to_zero(&pointers[..20]));
        let address = pointer(&pointers, 24);
        let xsdt = table(&memory, address);
        assert_eq!(&xsdt[..4], b"XSDT");
        assert!(address + (xsdt.len() as u64) < GENERATION);
        let fadt = table(&memory, pointer(&xsdt, 36));
        assert_eq!(&fadt[..4], b"FACP");
        assert_eq!(&table(&memory, pointer(&xsdt, 44))[..4], b"APIC");
        assert_eq!(&table(&memory, pointer(&fadt, 140))[..4], b"DSDT");
    }
}
