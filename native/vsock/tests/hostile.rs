//! Guests that break the protocol, go away, or were never meant to get so far.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::fs::File;
use std::os::fd::OwnedFd;

use common::guest::{CID, Guest, MEMORY, WRITE, drain, packet};
use common::pipe;
use hadron_vsock_device::{
    Broken, Config, Direction, HEADER_SIZE, Header, Refused, SHUTDOWN_SEND, Violation, op,
};
use vm_memory::{Bytes, GuestAddress};

const CREDIT: usize = 256 * 1024;

fn error(guest: &mut Guest) -> Broken {
    guest.ended().expect("an end").error.expect("an error")
}

#[test]
fn unknown_streams_are_reset() {
    let mut guest = Guest::new();
    for operation in [
        op::REQUEST,
        op::RESPONSE,
        op::SHUTDOWN,
        op::RW,
        op::CREDIT_REQUEST,
        0,
        77,
    ] {
        guest.send(packet(7, operation), &[]);
        let packets = guest.packets();
        assert_eq!(packets.len(), 1);
        let header = packets[0].0;
        assert_eq!(
            (header.op, header.src_port, header.dst_port),
            (op::RST, 7, 50)
        );
    }
    guest.send(packet(7, op::RST), &[]);
    assert_eq!(guest.operations(), [], "RST is not answered");
}

#[test]
fn a_port_takes_one_stream() {
    let (mut guest, _reader) = Guest::with_output();
    guest.send(
        Header {
            src_port: 51,
            ..packet(7, op::REQUEST)
        },
        &[],
    );
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    guest.data(7, b"x");
    assert_eq!(guest.device.muxer().progress(7), Some(1));
}

#[test]
fn wrong_addresses_and_types() {
    let (mut guest, _reader) = Guest::with_output();
    for header in [
        Header {
            dst_cid: 9,
            ..packet(7, op::RW)
        },
        Header {
            kind: 2,
            ..packet(7, op::REQUEST)
        },
        Header {
            kind: 0xffff,
            ..packet(7, op::RW)
        },
    ] {
        guest.send(header, &[]);
        let packets = guest.packets();
        assert_eq!(packets.len(), 1);
        assert_eq!((packets[0].0.op, packets[0].0.kind), (op::RST, header.kind));
        assert_eq!(packets[0].0.src_cid, header.dst_cid);
    }
    // A guest that claims to be another one is ignored.
    for src_cid in [0, 2, 4, u64::MAX, CID | 1 << 32] {
        guest.send(
            Header {
                src_cid,
                ..packet(7, op::RST)
            },
            &[],
        );
    }
    assert_eq!(guest.operations(), []);
    guest.data(7, b"still there");
    assert_eq!(guest.device.muxer().progress(7), Some(11));
}

#[test]
fn more_than_the_credit_breaks_the_stream_and_what_came_before_is_written() {
    let (mut guest, mut reader) = Guest::with_output();
    let capacity = rustix::pipe::fcntl_getpipe_size(&reader).unwrap();
    let mut sent = 0;
    while guest.device.muxer().progress(7).unwrap() as usize + CREDIT > sent {
        guest.data(7, &vec![1; 32_768]);
        sent += 32_768;
    }
    assert_eq!(sent, capacity + CREDIT);
    guest.data(7, &[2]);
    assert_eq!(guest.operations().last(), Some(&(op::RST, 0)));
    let mut received = Vec::new();
    while guest.ended_is_none() {
        received.extend(drain(&mut reader).0);
        guest.run();
    }
    assert_eq!(error(&mut guest), Broken::Violated(Violation::NoCredit));
    received.extend(drain(&mut reader).0);
    assert!(received == vec![1; sent]);
}

