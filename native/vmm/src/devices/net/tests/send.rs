use super::*;

#[test]
fn a_packet_goes_out_as_it_is() {
    let mut nic = Nic::new(PLAIN);
    for length in [46, 1500] {
        let frame = frame(&pattern(1, length));
        nic.send(&frame);
        assert_eq!(nic.host.receive(), frame);
    }
    assert_eq!(nic.counters.read().sent, 2);
}

#[test]
fn its_header_can_be_in_pieces_and_its_data_in_many() {
    let mut nic = Nic::new(PLAIN);
    let frame = frame(&pattern(2, 1000));
    let packet = [&[0; HEADER][..], &frame].concat();
    nic.driver.write(OUT, &packet);
    let mut pieces = vec![(OUT, 1, 0), (OUT + 1, 9, 0), (OUT + 10, 3, 0), (0, 0, 0)];
    pieces.extend((13..packet.len() as u64).map(|at| (OUT + at, 1, 0)));
    // As many as there are descriptors is what a ring holds; a table of its own holds more.
    assert!(pieces.len() > 256);
    let head = nic.driver.offer_indirect(TX, OUT + 0x8000, &pieces);
    nic.driver.kick(TX);
    assert_eq!(nic.driver.used(TX), (head, 0));
    assert_eq!(nic.host.receive(), frame);
}

#[test]
fn a_batch_goes_out_in_its_order() {
    let mut nic = Nic::new(PLAIN);
    for round in 0..8 {
        for number in 0..256u32 {
            let at = OUT + u64::from(number) * 128;
            let frame = frame(&pattern(round * 256 + number, 60));
            nic.driver.write(at, &[&[0; HEADER][..], &frame].concat());
            nic.driver
                .offer(TX, &[(at, (HEADER + frame.len()) as u32, 0)]);
        }
        nic.driver.kick(TX);
        for number in 0..256 {
            let expected = frame(&pattern(round * 256 + number, 60));
            assert_eq!(nic.host.receive(), expected);
            nic.driver.used(TX);
        }
    }
    assert_eq!(nic.counters.read().sent, 2048);
}

#[test]
fn a_segment_is_cut_by_the_host_and_not_here() {
    let mut nic = Nic::inactive(1, true, None);
    assert!(nic.driver.activate(SEGMENTS));
    let (header, frame) = segment(&pattern(3, 60_000));
    nic.send_with(&[&header[..], &[0, 0]].concat(), &frame);
    let seen = nic.host.receive();
    assert_eq!(seen[1], 1, "the host sees one segment of TCP");
    assert_eq!(seen[10..], frame);
}

#[test]
fn while_the_tap_is_full_packets_wait_and_none_is_lost() {
    let mut nic = Nic::inactive(1, false, None);
    // Where the packets go on to there is room for one in 20 ms.
    for words in [
        "ip link add slow type veth peer name far",
        "ip link set slow up",
        "ip link set far up",
        "tc qdisc add dev slow root tbf rate 400kbit burst 1600 limit 1000000",
        "tc qdisc add dev tap ingress",
        "tc filter add dev tap parent ffff: protocol all prio 1 u32 match u32 0 0 action mirred egress redirect dev slow",
    ] {
        nic.namespace.run(words);
    }
    nic.set_send_buffer(4096);
    nic.host = nic.namespace.packets_of("far");
    assert!(nic.driver.activate(PLAIN));
    for number in 0..20 {
        let at = OUT + u64::from(number) * STRIDE;
        let frame = frame(&pattern(number, 1000));
        nic.driver.write(at, &[&[0; HEADER][..], &frame].concat());
        nic.driver
            .offer(TX, &[(at, (HEADER + frame.len()) as u32, 0)]);
    }
    nic.driver.kick(TX);
    for number in 0..20 {
        assert_eq!(nic.host.receive(), frame(&pattern(number, 1000)));
    }
    let figures = nic.counters.read();
    assert_eq!((figures.sent, figures.send_dropped), (20, 0));
}

#[test]
fn a_limit_holds_and_loses_nothing() {
    let limit = RateLimit {
        bytes_per_second: 0,
        operations_per_second: 100,
    };
    let mut nic = Nic::inactive(1, false, Some(limit));
    assert!(nic.driver.activate(PLAIN));
    let begin = std::time::Instant::now();
    nic.offer(0, 20, 1526);
    for number in 0..20 {
        nic.send(&frame(&pattern(number, 60)));
        nic.host.send(&frame(&pattern(number, 60)));
        assert_eq!(nic.host.receive(), frame(&pattern(number, 60)));
        assert_eq!(nic.receive(), frame(&pattern(number, 60)));
    }
    // 40 of them, of which a tenth of a second's come at once, and one on credit.
    assert!(begin.elapsed().as_millis() >= 280, "{:?}", begin.elapsed());
}
