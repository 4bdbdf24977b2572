//! The devices, as ACPI's machine language describes them.

use acpi_tables::aml::{
    Device, EISAName, IO, Interrupt, Memory32Fixed, Method, Name, Notify, Package, Path,
    ResourceTemplate, Scope,
};
use acpi_tables::sdt::Sdt;
use acpi_tables::{Aml, AmlSink};

use super::{OEM, REVISION, TABLE};
use crate::arch::x86_64::Description;
use crate::arch::x86_64::legacy::{SERIAL_PORT, SERIAL_PORTS, SLEEP_TYPE_OFF};
use crate::arch::x86_64::low_memory::GENERATION;
use crate::layout::{FIRST_GSI, GENERATION_GSI, SERIAL_GSI, VIRTIO_MMIO, VIRTIO_MMIO_SIZE};

/// Length of a table's header.
const HEADER: u32 = 36;
/// Its integers have 64 bits.
const DSDT_REVISION: u8 = 2;
/// What the generation device says when its id is another one.
const GENERATION_CHANGED: u8 = 0x80;

pub(super) fn table(description: Description) -> Vec<u8> {
    let devices: Vec<_> = (0..description.devices).map(Virtio).collect();
    let mut children: Vec<&dyn Aml> = devices.iter().map(|device| device as &dyn Aml).collect();
    if description.serial {
        children.push(&Serial);
    }
    children.extend([&Generation as &dyn Aml, &Events]);
    let mut aml = Vec::new();
    Scope::new("_SB_".into(), children).to_aml_bytes(&mut aml);
    // The only state of sleep: off.
    Name::new("_S5_".into(), &Package::new(vec![&SLEEP_TYPE_OFF])).to_aml_bytes(&mut aml);

    let mut dsdt = Sdt::new(*b"DSDT", HEADER, DSDT_REVISION, OEM, TABLE, REVISION);
    dsdt.append_slice(&aml);
    dsdt.as_slice().to_vec()
}

/// A virtio-mmio device, by its number. Linux's driver knows them by this name.
struct Virtio(usize);

impl Aml for Virtio {
    fn to_aml_bytes(&self, sink: &mut dyn AmlSink) {
        let number = self.0 as u32;
        let address = VIRTIO_MMIO as u32 + number * VIRTIO_MMIO_SIZE as u32;
        let registers = Memory32Fixed::new(true, address, VIRTIO_MMIO_SIZE as u32);
        let interrupt = edge(FIRST_GSI + number);
        let resources = ResourceTemplate::new(vec![&registers, &interrupt]);
        Device::new(
            Path::new(&format!("V{number:03}")),
            vec![
                &Name::new("_HID".into(), &"LNRO0005"),
                &Name::new("_UID".into(), &number),
                &Name::new("_CRS".into(), &resources),
            ],
        )
        .to_aml_bytes(sink);
    }
}

struct Serial;

impl Aml for Serial {
    fn to_aml_bytes(&self, sink: &mut dyn AmlSink) {
        let ports = IO::new(SERIAL_PORT, SERIAL_PORT, 1, SERIAL_PORTS as u8);
        let interrupt = edge(SERIAL_GSI);
        let resources = ResourceTemplate::new(vec![&ports, &interrupt]);
        Device::new(
            "COM1".into(),
            vec![
                &Name::new("_HID".into(), &EISAName::new("PNP0501")),
                &Name::new("_UID".into(), &0_u8),
                &Name::new("_CRS".into(), &resources),
            ],
        )
        .to_aml_bytes(sink);
    }
}

/// Where the generation id is (Microsoft, "Virtual Machine Generation ID").
struct Generation;

impl Aml for Generation {
    fn to_aml_bytes(&self, sink: &mut dyn AmlSink) {
        let (low, high) = (GENERATION as u32, (GENERATION >> 32) as u32);
        Device::new(
            "VGEN".into(),
            vec![
                // Linux knows this one by its own name, the other by the specification's.
                &Name::new("_HID".into(), &"VMGENCTR"),
                &Name::new("_CID".into(), &"VM_Gen_Counter"),
                &Name::new("_DDN".into(), &"VM_Gen_Counter"),
                &Name::new("ADDR".into(), &Package::new(vec![&low, &high])),
            ],
        )
        .to_aml_bytes(sink);
    }
}

/// The generic event device (ACPI 6.5, section 5.6.9), by which others notify where there is no hardware of ACPI's own.
struct Events;

impl Aml for Events {
    fn to_aml_bytes(&self, sink: &mut dyn AmlSink) {
        let interrupt = edge(GENERATION_GSI);
        let resources = ResourceTemplate::new(vec![&interrupt]);
        let generation = Path::new("\\_SB_.VGEN");
        let notify = Notify::new(&generation, &GENERATION_CHANGED);
        Device::new(
            "GED_".into(),
            vec![
                &Name::new("_HID".into(), &"ACPI0013"),
                &Name::new("_UID".into(), &0_u8),
                &Name::new("_CRS".into(), &resources),
                &Method::new("_EVT".into(), 1, true, vec![&notify]),
            ],
        )
        .to_aml_bytes(sink);
    }
}

/// An interrupt line of the device's own, whose edges count.
fn edge(line: u32) -> Interrupt {
    Interrupt::new(true, true, false, false, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(devices: usize, serial: bool) -> Description {
        Description {
            vcpus: 1,
            devices,
            serial,
        }
    }

    fn count(table: &[u8], wanted: &[u8]) -> usize {
        table
            .windows(wanted.len())
            .filter(|window| *window == wanted)
            .count()
    }

    #[test]
    fn each_device_has_its_registers_and_its_line() {
        let dsdt = table(description(3, false));
        assert_eq!(count(&dsdt, b"LNRO0005"), 3);
        // Memory32Fixed, writable; extended interrupt: consumer, edge, high, exclusive, one.
        let third = [
            0x86, 9, 0, 1, 0, 0x20, 0, 0xd0, 0, 0x10, 0, 0, 0x89, 6, 0, 3, 1, 7, 0, 0, 0,
        ];
        assert_eq!(count(&dsdt, &third), 1);
        assert_eq!(count(&dsdt, b"COM1"), 0);
        assert_eq!(count(&table(description(0, true)), b"COM1"), 1);
    }
}
