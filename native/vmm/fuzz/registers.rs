//! A driver that reads and writes a transport's registers in any order and width: `make fuzz`.
//!
//! An input that breaks it becomes a test in src/mmio/tests.rs.

#![no_main]

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex};

use hadron_vmm::bus::BusDevice;
use hadron_vmm::device::{
    AGAIN, Activation, Configuration, Description, Device, Failure, Progress, QUEUE_FEATURES,
};
use hadron_vmm::devices::ring::Ring;
use hadron_vmm::memory::{Backing, Memory, create};
use hadron_vmm::mmio::{Doorbells, Mmio, Place};
use hadron_vmm::worker::{Listener, Poll, Worker};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use virtio_bindings::virtio_mmio::*;
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

const MEMORY: u64 = 32 << 20;
/// So that one input takes milliseconds.
const STEPS: usize = 200;
const REGISTERS: [u32; 24] = [
    VIRTIO_MMIO_DEVICE_FEATURES_SEL,
    VIRTIO_MMIO_DRIVER_FEATURES,
    VIRTIO_MMIO_DRIVER_FEATURES_SEL,
    VIRTIO_MMIO_QUEUE_SEL,
    VIRTIO_MMIO_QUEUE_NUM,
    VIRTIO_MMIO_QUEUE_READY,
    VIRTIO_MMIO_QUEUE_NOTIFY,
    VIRTIO_MMIO_INTERRUPT_ACK,
    VIRTIO_MMIO_STATUS,
    VIRTIO_MMIO_QUEUE_DESC_LOW,
    VIRTIO_MMIO_QUEUE_DESC_HIGH,
    VIRTIO_MMIO_QUEUE_AVAIL_LOW,
    VIRTIO_MMIO_QUEUE_AVAIL_HIGH,
    VIRTIO_MMIO_QUEUE_USED_LOW,
    VIRTIO_MMIO_QUEUE_USED_HIGH,
    VIRTIO_MMIO_SHM_SEL,
    VIRTIO_MMIO_CONFIG_GENERATION,
    VIRTIO_MMIO_CONFIG,
    VIRTIO_MMIO_QUEUE_SEL,
    VIRTIO_MMIO_QUEUE_NUM,
    VIRTIO_MMIO_QUEUE_READY,
    VIRTIO_MMIO_STATUS,
    VIRTIO_MMIO_STATUS,
    VIRTIO_MMIO_QUEUE_NOTIFY,
];

/// Gives every chain back.
struct Probe {
    rings: Vec<Option<Ring>>,
    configuration: Arc<Configuration>,
}

impl Probe {
    fn serve(&mut self, queue: usize) -> std::result::Result<(), Failure> {
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

    fn activate(
        &mut self,
        activation: Activation,
        poll: &mut Poll<'_>,
    ) -> std::result::Result<(), Failure> {
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

    fn handle(&mut self, token: u32, _: &mut Poll<'_>) -> std::result::Result<Progress, Failure> {
        if token != AGAIN {
            self.serve(token as usize)?;
        }
        Ok(Progress::Done)
    }

    fn configure(
        &mut self,
        offset: u64,
        data: &[u8],
        _: &mut Poll<'_>,
    ) -> std::result::Result<(), Failure> {
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

/// What KVM would be told, and refuse.
type Attached = Arc<Mutex<Vec<(u64, u32, EventFd)>>>;

struct Bells(Attached);

impl Doorbells for Bells {
    fn attach(&self, address: u64, queue: u32, kick: &EventFd) -> io::Result<()> {
        let mut attached = self.0.lock().unwrap();
        assert!(attached.iter().all(|(_, other, _)| *other != queue));
        attached.push((address, queue, kick.try_clone()?));
        Ok(())
    }

    fn detach(&self, address: u64, queue: u32, _: &EventFd) -> io::Result<()> {
        let mut attached = self.0.lock().unwrap();
        let before = attached.len();
        attached.retain(|(at, other, _)| (*at, *other) != (address, queue));
        assert_eq!(attached.len() + 1, before, "detached what was not attached");
        Ok(())
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
            if input.is_empty() || step(&mut input, &mut registers, guest, &attached).is_err() {
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

fn step(
    input: &mut Unstructured,
    registers: &mut Mmio,
    guest: &Guest,
    attached: &Attached,
) -> Result<()> {
    match input.int_in_range(0..=15)? {
        0 => {
            let width = *input.choose(&[1, 2, 3, 4, 8])?;
            registers.read(input.int_in_range(0..=0xfff)?, &mut [0; 8][..width]);
        }
        1 => {
            let width = *input.choose(&[1, 2, 3, 4, 8])?;
            let bytes: [u8; 8] = input.arbitrary()?;
            registers.write(input.int_in_range(0..=0xfff)?, &bytes[..width]);
        }
        2 => {
            let at = input.int_in_range(0..=0x4000)?;
            let length = input.int_in_range(1..=32)?;
            let bytes = input.bytes(length)?;
            guest
                .memory
                .write_slice(bytes, GuestAddress(at))
                .map_err(|_| libfuzzer_sys::arbitrary::Error::IncorrectFormat)?;
        }
        3 => {
            if let Some((_, _, kick)) = attached.lock().unwrap().first() {
                let _ = kick.write(1);
            }
        }
        4 | 5 => begin(input, registers)?,
        _ => {
            let register = *input.choose(&REGISTERS)?;
            let value = value(input, register)?;
            registers.write(register.into(), &value.to_le_bytes());
        }
    }
    Ok(())
}

/// Mostly one that leads on.
fn value(input: &mut Unstructured, register: u32) -> Result<u32> {
    if input.ratio(1, 4)? {
        return input.arbitrary();
    }
    Ok(match register {
        VIRTIO_MMIO_STATUS => *input.choose(&[0, 1, 3, 0xb, 0xf, 0x8f, 0x4f])?,
        VIRTIO_MMIO_QUEUE_NUM => *input.choose(&[0, 1, 4, 16, 64, 65, 32768])?,
        VIRTIO_MMIO_QUEUE_DESC_LOW | VIRTIO_MMIO_QUEUE_AVAIL_LOW | VIRTIO_MMIO_QUEUE_USED_LOW => {
            0x400 * input.int_in_range(0..=16)?
        }
        _ => input.int_in_range(0..=3)?,
    })
}

/// What a good driver does as far as FEATURES_OK.
fn begin(input: &mut Unstructured, registers: &mut Mmio) -> Result<()> {
    let features: u64 = *input.choose(&[QUEUE_FEATURES, QUEUE_FEATURES | 1, 1 << 32, 2])?;
    for (register, value) in [
        (VIRTIO_MMIO_STATUS, 0),
        (VIRTIO_MMIO_STATUS, 3),
        (VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0),
        (VIRTIO_MMIO_DRIVER_FEATURES, features as u32),
        (VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1),
        (VIRTIO_MMIO_DRIVER_FEATURES, (features >> 32) as u32),
        (VIRTIO_MMIO_STATUS, 0xb),
    ] {
        registers.write(register.into(), &u32::to_le_bytes(value));
    }
    Ok(())
}
