//! Two ends of a socket, and a driver that is none.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use super::*;

struct Nic {
    driver: Driver,
    peer: UnixStream,
    counters: Arc<Counters>,
}

impl Nic {
    fn new() -> Nic {
        let mut nic = Nic::inactive();
        assert!(nic.driver.activate(MERGED));
        nic
    }

    fn inactive() -> Nic {
        let (own, peer) = UnixStream::pair().unwrap();
        peer.set_read_timeout(Some(std::time::Duration::from_secs(20)))
            .unwrap();
        let device = StreamNet::new(address(), own.into());
        let counters = device.counters();
        Nic {
            driver: Driver::new(device),
            peer,
            counters,
        }
    }

    fn offer(&mut self, count: u64, length: u32) {
        for index in 0..count {
            let at = IN + index * STRIDE;
            self.driver.offer(RX, &[(at, length, WRITE)]);
        }
        self.driver.kick(RX);
    }

    /// The next packet for the guest, out of as many buffers as it needs.
    fn receive(&mut self) -> Vec<u8> {
        let (mut packet, mut buffers) = (Vec::new(), 1);
        while buffers > 0 {
            let (head, length) = self.driver.used(RX);
            let at = IN + u64::from(head) * STRIDE;
            let bytes = self.driver.read(at, length as usize);
            if packet.is_empty() {
                assert_eq!(bytes[..10], [0; 10]);
                buffers = u16::from_le_bytes([bytes[10], bytes[11]]);
            }
            packet.extend(bytes);
            buffers -= 1;
        }
        packet.split_off(HEADER)
    }

    /// Makes a packet of the guest available.
    fn put(&mut self, at: u64, frame: &[u8]) {
        let packet = [&[0; HEADER][..], frame].concat();
        self.driver.write(at, &packet);
        // A header that ends in the middle of a descriptor.
        let pieces = [(at, 5, 0), (at + 5, packet.len() as u32 - 5, 0)];
        self.driver.offer(TX, &pieces);
        self.driver.kick(TX);
    }

    /// The next packet at the other end.
    fn arrived(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.peer.read_exact(&mut length).unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.peer.read_exact(&mut frame).unwrap();
        frame
    }

    fn link(&self) -> [u8; 2] {
        let mut status = [0; 2];
        self.driver.configuration.read(6, &mut status);
        status
    }
}

fn on_the_wire(frame: &[u8]) -> Vec<u8> {
    [&(frame.len() as u32).to_be_bytes()[..], frame].concat()
}

#[test]
fn packets_go_both_ways_as_they_are() {
    let mut nic = Nic::new();
    nic.offer(100, 1526);
    for (number, length) in (0..).zip([46, 1500, 60_000, 65_500]) {
        let frame = frame(&pattern(number, length));
        nic.put(OUT, &frame);
        assert_eq!(nic.arrived(), frame);
        nic.driver.used(TX);
        if length < 61_000 {
            nic.peer.write_all(&on_the_wire(&frame)).unwrap();
            assert_eq!(nic.receive(), frame);
        }
    }
    let figures = nic.counters.read();
    assert_eq!((figures.sent, figures.received), (4, 3));
}

#[test]
fn a_stream_can_come_byte_by_byte_and_packets_all_at_once() {
    let mut nic = Nic::new();
    nic.offer(128, 1526);
    let frames: Vec<_> = (0..20)
        .map(|number| frame(&pattern(number, 100 + number as usize)))
        .collect();
    let bytes: Vec<u8> = frames.iter().flat_map(|frame| on_the_wire(frame)).collect();
    for byte in &bytes {
        nic.peer.write_all(&[*byte]).unwrap();
    }
    nic.peer.write_all(&bytes).unwrap();
    for frame in frames.iter().chain(&frames) {
        assert_eq!(nic.receive(), *frame);
    }
}

#[test]
fn without_buffers_packets_wait() {
    let mut nic = Nic::new();
    let frame = frame(&pattern(1, 5000));
    nic.peer.write_all(&on_the_wire(&frame)).unwrap();
    for _ in 0..3 {
        nic.driver.offer(RX, &[(IN, 1526, WRITE)]);
        nic.driver.kick(RX);
        assert_eq!(nic.driver.try_used(RX), None);
    }
    nic.driver.offer(RX, &[(IN, 1526, WRITE)]);
    nic.driver.kick(RX);
    for length in [1526, 1526, 1526, 5026 - 3 * 1526] {
        assert_eq!(nic.driver.used(RX).1, length);
    }
}

