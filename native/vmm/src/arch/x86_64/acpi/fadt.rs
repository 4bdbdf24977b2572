//! The fixed description: what a PC has that this one has not, and how to reset it and switch it off.

use acpi_tables::fadt::{FADTBuilder, Flags};
use acpi_tables::gas::{AccessSize, AddressSpace, GAS};

use super::{OEM, REVISION, TABLE, bytes};
use crate::arch::x86_64::legacy::{RESET_PORT, RESET_VALUE, SLEEP_PORT};

/// IAPC_BOOT_ARCH (ACPI 6.5, section 5.2.9.3): nobody looks for VGA, nor for a clock in CMOS. Neither legacy devices nor an
/// 8042 are said to be there.
const NO_VGA: u16 = 1 << 2;
const NO_CMOS_CLOCK: u16 = 1 << 5;

pub(super) fn table(dsdt: u64) -> Vec<u8> {
    let mut fadt = FADTBuilder::new(OEM, TABLE, REVISION)
        .dsdt_64(dsdt)
        .flag(Flags::HwReducedAcpi)
        .flag(Flags::ResetRegSup)
        .flag(Flags::Headless)
        // Neither button is of the fixed kind, which would be registers.
        .flag(Flags::PwrButton)
        .flag(Flags::SlpButton)
        .flag(Flags::Wbinvd);
    fadt.iapc_boot_arch = (NO_VGA | NO_CMOS_CLOCK).into();
    fadt.reset_reg = port(RESET_PORT);
    fadt.reset_value = RESET_VALUE;
    fadt.sleep_control_reg = port(SLEEP_PORT);
    fadt.sleep_status_reg = port(SLEEP_PORT + 1);
    fadt.hypervisor_vendor_identity = u64::from_le_bytes(TABLE).into();
    bytes(&fadt.finalize())
}

fn port(address: u16) -> GAS {
    GAS::new(
        AddressSpace::SystemIo,
        8,
        0,
        AccessSize::ByteAccess,
        address.into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_where_linux_reads_them() {
        let fadt = table(0x1234);
        let flags = u32::from_le_bytes(fadt[112..116].try_into().unwrap());
        assert_eq!(flags & (1 << 20 | 1 << 10), 1 << 20 | 1 << 10);
        assert_eq!(
            fadt[116..129],
            [1, 8, 0, 1, 0x64, 0, 0, 0, 0, 0, 0, 0, 0xfe]
        );
        assert_eq!(fadt[244..256], [1, 8, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]);
        assert_eq!(fadt[256..268], [1, 8, 0, 1, 1, 6, 0, 0, 0, 0, 0, 0]);
        assert_eq!(fadt[140..148], 0x1234_u64.to_le_bytes());
    }
}