#[test]
fn packets_that_do_not_belong_there() {
    let says = |len| Header {
        len,
        ..packet(7, op::RW)
    };
    for (header, violation) in [
        (packet(7, op::REQUEST), Violation::Misplaced),
        (packet(7, op::RESPONSE), Violation::Misplaced),
        (packet(7, 0), Violation::Misplaced),
        (packet(7, 99), Violation::Misplaced),
        // Longer than what follows it.
        (says(1), Violation::ShortPacket),
        (says(u32::MAX), Violation::ShortPacket),
    ] {
        let (mut guest, mut reader) = Guest::with_output();
        guest.data(7, b"before");
        guest.send(header, &[]);
        assert_eq!(guest.operations(), [(op::RST, 0)]);
        assert_eq!(error(&mut guest), Broken::Violated(violation));
        assert_eq!(drain(&mut reader), (b"before".to_vec(), true));
    }
}

#[test]
fn data_after_the_shutdown() {
    let mut guest = Guest::new();
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    guest
        .device
        .muxer()
        .accept(7, Direction::Both, OwnedFd::from(theirs))
        .unwrap();
    guest.open(7);
    guest.shutdown(7, SHUTDOWN_SEND);
    guest.data(7, b"x");
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    assert_eq!(
        error(&mut guest),
        Broken::Violated(Violation::AfterShutdown)
    );
    drop(ours);
}

#[test]
fn rst_writes_out_what_came_and_is_an_error() {
    let (mut guest, mut reader) = Guest::with_output();
    let capacity = rustix::pipe::fcntl_getpipe_size(&reader).unwrap();
    for _ in 0..6 {
        guest.data(7, &vec![1; 32_768]);
    }
    guest.send(packet(7, op::RST), &[]);
    assert!(guest.ended_is_none());
    // The port is not free yet.
    let (_reader, writer) = pipe();
    let refused = guest
        .device
        .muxer()
        .accept(7, Direction::Out, OwnedFd::from(writer));
    assert_eq!(refused, Err(Refused::PortTaken(7)));
    let mut received = drain(&mut reader).0;
    assert_eq!(received.len(), capacity);
    while guest.ended_is_none() {
        guest.run();
        received.extend(drain(&mut reader).0);
    }
    assert_eq!(received.len(), 6 * 32_768);
    assert_eq!(error(&mut guest), Broken::BrokenOff);
    assert_eq!(guest.operations(), [], "RST is not answered");
}

#[test]
fn resets_are_remembered_up_to_a_bound() {
    let mut guest = Guest::starved(Config::new(CID));
    for port in 0..10_000 {
        guest.send(packet(port, op::REQUEST), &[]);
    }
    guest.offer_buffers(64);
    guest.run();
    let count = guest.packets().len();
    assert_eq!(count, 256);
    guest.send(packet(1, op::REQUEST), &[]);
    assert_eq!(guest.operations(), [(op::RST, 0)]);
}

#[test]
fn streams_that_the_guest_never_finishes_are_cut_off() {
    let mut guest = Guest::starved(Config {
        max_closing: 10,
        ..Config::new(CID)
    });
    for port in 0..1000 {
        let (_reader, writer) = pipe();
        guest
            .device
            .muxer()
            .accept(port, Direction::Out, OwnedFd::from(writer))
            .unwrap();
        guest.send(packet(port, op::REQUEST), &[]);
        guest.shutdown(port, SHUTDOWN_SEND);
        assert_eq!(guest.ended().unwrap().error, None);
    }
    guest.offer_buffers(64);
    guest.run();
    let operations = guest.operations();
    // 256 RSTs, and RESPONSE and SHUTDOWN of those ten that are left.
    assert_eq!(operations.len(), 256 + 2 * 10);
}

