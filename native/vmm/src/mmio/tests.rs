use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::device::{Configuration, Device, Failure, Progress, QUEUE_FEATURES, as_fd};
use crate::devices::vacant::Vacant;
use crate::memory::Backing;
use crate::worker::{EventFlags, Listener, Poll, Worker};

mod bells;

use bells::{Attached, Bells};

/// What happened to the device, in its own thread.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Active {
        features: u64,
        queues: Vec<Option<u16>>,
    },
    Kick(u32),
    Configured(u64, Vec<u8>),
    Reset,
    Complaint(String),
}

struct Probe {
    seen: Sender<Seen>,
    queues: Vec<Option<Virtqueue>>,
    configuration: Arc<Configuration>,
}

impl Device for Probe {
    fn description(&self) -> Description {
        Description {
            name: "the probe".to_owned(),
            device_type: 4,
            queue_sizes: vec![64, 32],
            features: QUEUE_FEATURES | 1,
            configuration: Arc::clone(&self.configuration),
        }
    }

    fn activate(&mut self, activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        for (token, queue) in (0..).zip(&activation.queues) {
            if let Some(Virtqueue { kick, .. }) = queue {
                poll.add(as_fd(kick), token, EventFlags::IN)
                    .map_err(|error| Failure::Host(error.to_string()))?;
            }
        }
        let sizes = activation.queues.iter();
        self.tell(Seen::Active {
            features: activation.features,
            queues: sizes
                .map(|queue| queue.as_ref().map(|queue| queue.queue.size()))
                .collect(),
        });
        self.queues = activation.queues;
        Ok(())
    }

    fn handle(&mut self, token: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
        let Some(Some(queue)) = self.queues.get(token as usize) else {
            return Ok(Progress::Done);
        };
        let _ = queue.kick.read();
        self.tell(Seen::Kick(token));
        if token == 1 {
            return Err(Failure::Guest("the second queue is a trap".to_owned()));
        }
        Ok(Progress::Done)
    }

    fn configure(&mut self, offset: u64, data: &[u8], _: &mut Poll<'_>) -> Result<(), Failure> {
        self.tell(Seen::Configured(offset, data.to_vec()));
        self.configuration.update(|bytes| bytes[0] += 1);
        Ok(())
    }

    fn reset(&mut self, _: &mut Poll<'_>) -> io::Result<()> {
        self.queues.clear();
        self.tell(Seen::Reset);
        Ok(())
    }
}

impl Probe {
    fn tell(&self, what: Seen) {
        // At the very end nobody listens.
        let _ = self.seen.send(what);
    }
}

struct Teller(Mutex<Sender<Seen>>);

impl Listener for Teller {
    fn complaint(&self, sentence: String) {
        let _ = self.0.lock().unwrap().send(Seen::Complaint(sentence));
    }
    fn fatal(&self, sentence: String) {
        panic!("{sentence}");
    }
}

struct Driver {
    registers: Mmio,
    seen: Receiver<Seen>,
    attached: Attached,
    line: Arc<EventFd>,
    _worker: Worker,
}

impl Driver {
    fn new() -> Self {
        let (sender, seen) = channel();
        let probe = Probe {
            seen: sender.clone(),
            queues: Vec::new(),
            configuration: Configuration::new(vec![1, 2, 3, 4]),
        };
        let description = probe.description();
        let listener = Arc::new(Teller(Mutex::new(sender)));
        let worker = Worker::spawn(vec![Box::new(probe)], listener, || Ok(())).unwrap();
        let attached = Attached::default();
        let line = Arc::new(EventFd::new(EFD_NONBLOCK).unwrap());
        let place = Place {
            address: 0xd000_0000,
            memory: crate::memory::create(32, Backing::Anonymous).unwrap(),
            doorbells: Box::new(Bells(Arc::clone(&attached))),
            worker: worker.handle(),
            device: 0,
            line: Arc::clone(&line),
        };
        Driver {
            registers: Mmio::new(place, description).unwrap(),
            seen,
            attached,
            line,
            _worker: worker,
        }
    }

    fn get(&mut self, register: u32) -> u32 {
        let mut data = [0; 4];
        self.registers.read(register.into(), &mut data);
        u32::from_le_bytes(data)
    }

    fn set(&mut self, register: u32, value: u32) {
        self.registers.write(register.into(), &value.to_le_bytes());
    }

