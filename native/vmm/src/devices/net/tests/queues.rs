use super::*;

/// Where a command and its answer are.
const COMMAND: u64 = 0x30_0000;
const ANSWER: u64 = 0x31_0000;
const OK: u8 = 0;
const ERROR: u8 = 1;

fn command(nic: &mut Nic, queue: usize, bytes: &[u8]) -> u8 {
    nic.driver.write(COMMAND, bytes);
    nic.driver.write(ANSWER, &[0xee, 0xee]);
    // As Linux does: class and command, data, answer.
    let pieces = [
        (COMMAND, 2, 0),
        (COMMAND + 2, bytes.len() as u32 - 2, 0),
        (ANSWER, 2, WRITE),
    ];
    assert_eq!(nic.driver.request(queue, &pieces), 1);
    let answer = nic.driver.read(ANSWER, 2);
    assert_eq!(answer[1], 0xee);
    answer[0]
}

fn pairs(count: u16) -> Vec<u8> {
    [&[4, 0][..], &count.to_le_bytes()].concat()
}

fn offloads(features: u64) -> Vec<u8> {
    [&[5, 0][..], &features.to_le_bytes()].concat()
}

/// Sends packets of many flows to the guest, of which the host's kernel gives each to one queue; tells how many came on
/// each of the first two pairs.
fn spread(nic: &mut Nic) -> [usize; 2] {
    for ring in [0, 2] {
        for index in 0..100 {
            let at = IN + (ring as u64 * 100 + index) * STRIDE;
            nic.driver.offer(ring, &[(at, 1526, WRITE)]);
        }
        nic.driver.kick(ring);
    }
    let (_, mut frame) = segment(&[0; 100]);
    for flow in 0..100 {
        frame[35] = flow;
        nic.host.send(&frame);
    }
    let mut came = [0, 0];
    while came[0] + came[1] < 100 {
        let before = came;
        for (ring, came) in [0, 2].into_iter().zip(&mut came) {
            while nic.driver.try_used(ring).is_some() {
                *came += 1;
            }
        }
        if came == before {
            nic.driver.wait_for_interrupt();
        }
    }
    came
}

#[test]
fn a_driver_uses_as_many_pairs_as_it_says() {
    uses_as_many_pairs_as_it_says(&mut Nic::inactive(2, false, None));
}

/// A NIC with two pairs.
pub fn uses_as_many_pairs_as_it_says(nic: &mut Nic) {
    let mut bytes = [0; 2];
    nic.driver.configuration.read(8, &mut bytes);
    assert_eq!(bytes, [2, 0]);
    assert!(nic.driver.activate(MERGED | MQ));
    assert_eq!(spread(nic), [100, 0]);
    assert_eq!(command(nic, 4, &pairs(2)), OK);
    let [first, second] = spread(nic);
    assert!(first > 0 && second > 0, "{first} {second}");
    for count in [0, 3, 0xffff] {
        assert_eq!(command(nic, 4, &pairs(count)), ERROR, "{count}");
    }
    assert_eq!(command(nic, 4, &pairs(1)), OK);
    assert_eq!(spread(nic), [100, 0]);
    // Packets go out by either.
    assert_eq!(command(nic, 4, &pairs(2)), OK);
    for (number, ring) in [(1, 1), (2, 3)] {
        let frame = frame(&pattern(number, 60));
        nic.driver.write(OUT, &[&[0; HEADER][..], &frame].concat());
        nic.driver
            .request(ring, &[(OUT, (HEADER + frame.len()) as u32, 0)]);
        assert_eq!(nic.host.receive(), frame);
    }
    // A driver that comes anew begins with one.
    nic.driver.reset();
    assert!(nic.driver.activate(MERGED | MQ));
    assert_eq!(spread(nic), [100, 0]);
}

#[test]
fn who_knows_of_one_pair_has_its_commands_in_the_third_queue() {
    let mut nic = Nic::inactive(2, false, None);
    assert!(nic.driver.activate(CONTROL));
    assert_eq!(command(&mut nic, 2, &pairs(1)), ERROR);
    assert_eq!(command(&mut nic, 2, &offloads(0)), OK);
}

