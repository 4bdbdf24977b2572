//! A NIC through KVM: queues, notifications and interrupts are real, and so is the tap.

#![allow(clippy::unwrap_used)] // A test may panic.

#[path = "../src/devices/net/tests/frames.rs"]
mod frames;
#[path = "../src/devices/net/tests/namespace.rs"]
#[allow(dead_code, reason = "no test uses all of it")]
mod namespace;
mod toy;

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use frames::{frame, pattern, segment};
use hadron_vmm::devices::net::{Counters, Figures, HardwareAddress, Net};
use namespace::{Namespace, Packets};
use toy::driver::Driver;
use toy::{Event, Toy, readable, writable};
use vm_memory::{Bytes, GuestAddress};

const RX: usize = 0;
const TX: usize = 1;
const HEADER: usize = 12;
const BUFFERS: usize = 128;
/// Room for a packet.
const BUFFER: u32 = 1526;

struct Guest {
    toy: Toy,
    device: Driver,
    host: Packets,
    counters: Arc<Counters>,
    out: u64,
    begin: u64,
    /// By the heads of their descriptors.
    buffers: HashMap<u16, u64>,
    _namespace: Namespace,
}

impl Guest {
    /// `headers`: the host sends and sees virtio's headers, too. None: KVM cannot be had here.
    fn start(headers: bool) -> Option<Guest> {
        Guest::start_with(headers, Vec::new())
    }

    fn start_with(headers: bool, vhost: Vec<OwnedFd>) -> Option<Guest> {
        let namespace = Namespace::new();
        let address = HardwareAddress([2, 0, 0, 0, 0, 1]);
        let device = Net::new(address, namespace.tap(1), vhost, None).unwrap();
        let counters = device.counters();
        let mut toy = Toy::start(vec![Box::new(device)])?;
        let mut guest = Guest {
            device: toy.driver(0),
            host: namespace.packets(headers),
            counters,
            out: toy.allocate(1 << 17),
            begin: toy.allocate(BUFFERS as u64 * 0x1000),
            toy,
            buffers: HashMap::new(),
            _namespace: namespace,
        };
        guest.begin();
        Some(guest)
    }

    /// From the reset to buffers for packets of the host.
    fn begin(&mut self) {
        let features = self.device.offered(&mut self.toy);
        self.device.begin(&mut self.toy, features);
        self.buffers.clear();
        for index in 0..BUFFERS as u64 {
            self.offer(self.begin + index * 0x1000);
        }
        self.device.notify(&mut self.toy, RX);
    }

    fn offer(&mut self, at: u64) {
        let ring = &mut self.device.rings[RX];
        let head = ring.add(&self.toy.memory, &[writable(at, BUFFER)]);
        self.buffers.insert(head, at);
    }

    fn send(&mut self, header: &[u8], frame: &[u8]) {
        let packet = [header, frame].concat();
        let at = GuestAddress(self.out);
        self.toy.memory.write_slice(&packet, at).unwrap();
        let piece = readable(self.out, packet.len() as u32);
        self.device.request(&mut self.toy, TX, &[piece]);
    }

    /// The next packet, out of as many buffers as it needs, which the device gets again.
    fn receive(&mut self) -> Vec<u8> {
        let (mut packet, mut missing) = (Vec::new(), 1);
        while missing > 0 {
            let used = self.device.wait_used(&mut self.toy, RX);
            let at = self.buffers.remove(&used.head).unwrap();
            let mut bytes = vec![0; used.length as usize];
            let memory = &self.toy.memory;
            memory.read_slice(&mut bytes, GuestAddress(at)).unwrap();
            if packet.is_empty() {
                missing = u16::from_le_bytes([bytes[10], bytes[11]]);
            }
            packet.extend(bytes);
            missing -= 1;
            self.offer(at);
        }
        packet.split_off(HEADER)
    }
}

