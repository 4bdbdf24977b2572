use std::fs::File;
use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use hadron_vsock_device::{HEADER_SIZE, HOST_CID, Header, SHUTDOWN_BOTH, TYPE_STREAM, op};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Value, json};
use vm_memory::{Bytes, GuestAddress};

use super::*;
use crate::devices::testing::{Driver, FREE, PATIENCE, Said, WRITE};

const CID: u32 = 3;
const BUFFER: u64 = 0x2000;
/// Buffers for packets from the host lie from here on.
const RX_BUFFERS: u64 = 16 << 20;

/// A driver, and who makes joins.
struct Pair {
    driver: Driver,
    caller: BufReader<UnixStream>,
    sent: u64,
}

impl Pair {
    fn new() -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(PATIENCE)).unwrap();
        let device = Vsock::new(CID, theirs.into()).unwrap();
        Pair {
            driver: Driver::new(Box::new(device), Driver::memory()),
            caller: BufReader::new(ours),
            sent: 0,
        }
    }

    fn activated() -> Self {
        let mut pair = Pair::new();
        pair.activate();
        pair
    }

    fn activate(&mut self) {
        assert!(self.driver.activate());
        for index in 0..64 {
            self.offer_buffer(RX_BUFFERS + index * BUFFER);
        }
    }

    fn offer_buffer(&mut self, address: u64) {
        self.driver
            .offer(RX as usize, &[(address, BUFFER as u32, WRITE)]);
    }

    fn ask(&mut self, request: &Value, fd: Option<BorrowedFd<'_>>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = fd.map(|fd| [fd]);
        if let Some(fds) = &fds {
            assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)));
        }
        let line = format!("{request}\n");
        let bytes = [IoSlice::new(line.as_bytes())];
        sendmsg(
            self.caller.get_ref(),
            &bytes,
            &mut ancillary,
            SendFlags::NOSIGNAL,
        )
        .unwrap();
    }

    fn news(&mut self) -> Value {
        let mut line = String::new();
        self.caller.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Joins a port.
    fn accept(&mut self, port: u32, direction: &str, fd: BorrowedFd<'_>) {
        let request = json!({"id": port, "op": "accept", "port": port, "direction": direction});
        self.ask(&request, Some(fd));
        assert_eq!(
            self.news(),
            json!({"id": port, "ok": true, "bytes": 0, "port": port})
        );
    }

    fn send(&mut self, header: Header, payload: &[u8]) {
        let address = FREE + self.sent % 256 * BUFFER;
        self.sent += 1;
        let memory = &self.driver.memory;
        memory
            .write_slice(&header.to_bytes(), GuestAddress(address))
            .unwrap();
        let behind = address + HEADER_SIZE as u64;
        memory.write_slice(payload, GuestAddress(behind)).unwrap();
        let pieces = [
            (address, HEADER_SIZE as u32, 0),
            (behind, payload.len() as u32, 0),
        ];
        let pieces = if payload.is_empty() {
            &pieces[..1]
        } else {
            &pieces[..]
        };
        self.driver.offer(TX as usize, pieces);
        self.driver.used(TX as usize);
    }

    /// The next packet from the host.
    fn packet(&mut self) -> (Header, Vec<u8>) {
        let (head, length) = self.driver.used(RX as usize);
        let address = RX_BUFFERS + u64::from(head % 64) * BUFFER;
        let mut bytes = vec![0; length as usize];
        self.driver
            .memory
            .read_slice(&mut bytes, GuestAddress(address))
            .unwrap();
        self.offer_buffer(address);
        let header = Header::from_bytes(bytes[..HEADER_SIZE].try_into().unwrap());
        (header, bytes.split_off(HEADER_SIZE))
    }

    fn open(&mut self, port: u32) {
        self.send(packet(port, op::REQUEST), &[]);
        assert_eq!(self.packet().0.op, op::RESPONSE);
    }
}

fn packet(port: u32, op: u16) -> Header {
    Header {
        src_cid: CID.into(),
        dst_cid: HOST_CID,
        src_port: 50,
        dst_port: port,
        kind: TYPE_STREAM,
        op,
        buf_alloc: 1 << 20,
        ..Header::default()
    }
}

fn data(port: u32, payload: &[u8]) -> Header {
    Header {
        len: payload.len() as u32,
        ..packet(port, op::RW)
    }
}

fn pipe() -> (File, File) {
    let (reader, writer) = std::io::pipe().unwrap();
    (
        File::from(OwnedFd::from(reader)),
        File::from(OwnedFd::from(writer)),
    )
}

