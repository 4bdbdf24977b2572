//! A driver that does anything to the registers of a shared directory, and a virtiofsd that answers, or says anything: `make fuzz`.
//!
//! Half of the inputs have a virtiofsd that keeps to vhost-user: then nothing that the driver does may end the VM, and after a reset
//! virtiofsd has no queue. An input that breaks the device becomes a test in src/devices/fs/tests.rs.

#![no_main]

mod guest;
mod virtiofsd;

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use hadron_vmm::bus::BusDevice;
use hadron_vmm::device::Device;
use hadron_vmm::devices::fs::Fs;
use hadron_vmm::memory::{Backing, Memory, create};
use hadron_vmm::mmio::{Mmio, Place};
use hadron_vmm::worker::{Listener, Worker};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use virtio_bindings::virtio_mmio::*;
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use guest::{Attached, Bells};
use virtiofsd::{Script, Virtiofsd};

const MEMORY: u64 = 32 << 20;
/// So that one input takes milliseconds.
const STEPS: usize = 100;

thread_local! {
    static GUEST_MEMORY: Arc<Memory> = create(MEMORY >> 20, Backing::Shared).unwrap();
}

struct Owner {
    honest: bool,
}

impl Listener for Owner {
    fn complaint(&self, _: String) {}
    fn fatal(&self, sentence: String) {
        assert!(!self.honest, "{sentence}");
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    if let Ok(script) = Script::of(&mut input) {
        GUEST_MEMORY.with(|memory| run(&mut input, script, memory));
    }
});

fn run(input: &mut Unstructured, script: Script, memory: &Arc<Memory>) {
    let honest = script.is_honest();
    // The dishonest one is silent now and then.
    let patience = Duration::from_millis(if honest { 15_000 } else { 2 });
    let (ours, theirs) = UnixStream::pair().unwrap();
    let virtiofsd = Virtiofsd::start(theirs, script, MEMORY);
    let device = match Fs::new("share", ours.into(), patience) {
        Ok(device) => device,
        Err(error) => {
            assert!(!honest, "{error}");
            return virtiofsd.join();
        }
    };
    let attached = Attached::default();
    let description = device.description();
    let owner = Arc::new(Owner { honest });
    let worker = Worker::spawn(vec![Box::new(device)], owner, || Ok(())).unwrap();
    let place = Place {
        address: 0xd000_0000,
        memory: Arc::clone(memory),
        doorbells: Box::new(Bells(Arc::clone(&attached))),
        worker: worker.handle(),
        device: 0,
        line: Arc::new(EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).unwrap()),
    };
    let mut registers = Mmio::new(place, description).unwrap();
    for _ in 0..STEPS {
        if input.is_empty() || step(input, &mut registers, memory, &attached).is_err() {
            break;
        }
    }
    registers.write(VIRTIO_MMIO_STATUS.into(), &[0; 4]);
    let mut status = [9; 4];
    registers.read(VIRTIO_MMIO_STATUS.into(), &mut status);
    if status == [0; 4] {
        assert!(attached.lock().unwrap().is_empty());
        assert!(!honest || !virtiofsd.has_queues());
    } else {
        assert!(!honest);
    }
    drop(worker);
    virtiofsd.join();
}

fn step(
    input: &mut Unstructured,
    registers: &mut Mmio,
    memory: &Arc<Memory>,
    attached: &Attached,
) -> Result<()> {
    match input.int_in_range(0..=3)? {
        0 => start(input, registers),
        _ => guest::step(input, registers, memory, attached),
    }
}

/// What a good driver does as far as DRIVER_OK, with two queues; now and then not quite.
fn start(input: &mut Unstructured, registers: &mut Mmio) -> Result<()> {
    guest::begin(input, registers)?;
    let mut set = |input: &mut Unstructured, register: u32, value: u32| -> Result<()> {
        let value = match input.ratio(1, 32)? {
            true => input.arbitrary()?,
            false => value,
        };
        registers.write(register.into(), &value.to_le_bytes());
        Ok(())
    };
    for queue in 0..2 {
        set(input, VIRTIO_MMIO_QUEUE_SEL, queue)?;
        let size = 1 << input.int_in_range(0..=7 + 3 * queue)?;
        set(input, VIRTIO_MMIO_QUEUE_NUM, size)?;
        for register in [
            VIRTIO_MMIO_QUEUE_DESC_LOW,
            VIRTIO_MMIO_QUEUE_AVAIL_LOW,
            VIRTIO_MMIO_QUEUE_USED_LOW,
        ] {
            let address = 0x1000 * input.int_in_range(0..=0x2000)?;
            set(input, register, address)?;
        }
        set(input, VIRTIO_MMIO_QUEUE_READY, 1)?;
    }
    set(input, VIRTIO_MMIO_STATUS, 0xf)
}