#[test]
fn segments_can_be_turned_off_and_on() {
    let mut nic = Nic::inactive(1, true, None);
    assert!(nic.driver.activate(SEGMENTS | CONTROL));
    let (header, segment) = segment(&pattern(1, 5000));
    let packet = [&header[..], &segment].concat();
    let on = (1 << VIRTIO_NET_F_GUEST_CSUM) | (1 << VIRTIO_NET_F_GUEST_TSO4);
    let mut first = 0;
    for (features, buffers) in [(0, 5), (on, 4), (0, 5)] {
        assert_eq!(command(&mut nic, 2, &offloads(features)), OK);
        nic.offer(first, 60, 1526);
        nic.host.send(&packet);
        // Five packets, or one in four buffers.
        for _ in 0..buffers {
            nic.driver.used(RX);
        }
        assert_eq!(nic.driver.try_used(RX), None);
        first += 60;
    }
    // Not negotiated; segments without checksums.
    assert_eq!(command(&mut nic, 2, &offloads(1 << 8 | 2)), ERROR);
    assert_eq!(
        command(&mut nic, 2, &offloads(1 << VIRTIO_NET_F_GUEST_TSO4)),
        ERROR
    );
    assert_eq!(command(&mut nic, 2, &offloads(u64::MAX)), ERROR);
}

#[test]
fn commands_that_nobody_knows_are_refused() {
    let mut nic = Nic::inactive(1, false, None);
    assert!(nic.driver.activate(CONTROL));
    for bytes in [
        &[0, 0, 1][..],
        &[5, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        &[5, 0, 0, 0, 0, 0, 0, 0, 0],
        &[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[4, 0, 1],
        &[0xff, 0xff, 0xff],
    ] {
        assert_eq!(command(&mut nic, 2, bytes), ERROR, "{bytes:?}");
    }
    let mut long = vec![5, 0];
    long.resize(100_000, 0);
    nic.driver.write(COMMAND, &long);
    let pieces = [(COMMAND, long.len() as u32, 0), (OUT, 1, WRITE)];
    assert_eq!(nic.driver.request(2, &pieces), 1);
    assert_eq!(nic.driver.read(OUT, 1), [ERROR]);
}

#[test]
fn a_command_can_be_in_pieces_and_needs_room_for_its_answer() {
    let mut nic = Nic::inactive(1, false, None);
    assert!(nic.driver.activate(CONTROL));
    nic.driver.write(COMMAND, &offloads(0));
    nic.driver.write(ANSWER, &[0xee]);
    let mut pieces: Vec<_> = (0..10).map(|at| (COMMAND + at, 1, 0)).collect();
    pieces.push((ANSWER, 1, WRITE));
    assert_eq!(nic.driver.request(2, &pieces), 1);
    assert_eq!(nic.driver.read(ANSWER, 1), [OK]);
    nic.driver.offer(2, &[(COMMAND, 10, 0)]);
    nic.driver.kick(2);
    assert!(nic.driver.complaint().contains("is no command"));
}

#[test]
fn segments_without_checksums_are_no_features() {
    let mut nic = Nic::inactive(1, false, None);
    assert!(!nic.driver.activate(1 << VIRTIO_NET_F_GUEST_TSO4));
    assert!(
        nic.driver
            .complaint()
            .ends_with("the driver took segments without checksums")
    );
    nic.driver.reset();
    assert!(nic.driver.activate(SEGMENTS));
}

#[test]
fn what_the_driver_gave_before_it_was_ready_is_looked_at() {
    finds_what_was_there_before(&mut Nic::inactive(1, false, None));
}

/// A NIC that is not active.
pub fn finds_what_was_there_before(nic: &mut Nic) {
    let frame = frame(&pattern(1, 60));
    nic.driver.write(OUT, &[&[0; HEADER][..], &frame].concat());
    let length = (HEADER + frame.len()) as u32;
    nic.driver.offer(TX, &[(OUT, length, 0)]);
    nic.driver.offer(RX, &[(IN, 1526, WRITE)]);
    nic.host.send(&frame);
    assert!(nic.driver.activate(MERGED));
    assert_eq!(nic.host.receive(), frame);
    assert_eq!(nic.receive(), frame);
}
