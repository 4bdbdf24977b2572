//! The event queue (virtio 1.2, section 5.10.6.7), which has one event to tell of.

use std::io::Write;
use std::sync::Arc;

use crate::device::Failure;
use crate::devices::ring::Ring;

/// VIRTIO_VSOCK_EVENT_TRANSPORT_RESET, as it is in memory.
const TRANSPORT_RESET: [u8; 4] = 0u32.to_le_bytes();

/// The driver's event queue.
pub(super) struct Events {
    ring: Ring,
    /// The driver is still to be told. More than once is as good as once.
    due: bool,
}

impl Events {
    pub(super) fn new(ring: Ring) -> Self {
        Events { ring, due: false }
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// As soon as the driver has a buffer for it.
    ///
    /// # Errors
    /// The driver has broken the queue.
    pub(super) fn reset_transport(&mut self) -> Result<(), Failure> {
        self.due = true;
        self.deliver()
    }

    /// To be called after a kick of the queue.
    ///
    /// # Errors
    /// The driver has broken the queue.
    pub(super) fn deliver(&mut self) -> Result<(), Failure> {
        if !self.due || !self.ring.rearm()? {
            return Ok(());
        }
        let memory = Arc::clone(self.ring.memory());
        let Some(buffer) = self.ring.take()? else {
            return Ok(());
        };
        let head = buffer.head_index();
        let written = buffer
            .writer(&memory)
            .is_ok_and(|mut writer| writer.write_all(&TRANSPORT_RESET).is_ok());
        if !written {
            return Err(Failure::Guest(
                "a buffer of its event queue does not hold an event".to_owned(),
            ));
        }
        self.due = false;
        self.ring.give_back(head, TRANSPORT_RESET.len() as u32)?;
        self.ring.tell()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::device::{Activation, Configuration, Description, Device, Progress, QUEUE_FEATURES};
    use crate::devices::driver::{Driver, WRITE};
    use crate::worker::Poll;

    /// Has nothing but an event queue, and an event from the beginning.
    #[derive(Default)]
    struct Restored(Option<Events>);

    impl Device for Restored {
        fn description(&self) -> Description {
            Description {
                name: "the restored one".to_owned(),
                device_type: 19,
                queue_sizes: vec![8],
                features: QUEUE_FEATURES,
                configuration: Configuration::new(Vec::new()),
            }
        }

        fn activate(
            &mut self,
            mut activation: Activation,
            poll: &mut Poll<'_>,
        ) -> Result<(), Failure> {
            let queue = activation.take(0)?;
            let ring = Ring::new(queue, activation.memory, activation.interrupt);
            ring.watch(0, poll)?;
            self.0.insert(Events::new(ring)).reset_transport()
        }

        fn handle(&mut self, _: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
            if let Some(events) = &mut self.0 {
                events.deliver()?;
            }
            Ok(Progress::Done)
        }

        fn reset(&mut self, _: &mut Poll<'_>) -> io::Result<()> {
            self.0 = None;
            Ok(())
        }
    }

    const BUFFER: u64 = 0x1000;

    fn driver() -> Driver {
        let driver = Driver::new(Restored::default());
        driver.write(BUFFER, &[0xff; 5]);
        driver
    }

    #[test]
    fn the_driver_is_told_once() {
        let mut driver = driver();
        let head = driver.offer(0, &[(BUFFER, 5, WRITE)]);
        driver.offer(0, &[(BUFFER, 5, WRITE)]);
        assert!(driver.activate(0));
        assert_eq!(driver.used(0), (head, 4));
        assert_eq!(driver.read(BUFFER, 5), [0, 0, 0, 0, 0xff]);
        driver.kick(0);
        assert!(driver.try_reset());
        assert_eq!(driver.used_index(0), 1);
        assert!(driver.is_content());
    }

    #[test]
    fn an_event_waits_for_a_buffer() {
        let mut driver = driver();
        assert!(driver.activate(0));
        assert_eq!(driver.request(0, &[(BUFFER, 4, WRITE)]), 4);
        assert_eq!(driver.read(BUFFER, 5), [0, 0, 0, 0, 0xff]);
    }

    #[test]
    fn what_holds_no_event_is_the_drivers_fault() {
        for (length, flags) in [(3, WRITE), (4, 0), (0, WRITE)] {
            let mut driver = driver();
            driver.offer(0, &[(BUFFER, length, flags)]);
            assert!(!driver.activate(0), "{length} {flags}");
            assert!(driver.complaint().contains("event queue"));
            assert_eq!(driver.read(BUFFER, 5)[3..], [0xff; 2]);
        }
    }
}
