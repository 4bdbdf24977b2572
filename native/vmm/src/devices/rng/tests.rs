use super::*;
use crate::devices::driver::{Driver, WRITE};

fn driver() -> Driver {
    let mut driver = Driver::new(Rng::default());
    assert!(driver.activate(0));
    driver
}

/// Not all zeros, which chance gives once in 2^512.
fn is_random(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| *byte != 0)
}

#[test]
fn each_request_gets_other_numbers_and_nothing_behind_its_buffer() {
    let mut driver = driver();
    assert_eq!(driver.request(0, &[(0x1000, 64, WRITE)]), 64);
    assert_eq!(driver.request(0, &[(0x2000, 64, WRITE)]), 64);
    let (one, two) = (driver.read(0x1000, 64), driver.read(0x2000, 64));
    assert!(is_random(&one) && is_random(&two) && one != two);
    assert_eq!(driver.read(0x1040, 64), [0; 64]);
}

#[test]
fn pieces_are_filled_in_their_order() {
    let mut driver = driver();
    let pieces = [(0x1000, 65, WRITE), (0x3000, 0, WRITE), (0x2000, 64, WRITE)];
    assert_eq!(driver.request(0, &pieces), 129);
    assert!(is_random(&driver.read(0x1001, 64)) && is_random(&driver.read(0x2000, 64)));
    assert_eq!(driver.offer_indirect(0, 0x5000, &pieces), 3);
    driver.kick(0);
    assert_eq!(driver.used(0), (3, 129));
}

#[test]
fn a_long_request_gets_a_part() {
    let mut driver = driver();
    assert_eq!(driver.request(0, &[(0x1000, 1 << 20, WRITE)]), 1024);
    assert_eq!(driver.read(0x1400, 1024), [0; 1024]);
}

#[test]
fn what_is_no_buffer_gets_nothing() {
    let mut driver = driver();
    for pieces in [
        &[(0x1000, 64, 0)][..],
        &[(0x1000, 64, WRITE), (0x2000, 64, 0)],
        &[(32 << 20, 64, WRITE)],
        &[((32 << 20) - 32, 64, WRITE)],
        &[(u64::MAX - 8, 64, WRITE)],
        &[(0x1000, u32::MAX, WRITE)],
        &[(0x1000, 0, WRITE)],
    ] {
        assert_eq!(driver.request(0, pieces), 0, "{pieces:x?}");
    }
    assert_eq!(driver.read(0x1000, 0x2000), [0; 0x2000]);
}

#[test]
fn a_loop_of_descriptors_ends() {
    let mut driver = driver();
    // 64 times the same memory, which is as long as a chain can be.
    driver.descriptor(0, 5, (0x1000, 16, WRITE | 1), 5);
    driver.push(0, 5);
    driver.kick(0);
    assert_eq!(driver.used(0), (5, 1024));
}

#[test]
fn a_storm_of_requests_is_answered_whole() {
    let mut driver = driver();
    for _ in 0..100 {
        for at in 0..64 {
            driver.offer(0, &[(0x1000 + 16 * at, 16, WRITE)]);
        }
        for _ in 0..1000 {
            driver.kick(0);
        }
        for _ in 0..64 {
            assert_eq!(driver.used(0).1, 16);
        }
    }
}

#[test]
fn who_offers_more_than_there_is_room_for_stops_the_device_until_a_reset() {
    let mut driver = driver();
    driver.lie(0, 65);
    driver.kick(0);
    assert!(
        driver
            .complaint()
            .starts_with("the source of random numbers stops: ")
    );
    driver.reset();
    assert!(driver.activate(0));
    driver.push(0, 64);
    driver.kick(0);
    assert!(driver.complaint().contains("no descriptor 64"));
    driver.reset();
    assert!(driver.activate(0));
    assert_eq!(driver.request(0, &[(0x1000, 64, WRITE)]), 64);
}

#[test]
fn after_a_reset_nothing_is_written_any_more() {
    let mut driver = driver();
    driver.offer(0, &[(0x1000, 64, WRITE)]);
    driver.reset();
    driver.write(0x1000, &[0; 64]);
    assert!(driver.activate(0));
    assert_eq!(driver.request(0, &[(0x2000, 64, WRITE)]), 64);
    assert_eq!(driver.read(0x1000, 64), [0; 64]);
}
