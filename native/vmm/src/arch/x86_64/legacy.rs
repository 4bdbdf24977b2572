//! What is left of a PC beside its virtio devices: ways to end, and a serial port for who looks for a fault.

mod ending;
mod serial;

pub use serial::Serial;

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use super::ioapic::IoApic;
use crate::bus::Overlap;
use crate::layout::{IOAPIC, SERIAL_GSI};
use crate::machine::{Ending, MachineError};
use crate::vcpu::Buses;
use crate::vm::Vm;

/// The first of the serial port's eight ports, where every PC has it.
pub(crate) const SERIAL_PORT: u16 = 0x3f8;
pub(crate) const SERIAL_PORTS: u16 = 8;
const IOAPIC_SIZE: u64 = 0x20;
/// The keyboard controller's command port, and its command that resets the CPU.
pub(crate) const RESET_PORT: u16 = 0x64;
pub(crate) const RESET_VALUE: u8 = 0xfe;
/// ACPI's registers for going to sleep: control, and status behind it.
pub(crate) const SLEEP_PORT: u16 = 0x600;
/// The only state of sleep that there is: S5, power off.
pub(crate) const SLEEP_TYPE_OFF: u8 = 5;

/// Puts them on the bus. `serial` is where the serial port's bytes go to; without it there is none.
pub(crate) fn insert(
    buses: &mut Buses,
    vm: &Arc<Vm>,
    ending: &Ending,
    serial: Option<OwnedFd>,
) -> Result<(), MachineError> {
    insert_endings(buses, ending)?;
    let ioapic = IoApic::new(Arc::clone(vm), ending.clone());
    buses
        .memory
        .insert(IOAPIC, IOAPIC_SIZE, Arc::new(Mutex::new(ioapic)))?;
    if let Some(stream) = serial {
        let serial = Serial::new(stream).map_err(MachineError::Serial)?;
        vm.connect(serial.line(), SERIAL_GSI)?;
        let (start, length) = (SERIAL_PORT.into(), SERIAL_PORTS.into());
        buses
            .ports
            .insert(start, length, Arc::new(Mutex::new(serial)))?;
    }
    Ok(())
}

fn insert_endings(buses: &mut Buses, ending: &Ending) -> Result<(), Overlap> {
    let reset = ending::Reset::new(ending.clone());
    // Its data port, three that are another matter, and its command port.
    buses.ports.insert(0x60, 5, Arc::new(Mutex::new(reset)))?;
    let sleep = ending::Sleep::new(ending.clone());
    buses
        .ports
        .insert(SLEEP_PORT.into(), 2, Arc::new(Mutex::new(sleep)))?;
    // The clock's index and data: Linux writes there how a CPU that it starts shall begin.
    buses
        .ports
        .insert(0x70, 2, Arc::new(Mutex::new(ending::Silent)))
}
