//! A shared directory through KVM: virtiofsd hears the guest's notifications and raises its interrupts by itself.

#![allow(clippy::unwrap_used)] // A test may panic.

#[path = "../src/devices/fs/tests/server.rs"]
mod server;
mod toy;

use hadron_vmm::device::QUEUE_FEATURES;
use hadron_vmm::devices::fs::Fs;
use hadron_vmm::memory::Backing;
use server::{Kind, Server};
use toy::driver::Driver;
use toy::{Event, Toy, readable, writable};
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
        let share = Fs::new("share", server.socket()).unwrap();
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