    /// As far as FEATURES_OK.
    fn negotiate(&mut self, features: u64) {
        self.set(VIRTIO_MMIO_STATUS, 0);
        self.set(VIRTIO_MMIO_STATUS, 1);
        self.set(VIRTIO_MMIO_STATUS, 3);
        for page in 0..2 {
            self.set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, page);
            self.set(
                VIRTIO_MMIO_DRIVER_FEATURES,
                (features >> (32 * page)) as u32,
            );
        }
        self.set(VIRTIO_MMIO_STATUS, 0xb);
    }

    fn set_queue(&mut self, index: u32, size: u32, address: u32) {
        self.set(VIRTIO_MMIO_QUEUE_SEL, index);
        self.set(VIRTIO_MMIO_QUEUE_NUM, size);
        self.set(VIRTIO_MMIO_QUEUE_DESC_LOW, address);
        self.set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, address + 0x1000);
        self.set(VIRTIO_MMIO_QUEUE_USED_LOW, address + 0x2000);
        self.set(VIRTIO_MMIO_QUEUE_READY, 1);
    }

    fn start(&mut self) {
        self.negotiate(QUEUE_FEATURES);
        self.set_queue(0, 16, 0x10000);
        self.set_queue(1, 32, 0x20000);
        self.set(VIRTIO_MMIO_STATUS, 0xf);
    }

    fn kick(&self, queue: u32) {
        let attached = self.attached.lock().unwrap();
        let (_, _, kick) = attached
            .iter()
            .find(|(_, index, _)| *index == queue)
            .unwrap();
        kick.write(1).unwrap();
    }
}

#[test]
fn a_driver_finds_the_device_sets_it_up_and_is_heard() {
    let mut driver = Driver::new();
    assert_eq!(driver.get(VIRTIO_MMIO_MAGIC_VALUE), 0x7472_6976);
    assert_eq!(driver.get(VIRTIO_MMIO_VERSION), 2);
    assert_eq!(driver.get(VIRTIO_MMIO_DEVICE_ID), 4);
    driver.set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    assert_eq!(driver.get(VIRTIO_MMIO_DEVICE_FEATURES), 1);
    driver.set(VIRTIO_MMIO_QUEUE_SEL, 1);
    assert_eq!(driver.get(VIRTIO_MMIO_QUEUE_NUM_MAX), 32);
    driver.set(VIRTIO_MMIO_QUEUE_SEL, 2);
    assert_eq!(driver.get(VIRTIO_MMIO_QUEUE_NUM_MAX), 0);

    driver.start();
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0xf);
    let active = Seen::Active {
        features: QUEUE_FEATURES,
        queues: vec![Some(16), Some(32)],
    };
    assert_eq!(driver.seen.recv().unwrap(), active);
    assert_eq!(driver.attached.lock().unwrap()[0].0, 0xd000_0050);
    driver.kick(0);
    assert_eq!(driver.seen.recv().unwrap(), Seen::Kick(0));
    // In a width that KVM's eventfds do not match, a notification still comes.
    driver.set(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    assert_eq!(driver.seen.recv().unwrap(), Seen::Kick(0));

    driver.set(VIRTIO_MMIO_STATUS, 0);
    assert_eq!(driver.seen.recv().unwrap(), Seen::Reset);
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0);
    assert!(driver.attached.lock().unwrap().is_empty());
    driver.start();
    assert_eq!(driver.seen.recv().unwrap(), active);
}

#[test]
fn features_that_nobody_offered_are_refused() {
    let mut driver = Driver::new();
    for features in [QUEUE_FEATURES | 2, 1, 0] {
        driver.negotiate(features);
        assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 3, "{features:#x}");
        driver.set(VIRTIO_MMIO_STATUS, 0xf);
        assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 3, "{features:#x}");
    }
    assert!(driver.seen.try_recv().is_err());
}

#[test]
fn steps_come_in_their_order_and_bits_do_not_go() {
    let mut driver = Driver::new();
    driver.set(VIRTIO_MMIO_STATUS, 2);
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0);
    driver.set(VIRTIO_MMIO_STATUS, 0xf);
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 3, "no features were chosen");
    driver.start();
    driver.set(VIRTIO_MMIO_STATUS, 1);
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0xf);
    // The guest cannot say what only the device says.
    driver.set(VIRTIO_MMIO_STATUS, 0xff);
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0x8f);
}

#[test]
fn a_queue_that_cannot_be_stops_the_device() {
    for (size, address) in [(16, 0x7fff_0000), (16, 0x10001), (16, 0x1fff_f000)] {
        let mut driver = Driver::new();
        driver.negotiate(QUEUE_FEATURES);
        driver.set_queue(0, size, address);
        driver.set(VIRTIO_MMIO_STATUS, 0xf);
        assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0x4f, "{address:#x}");
        assert_eq!(driver.get(VIRTIO_MMIO_INTERRUPT_STATUS), 3);
        assert!(driver.line.read().is_ok());
        assert!(driver.seen.try_recv().is_err());
        assert!(driver.attached.lock().unwrap().is_empty());
    }
}

