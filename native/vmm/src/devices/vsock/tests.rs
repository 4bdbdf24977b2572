use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use hadron_vsock_device::{HEADER_SIZE, Header, SHUTDOWN_BOTH, op};
use serde_json::json;

use super::*;
use crate::devices::driver::{Driver, WRITE};

mod ends;

use ends::{CID, Caller, data, packet, pipe};

/// Packets of the guest lie from here on.
const TX_BUFFERS: u64 = 1 << 20;
/// Buffers for packets from the host lie from here on.
const RX_BUFFERS: u64 = 8 << 20;
const BUFFER: u64 = 0x2000;
const TX: usize = super::TX as usize;
const RX: usize = super::RX as usize;

/// A driver, and who makes joins.
struct Pair {
    driver: Driver,
    caller: Caller,
}

impl Pair {
    fn new() -> Self {
        let (caller, control) = Caller::new();
        let driver = Driver::new(Vsock::new(CID, control).unwrap());
        Pair { driver, caller }
    }

    fn activated() -> Self {
        let mut pair = Pair::new();
        pair.activate();
        pair
    }

    /// With 64 buffers for packets from the host.
    fn activate(&mut self) {
        for index in 0..64 {
            let address = RX_BUFFERS + index * BUFFER;
            self.driver.offer(RX, &[(address, BUFFER as u32, WRITE)]);
        }
        assert!(self.driver.activate(0));
    }

    fn send(&mut self, header: Header, payload: &[u8]) {
        let bytes = [&header.to_bytes(), payload].concat();
        self.driver.write(TX_BUFFERS, &bytes);
        let piece = (TX_BUFFERS, bytes.len() as u32, 0);
        self.driver.request(TX, &[piece]);
    }

    /// The next packet from the host.
    fn packet(&mut self) -> (Header, Vec<u8>) {
        let (head, length) = self.driver.used(RX);
        let address = RX_BUFFERS + u64::from(head % 64) * BUFFER;
        let bytes = self.driver.read(address, length as usize);
        self.driver.offer(RX, &[(address, BUFFER as u32, WRITE)]);
        self.driver.kick(RX);
        let (header, payload) = bytes.split_at(HEADER_SIZE);
        (
            Header::from_bytes(header.try_into().unwrap()),
            payload.to_vec(),
        )
    }

    fn open(&mut self, port: u32) {
        self.send(packet(port, op::REQUEST), &[]);
        assert_eq!(self.packet().0.op, op::RESPONSE);
    }
}

#[test]
fn a_stream_each_way_from_before_there_is_a_driver_to_its_end() {
    let mut pair = Pair::new();
    let (mut output, theirs) = pipe();
    pair.caller.accept(7, "out", &theirs);
    drop(theirs);
    let (theirs, mut input) = pipe();
    pair.caller.accept(8, "in", &theirs);
    drop(theirs);
    pair.activate();
    pair.open(7);
    pair.send(data(7, b"from the guest"), b"from the guest");
    let mut bytes = [0; 14];
    output.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"from the guest");
    pair.open(8);
    assert_eq!(pair.packet().0.op, op::SHUTDOWN);
    input.write_all(b"to the guest").unwrap();
    let (header, payload) = pair.packet();
    assert_eq!((header.op, &payload[..]), (op::RW, &b"to the guest"[..]));
    let end = Header {
        flags: SHUTDOWN_BOTH,
        ..packet(7, op::SHUTDOWN)
    };
    pair.send(end, &[]);
    assert_eq!(
        pair.caller.news(),
        json!({"event": "ended", "port": 7, "bytes": 14, "error": null})
    );
    assert_eq!(output.read(&mut bytes).unwrap(), 0);
    assert!(pair.driver.is_content());
}

#[test]
fn what_the_driver_has_filled_before_it_is_ready_is_found() {
    let mut pair = Pair::new();
    let (_output, theirs) = pipe();
    pair.caller.accept(7, "out", &theirs);
    let bytes = packet(7, op::REQUEST).to_bytes();
    pair.driver.write(TX_BUFFERS, &bytes);
    pair.driver
        .offer(TX, &[(TX_BUFFERS, HEADER_SIZE as u32, 0)]);
    pair.activate();
    assert_eq!(pair.packet().0.op, op::RESPONSE);
}

