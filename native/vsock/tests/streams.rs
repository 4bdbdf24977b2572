//! Streams that behave: handshakes, credit, shutdowns, in every direction.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use common::guest::{Guest, drain, packet};
use common::{pattern, pipe};
use hadron_vsock_device::{
    Direction, Ended, Header, SHUTDOWN_BOTH, SHUTDOWN_RECEIVE, SHUTDOWN_SEND, op,
};

const CREDIT: usize = 256 * 1024;

fn ended(port: u32, bytes: u64) -> Option<Ended> {
    Some(Ended {
        port,
        bytes,
        error: None,
    })
}

/// A guest with an "in" stream to port 7, and the writing end.
fn input() -> (Guest, File) {
    let mut guest = Guest::new();
    let (reader, writer) = pipe();
    guest
        .device
        .muxer()
        .accept(7, Direction::In, OwnedFd::from(reader))
        .unwrap();
    assert_eq!(guest.open(7), [(op::SHUTDOWN, SHUTDOWN_RECEIVE)]);
    (guest, writer)
}

fn both() -> (Guest, UnixStream) {
    let mut guest = Guest::new();
    let (ours, theirs) = UnixStream::pair().unwrap();
    guest
        .device
        .muxer()
        .accept(7, Direction::Both, OwnedFd::from(theirs))
        .unwrap();
    assert_eq!(guest.open(7), []);
    (guest, ours)
}

#[test]
fn out_ends_with_the_guests_close() {
    let (mut guest, mut reader) = Guest::with_output();
    guest.data(7, b"hello ");
    guest.data(7, b"world");
    assert_eq!(guest.device.muxer().progress(7), Some(11));
    assert_eq!(guest.ended(), None);
    guest.shutdown(7, SHUTDOWN_BOTH);
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    assert_eq!(guest.ended(), ended(7, 11));
    assert_eq!(drain(&mut reader), (b"hello world".to_vec(), true));
    assert_eq!(guest.device.muxer().progress(7), None);
}

#[test]
fn out_ends_with_a_half_close_too() {
    let (mut guest, mut reader) = Guest::with_output();
    guest.data(7, b"x");
    guest.shutdown(7, SHUTDOWN_SEND);
    assert_eq!(guest.operations(), [(op::SHUTDOWN, SHUTDOWN_BOTH)]);
    assert_eq!(guest.ended(), ended(7, 1));
    assert_eq!(drain(&mut reader), (b"x".to_vec(), true));
    guest.send(packet(7, op::RST), &[]);
    assert_eq!(guest.operations(), []);
    // The same ports once more.
    let (_reader, writer) = pipe();
    guest
        .device
        .muxer()
        .accept(7, Direction::Out, OwnedFd::from(writer))
        .unwrap();
    guest.open(7);
}

#[test]
fn bytes_before_the_shutdown_are_written_first() {
    let (mut guest, mut reader) = Guest::with_output();
    let sent = &pattern()[..CREDIT];
    for chunk in sent.chunks(65_536) {
        guest.data(7, chunk);
    }
    guest.shutdown(7, SHUTDOWN_BOTH);
    let mut received = Vec::new();
    while guest.ended().is_none() {
        assert!(
            !guest.operations().contains(&(op::RST, 0)),
            "RST before everything is written"
        );
        received.extend(drain(&mut reader).0);
        guest.run();
    }
    assert_eq!(guest.operations().last(), Some(&(op::RST, 0)));
    received.extend(drain(&mut reader).0);
    assert!(received == sent);
}

#[test]
fn a_writer_that_heeds_credit_gets_everything_through() {
    let (mut guest, mut reader) = Guest::with_output();
    let pattern = pattern();
    let total = 10_000_000;
    let (mut sent, mut forwarded, mut at) = (0usize, 0usize, 0usize);
    while at < total {
        let free = CREDIT - (sent - forwarded);
        let count = free.min(65_536).min(total - sent);
        if count > 0 {
            let start = sent % common::PATTERN;
            guest.data(7, &pattern[start..start + count]);
            sent += count;
        } else {
            let (bytes, _) = drain(&mut reader);
            assert!(!bytes.is_empty(), "no credit, and nothing to read");
            let start = at % common::PATTERN;
            assert!(bytes == pattern[start..start + bytes.len()], "after {at}");
            at += bytes.len();
            guest.run();
        }
        for (header, _) in guest.packets() {
            assert_eq!(
                (header.op, header.buf_alloc as usize),
                (op::CREDIT_UPDATE, CREDIT)
            );
            forwarded = header.fwd_cnt as usize;
            assert!(forwarded <= sent);
        }
    }
    assert_eq!(guest.ended(), None);
}

