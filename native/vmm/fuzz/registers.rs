//! A driver that reads and writes a transport's registers in any order and width: `make fuzz`.
//!
//! An input that breaks it becomes a test in src/mmio/tests.rs.

#![no_main]

mod guest;

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use hadron_vmm::bus::BusDevice;
use hadron_vmm::device::{
    AGAIN, Activation, Configuration, Description, Device, Failure, Progress, QUEUE_FEATURES,
};
use hadron_vmm::devices::ring::Ring;
use hadron_vmm::memory::{Backing, Memory, create};
use hadron_vmm::mmio::{Mmio, Place};
use hadron_vmm::worker::{Listener, Poll, Worker};
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use virtio_bindings::virtio_mmio::VIRTIO_MMIO_STATUS;
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use guest::{Attached, Bells, step};

const MEMORY: u64 = 32 << 20;
/// So that one input takes milliseconds.
const STEPS: usize = 200;

/// Gives every chain back.
struct Probe {
    rings: Vec<Option<Ring>>,
    configuration: Arc<Configuration>,
}

impl Probe {
    fn serve(&mut self, queue: usize) -> Result<(), Failure> {
        let Some(Some(ring)) = self.rings.get_mut(queue) else {
            return Ok(());
        };
        loop {
            while let Some(mut chain) = ring.take()? {
                let head = chain.head_index();
                let pieces = chain.by_ref().take(100).count();
                ring.give_back(head, pieces as u32)?;
            }
            if !ring.rearm()? {
                return ring.tell();
            }
        }
    }
}

impl Device for Probe {
    fn description(&self) -> Description {
        Description {
            name: "the probe".to_owned(),
            device_type: 4,
            queue_sizes: vec![64, 1, 32768],
            features: QUEUE_FEATURES | 1,
            configuration: Arc::clone(&self.configuration),
        }
    }

    fn activate(&mut self, activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        assert!(self.rings.is_empty(), "activated twice");
        for (token, queue) in (0..).zip(activation.queues) {
            let ring = queue.map(|queue| {
                let memory = Arc::clone(&activation.memory);
                Ring::new(queue, memory, activation.interrupt.clone())
            });
            if let Some(ring) = &ring {
                ring.watch(token, poll)?;
            }
            self.rings.push(ring);
        }
        Ok(())
    }

    fn handle(&mut self, token: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
        if token != AGAIN {
            self.serve(token as usize)?;
        }
        Ok(Progress::Done)
    }

    fn configure(&mut self, offset: u64, data: &[u8], _: &mut Poll<'_>) -> Result<(), Failure> {
        self.configuration.update(|bytes| bytes[0] ^= data[0]);
        if offset == 3 {
            return Err(Failure::Guest("the third byte is a trap".to_owned()));
        }
        Ok(())
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        for ring in self.rings.drain(..).flatten() {
            ring.unwatch(poll);
        }
        Ok(())
    }
}

struct Silent;

impl Listener for Silent {
    fn complaint(&self, _: String) {}
    fn fatal(&self, sentence: String) {
        panic!("{sentence}");
    }
}

struct Guest {
    memory: Arc<Memory>,
    worker: Worker,
    description: Description,
}

thread_local! {
    static GUEST: RefCell<Guest> = RefCell::new(guest());
}

fn guest() -> Guest {
    let probe = Probe {
        rings: Vec::new(),
        configuration: Configuration::new(vec![1, 2, 3, 4]),
    };
    Guest {
        description: probe.description(),
        memory: create(MEMORY >> 20, Backing::Anonymous).unwrap(),
        worker: Worker::spawn(vec![Box::new(probe)], Arc::new(Silent), || Ok(())).unwrap(),
    }
}

fuzz_target!(|input: &[u8]| {
    GUEST.with_borrow(|guest| {
        let attached = Attached::default();
        let place = Place {
            address: 0xd000_0000,
            memory: Arc::clone(&guest.memory),
            doorbells: Box::new(Bells(Arc::clone(&attached))),
            worker: guest.worker.handle(),
            device: 0,
            line: Arc::new(EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).unwrap()),
        };
        let mut registers = Mmio::new(place, guest.description.clone()).unwrap();
        let mut input = Unstructured::new(input);
        for _ in 0..STEPS {
            if input.is_empty()
                || step(&mut input, &mut registers, &guest.memory, &attached).is_err()
            {
                break;
            }
        }
        registers.write(VIRTIO_MMIO_STATUS.into(), &[0; 4]);
        let mut status = [9; 4];
        registers.read(VIRTIO_MMIO_STATUS.into(), &mut status);
        assert_eq!(status, [0; 4]);
        assert!(attached.lock().unwrap().is_empty());
    });
});