#[test]
fn a_size_that_cannot_be_is_not_taken() {
    let mut driver = Driver::new();
    driver.negotiate(QUEUE_FEATURES);
    for size in [0, 3, 128, 0x1_0010] {
        driver.set_queue(0, size, 0x10000);
    }
    driver.set(VIRTIO_MMIO_STATUS, 0xf);
    let queues = vec![Some(64), None];
    let features = QUEUE_FEATURES;
    assert_eq!(
        driver.seen.recv().unwrap(),
        Seen::Active { features, queues }
    );
}

#[test]
fn a_device_that_the_guest_broke_says_so_and_goes_on_after_a_reset() {
    let mut driver = Driver::new();
    driver.start();
    driver.seen.recv().unwrap();
    driver.kick(1);
    assert_eq!(driver.seen.recv().unwrap(), Seen::Kick(1));
    let complaint = "the probe stops: the second queue is a trap".to_owned();
    assert_eq!(driver.seen.recv().unwrap(), Seen::Complaint(complaint));
    assert_eq!(driver.seen.recv().unwrap(), Seen::Reset);
    // The worker has answered when the next message has.
    assert!(driver.registers.place.worker.reset(0).wait());
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0x4f);
    driver.start();
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 0xf);
}

#[test]
fn the_configuration_is_read_and_written_in_any_width() {
    let mut driver = Driver::new();
    let mut data = [0; 8];
    driver.registers.read(0x101, &mut data);
    assert_eq!(data, [2, 3, 4, 0, 0, 0, 0, 0]);
    driver.registers.write(0x100, &[7]);
    assert!(
        driver.seen.try_recv().is_err(),
        "nobody has said that it drives"
    );
    driver.negotiate(QUEUE_FEATURES);
    driver.registers.write(0x1f0, &[7, 8]);
    assert_eq!(
        driver.seen.recv().unwrap(),
        Seen::Configured(0xf0, vec![7, 8])
    );
    assert_eq!(driver.get(VIRTIO_MMIO_CONFIG_GENERATION), 1);
    driver.set(VIRTIO_MMIO_INTERRUPT_ACK, u32::MAX);
    assert_eq!(driver.get(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
}

#[test]
fn registers_in_other_widths_are_nothing() {
    let mut driver = Driver::new();
    for (offset, length) in [(0, 1), (0, 8), (2, 4), (0, 3)] {
        let mut data = vec![0; length];
        driver.registers.read(offset, &mut data);
        assert_eq!(data, vec![0; length]);
        driver.registers.write(0x70, &vec![1; length]);
    }
    driver.registers.write(0x71, &1u32.to_le_bytes());
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 1);
}

#[test]
fn another_device_takes_the_place_of_one_whatever_its_driver_is_about() {
    let mut driver = Driver::new();
    driver.start();
    assert!(matches!(driver.seen.recv().unwrap(), Seen::Active { .. }));
    assert!(driver.registers.replace(Box::new(Vacant)).unwrap().wait());
    assert_eq!(driver.seen.recv().unwrap(), Seen::Reset);
    for register in [
        VIRTIO_MMIO_DEVICE_ID,
        VIRTIO_MMIO_STATUS,
        VIRTIO_MMIO_QUEUE_NUM_MAX,
        VIRTIO_MMIO_CONFIG,
    ] {
        assert_eq!(driver.get(register), 0, "{register:#x}");
    }
    assert!(driver.attached.lock().unwrap().is_empty());
    // Whoever does not mind that nothing is there gets nowhere.
    driver.start();
    assert_eq!(driver.get(VIRTIO_MMIO_STATUS), 3);

    let (sender, seen) = channel();
    let probe = Probe {
        seen: sender,
        queues: Vec::new(),
        configuration: Configuration::new(vec![5]),
    };
    assert!(driver.registers.replace(Box::new(probe)).unwrap().wait());
    assert_eq!(driver.get(VIRTIO_MMIO_DEVICE_ID), 4);
    assert_eq!(driver.get(VIRTIO_MMIO_CONFIG), 5);
    driver.start();
    assert!(matches!(seen.recv().unwrap(), Seen::Active { .. }));
    driver.kick(0);
    assert_eq!(seen.recv().unwrap(), Seen::Kick(0));
}
