//! With /dev/vhost-net, which not every machine has.

use super::*;

/// None: vhost-net cannot be had here, which was said.
fn nic(pairs: usize, headers: bool) -> Option<Nic> {
    let vhost = namespace::open_vhost(pairs)?;
    Some(Nic::with_vhost(pairs, headers, None, vhost))
}

#[test]
fn the_kernel_carries_packets_both_ways() {
    let Some(mut nic) = nic(1, true) else { return };
    assert!(nic.driver.activate(SEGMENTS));
    nic.offer(0, 64, 1526);
    for number in 0..20 {
        let frame = frame(&pattern(number, 1000));
        nic.send(&frame);
        assert_eq!(nic.host.receive()[10..], frame);
        nic.host.send(&[&[0; 10][..], &frame].concat());
        assert_eq!(nic.receive(), frame);
    }
    let (header, segment) = segment(&pattern(1, 20_000));
    nic.host.send(&[&header[..], &segment].concat());
    assert_eq!(nic.merged(20, 14), segment);
    nic.send_with(&[&header[..], &[0, 0]].concat(), &segment);
    assert_eq!(nic.host.receive()[10..], segment);
    // It went past this process.
    assert_eq!(nic.counters.read(), Figures::default());
}

#[test]
fn a_reset_in_a_flood_ends_all_writing_of_the_kernel() {
    let Some(mut nic) = nic(1, false) else { return };
    for round in 0..20 {
        assert!(nic.driver.activate(MERGED));
        nic.offer(0, 200, 1526);
        for number in 0..200 {
            nic.host.send(&frame(&pattern(number, 1400)));
        }
        nic.driver.reset();
        nic.driver.write(IN, &[0; 200 * STRIDE as usize]);
        nic.host.send(&frame(&pattern(1, 1400)));
        let memory = nic.driver.read(IN, 200 * STRIDE as usize);
        assert!(memory.iter().all(|byte| *byte == 0), "{round}");
    }
    assert!(nic.driver.activate(MERGED));
    let good = frame(&pattern(7, 60));
    nic.send(&good);
    assert_eq!(nic.host.receive(), good);
}

#[test]
fn a_queue_that_the_kernel_finds_broken_stops_the_device() {
    let Some(mut nic) = nic(1, false) else { return };
    assert!(nic.driver.activate(MERGED));
    nic.driver.lie(TX, 1000);
    nic.driver.kick(TX);
    assert!(
        nic.driver
            .complaint()
            .ends_with("vhost-net found a queue broken")
    );
    nic.driver.reset();
    assert!(nic.driver.activate(MERGED));
    nic.send(&frame(&pattern(7, 60)));
    nic.host.receive();
}

#[test]
fn pairs_are_enabled_and_disabled() {
    let Some(mut nic) = nic(2, false) else { return };
    queues::uses_as_many_pairs_as_it_says(&mut nic);
}

#[test]
fn the_kernel_finds_what_the_driver_gave_before() {
    let Some(mut nic) = nic(1, false) else {
        return;
    };
    queues::finds_what_was_there_before(&mut nic);
}