/// More than one turn's budget, of packets that are all answered.
#[test]
fn a_storm_of_packets_is_taken_to_its_end() {
    let mut pair = Pair::activated();
    let bytes = packet(99, op::RW).to_bytes();
    pair.driver.write(TX_BUFFERS, &bytes);
    for _ in 0..200 {
        for _ in 0..QUEUE_SIZE {
            pair.driver
                .offer(TX, &[(TX_BUFFERS, HEADER_SIZE as u32, 0)]);
        }
        pair.driver.kick(TX);
        for _ in 0..QUEUE_SIZE {
            pair.driver.used(TX);
        }
    }
    for _ in 0..QUEUE_SIZE {
        assert_eq!(pair.packet().0.op, op::RST);
    }
    assert!(pair.driver.is_content());
}

#[test]
fn a_reset_ends_streams_and_keeps_what_is_reserved() {
    let mut pair = Pair::activated();
    let (_output, theirs) = pipe();
    pair.caller.accept(7, "out", &theirs);
    pair.caller.accept(8, "out", &theirs);
    pair.open(7);
    pair.driver.reset();
    let ended = pair.caller.news();
    assert_eq!(
        (&ended["event"], &ended["port"]),
        (&json!("ended"), &json!(7))
    );
    assert!(ended["error"].is_string(), "{ended}");
    pair.activate();
    pair.open(8);
    pair.driver.reset();
    pair.driver.reset();
    assert_eq!(pair.caller.news()["port"], 8);
    assert!(pair.driver.is_content());
}

#[test]
fn a_ring_that_lies_stops_the_device_until_it_is_reset() {
    let mut pair = Pair::activated();
    let (_output, theirs) = pipe();
    pair.caller.accept(7, "out", &theirs);
    pair.open(7);
    pair.driver.lie(TX, 0x4000);
    pair.driver.kick(TX);
    let sentence = pair.driver.complaint();
    let expected = "the vsock device stops: a queue is broken";
    assert!(sentence.starts_with(expected), "{sentence}");
    // An interrupt of before may still be there to be seen; what the device says comes after the complaint.
    pair.driver.settle();
    assert!(pair.driver.needs_reset());
    pair.driver.wait_for_interrupt();
    // Whoever makes joins is served all the same.
    assert_eq!(pair.caller.news()["event"], "ended");
    pair.caller.accept(7, "out", &theirs);
    pair.driver.reset();
    pair.activate();
    pair.open(7);
}

#[test]
fn the_end_of_the_control_socket_ends_the_vm() {
    let Pair { driver, caller } = Pair::activated();
    drop(caller);
    let sentence = "the vsock device stops: who makes its joins has closed the control socket";
    assert_eq!(driver.complaint(), format!("fatal: {sentence}"));
    // What the device says to its driver comes after the complaint, and before the answer to this.
    assert!(driver.try_reset());
    assert!(driver.needs_reset());
    assert!(driver.is_content());
}

#[test]
fn a_driver_without_an_event_queue_is_refused() {
    let mut pair = Pair::new();
    pair.driver.rings.pop();
    assert!(!pair.driver.activate(0));
    let sentence = "the vsock device stops: the driver did not set queue 2 up";
    assert_eq!(pair.driver.complaint(), sentence);
}

#[test]
fn addresses_that_no_guest_has_are_refused() {
    for cid in [0, 2, u32::MAX] {
        let (socket, _) = UnixStream::pair().unwrap();
        let error = Vsock::new(cid, socket.into()).err().unwrap();
        assert!(error.to_string().contains(&cid.to_string()), "{error}");
    }
    let (socket, _) = UnixStream::pair().unwrap();
    let description = Vsock::new(7, socket.into()).unwrap().description();
    let mut read = [0; 8];
    description.configuration.read(0, &mut read);
    assert_eq!(read, 7u64.to_le_bytes());
}
