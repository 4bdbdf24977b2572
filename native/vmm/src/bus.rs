//! Which device answers at which address.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A device that a vCPU thread reads and writes. What it does not know reads as zeros and is written to nowhere.
pub trait BusDevice: Send {
    /// `offset`: from the start of the device's range. `data` is zeros, 1 to 8 bytes long.
    fn read(&mut self, offset: u64, data: &mut [u8]);
    /// `data`: 1 to 8 bytes.
    fn write(&mut self, offset: u64, data: &[u8]);
}

/// Two ranges of a bus overlap, or one is empty.
#[derive(Debug, thiserror::Error)]
#[error("{length} addresses from {start:#x} on are no free range of the bus")]
pub struct Overlap {
    start: u64,
    length: u64,
}

struct Range {
    length: u64,
    device: Arc<Mutex<dyn BusDevice>>,
}

/// Ranges of addresses, of memory or of ports. Complete before the first vCPU runs.
#[derive(Default)]
pub struct Bus {
    ranges: BTreeMap<u64, Range>,
}

impl Bus {
    /// # Errors
    /// When a part of the range is taken.
    pub fn insert(
        &mut self,
        start: u64,
        length: u64,
        device: Arc<Mutex<dyn BusDevice>>,
    ) -> Result<(), Overlap> {
        let overlap = Overlap { start, length };
        let Some(end) = start.checked_add(length).filter(|_| length > 0) else {
            return Err(overlap);
        };
        if let Some((before, range)) = self.ranges.range(..end).next_back()
            && before + range.length > start
        {
            return Err(overlap);
        }
        self.ranges.insert(start, Range { length, device });
        Ok(())
    }

    /// False: nobody is there.
    pub fn read(&self, address: u64, data: &mut [u8]) -> bool {
        data.fill(0);
        self.with(address, data.len(), |device, offset| {
            device.read(offset, data);
        })
    }

    /// False: nobody is there.
    pub fn write(&self, address: u64, data: &[u8]) -> bool {
        self.with(address, data.len(), |device, offset| {
            device.write(offset, data);
        })
    }

    fn with(
        &self,
        address: u64,
        length: usize,
        access: impl FnOnce(&mut dyn BusDevice, u64),
    ) -> bool {
        let Some((start, range)) = self.ranges.range(..=address).next_back() else {
            return false;
        };
        let offset = address - start;
        // An access over the end of a device is nobody's.
        if offset
            .checked_add(length as u64)
            .is_none_or(|end| end > range.length)
        {
            return false;
        }
        let mut device = range.device.lock().unwrap_or_else(PoisonError::into_inner);
        access(&mut *device, offset);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Last(u64);

    impl BusDevice for Last {
        fn read(&mut self, offset: u64, data: &mut [u8]) {
            data.fill(offset as u8);
        }
        fn write(&mut self, offset: u64, _: &[u8]) {
            self.0 = offset;
        }
    }

    #[test]
    fn an_access_reaches_the_device_whose_range_holds_it_whole() {
        let mut bus = Bus::default();
        let device = Arc::new(Mutex::new(Last::default()));
        bus.insert(0x10, 8, Arc::clone(&device) as _).unwrap();
        let mut byte = [9];
        assert!(bus.read(0x13, &mut byte));
        assert_eq!(byte, [3]);
        assert!(bus.write(0x14, &[0; 4]));
        assert_eq!(device.lock().unwrap().0, 4);
        for (address, length) in [(0xf, 1), (0x18, 1), (0x15, 4), (u64::MAX, 8)] {
            let mut data = vec![9; length];
            assert!(!bus.read(address, &mut data), "{address:#x}");
            assert_eq!(data, vec![0; length]);
        }
    }

    #[test]
    fn ranges_that_overlap_are_refused() {
        let mut bus = Bus::default();
        let device = || Arc::new(Mutex::new(Last::default()));
        bus.insert(0x10, 8, device()).unwrap();
        bus.insert(0x18, 8, device()).unwrap();
        for (start, length) in [
            (0x10, 8),
            (0xf, 2),
            (0x17, 1),
            (0, 0x100),
            (1, 0),
            (u64::MAX, 2),
        ] {
            assert!(bus.insert(start, length, device()).is_err(), "{start:#x}");
        }
    }
}
