//! A device's queues, notifications and interrupts through KVM, and what a hostile guest does to them.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use hadron_vmm::device::QUEUE_FEATURES;
use hadron_vmm::layout::VIRTIO_MMIO;
use toy::counter::counter;
use toy::guest::{Command, Operation};
use toy::{Event, Toy, readable, writable};
use virtio_bindings::virtio_config::{VIRTIO_CONFIG_S_DRIVER_OK, VIRTIO_CONFIG_S_NEEDS_RESET};
use virtio_bindings::virtio_mmio::VIRTIO_MMIO_STATUS;
use vm_memory::{Bytes, GuestAddress};

#[test]
fn requests_are_answered_with_and_without_event_index() {
    let Some(mut toy) = Toy::start(counter()) else {
        return;
    };
    let mut device = toy.driver(0);
    let offered = device.offered(&mut toy);
    assert_eq!(offered, QUEUE_FEATURES);
    let mut expected = 0_u64;
    for features in [offered, offered & !(1 << 29)] {
        device.begin(&mut toy, features);
        let buffer = toy.allocate(8);
        // More than once around the ring.
        for _ in 0..40 {
            let used = device.request(&mut toy, 0, &[readable(buffer, 8), writable(buffer, 8)]);
            assert_eq!(used.length, 8);
            let counted: u64 = toy.memory.read_obj(GuestAddress(buffer)).unwrap();
            assert_eq!(counted, expected);
            expected += 1;
        }
    }
    // Notifications are ioeventfds: none came to the VMM.
    let before = toy.machine.exits().memory_writes;
    device.notify_often(&mut toy, 0, 100);
    assert_eq!(toy.machine.exits().memory_writes, before);
}

#[test]
fn a_broken_ring_stops_its_device_until_it_is_reset() {
    let Some(mut toy) = Toy::start(counter()) else {
        return;
    };
    let mut device = toy.driver(0);
    device.begin(&mut toy, QUEUE_FEATURES);
    // More than the ring can hold.
    device.rings[0].set_available_index(&toy.memory, 100);
    device.notify(&mut toy, 0);
    toy.wait_interrupt(0);
    let status = device.status(&mut toy);
    assert!(status & VIRTIO_CONFIG_S_NEEDS_RESET != 0, "{status:#x}");
    let Event::Complaint(sentence) = toy.next_event() else {
        panic!("no complaint");
    };
    assert!(sentence.starts_with("the counter stops: "), "{sentence}");

    device.begin(&mut toy, QUEUE_FEATURES);
    let buffer = toy.allocate(8);
    device.request(&mut toy, 0, &[writable(buffer, 8)]);
}

#[test]
fn a_hundred_thousand_notifications_and_resets_in_flight_are_survived() {
    let Some(mut toy) = Toy::start(counter()) else {
        return;
    };
    let mut device = toy.driver(0);
    let buffer = toy.allocate(8);
    device.begin(&mut toy, QUEUE_FEATURES);
    device.notify_often(&mut toy, 0, 100_000);
    device.request(&mut toy, 0, &[writable(buffer, 8)]);
    for _ in 0..20 {
        device.begin(&mut toy, QUEUE_FEATURES);
        for _ in 0..8 {
            device.rings[0].add(&toy.memory, &[writable(buffer, 8)]);
        }
        device.notify(&mut toy, 0);
        device.reset(&mut toy);
        assert_eq!(device.status(&mut toy), 0);
        // It no longer touches the memory that it had.
        toy.memory.write_obj(0_u64, GuestAddress(buffer)).unwrap();
        device.notify_often(&mut toy, 0, 10);
        let after: u64 = toy.memory.read_obj(GuestAddress(buffer)).unwrap();
        assert_eq!(after, 0);
    }
    // Ready again and again without a reset: nothing is activated twice.
    device.begin(&mut toy, QUEUE_FEATURES);
    for _ in 0..20 {
        device.write(&mut toy, VIRTIO_MMIO_STATUS, 0xf);
        device.ready(&mut toy);
    }
    device.request(&mut toy, 0, &[writable(buffer, 8)]);
}

#[test]
fn every_register_is_read_and_written_in_every_width() {
    let Some(mut toy) = Toy::start(counter()) else {
        return;
    };
    let mut device = toy.driver(0);
    let buffer = toy.allocate(8);
    device.begin(&mut toy, QUEUE_FEATURES);
    for operation in [
        Operation::Read8,
        Operation::Read16,
        Operation::Read32,
        Operation::Read64,
        Operation::Write8,
        Operation::Write16,
        Operation::Write32,
        Operation::Write64,
    ] {
        // Odd addresses as well; behind the configuration there is nothing.
        for offset in (0..0x110).chain([0xff9, 0xfff]) {
            toy.once(operation, VIRTIO_MMIO + offset, u64::MAX);
        }
    }
    assert_eq!(device.status(&mut toy) & VIRTIO_CONFIG_S_DRIVER_OK, 4);
    device.begin(&mut toy, QUEUE_FEATURES);
    device.request(&mut toy, 0, &[writable(buffer, 8)]);
}

#[test]
fn ports_and_addresses_where_nobody_is_read_as_ones() {
    let Some(mut toy) = Toy::start(counter()) else {
        return;
    };
    assert_eq!(toy.once(Operation::In8, 0x80, 0) & 0xff, 0xff);
    assert_eq!(toy.once(Operation::In32, 0xcf8, 0) as u32, u32::MAX);
    assert_eq!(toy.once(Operation::Read64, 0xe000_0000, 0), u64::MAX);
    assert_eq!(
        toy.once(Operation::Read32, VIRTIO_MMIO + 0x1000, 0) as u32,
        u32::MAX
    );
    let nobody = toy.machine.exits().unclaimed;
    assert_eq!(nobody, 4);
    for width in [Operation::In8, Operation::In16, Operation::In32] {
        for port in (0..0x400).chain(0x600..0x608).chain([0xffff]) {
            toy.once(width, port, 0);
        }
    }
    for width in [Operation::Out8, Operation::Out16, Operation::Out32] {
        // Without the one by which the guest speaks.
        for port in (0..0x3f8).chain(0x400..0x608).chain([0xffff]) {
            toy.once(width, port, 0x5a5a_5a5a);
        }
    }
    // Instructions that repeat.
    let buffer = toy.allocate(4096);
    for (operation, port) in [
        (Operation::InString, 0x60),
        (Operation::InString, 0x80),
        (Operation::OutString, 0x80),
    ] {
        toy.command(Command {
            operation,
            address: port,
            value: buffer,
            count: 4096,
        });
    }
    assert_eq!(toy.take_event(), None);
}