#[test]
fn packets_go_out_and_come_in() {
    let Some(mut guest) = Guest::start(false) else {
        return;
    };
    carries(&mut guest);
    let figures = guest.counters.read();
    assert_eq!((figures.sent, figures.received), (20, 20));
}

#[test]
fn the_kernel_carries_packets_and_interrupts_the_guest() {
    let Some(vhost) = namespace::open_vhost(1) else {
        return;
    };
    let Some(mut guest) = Guest::start_with(false, vhost) else {
        return;
    };
    carries(&mut guest);
    for _ in 0..3 {
        guest.begin();
        carries(&mut guest);
    }
    assert_eq!(guest.counters.read(), Figures::default());
}

/// Twenty packets each way.
fn carries(guest: &mut Guest) {
    for number in 0..20 {
        let frame = frame(&pattern(number, 100 + number as usize * 70));
        guest.send(&[0; HEADER], &frame);
        assert_eq!(guest.host.receive(), frame);
        guest.host.send(&frame);
        assert_eq!(guest.receive(), frame);
    }
}

#[test]
fn a_segment_comes_in_as_one_packet() {
    let Some(mut guest) = Guest::start(true) else {
        return;
    };
    let (header, segment) = segment(&pattern(1, 50_000));
    guest.host.send(&[&header[..], &segment].concat());
    assert_eq!(guest.receive(), segment);
    guest.send(&[&header[..], &[0, 0]].concat(), &segment);
    assert_eq!(guest.host.receive()[10..], segment);
}

#[test]
fn a_storm_of_packets_and_notifications_comes_through_in_order() {
    let Some(mut guest) = Guest::start(false) else {
        return;
    };
    for round in 0..20 {
        for number in 0..100 {
            guest.host.send(&frame(&pattern(round * 100 + number, 500)));
        }
        guest.device.notify_often(&mut guest.toy, TX, 1000);
        guest.device.notify_often(&mut guest.toy, RX, 1000);
        for number in 0..100 {
            let expected = frame(&pattern(round * 100 + number, 500));
            assert_eq!(guest.receive(), expected);
        }
        guest.device.notify(&mut guest.toy, RX);
    }
    assert_eq!(guest.counters.read().received, 2000);
}

#[test]
fn a_reset_in_a_flood_ends_all_writing() {
    let Some(mut guest) = Guest::start(false) else {
        return;
    };
    let length = BUFFERS * 0x1000;
    for round in 0..10 {
        for number in 0..(round * 20) {
            guest.host.send(&frame(&pattern(number, 1400)));
        }
        guest.device.reset(&mut guest.toy);
        let at = GuestAddress(guest.begin);
        let memory = Arc::clone(&guest.toy.memory);
        memory.write_slice(&vec![0; length], at).unwrap();
        guest.host.send(&frame(&pattern(1, 1400)));
        let mut bytes = vec![9; length];
        memory.read_slice(&mut bytes, at).unwrap();
        assert!(bytes.iter().all(|byte| *byte == 0), "{round}");
        guest.begin();
    }
    guest.send(&[0; HEADER], &frame(&pattern(7, 60)));
    assert_eq!(guest.host.receive(), frame(&pattern(7, 60)));
}

#[test]
fn who_breaks_the_rules_has_no_nic_until_a_reset() {
    let Some(mut guest) = Guest::start(false) else {
        return;
    };
    let piece = readable(1 << 40, 100);
    guest.device.rings[TX].add(&guest.toy.memory, &[piece]);
    guest.device.notify(&mut guest.toy, TX);
    let Event::Complaint(sentence) = guest.toy.next_event() else {
        panic!("it does not complain");
    };
    assert_eq!(
        sentence,
        "the NIC 02:00:00:00:00:01 stops: the chain 0 is no packet"
    );
    guest.begin();
    guest.send(&[0; HEADER], &frame(&pattern(7, 60)));
    assert_eq!(guest.host.receive(), frame(&pattern(7, 60)));
}