#[test]
fn a_stream_each_way_from_before_there_is_a_driver_to_its_end() {
    let mut pair = Pair::new();
    let (mut output, theirs) = pipe();
    pair.accept(7, "out", theirs.as_fd());
    drop(theirs);
    let (theirs, mut input) = pipe();
    pair.accept(8, "in", theirs.as_fd());
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
        pair.news(),
        json!({"event": "ended", "port": 7, "bytes": 14, "error": null})
    );
    assert_eq!(output.read(&mut bytes).unwrap(), 0);
    assert!(pair.driver.said_nothing());
}

#[test]
fn what_the_driver_has_filled_before_it_is_ready_is_found() {
    let mut pair = Pair::new();
    let (_output, theirs) = pipe();
    pair.accept(7, "out", theirs.as_fd());
    pair.driver.prepare();
    let memory = Arc::clone(&pair.driver.memory);
    memory
        .write_slice(&packet(7, op::REQUEST).to_bytes(), GuestAddress(FREE))
        .unwrap();
    let rings = &mut pair.driver.rings;
    rings[RX as usize].offer(&memory, &[(RX_BUFFERS, BUFFER as u32, WRITE)]);
    rings[TX as usize].offer(&memory, &[(FREE, HEADER_SIZE as u32, 0)]);
    assert!(pair.driver.start());
    assert_eq!(pair.packet().0.op, op::RESPONSE);
}

/// More than one turn's budget, of packets that are all answered.
#[test]
fn a_storm_of_packets_is_taken_to_its_end() {
    let mut pair = Pair::activated();
    let memory = Arc::clone(&pair.driver.memory);
    memory
        .write_slice(&packet(99, op::RW).to_bytes(), GuestAddress(FREE))
        .unwrap();
    for _ in 0..200 {
        for _ in 0..QUEUE_SIZE {
            pair.driver.rings[TX as usize].offer(&memory, &[(FREE, HEADER_SIZE as u32, 0)]);
        }
        pair.driver.kick(TX as usize);
        for _ in 0..QUEUE_SIZE {
            pair.driver.used(TX as usize);
        }
    }
    for _ in 0..QUEUE_SIZE {
        assert_eq!(pair.packet().0.op, op::RST);
    }
    assert!(pair.driver.said_nothing());
}

#[test]
fn a_reset_ends_streams_and_keeps_what_is_reserved() {
    let mut pair = Pair::activated();
    let (_output, theirs) = pipe();
    pair.accept(7, "out", theirs.as_fd());
    pair.accept(8, "out", theirs.as_fd());
    pair.open(7);
    assert!(pair.driver.reset());
    let ended = pair.news();
    assert_eq!(
        (&ended["event"], &ended["port"]),
        (&json!("ended"), &json!(7))
    );
    assert!(ended["error"].is_string(), "{ended}");
    // The old queues' kicks reach nobody.
    pair.driver.kick(TX as usize);
    pair.activate();
    pair.open(8);
    assert!(pair.driver.reset() && pair.driver.reset());
    assert_eq!(pair.news()["port"], 8);
    assert!(pair.driver.said_nothing());
}

#[test]
fn a_ring_that_lies_stops_the_device_until_it_is_reset() {
    let mut pair = Pair::activated();
    let (_output, theirs) = pipe();
    pair.accept(7, "out", theirs.as_fd());
    pair.open(7);
    pair.driver.rings[TX as usize].publish(&pair.driver.memory, 0x8000);
    pair.driver.kick(TX as usize);
    let Said::Complaint(sentence) = pair.driver.said() else {
        panic!("the VM ends");
    };
    assert!(
        sentence.starts_with("the vsock device stops: a queue is broken"),
        "{sentence}"
    );
    pair.driver.wait_for_interrupt();
    assert!(pair.driver.needs_reset());
    // Whoever makes joins is served all the same.
    assert_eq!(pair.news()["event"], "ended");
    pair.accept(7, "out", theirs.as_fd());
    assert!(pair.driver.reset());
    pair.activate();
    pair.open(7);
}

#[test]
fn the_end_of_the_control_socket_ends_the_vm() {
    let pair = Pair::activated();
    drop(pair.caller);
    let sentence = "the vsock device stops: who makes its joins has closed the control socket";
    assert_eq!(pair.driver.said(), Said::Fatal(sentence.to_owned()));
    assert!(pair.driver.needs_reset());
    assert!(pair.driver.reset());
    assert!(pair.driver.said_nothing());
}

#[test]
fn a_driver_without_an_event_queue_is_refused() {
    let mut pair = Pair::new();
    pair.driver.prepare();
    pair.driver.rings.pop();
    assert!(!pair.driver.start());
    let sentence = "the vsock device stops: the driver did not set queue 2 up";
    assert_eq!(pair.driver.said(), Said::Complaint(sentence.to_owned()));
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