#[test]
fn a_pipe_that_nobody_reads_gets_no_more_than_its_size_and_the_credit() {
    let (mut guest, reader) = Guest::with_output();
    let mut granted = CREDIT;
    let mut sent = 0;
    while sent < granted {
        let count = (granted - sent).min(10_000);
        guest.data(7, &vec![1; count]);
        sent += count;
        for (header, _) in guest.packets() {
            granted = header.fwd_cnt as usize + CREDIT;
        }
    }
    let capacity = rustix::pipe::fcntl_getpipe_size(&reader).unwrap();
    assert!(sent <= capacity + CREDIT, "{sent}");
    assert_eq!(guest.ended(), None);
}

#[test]
fn credit_is_told_when_asked_for() {
    let (mut guest, _reader) = Guest::with_output();
    guest.data(7, &[0; 100]);
    guest.send(packet(7, op::CREDIT_REQUEST), &[]);
    let packets = guest.packets();
    assert_eq!(packets.len(), 1);
    assert_eq!(
        (packets[0].0.op, packets[0].0.fwd_cnt),
        (op::CREDIT_UPDATE, 100)
    );
}

#[test]
fn a_regular_file_takes_what_comes() {
    let mut guest = Guest::new();
    let mut file = unnamed_file();
    let fd = OwnedFd::from(file.try_clone().unwrap());
    guest.device.muxer().accept(7, Direction::Out, fd).unwrap();
    guest.open(7);
    guest.data(7, b"to disk");
    guest.shutdown(7, SHUTDOWN_BOTH);
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    assert_eq!(guest.ended(), ended(7, 7));
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "to disk");
    // And the other way.
    file.rewind().unwrap();
    guest
        .device
        .muxer()
        .accept(8, Direction::In, OwnedFd::from(file))
        .unwrap();
    guest.send(packet(8, op::REQUEST), &[]);
    let packets = guest.packets();
    assert_eq!(packets[2].1, b"to disk");
    assert_eq!(packets[3].0.flags, SHUTDOWN_BOTH);
    assert_eq!(guest.ended(), ended(8, 7));
}

fn unnamed_file() -> File {
    use rustix::fs::{MemfdFlags, Mode, OFlags, memfd_create};
    // A file of a file system, as epoll refuses it; memfd would do as well where O_TMPFILE is not.
    let file = rustix::fs::open(
        env!("CARGO_TARGET_TMPDIR"),
        OFlags::TMPFILE | OFlags::RDWR,
        Mode::RUSR | Mode::WUSR,
    );
    File::from(file.unwrap_or_else(|_| memfd_create("test", MemfdFlags::CLOEXEC).unwrap()))
}

#[test]
fn in_ends_with_the_end_of_the_file() {
    let (mut guest, mut writer) = input();
    let sent = &pattern()[..50_000];
    writer.write_all(sent).unwrap();
    drop(writer);
    guest.run();
    let mut received = Vec::new();
    let packets = guest.packets();
    let (last, data) = packets.split_last().unwrap();
    for (header, payload) in data {
        assert_eq!(header.op, op::RW);
        received.extend_from_slice(payload);
    }
    assert!(received == sent);
    assert_eq!((last.0.op, last.0.flags), (op::SHUTDOWN, SHUTDOWN_BOTH));
    assert_eq!(guest.ended(), ended(7, 50_000));
    guest.send(packet(7, op::RST), &[]);
    assert_eq!(guest.operations(), []);
}

