//! Ports that take stream after stream, and joins of datagrams.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};

use common::guest::{CID, Guest, packet};
use common::pattern;
use hadron_vsock_device::{
    Broken, Config, Direction, Ended, Header, Knock, Refused, SHUTDOWN_BOTH, SHUTDOWN_SEND, op,
};

const DOOR: u32 = 9;

/// A guest, and a door for two streams.
fn guest() -> Guest {
    let mut guest = Guest::new();
    guest.device.muxer().listen(DOOR, 2).unwrap();
    guest
}

fn from(src_port: u32, op: u16) -> Header {
    Header {
        src_port,
        ..packet(DOOR, op)
    }
}

/// The guest opens a stream; the number of the knock.
fn knock(guest: &mut Guest, src_port: u32) -> u64 {
    guest.send(from(src_port, op::REQUEST), &[]);
    let Knock { port, number } = guest.device.muxer().next_knock().unwrap();
    assert_eq!(port, DOOR);
    assert_eq!(guest.device.muxer().next_knock(), None);
    number
}

fn answer(guest: &mut Guest, knock: u64, port: u32) -> Result<UnixStream, Refused> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let fd = OwnedFd::from(theirs);
    let muxer = guest.device.muxer();
    muxer
        .answer(knock, port, Direction::Both, fd)
        .map(|()| ours)
}

fn send(guest: &mut Guest, src_port: u32, payload: &[u8]) {
    let mut header = from(src_port, op::RW);
    header.len = payload.len() as u32;
    guest.send(header, payload);
}

#[test]
fn each_stream_has_a_join_of_its_own() {
    let mut guest = guest();
    let mut hosts = Vec::new();
    for (src_port, port) in [(50, 100), (51, 101)] {
        let number = knock(&mut guest, src_port);
        assert_eq!(guest.operations(), []);
        hosts.push(answer(&mut guest, number, port).unwrap());
        guest.run();
        assert_eq!(guest.operations(), [(op::RESPONSE, 0)]);
    }
    send(&mut guest, 51, b"second");
    send(&mut guest, 50, b"first");
    let mut buffer = [0; 16];
    for (host, text) in hosts.iter_mut().zip(["first", "second"]) {
        let length = host.read(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], text.as_bytes());
        host.write_all(text.as_bytes()).unwrap();
    }
    guest.run();
    let mut packets = guest.packets();
    packets.sort_by_key(|(header, _)| header.dst_port);
    let texts = packets.iter().map(|(header, bytes)| {
        assert_eq!((header.op, header.src_port), (op::RW, DOOR));
        (header.dst_port, bytes.as_slice())
    });
    assert!(texts.eq([(50, &b"first"[..]), (51, b"second")]));
    guest.send(
        Header {
            flags: SHUTDOWN_BOTH,
            ..from(50, op::SHUTDOWN)
        },
        &[],
    );
    let ended = guest.ended().unwrap();
    assert_eq!((ended.port, ended.bytes, ended.error), (100, 10, None));
    assert_eq!(guest.device.muxer().progress(101), Some(12));
}

#[test]
fn no_more_than_the_limit() {
    let mut guest = guest();
    let first = knock(&mut guest, 50);
    let host = answer(&mut guest, first, 100).unwrap();
    let second = knock(&mut guest, 51);
    guest.run();
    assert_eq!(guest.operations(), [(op::RESPONSE, 0)]);
    for src_port in 1000..2000 {
        guest.send(from(src_port, op::REQUEST), &[]);
        assert_eq!(guest.operations(), [(op::RST, 0)]);
    }
    assert_eq!(guest.device.muxer().next_knock(), None);
    // Whoever is turned away, and whoever has ended, makes room.
    guest.device.muxer().turn_away(second);
    guest.run();
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    let third = knock(&mut guest, 52);
    assert!(third > second);
    assert_eq!(
        answer(&mut guest, second, 101).unwrap_err(),
        Refused::NotWaiting(second)
    );
    guest.send(from(50, op::RST), &[]);
    assert_eq!(guest.ended().unwrap().error, Some(Broken::BrokenOff));
    drop(host);
    knock(&mut guest, 53);
}

#[test]
fn all_doors_together_leave_room_for_others() {
    let mut config = Config::new(CID);
    config.max_through_doors = 3;
    let mut guest = Guest::starved(config);
    guest.offer_buffers(32);
    for door in [DOOR, 10] {
        guest.device.muxer().listen(door, 2).unwrap();
    }
    knock(&mut guest, 50);
    knock(&mut guest, 51);
    guest.send(packet(10, op::REQUEST), &[]);
    assert!(guest.device.muxer().next_knock().is_some());
    guest.send(
        Header {
            src_port: 51,
            ..packet(10, op::REQUEST)
        },
        &[],
    );
    assert_eq!(guest.operations(), [(op::RST, 0)]);
}

#[test]
fn who_knocks_and_goes_is_forgotten() {
    let mut guest = guest();
    // The news of it, which nobody takes meanwhile, is not kept.
    for _ in 0..5000 {
        guest.send(from(50, op::REQUEST), &[]);
        guest.send(from(50, op::RST), &[]);
    }
    assert_eq!(guest.operations(), []);
    assert_eq!(guest.device.muxer().next_knock(), None);
    let number = knock(&mut guest, 50);
    guest.send(from(50, op::RST), &[]);
    assert!(answer(&mut guest, number, 100).is_err());
    // Nothing may be said before the answer.
    let number = knock(&mut guest, 50);
    send(&mut guest, 50, b"early");
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    assert!(answer(&mut guest, number, 100).is_err());
    // A guest that starts anew has nobody at the door.
    let number = knock(&mut guest, 50);
    guest.device.muxer().guest_reset();
    assert!(answer(&mut guest, number, 100).is_err());
    assert_eq!(guest.ended(), None);
    knock(&mut guest, 50);
}

