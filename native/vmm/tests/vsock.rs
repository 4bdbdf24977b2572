//! The vsock device through KVM: queues, notifications and interrupts are real.

#![allow(clippy::unwrap_used)] // A test may panic.

#[path = "../src/devices/vsock/tests/ends.rs"]
mod ends;
mod toy;

use std::collections::HashMap;
use std::io::{Read, Write};

use ends::{CID, Caller, data, packet, pipe};
use hadron_vmm::device::QUEUE_FEATURES;
use hadron_vmm::devices::vsock::Vsock;
use hadron_vsock_device::{HEADER_SIZE, Header, SHUTDOWN_SEND, op};
use serde_json::json;
use toy::driver::Driver;
use toy::{Event, Toy, readable, writable};
use vm_memory::{Bytes, GuestAddress};

const RX: usize = 0;
const TX: usize = 1;
/// Room for a packet.
const BUFFER: u32 = 4096 + HEADER_SIZE as u32;
const BUFFERS: usize = 64;

struct Guest {
    toy: Toy,
    device: Driver,
    caller: Caller,
    out: u64,
    /// By the heads of their descriptors.
    buffers: HashMap<u16, u64>,
    offered: usize,
}

impl Guest {
    /// None: KVM cannot be had here.
    fn start() -> Option<Guest> {
        let (caller, control) = Caller::new();
        let device = Vsock::new(CID, control).unwrap();
        let mut toy = Toy::start(vec![Box::new(device)])?;
        let mut guest = Guest {
            device: toy.driver(0),
            out: toy.allocate(1 << 17),
            toy,
            caller,
            buffers: HashMap::new(),
            offered: 0,
        };
        guest.begin();
        Some(guest)
    }

    /// From the reset to buffers for packets of the host.
    fn begin(&mut self) {
        self.device.begin(&mut self.toy, QUEUE_FEATURES);
        let old: Vec<u64> = self.buffers.drain().map(|(_, at)| at).collect();
        for index in 0..BUFFERS {
            let at = match old.get(index) {
                Some(at) => *at,
                None => self.toy.allocate(BUFFER.into()),
            };
            self.offer(at);
        }
        self.device.notify(&mut self.toy, RX);
    }

    fn offer(&mut self, at: u64) {
        let ring = &mut self.device.rings[RX];
        let head = ring.add(&self.toy.memory, &[writable(at, BUFFER)]);
        self.buffers.insert(head, at);
    }

    fn send(&mut self, header: Header, payload: &[u8]) {
        let bytes = [&header.to_bytes(), payload].concat();
        let at = GuestAddress(self.out);
        self.toy.memory.write_slice(&bytes, at).unwrap();
        let piece = readable(self.out, bytes.len() as u32);
        self.device.request(&mut self.toy, TX, &[piece]);
    }

    /// The next packet from the host.
    fn packet(&mut self) -> (Header, Vec<u8>) {
        let used = self.device.wait_used(&mut self.toy, RX);
        // It gets another head when it is offered again, and must not be there twice after a reset.
        let at = self.buffers.remove(&used.head).unwrap();
        let mut bytes = vec![0; used.length as usize];
        let address = GuestAddress(at);
        self.toy.memory.read_slice(&mut bytes, address).unwrap();
        self.offer(at);
        self.offered += 1;
        if self.offered.is_multiple_of(BUFFERS / 4) {
            self.device.notify(&mut self.toy, RX);
        }
        let payload = bytes.split_off(HEADER_SIZE);
        (Header::from_bytes(&bytes.try_into().unwrap()), payload)
    }

    fn open(&mut self, port: u32) {
        self.send(packet(port, op::REQUEST), &[]);
        while self.packet().0.op != op::RESPONSE {}
    }
}

