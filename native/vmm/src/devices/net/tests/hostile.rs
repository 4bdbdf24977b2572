use super::*;

/// Sends something good, which must pass.
fn still_works(nic: &mut Nic) {
    let good = frame(&pattern(7, 60));
    nic.send(&good);
    assert_eq!(nic.host.receive(), good);
}

#[test]
fn packets_that_are_none_are_dropped_and_counted() {
    let mut nic = Nic::new(SEGMENTS);
    let long = 1 << 17;
    for (count, length) in (1..).zip([0, 1, 11, 12, 25, 65_563, long, 12 << 20]) {
        assert_eq!(nic.driver.request(TX, &[(OUT, length, 0)]), 0);
        assert_eq!(nic.counters.read().send_dropped, count, "{length}");
    }
    still_works(&mut nic);
}

#[test]
fn headers_that_lie_are_dropped_and_counted() {
    let mut nic = Nic::new(SEGMENTS);
    let (good, segment) = segment(&pattern(1, 5000));
    let lies: [&[(usize, u8)]; 6] = [
        // A kind of segment that is none.
        &[(1, 0x7f)],
        // A checksum behind the packet's end.
        &[(6, 0xff), (7, 0xff)],
        &[(8, 0xff), (9, 0xff)],
        // Headers longer than the packet.
        &[(2, 0xff), (3, 0xff)],
        // Segments of no bytes.
        &[(4, 0), (5, 0)],
        // UDP, which this is not.
        &[(1, 5)],
    ];
    for lie in lies {
        let mut header = [&good[..], &[0xff, 0xff]].concat();
        for (at, byte) in lie {
            header[*at] = *byte;
        }
        nic.send_with(&header, &segment);
        // Whatever the host makes of it, it is one packet of the guest.
        let figures = nic.counters.read();
        assert_eq!(figures.sent + figures.send_dropped, 1, "{lie:?}");
        while nic.host.try_receive().is_some() {}
        still_works(&mut nic);
        nic = Nic::new(SEGMENTS);
    }
}

#[test]
fn every_header_that_a_byte_makes_is_survived() {
    let mut nic = Nic::new(SEGMENTS);
    let (good, segment) = segment(&pattern(1, 3000));
    for at in 0..HEADER {
        for byte in [0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff] {
            let mut header = [&good[..], &[0, 0]].concat();
            header[at] = byte;
            nic.send_with(&header, &segment);
        }
    }
    let figures = nic.counters.read();
    assert_eq!(figures.sent + figures.send_dropped, HEADER as u64 * 9);
    assert!(figures.send_dropped > 0, "{figures:?}");
    while nic.host.try_receive().is_some() {}
    still_works(&mut nic);
}

#[test]
fn chains_that_cannot_be_stop_the_device() {
    for (ring, pieces) in [
        (TX, &[(32 << 20, 100, 0)][..]),
        (TX, &[((32 << 20) - 50, 100, 0)]),
        (TX, &[(OUT, u32::MAX, 0)]),
        (TX, &[(OUT, 100, 0), (u64::MAX - 50, 100, 0)]),
        (TX, &[(OUT, 100, 0), (OUT, 100, WRITE)]),
        (TX, &[(OUT, 100, WRITE)]),
        (RX, &[(32 << 20, 2000, WRITE)]),
        (RX, &[(IN, 2000, 0)]),
        (RX, &[(IN, 11, WRITE)]),
        (RX, &[(IN, 0, WRITE)]),
        (RX, &[(IN, u32::MAX, WRITE)]),
    ] {
        let mut nic = Nic::new(MERGED);
        nic.driver.offer(ring, pieces);
        nic.driver.kick(ring);
        let complaint = nic.driver.complaint();
        assert!(
            complaint.starts_with("the NIC 02:00:00:00:00:01 stops: the chain 0"),
            "{complaint}"
        );
        nic.driver.reset();
        assert!(nic.driver.activate(MERGED));
        still_works(&mut nic);
    }
}

#[test]
fn loops_end() {
    let mut nic = Nic::new(MERGED);
    // 256 times a piece of 200 bytes.
    nic.driver.descriptor(TX, 9, (OUT, 200, 1), 9);
    nic.driver.push(TX, 9);
    nic.driver.kick(TX);
    assert_eq!(nic.driver.used(TX), (9, 0));
    nic.driver.descriptor(RX, 9, (IN, 200, WRITE | 1), 9);
    nic.driver.push(RX, 9);
    nic.driver.kick(RX);
    nic.host.send(&frame(&pattern(1, 60)));
    assert_eq!(nic.driver.used(RX), (9, 86));
}

#[test]
fn chains_of_too_many_pieces_stop_the_device() {
    let mut nic = Nic::new(MERGED);
    let pieces = vec![(OUT, 0, 0); 2000];
    nic.driver.offer_indirect(TX, OUT, &pieces);
    nic.driver.kick(TX);
    assert!(nic.driver.complaint().ends_with("the chain 0 is no packet"));
}

#[test]
fn buffers_over_the_rings_hurt_only_the_guest() {
    let mut nic = Nic::new(MERGED);
    // The receiving queue itself, whole.
    let rings = crate::devices::driver::RINGS;
    nic.driver.offer(RX, &[(rings, 0x6000, WRITE)]);
    nic.driver.kick(RX);
    for _ in 0..10 {
        nic.host.send(&frame(&[0xff; 1400]));
    }
    nic.driver.reset();
    assert!(nic.driver.activate(MERGED));
    still_works(&mut nic);
}

#[test]
fn a_reset_in_a_flood_ends_all_writing() {
    let mut nic = Nic::new(MERGED);
    for round in 0..50 {
        nic.offer(0, 200, 1526);
        for number in 0..round * 4 {
            nic.host.send(&frame(&pattern(number, 1400)));
        }
        nic.driver.reset();
        nic.driver.write(IN, &[0; 200 * STRIDE as usize]);
        nic.host.send(&frame(&pattern(1, 1400)));
        let memory = nic.driver.read(IN, 200 * STRIDE as usize);
        assert!(memory.iter().all(|byte| *byte == 0), "{round}");
        assert!(nic.driver.activate(MERGED));
    }
}

#[test]
fn a_million_notifications_of_nothing_do_no_harm() {
    let mut nic = Nic::new(MERGED);
    for _ in 0..500_000 {
        nic.driver.kick(RX);
        nic.driver.kick(TX);
    }
    still_works(&mut nic);
}
