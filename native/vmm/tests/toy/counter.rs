//! The simplest device: what it costs is what a queue costs.

use std::io;
use std::sync::Arc;

use hadron_vmm::device::{
    Activation, Configuration, Description, Device, Failure, Interrupt, Progress, QUEUE_FEATURES,
    Virtqueue, as_fd,
};
use hadron_vmm::memory::Memory;
use hadron_vmm::worker::{EventFlags, Poll};
use virtio_queue::{QueueOwnedT, QueueT};
use vm_memory::Bytes;

/// Writes into each buffer how many there were before it.
struct Counter {
    active: Option<(Arc<Memory>, Virtqueue, Interrupt)>,
    count: u64,
}

/// It alone.
pub fn counter() -> Vec<Box<dyn Device>> {
    vec![Box::new(Counter {
        active: None,
        count: 0,
    })]
}

impl Device for Counter {
    fn description(&self) -> Description {
        Description {
            name: "the counter".to_owned(),
            device_type: 4,
            queue_sizes: vec![16],
            features: QUEUE_FEATURES,
            configuration: Configuration::new(vec![1, 2, 3, 4]),
        }
    }

    fn activate(&mut self, mut activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let queue = activation.take(0)?;
        poll.add(as_fd(&queue.kick), 0, EventFlags::IN)
            .map_err(|error| Failure::Host(error.to_string()))?;
        self.active = Some((activation.memory, queue, activation.interrupt));
        self.handle(0, poll).map(|_| ())
    }

    fn handle(&mut self, _: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
        let Some((memory, virtqueue, interrupt)) = &mut self.active else {
            return Ok(Progress::Done);
        };
        let _ = virtqueue.kick.read();
        let queue = &mut virtqueue.queue;
        loop {
            queue.disable_notification(&**memory)?;
            while let Some(chain) = queue.iter(&**memory)?.next() {
                let head = chain.head_index();
                for descriptor in chain.writable() {
                    memory
                        .write_obj(self.count, descriptor.addr())
                        .map_err(|error| Failure::Guest(error.to_string()))?;
                }
                self.count += 1;
                queue.add_used(&**memory, head, 8)?;
                if queue.needs_notification(&**memory)? {
                    interrupt.used();
                }
            }
            if !queue.enable_notification(&**memory)? {
                return Ok(Progress::Done);
            }
        }
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        if let Some((_, queue, _)) = self.active.take() {
            poll.remove(as_fd(&queue.kick))?;
        }
        Ok(())
    }
}
