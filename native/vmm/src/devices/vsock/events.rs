//! The event queue (virtio 1.2, section 5.10.6.7), which has one event to tell of.

use std::io::Write;
use std::sync::Arc;

use virtio_queue::{DescriptorChain, Queue, QueueOwnedT, QueueT};

use crate::device::{Failure, Interrupt};
use crate::memory::Memory;

/// VIRTIO_VSOCK_EVENT_TRANSPORT_RESET, as it is in memory.
const TRANSPORT_RESET: [u8; 4] = 0u32.to_le_bytes();

/// The driver's event queue.
pub(super) struct Events {
    queue: Queue,
    memory: Arc<Memory>,
    interrupt: Interrupt,
    /// The driver is still to be told. More than once is as good as once.
    due: bool,
}

impl Events {
    pub(super) fn new(queue: Queue, memory: Arc<Memory>, interrupt: Interrupt) -> Self {
        Events {
            queue,
            memory,
            interrupt,
            due: false,
        }
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
        let memory = &*self.memory;
        if !self.due {
            return Ok(());
        }
        let mut buffer = self.queue.iter(memory)?.next();
        if buffer.is_none() && self.queue.enable_notification(memory)? {
            buffer = self.queue.iter(memory)?.next();
        }
        let Some(buffer) = buffer else {
            return Ok(());
        };
        let head = buffer.head_index();
        if !write_event(memory, buffer) {
            return Err(Failure::Guest(
                "a buffer of its event queue does not hold an event".to_owned(),
            ));
        }
        self.due = false;
        let length = TRANSPORT_RESET.len() as u32;
        self.queue.add_used(memory, head, length)?;
        if self.queue.needs_notification(memory)? {
            self.interrupt.used();
        }
        Ok(())
    }
}

/// False: this is no buffer for an event.
fn write_event(memory: &Memory, buffer: DescriptorChain<&Memory>) -> bool {
    buffer
        .writer(memory)
        .is_ok_and(|mut writer| writer.write_all(&TRANSPORT_RESET).is_ok())
}

#[cfg(test)]
mod tests {
    use vm_memory::{Bytes, GuestAddress};
    use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

    use super::*;
    use crate::devices::testing::{Driver, FREE, Ring, WRITE};

    struct Fixture {
        memory: Arc<Memory>,
        ring: Ring,
        line: Arc<EventFd>,
        events: Events,
    }

    fn fixture() -> Fixture {
        let memory = Driver::memory();
        let ring = Ring::new(&memory, 0, 8);
        let line = Arc::new(EventFd::new(EFD_NONBLOCK).unwrap());
        let interrupt = Interrupt::new(Arc::clone(&line), Arc::default());
        let events = Events::new(ring.queue(), Arc::clone(&memory), interrupt);
        memory.write_obj(u32::MAX, GuestAddress(FREE)).unwrap();
        Fixture {
            memory,
            ring,
            line,
            events,
        }
    }

    impl Fixture {
        fn offer(&mut self, length: u32, flags: u16) -> u16 {
            self.ring.offer(&self.memory, &[(FREE, length, flags)])
        }

        fn used(&mut self) -> Option<(u16, u32)> {
            self.ring.used(&self.memory)
        }

        fn event(&self) -> u32 {
            self.memory.read_obj(GuestAddress(FREE)).unwrap()
        }
    }

    #[test]
    fn the_driver_is_told_once_and_interrupted() {
        let mut fixture = fixture();
        let head = fixture.offer(4, WRITE);
        fixture.offer(4, WRITE);
        fixture.events.reset_transport().unwrap();
        fixture.events.deliver().unwrap();
        assert_eq!(fixture.used(), Some((head, 4)));
        assert_eq!(fixture.used(), None);
        assert_eq!(fixture.event(), 0);
        assert_eq!(fixture.line.read().unwrap(), 1);
    }

    #[test]
    fn an_event_waits_for_a_buffer() {
        let mut fixture = fixture();
        fixture.events.reset_transport().unwrap();
        let head = fixture.offer(4, WRITE);
        fixture.events.deliver().unwrap();
        assert_eq!(fixture.used(), Some((head, 4)));
        assert_eq!(fixture.event(), 0);
    }

    #[test]
    fn what_holds_no_event_is_the_drivers_fault() {
        for (length, flags) in [(3, WRITE), (4, 0), (0, WRITE)] {
            let mut fixture = fixture();
            fixture.offer(length, flags);
            let result = fixture.events.reset_transport();
            assert!(matches!(result, Err(Failure::Guest(_))), "{length} {flags}");
        }
        let mut fixture = fixture();
        fixture.ring.publish(&fixture.memory, 100);
        let result = fixture.events.reset_transport();
        assert!(matches!(result, Err(Failure::Guest(_))));
    }
}