#[test]
fn limits_and_misfits_of_joins() {
    let mut guest = Guest::starved(Config {
        max_joins: 2,
        ..Config::new(CID)
    });
    let muxer = guest.device.muxer();
    let mut accept = |port, direction, fd: File| muxer.accept(port, direction, OwnedFd::from(fd));
    let (reader, writer) = pipe();
    let copy = || writer.try_clone().unwrap();
    let refused = accept(1, Direction::In, copy()).unwrap_err();
    assert_eq!(refused, Refused::Access(Direction::In));
    assert!(refused.to_string().contains("must be open for reading"));
    let refused = accept(1, Direction::Out, reader).unwrap_err();
    assert_eq!(refused, Refused::Access(Direction::Out));
    let terminal = File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .unwrap();
    let refused = accept(1, Direction::Both, terminal).unwrap_err();
    assert_eq!(refused, Refused::NoStreamSocket);
    let refused = accept(u32::MAX, Direction::Out, copy()).unwrap_err();
    assert_eq!(refused, Refused::AnyPort);
    assert!(
        refused
            .to_string()
            .contains("ports from 0 to 4294967294 can")
    );
    accept(1, Direction::Out, copy()).unwrap();
    let refused = accept(1, Direction::Out, copy()).unwrap_err();
    assert_eq!(refused, Refused::PortTaken(1));
    accept(2, Direction::Out, copy()).unwrap();
    let refused = accept(3, Direction::Out, copy()).unwrap_err();
    assert_eq!(refused, Refused::TooManyJoins(2));
    assert_eq!(muxer.close(1), Some(0));
    assert!(muxer.next_ended().unwrap().error.is_some());
    assert_eq!(muxer.close(1), None);
    muxer
        .accept(3, Direction::Out, OwnedFd::from(copy()))
        .unwrap();
}

#[test]
fn closing_a_join_resets_its_stream() {
    let (mut guest, mut reader) = Guest::with_output();
    guest.data(7, b"x");
    assert_eq!(guest.device.muxer().close(7), Some(1));
    guest.run();
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    assert_eq!(drain(&mut reader), (b"x".to_vec(), true));
    assert_eq!(error(&mut guest), Broken::Closed);
}

#[test]
fn a_reader_that_is_gone() {
    let (mut guest, reader) = Guest::with_output();
    drop(reader);
    guest.data(7, b"x");
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    assert_eq!(error(&mut guest), Broken::Unread(7));
    // And while the buffer holds something.
    let (mut guest, reader) = Guest::with_output();
    for _ in 0..6 {
        guest.data(7, &vec![1; 32_768]);
    }
    drop(reader);
    guest.run();
    assert_eq!(guest.operations().last(), Some(&(op::RST, 0)));
    assert_eq!(error(&mut guest), Broken::Unread(7));
}

#[test]
fn reset_and_death_of_the_guest() {
    let (mut guest, mut reader) = Guest::with_output();
    let (_unused, writer) = pipe();
    guest
        .device
        .muxer()
        .accept(8, Direction::Out, OwnedFd::from(writer))
        .unwrap();
    for _ in 0..6 {
        guest.data(7, &vec![1; 32_768]);
    }
    guest.device.deactivate();
    guest.device.muxer().guest_reset();
    let mut received = 0;
    while guest.ended_is_none() {
        received += drain(&mut reader).0.len();
        guest.run();
    }
    received += drain(&mut reader).0.len();
    assert_eq!(received, 6 * 32_768);
    assert_eq!(error(&mut guest), Broken::GuestReset);
    assert_eq!(guest.device.muxer().progress(8), Some(0));
    guest.device.muxer().guest_gone();
    assert_eq!(error(&mut guest), Broken::NeverOpened);
}

#[test]
fn any_framing_of_a_packet_is_understood() {
    let (mut guest, mut reader) = Guest::with_output();
    let header = Header {
        len: 300,
        ..packet(7, op::RW)
    };
    let mut bytes = header.to_bytes().to_vec();
    bytes.extend((0..300).map(|index| index as u8));
    guest
        .memory
        .write_slice(&bytes, GuestAddress(0x10_0000))
        .unwrap();
    for cuts in [
        [10, 44, 50],
        [44, 45, 100],
        [1, 2, 43],
        [100, 200, 300],
        [0, 44, 344],
    ] {
        let mut pieces = Vec::new();
        let mut at = 0;
        for end in cuts.into_iter().chain([bytes.len()]) {
            pieces.push((0x10_0000 + at as u64, (end - at) as u32, 0));
            at = end;
        }
        guest.tx.offer(&guest.memory, &pieces);
        guest.run();
        assert_eq!(drain(&mut reader).0, bytes[HEADER_SIZE..]);
    }
}