#[test]
fn a_door_is_shut_and_its_joins_go_on() {
    let mut guest = guest();
    let first = knock(&mut guest, 50);
    let _host = answer(&mut guest, first, 100).unwrap();
    let second = knock(&mut guest, 51);
    assert_eq!(
        guest.device.muxer().listen(DOOR, 1),
        Err(Refused::PortTaken(DOOR))
    );
    assert_eq!(
        guest.device.muxer().listen(100, 1),
        Err(Refused::PortTaken(100))
    );
    // A join that cannot be made leaves the stream where it is.
    assert_eq!(
        answer(&mut guest, second, 100).unwrap_err(),
        Refused::PortTaken(100)
    );
    assert_eq!(guest.device.muxer().close(DOOR), Some(0));
    guest.run();
    assert_eq!(guest.operations(), [(op::RESPONSE, 0), (op::RST, 0)]);
    guest.send(from(52, op::REQUEST), &[]);
    assert_eq!(guest.operations(), [(op::RST, 0)]);
    send(&mut guest, 50, b"on");
    assert_eq!(guest.device.muxer().progress(100), Some(2));
}

/// A guest with a stream to port 7, and a socket at its other end.
fn datagrams() -> (Guest, UdpSocket) {
    let (ours, theirs) = [(); 2]
        .map(|()| UdpSocket::bind("127.0.0.1:0").unwrap())
        .into();
    ours.connect(theirs.local_addr().unwrap()).unwrap();
    theirs.connect(ours.local_addr().unwrap()).unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut guest = Guest::new();
    let fd = OwnedFd::from(theirs);
    let muxer = guest.device.muxer();
    muxer.accept(7, Direction::Datagrams, fd).unwrap();
    assert_eq!(guest.open(7), []);
    (guest, ours)
}

fn framed(datagrams: &[&[u8]]) -> Vec<u8> {
    let frame = |datagram: &&[u8]| {
        let mut frame = (datagram.len() as u16).to_be_bytes().to_vec();
        frame.extend_from_slice(datagram);
        frame
    };
    datagrams.iter().flat_map(frame).collect()
}

fn received(socket: &UdpSocket) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 70_000];
    match socket.recv(&mut buffer) {
        Ok(length) => Some(buffer[..length].to_vec()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            None
        }
    }
}

#[test]
fn datagrams_of_any_length_come_as_they_are() {
    let (mut guest, host) = datagrams();
    let long = pattern()[..65_507].to_vec();
    let sent: [&[u8]; 4] = [b"one", b"", &long, b"last"];
    // In pieces that have nothing to do with them.
    for piece in framed(&sent).chunks(20_011) {
        guest.data(7, piece);
    }
    for datagram in sent {
        assert_eq!(received(&host).as_deref(), Some(datagram));
        host.send(datagram).unwrap();
    }
    assert_eq!(received(&host), None);
    guest.run();
    let mut stream = Vec::new();
    for (header, bytes) in guest.packets() {
        if header.op == op::RW {
            stream.extend(bytes);
        }
    }
    assert!(stream == framed(&sent), "{} bytes came back", stream.len());
    // All of the credit is given back.
    for _ in 0..10 {
        guest.data(7, &framed(&[&long])[..40_000]);
        guest.data(7, &framed(&[&long])[40_000..]);
        assert_eq!(received(&host).map(|bytes| bytes.len()), Some(65_507));
    }
    guest.packets();
    // Half a datagram is none.
    guest.data(7, &[0, 9, 1]);
    guest.shutdown(7, SHUTDOWN_SEND);
    assert_eq!(guest.operations(), [(op::SHUTDOWN, SHUTDOWN_BOTH)]);
    let Some(Ended { error: None, .. }) = guest.ended() else {
        panic!("it is not at its end");
    };
}

#[test]
fn lost_datagrams_are_no_end() {
    let (mut guest, host) = datagrams();
    let address = host.local_addr().unwrap();
    let peer = host.peer_addr().unwrap();
    drop(host);
    for _ in 0..5 {
        guest.data(7, &framed(&[b"to nobody"]));
    }
    // Longer than UDP over IPv4 can be.
    let long = pattern()[..65_535].to_vec();
    for piece in framed(&[&long]).chunks(40_000) {
        guest.data(7, piece);
    }
    let host = UdpSocket::bind(address).unwrap();
    host.connect(peer).unwrap();
    host.set_nonblocking(true).unwrap();
    guest.data(7, &framed(&[b"to somebody"]));
    // The first may only have brought the news of one that was lost.
    guest.data(7, &framed(&[b"to somebody"]));
    assert_eq!(received(&host).as_deref(), Some(&b"to somebody"[..]));
    host.send(b"answer").unwrap();
    guest.run();
    let (_, bytes) = guest.packets().pop().unwrap();
    assert_eq!(bytes, framed(&[b"answer"]));
    assert_eq!(guest.ended(), None);
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut guest = Guest::new();
    let muxer = guest.device.muxer();
    let (stream, _) = UnixStream::pair().unwrap();
    let (datagram, _) = UnixDatagram::pair().unwrap();
    assert_eq!(
        muxer.accept(7, Direction::Datagrams, stream.into()),
        Err(Refused::NoDatagramSocket)
    );
    assert_eq!(
        muxer.accept(7, Direction::Both, datagram.into()),
        Err(Refused::NoStreamSocket)
    );
}
