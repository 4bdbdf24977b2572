//! Ports by which a guest ends.

use super::{RESET_PORT, RESET_VALUE, SLEEP_TYPE_OFF};
use crate::bus::BusDevice;
use crate::machine::{End, Ending};

/// The keyboard controller, of which only the reset is left. It has no keys and is always ready.
pub(super) struct Reset {
    ending: Ending,
}

impl Reset {
    pub(super) fn new(ending: Ending) -> Self {
        Reset { ending }
    }
}

impl BusDevice for Reset {
    fn read(&mut self, _: u64, _: &mut [u8]) {}

    fn write(&mut self, offset: u64, data: &[u8]) {
        if offset == u64::from(RESET_PORT & 0xf) && data == [RESET_VALUE] {
            self.ending.end(End::Reset);
        }
    }
}

/// ACPI's sleep control register, and its status register (ACPI 6.5, section 4.8.3.7).
pub(super) struct Sleep {
    ending: Ending,
}

const SLEEP_ENABLE: u8 = 1 << 5;

impl Sleep {
    pub(super) fn new(ending: Ending) -> Self {
        Sleep { ending }
    }
}

impl BusDevice for Sleep {
    fn read(&mut self, _: u64, _: &mut [u8]) {}

    fn write(&mut self, offset: u64, data: &[u8]) {
        let Some(control) = data.first().filter(|_| offset == 0) else {
            return;
        };
        if control & SLEEP_ENABLE != 0 && control >> 2 & 7 == SLEEP_TYPE_OFF {
            self.ending.end(End::PowerOff);
        }
    }
}

/// Takes everything and gives zeros, which says of a clock that its time can be read, and that it has none.
pub(super) struct Silent;

impl BusDevice for Silent {
    fn read(&mut self, _: u64, _: &mut [u8]) {}
    fn write(&mut self, _: u64, _: &[u8]) {}
}
