//! The CPUs and the I/O APIC. No line is another one than its number says, and there are no PICs.

use acpi_tables::madt::{
    EnabledStatus, IoApic, LocalInterruptController, MADT, ProcessorLocalApic,
};

use super::{OEM, REVISION, TABLE, bytes};
use crate::layout::{IOAPIC, LOCAL_APIC};

/// KVM's I/O APIC has this id after a reset.
const IOAPIC_ID: u8 = 0;

pub(super) fn table(vcpus: u8) -> Vec<u8> {
    let local = LocalInterruptController::Address(LOCAL_APIC as u32);
    let mut madt = MADT::new(OEM, TABLE, REVISION, local);
    for id in 0..vcpus {
        madt.add_structure(ProcessorLocalApic::new(id, id, EnabledStatus::Enabled));
    }
    madt.add_structure(IoApic::new(IOAPIC_ID, IOAPIC as u32, 0));
    bytes(&madt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cpu_and_the_io_apic_are_there() {
        let madt = table(2);
        assert_eq!(madt[36..44], [0, 0, 0xe0, 0xfe, 0, 0, 0, 0]);
        assert_eq!(madt[44..52], [0, 8, 0, 0, 1, 0, 0, 0]);
        assert_eq!(madt[52..60], [0, 8, 1, 1, 1, 0, 0, 0]);
        assert_eq!(madt[60..], [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
    }
}
