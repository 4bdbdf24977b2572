//! A shared directory through KVM: virtiofsd hears the guest's notifications and raises its interrupts by itself.

#![allow(clippy::unwrap_used)] // A test may panic.

#[path = "../src/devices/vsock/tests/ends.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod ends;
#[path = "../src/devices/fs/tests/server.rs"]
mod server;
mod toy;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use ends::{CID, Caller, pipe};
use hadron_vmm::device::QUEUE_FEATURES;
use hadron_vmm::devices::fs::{Fs, PATIENCE};
use hadron_vmm::devices::vsock::Vsock;
use hadron_vmm::memory::Backing;
use server::{Kind, Server};
use toy::driver::{Driver, Ring};
use toy::guest::{Command, Operation};
use toy::{Event, Toy, readable, writable};
use virtio_bindings::virtio_mmio::{VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_STATUS};
use vm_memory::{Bytes, GuestAddress};

const REQUESTS: usize = 1;

/// FUSE_INIT of version 7.31 (linux/fuse.h), and the version that is answered.
fn init(toy: &mut Toy, device: &mut Driver) -> u32 {
    let request = toy.allocate(56);
    let answer = toy.allocate(80);
    let header = [56, 26, 1, 0, 0, 0, 0, 0, 0, 0];
    let body = [7, 31, 0, 0];
    for (index, word) in (0..).zip(header.iter().chain(&body)) {
        let at = GuestAddress(request + 4 * index);
        toy.memory.write_obj::<u32>(*word, at).unwrap();
    }
    let pieces = [
        readable(request, 40),
        readable(request + 40, 16),
        writable(answer, 16),
        writable(answer + 16, 64),
    ];
    assert_eq!(device.request(toy, REQUESTS, &pieces).length, 80);
    toy.memory.read_obj(GuestAddress(answer + 16)).unwrap()
}

#[test]
fn a_guest_speaks_to_virtiofsd_before_and_after_a_reset_until_its_death() {
    for kind in [Kind::C, Kind::Rust] {
        let mut server = Server::start(kind, "unread");
        let share = Fs::new("share", server.socket(), PATIENCE).unwrap();
        let Some(mut toy) = Toy::start_on(Backing::Shared, vec![Box::new(share)]) else {
            return;
        };
        let mut device = toy.driver(0);
        assert_eq!(device.offered(&mut toy), QUEUE_FEATURES);
        for _ in 0..3 {
            device.begin(&mut toy, QUEUE_FEATURES);
            assert_eq!(init(&mut toy, &mut device), 7, "{kind:?}");
        }
        let before = toy.machine.exits().memory_writes;
        device.notify_often(&mut toy, REQUESTS, 100);
        assert_eq!(toy.machine.exits().memory_writes, before);
        assert_eq!(toy.take_event(), None);
        server.kill();
        let Event::Fatal(sentence) = toy.next_event() else {
            panic!("the VM goes on");
        };
        assert!(sentence.contains("virtiofsd has ended"), "{sentence}");
    }
}

/// virtiofsd hangs while it gets its queues, and a vCPU and the device with it; the agent's streams go by another thread.
#[test]
fn a_virtiofsd_that_hangs_does_not_hold_up_vsock() {
    let (mut virtiofsd, theirs) = UnixStream::pair().unwrap();
    // Features, protocol features among them; of these, REPLY_ACK.
    for (request, value) in [(1_u32, QUEUE_FEATURES | 1 << 30), (15, 1 << 3)] {
        let header = [request, 5, 8].map(u32::to_ne_bytes).concat();
        virtiofsd.write_all(&header).unwrap();
        virtiofsd.write_all(&value.to_ne_bytes()).unwrap();
    }
    let share = Fs::new("share", theirs.into(), toy::PATIENCE).unwrap();
    let (mut caller, control) = Caller::new();
    let vsock = Vsock::new(CID, control).unwrap();
    let Some(mut toy) = Toy::start_on(Backing::Shared, vec![Box::new(share), Box::new(vsock)])
    else {
        return;
    };
    let device = begun(&mut toy);
    // What it was told until now is the greeting.
    let mut greeting = [0; 12 * 3 + 20];
    virtiofsd.read_exact(&mut greeting).unwrap();
    toy.send(Command {
        operation: Operation::Write32,
        address: device.address + u64::from(VIRTIO_MMIO_STATUS),
        value: 0xf,
        count: 1,
    });
    // The worker has begun to introduce the two, and will wait.
    virtiofsd.read_exact(&mut [0; 12]).unwrap();
    let (_output, theirs) = pipe();
    caller.accept(7, "out", theirs);
    assert_eq!(toy.take_event(), None);
    drop(virtiofsd);
    let Event::Fatal(sentence) = toy.next_event() else {
        panic!("the VM goes on");
    };
    assert!(sentence.contains("virtiofsd has ended"), "{sentence}");
}

/// The first device, as far as FEATURES_OK, with its two queues.
fn begun(toy: &mut Toy) -> Driver {
    let mut device = toy.driver(0);
    device.negotiate(toy, QUEUE_FEATURES);
    for queue in 0..2 {
        device.write(toy, VIRTIO_MMIO_QUEUE_SEL, queue);
        let ring = Ring::new(toy, 64);
        device.set_queue(toy, &ring);
    }
    device
}