#[test]
fn in_heeds_the_guests_credit() {
    let (mut guest, mut writer) = input();
    guest.send(
        Header {
            buf_alloc: 0,
            ..packet(7, op::CREDIT_UPDATE)
        },
        &[],
    );
    writer.write_all(&[1; 60_000]).unwrap();
    guest.run();
    assert_eq!(guest.operations(), []);
    let mut received = 0;
    for (buf_alloc, fwd_cnt) in [(10_000, 0), (10_000, 5_000), (30_000, 15_000)] {
        guest.send(
            Header {
                buf_alloc,
                fwd_cnt,
                ..packet(7, op::CREDIT_UPDATE)
            },
            &[],
        );
        received += guest
            .packets()
            .iter()
            .map(|(_, payload)| payload.len())
            .sum::<usize>();
        assert_eq!(received, (buf_alloc + fwd_cnt) as usize);
    }
    // The guest closes before the file ends: it wants no more, and that is no error.
    guest.shutdown(7, SHUTDOWN_BOTH);
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    assert_eq!(guest.ended(), ended(7, 45_000));
}

#[test]
fn in_waits_for_receive_buffers() {
    let mut guest = Guest::starved(hadron_vsock_device::Config::new(3));
    let (reader, mut writer) = pipe();
    guest
        .device
        .muxer()
        .accept(7, Direction::In, OwnedFd::from(reader))
        .unwrap();
    guest.send(packet(7, op::REQUEST), &[]);
    writer.write_all(&[1; 5000]).unwrap();
    guest.run();
    for expected in [op::RESPONSE, op::SHUTDOWN, op::RW, op::RW] {
        guest.offer_buffers(1);
        guest.run();
        let mut used = guest.packets_without_offering();
        assert_eq!(used.len(), 1);
        assert_eq!(used.remove(0).0.op, expected);
    }
}

#[test]
fn what_the_guest_writes_to_an_in_stream_is_dropped() {
    let (mut guest, _writer) = input();
    for _ in 0..100 {
        guest.data(7, &[1; 60_000]);
    }
    assert!(
        guest
            .operations()
            .iter()
            .all(|(op, _)| *op == op::CREDIT_UPDATE)
    );
    assert_eq!(guest.device.muxer().progress(7), Some(0));
}

#[test]
fn both_keeps_the_halves_apart() {
    let (mut guest, mut host) = both();
    guest.data(7, b"question");
    guest.shutdown(7, SHUTDOWN_SEND);
    let mut question = String::new();
    host.read_to_string(&mut question).unwrap();
    assert_eq!(question, "question");
    assert_eq!(guest.ended(), None);
    host.write_all(b"answer").unwrap();
    guest.run();
    assert_eq!(guest.packets()[0].1, b"answer");
    drop(host);
    guest.run();
    assert_eq!(
        guest.operations().last(),
        Some(&(op::SHUTDOWN, SHUTDOWN_BOTH))
    );
    assert_eq!(guest.ended(), ended(7, 14));
}

#[test]
fn both_the_other_way_round() {
    let (mut guest, mut host) = both();
    host.write_all(b"x").unwrap();
    host.shutdown(std::net::Shutdown::Write).unwrap();
    guest.run();
    assert_eq!(
        guest.operations(),
        [(op::RW, 0), (op::SHUTDOWN, SHUTDOWN_SEND)]
    );
    assert_eq!(guest.ended(), None);
    guest.data(7, b"late");
    guest.shutdown(7, SHUTDOWN_BOTH);
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    let mut text = String::new();
    host.read_to_string(&mut text).unwrap();
    assert_eq!(text, "late");
    assert_eq!(guest.ended(), ended(7, 5));
}

#[test]
fn a_socket_that_is_closed_on_the_host_is_closed_in_the_guest() {
    let (mut guest, host) = both();
    drop(host);
    guest.run();
    assert_eq!(guest.operations(), [(op::SHUTDOWN, SHUTDOWN_BOTH)]);
    guest.send(packet(7, op::RST), &[]);
    assert_eq!(guest.ended(), ended(7, 0));
}

#[test]
fn notifications_are_suppressed_as_the_guest_asks() {
    let (mut guest, _reader) = Guest::with_output();
    // The guest's used_event stays where it is, so only the first use of each queue interrupts.
    for _ in 0..20 {
        guest.data(7, b"x");
    }
    assert_eq!(
        guest.interrupts.load(std::sync::atomic::Ordering::Relaxed),
        2
    );
}
