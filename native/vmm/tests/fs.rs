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
use std::sync::mpsc::{Receiver, channel};

use ends::{CID, Caller, pipe};
use hadron_vmm::device::QUEUE_FEATURES;
use hadron_vmm::devices::fs::{Fs, PATIENCE};
use hadron_vmm::devices::vsock::Vsock;
use hadron_vmm::memory::Backing;
use server::{Kind, Server};
use toy::driver::{Driver, Ring};
use toy::guest::{Command, Operation};
use toy::{Event, Toy, readable, writable};
use virtio_bindings::virtio_mmio::{
    VIRTIO_MMIO_QUEUE_READY, VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_STATUS,
};
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

/// virtiofsd hangs while it gets its queues, and the device's thread with it; the agent's streams go by another one, and the guest goes on.
#[test]
fn a_virtiofsd_that_hangs_holds_up_neither_vsock_nor_the_guest() {
    let (mut virtiofsd, share) = played();
    let (mut caller, control) = Caller::new();
    let vsock = Vsock::new(CID, control).unwrap();
    let Some(mut toy) = Toy::start_on(Backing::Shared, vec![Box::new(share), Box::new(vsock)])
    else {
        return;
    };
    let device = begun(&mut toy);
    toy.send(write_status(&device, 0xf));
    // The worker has begun to introduce the two, and will wait.
    virtiofsd.read_exact(&mut [0; 12]).unwrap();
    let (_output, theirs) = pipe();
    caller.accept(7, "out", theirs);
    // Nothing is answered, and the vCPU is back before the device's patience is at its end.
    toy.wait_done();
    assert_eq!(device.status(&mut toy), 0xf);
    assert_eq!(toy.take_event(), None);
    drop(virtiofsd);
    let Event::Fatal(sentence) = toy.next_event() else {
        panic!("the VM goes on");
    };
    assert!(sentence.contains("virtiofsd has ended"), "{sentence}");
}

/// virtiofsd takes its time to let go of the queues: the guest goes on, sees that the reset is not over, and can be paused; with the last answer
/// it is over, and the device begins anew.
#[test]
fn a_virtiofsd_that_is_slow_to_let_go_holds_up_no_cpu() {
    let (virtiofsd, share) = played();
    let Some(mut toy) = Toy::start_on(Backing::Shared, vec![Box::new(share)]) else {
        return;
    };
    let (go, may_go) = channel();
    let player = std::thread::spawn(move || play(virtiofsd, &may_go));
    let mut device = begun(&mut toy);
    device.ready(&mut toy);
    let active = device.status(&mut toy);
    assert_eq!(active, 0xf);
    for _ in 0..2 {
        device.reset(&mut toy);
        assert_eq!(device.status(&mut toy), active);
        // Nothing can be set up before it is over.
        device.write(&mut toy, VIRTIO_MMIO_STATUS, 1);
        assert_eq!(device.status(&mut toy), active);
        assert_eq!(device.read(&mut toy, VIRTIO_MMIO_QUEUE_READY), 1);
    }
    // The guest is told to write, and paused in the middle of it.
    toy.send(write_status(&device, 0));
    toy.machine.pause().unwrap();
    toy.machine.resume();
    toy.wait_done();
    assert_eq!(toy.take_event(), None);
    go.send(()).unwrap();
    while device.status(&mut toy) != 0 {
        std::thread::yield_now();
    }
    device = begun(&mut toy);
    device.ready(&mut toy);
    assert_eq!(device.status(&mut toy), active);
    drop(go);
    assert_eq!(toy.take_event(), None);
    drop(toy);
    // Both times each of its two queues was given up, and nothing more often.
    assert_eq!(player.join().unwrap(), 4);
}

/// A device, and the other end of its virtiofsd's socket, which has said what it has to say at first.
fn played() -> (UnixStream, Fs) {
    let (mut virtiofsd, theirs) = UnixStream::pair().unwrap();
    // Features, protocol features among them; of these, REPLY_ACK.
    for (request, value) in [(1, QUEUE_FEATURES | 1 << 30), (15, 1 << 3)] {
        answer(&mut virtiofsd, request, value);
    }
    let share = Fs::new("share", theirs.into(), toy::PATIENCE).unwrap();
    // What it was told until now is the greeting.
    virtiofsd.read_exact(&mut [0; 12 * 3 + 20]).unwrap();
    (virtiofsd, share)
}

fn answer(virtiofsd: &mut UnixStream, request: u32, value: u64) {
    let header = [request, 5, 8].map(u32::to_ne_bytes).concat();
    virtiofsd.write_all(&header).unwrap();
    virtiofsd.write_all(&value.to_ne_bytes()).unwrap();
}

/// Answers everything, but that a queue is given up (GET_VRING_BASE) not before it may. How often it was asked for that.
fn play(mut virtiofsd: UnixStream, may_give_up: &Receiver<()>) -> u32 {
    const GET_VRING_BASE: u32 = 11;
    let mut given_up = 0;
    let mut header = [0; 12];
    while virtiofsd.read_exact(&mut header).is_ok() {
        let (words, _) = header.as_chunks();
        let [request, flags, size] = [words[0], words[1], words[2]].map(u32::from_ne_bytes);
        virtiofsd.read_exact(&mut vec![0; size as usize]).unwrap();
        if request == GET_VRING_BASE {
            if given_up == 0 {
                may_give_up.recv().unwrap();
            }
            given_up += 1;
        }
        if request == GET_VRING_BASE || flags & 8 != 0 {
            answer(&mut virtiofsd, request, 0);
        }
    }
    given_up
}

fn write_status(device: &Driver, status: u64) -> Command {
    Command {
        operation: Operation::Write32,
        address: device.address + u64::from(VIRTIO_MMIO_STATUS),
        value: status,
        count: 1,
    }
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
