use super::*;

#[test]
fn a_packet_comes_in_as_it_is() {
    let mut nic = Nic::new(PLAIN);
    nic.offer(0, 2, 1526);
    for length in [46, 1500] {
        let frame = frame(&pattern(1, length));
        nic.host.send(&frame);
        assert_eq!(nic.receive(), frame);
    }
    assert_eq!(nic.counters.read().received, 2);
}

#[test]
fn the_header_can_be_in_pieces() {
    let mut nic = Nic::new(MERGED);
    let frame = frame(&pattern(1, 100));
    let pieces = [(IN, 3, WRITE), (IN + 3, 8, WRITE), (IN + 11, 200, WRITE)];
    nic.driver.offer(RX, &pieces);
    nic.driver.kick(RX);
    nic.host.send(&frame);
    assert_eq!(nic.receive(), frame);
}

#[test]
fn without_buffers_packets_wait() {
    let mut nic = Nic::new(MERGED);
    for number in 0..100 {
        nic.host.send(&frame(&pattern(number, 60)));
    }
    assert_eq!(nic.driver.try_used(RX), None);
    nic.offer(0, 100, 1526);
    for number in 0..100 {
        assert_eq!(nic.receive(), frame(&pattern(number, 60)));
    }
    // And again, now that the queue was empty once.
    nic.host.send(&frame(&pattern(100, 60)));
    nic.offer(100, 1, 1526);
    assert_eq!(nic.receive(), frame(&pattern(100, 60)));
}

#[test]
fn without_buffers_nobody_looks_at_the_tap() {
    let mut nic = Nic::new(MERGED);
    // The first one is what the device stops for.
    nic.host.send(&frame(&pattern(0, 60)));
    nic.send(&frame(&[1; 50]));
    let before = nic.driver.switches();
    for number in 1..200 {
        nic.host.send(&frame(&pattern(number, 60)));
    }
    nic.send(&frame(&[1; 50]));
    let after = nic.driver.switches();
    assert!(after - before < 20, "{before} {after}");
}

#[test]
fn a_long_packet_is_merged_of_buffers() {
    let mut nic = Nic::inactive(1, true, None);
    assert!(nic.driver.activate(SEGMENTS));
    nic.offer(0, 64, 1526);
    let (header, frame) = segment(&pattern(1, 20_000));
    nic.host.send(&[&header[..], &frame].concat());
    assert_eq!(nic.merged(0, 14), frame);
    // The next one begins in the next buffer.
    nic.host.send(&[&header[..], &frame].concat());
    assert_eq!(nic.merged(14, 14), frame);
}

#[test]
fn a_long_packet_waits_for_buffers_that_hold_it() {
    let mut nic = Nic::inactive(1, true, None);
    assert!(nic.driver.activate(SEGMENTS));
    nic.offer(0, 3, 1526);
    let (header, frame) = segment(&pattern(1, 20_000));
    nic.host.send(&[&header[..], &frame].concat());
    for first in 3..13 {
        nic.offer(first, 1, 1526);
        assert_eq!(nic.driver.try_used(RX), None);
    }
    nic.offer(13, 8, 1526);
    assert_eq!(nic.merged(0, 14), frame);
    assert_eq!(nic.counters.read().receive_dropped, 0);
}

#[test]
fn a_packet_that_the_whole_queue_does_not_hold_is_dropped() {
    let mut nic = Nic::inactive(1, true, None);
    nic.driver.limit(RX, 4);
    assert!(nic.driver.activate(SEGMENTS));
    nic.offer(0, 4, 1526);
    let (header, long) = segment(&pattern(1, 20_000));
    nic.host.send(&[&header[..], &long].concat());
    let short = frame(&pattern(2, 60));
    nic.host.send(&[&[0; 10][..], &short].concat());
    assert_eq!(nic.receive(), short);
    assert_eq!(nic.counters.read().receive_dropped, 1);
}

#[test]
fn a_buffer_that_is_too_short_costs_the_packet_and_not_the_buffer() {
    let mut nic = Nic::new(PLAIN);
    nic.offer(0, 1, 100);
    nic.host.send(&frame(&pattern(1, 200)));
    nic.host.send(&frame(&pattern(2, 60)));
    assert_eq!(nic.receive(), frame(&pattern(2, 60)));
    assert_eq!(nic.counters.read().receive_dropped, 1);
}

#[test]
fn who_takes_no_segments_gets_packets() {
    let mut nic = Nic::inactive(1, true, None);
    assert!(nic.driver.activate(MERGED));
    nic.offer(0, 64, 1526);
    let (header, frame) = segment(&pattern(1, 20_000));
    nic.host.send(&[&header[..], &frame].concat());
    for piece in pattern(1, 20_000).chunks(1000) {
        assert_eq!(nic.receive()[54..], *piece);
    }
}

#[test]
fn a_flood_comes_in_its_order_while_the_guest_gives_buffers() {
    let mut nic = Nic::new(MERGED);
    nic.offer(0, 128, 1526);
    for number in 0..4096 {
        nic.host.send(&frame(&pattern(number, 60)));
        if number >= 100 {
            assert_eq!(nic.receive(), frame(&pattern(number - 100, 60)));
            nic.offer(u64::from(number - 100 + 128) % 256, 1, 1526);
        }
    }
    assert_eq!(nic.counters.read().receive_dropped, 0);
}