#[test]
fn a_stream_out_of_the_guest_and_one_into_it() {
    let Some(mut guest) = Guest::start() else {
        return;
    };
    let (mut output, theirs) = pipe();
    guest.caller.accept(7, "out", theirs);
    let (theirs, mut input) = pipe();
    guest.caller.accept(8, "in", theirs);

    guest.open(7);
    let piece: Vec<u8> = (0..60_000_u32).map(|index| index as u8).collect();
    let (tell, told) = std::sync::mpsc::channel();
    let length = piece.len();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut piece = vec![0; length];
        for _ in 0..20 {
            output.read_exact(&mut piece).unwrap();
            bytes.extend_from_slice(&piece);
            tell.send(()).unwrap();
        }
        output.read_to_end(&mut bytes).unwrap();
        bytes
    });
    for _ in 0..20 {
        guest.send(data(7, &piece), &piece);
        // This driver counts no credit: what the host has not taken may not become more than it promised to hold.
        told.recv().unwrap();
    }
    let end = Header {
        flags: SHUTDOWN_SEND,
        ..packet(7, op::SHUTDOWN)
    };
    guest.send(end, &[]);
    assert!(reader.join().unwrap() == piece.repeat(20));
    let ended = json!({"event": "ended", "port": 7, "bytes": 1_200_000, "error": null});
    assert_eq!(guest.caller.news(), ended);

    guest.open(8);
    let sent = piece.repeat(10);
    let expected = sent.clone();
    let writer = std::thread::spawn(move || input.write_all(&sent));
    let mut received = Vec::new();
    while received.len() < expected.len() {
        let (header, payload) = guest.packet();
        if header.op == op::RW {
            received.extend(payload);
        }
    }
    writer.join().unwrap().unwrap();
    assert!(received == expected);
    // No notification has come to the VMM by itself, and no data went by a vCPU.
    let before = guest.toy.machine.exits().memory_writes;
    guest.device.notify_often(&mut guest.toy, TX, 100);
    assert_eq!(guest.toy.machine.exits().memory_writes, before);
    assert_eq!(guest.toy.take_event(), None);
}

/// Of packets that nobody wants, and of notifications without packets.
#[test]
fn a_storm_is_survived_and_does_not_keep_anybody_from_making_joins() {
    let Some(mut guest) = Guest::start() else {
        return;
    };
    let bytes = packet(99, op::RW).to_bytes();
    let at = GuestAddress(guest.out);
    guest.toy.memory.write_slice(&bytes, at).unwrap();
    for _ in 0..20 {
        let ring = &mut guest.device.rings[TX];
        for _ in 0..ring.size {
            ring.add(
                &guest.toy.memory,
                &[readable(guest.out, HEADER_SIZE as u32)],
            );
        }
        for queue in [RX, TX, 2] {
            guest.device.notify_often(&mut guest.toy, queue, 2_000);
        }
        for _ in 0..guest.device.rings[TX].size {
            guest.device.wait_used(&mut guest.toy, TX);
        }
    }
    let (_output, theirs) = pipe();
    guest.caller.accept(7, "out", theirs);
    for _ in 0..BUFFERS {
        assert_eq!(guest.packet().0.op, op::RST);
    }
    assert_eq!(guest.toy.take_event(), None);
}

#[test]
fn a_reset_in_flight_ends_streams_and_gives_the_memory_back() {
    let Some(mut guest) = Guest::start() else {
        return;
    };
    for round in 0..10 {
        let port = 10 + round;
        let (theirs, mut input) = pipe();
        guest.caller.accept(port, "in", theirs);
        guest.open(port);
        // More than the guest has buffers for.
        let writer = std::thread::spawn(move || input.write_all(&vec![0x5a; 1 << 20]));
        guest.packet();
        guest.device.reset(&mut guest.toy);
        for at in guest.buffers.values() {
            let zeros = [0; BUFFER as usize];
            let at = GuestAddress(*at);
            guest.toy.memory.write_slice(&zeros, at).unwrap();
        }
        let ended = guest.caller.news();
        assert_eq!(ended["event"], "ended");
        assert_eq!(ended["port"], port);
        // Its reader is gone.
        assert!(writer.join().unwrap().is_err());
        for at in guest.buffers.values() {
            let mut bytes = [0; BUFFER as usize];
            let at = GuestAddress(*at);
            guest.toy.memory.read_slice(&mut bytes, at).unwrap();
            assert_eq!(bytes, [0; BUFFER as usize]);
        }
        guest.begin();
    }
    assert_eq!(guest.toy.take_event(), None);
}

#[test]
fn the_end_of_the_control_socket_is_told_to_the_owner() {
    let Some(guest) = Guest::start() else {
        return;
    };
    drop(guest.caller);
    let Event::Fatal(sentence) = guest.toy.next_event() else {
        panic!("the VM goes on");
    };
    assert!(sentence.contains("closed the control socket"), "{sentence}");
}