#[test]
fn chains_that_are_no_packets() {
    let (mut guest, _reader) = Guest::with_output();
    let size = HEADER_SIZE as u32;
    for pieces in [
        vec![(0x10_0000, size - 1, 0)],
        vec![(0x10_0000, 0, 0)],
        vec![(0x10_0000, size, WRITE)],
        vec![(0x10_0000, size, 0), (0x10_0000, 10, WRITE)],
        vec![(MEMORY, size, 0)],
        vec![(MEMORY - 10, size, 0)],
        vec![(u64::MAX - 10, size, 0)],
        vec![(u64::MAX, u32::MAX, 0), (u64::MAX, u32::MAX, 0)],
        vec![(0x10_0000, size, 0), (MEMORY - 1, 100, 0)],
    ] {
        guest.tx.offer(&guest.memory, &pieces);
        // The same as a place to write to.
        let writable: Vec<_> = pieces
            .iter()
            .map(|(a, l, flags)| (*a, *l, flags ^ WRITE))
            .collect();
        guest.rx.offer(&guest.memory, &writable);
        guest.run();
    }
    guest.data_still_flows();
}

/// They are no pieces of memory, but 256 chains of one turn could hold 16 million of them.
#[test]
fn a_table_of_empty_descriptors_is_not_walked_to_its_end() {
    const INDIRECT: u16 = 4;
    const TABLE: u64 = 0x100_0000;
    let (mut guest, mut reader) = Guest::with_output();
    let mut header = packet(7, op::RW);
    header.len = 1;
    let bytes = [&header.to_bytes()[..], b"x"].concat();
    guest
        .memory
        .write_slice(&bytes, GuestAddress(0x10_0000))
        .unwrap();
    for (empty, received) in [(63_u16, &b"x"[..]), (64, b""), (65_000, b"")] {
        for index in 0..=empty {
            let last = index == empty;
            let length = if last { bytes.len() as u32 } else { 0 };
            let at = TABLE + 16 * u64::from(index);
            let (address, next) = (0x10_0000_u64, index + 1);
            let flags = u16::from(!last);
            guest.memory.write_obj(address, GuestAddress(at)).unwrap();
            guest
                .memory
                .write_obj(length, GuestAddress(at + 8))
                .unwrap();
            guest
                .memory
                .write_obj(flags, GuestAddress(at + 12))
                .unwrap();
            guest.memory.write_obj(next, GuestAddress(at + 14)).unwrap();
        }
        let size = 16 * (u32::from(empty) + 1);
        guest.tx.offer(&guest.memory, &[(TABLE, size, INDIRECT)]);
        guest.run();
        assert_eq!(drain(&mut reader).0, received, "{empty}");
    }
}

#[test]
fn an_index_that_is_too_far_ahead_stops_the_device() {
    for receive in [true, false] {
        let (mut guest, _reader) = Guest::with_output();
        let ring = if receive { &guest.rx } else { &guest.tx };
        ring.publish(&guest.memory, 20_000);
        guest.queue_packet(packet(9, op::REQUEST), &[]);
        if !receive {
            guest.tx.publish(&guest.memory, 20_000);
        }
        assert!(guest.try_run().is_err());
        assert_eq!(error(&mut guest), Broken::GuestReset);
        // It does not touch the queues again.
        assert!(guest.try_run().is_ok());
    }
}

impl Guest {
    fn ended_is_none(&mut self) -> bool {
        // Looked at through the join: it is there as long as it has not ended.
        self.device.muxer().progress(7).is_some()
    }

    fn data_still_flows(&mut self) {
        let before = self.device.muxer().progress(7).unwrap();
        self.data(7, b"x");
        assert_eq!(self.device.muxer().progress(7), Some(before + 1));
    }
}