#[test]
fn what_the_other_side_does_not_read_waits_in_its_order() {
    let mut nic = Nic::new();
    for number in 0..64 {
        let at = OUT + u64::from(number) * 0x1_0000;
        nic.put(at, &frame(&pattern(number, 60_000)));
    }
    // The socket holds a part of that.
    nic.driver.used(TX);
    for number in 0..64 {
        assert_eq!(nic.arrived(), frame(&pattern(number, 60_000)));
    }
    for _ in 1..64 {
        nic.driver.used(TX);
    }
    assert_eq!(nic.counters.read().sent, 64);
}

#[test]
fn a_packet_that_the_whole_queue_does_not_hold_is_dropped() {
    let mut nic = Nic::inactive();
    nic.driver.limit(RX, 4);
    assert!(nic.driver.activate(MERGED));
    nic.offer(4, 1526);
    let short = frame(&pattern(2, 60));
    let long = on_the_wire(&frame(&pattern(1, 20_000)));
    nic.peer.write_all(&long).unwrap();
    nic.peer.write_all(&on_the_wire(&short)).unwrap();
    assert_eq!(nic.receive(), short);
    assert_eq!(nic.counters.read().receive_dropped, 1);
}

#[test]
fn a_reset_within_packets_keeps_both_streams_whole() {
    let mut nic = Nic::new();
    // Towards the guest: half a packet, which is lost, then the rest and another one.
    nic.offer(16, 1526);
    let lost = on_the_wire(&frame(&pattern(1, 1000)));
    let good = frame(&pattern(2, 100));
    nic.peer.write_all(&lost[..500]).unwrap();
    // From the guest: more than the socket takes.
    for number in 0..16 {
        nic.put(
            OUT + u64::from(number) * 0x1_0000,
            &frame(&pattern(number, 60_000)),
        );
    }
    nic.driver.used(TX);
    nic.driver.reset();
    nic.peer.write_all(&lost[500..]).unwrap();
    nic.peer.write_all(&on_the_wire(&good)).unwrap();
    assert!(nic.driver.activate(MERGED));
    nic.offer(16, 1526);
    assert_eq!(nic.receive(), good);
    let last = frame(&pattern(100, 60));
    nic.put(OUT, &last);
    let mut number = 0;
    loop {
        let arrived = nic.arrived();
        if arrived == last {
            break;
        }
        assert_eq!(arrived, frame(&pattern(number, 60_000)));
        number += 1;
    }
    assert!(number > 0);
}

#[test]
fn when_the_other_side_is_gone_the_link_is_down_and_packets_are_lost() {
    let mut nic = Nic::new();
    assert_eq!(nic.link(), [1, 0]);
    nic.offer(1, 1526);
    nic.peer.shutdown(std::net::Shutdown::Both).unwrap();
    nic.driver.wait_for_interrupt();
    assert!(nic.driver.configuration_changed());
    assert_eq!(nic.link(), [0, 0]);
    for number in 0..300 {
        nic.put(OUT, &frame(&pattern(number, 60)));
        nic.driver.used(TX);
    }
    assert_eq!(nic.counters.read().send_dropped, 300);
}

#[test]
fn who_sends_is_told_as_well() {
    let mut nic = Nic::new();
    // No buffers, so that nobody reads.
    drop(std::mem::replace(
        &mut nic.peer,
        UnixStream::pair().unwrap().0,
    ));
    nic.put(OUT, &frame(&pattern(1, 60)));
    nic.driver.used(TX);
    assert_eq!(nic.link(), [0, 0]);
}

#[test]
fn lengths_that_no_packet_has_end_the_link() {
    for length in [0, 13, 65_551, u32::MAX] {
        let mut nic = Nic::new();
        nic.offer(4, 1526);
        nic.peer.write_all(&length.to_be_bytes()).unwrap();
        nic.driver.wait_for_interrupt();
        assert_eq!(nic.link(), [0, 0], "{length}");
    }
}

#[test]
fn packets_of_the_guest_that_are_none_are_dropped_or_stop_the_device() {
    let mut nic = Nic::new();
    for length in [0, 12, 25, 65_563, 12 << 20] {
        assert_eq!(nic.driver.request(TX, &[(OUT, length, 0)]), 0);
    }
    assert_eq!(nic.counters.read().send_dropped, 5);
    nic.driver.offer(TX, &[(OUT, u32::MAX, 0)]);
    nic.driver.kick(TX);
    assert!(nic.driver.complaint().contains("is no packet"));
    nic.driver.reset();
    assert!(nic.driver.activate(MERGED));
    nic.put(OUT, &frame(&pattern(1, 60)));
    assert_eq!(nic.arrived(), frame(&pattern(1, 60)));
}
