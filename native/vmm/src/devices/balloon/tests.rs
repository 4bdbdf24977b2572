use std::sync::Arc;

use vm_memory::{GuestAddress, GuestMemoryBackend};

use super::*;
use crate::devices::driver::{Driver, WRITE};
use crate::memory::{Backing, Memory, create};

const INFLATE: usize = 0;
const DEFLATE: usize = 1;
const REPORTS: usize = 2;
const REPORTING: u64 = 1 << 5;
const MIB: u64 = 1 << 20;
/// Where the tests have page numbers.
const NUMBERS: u64 = 0x1000;
/// Where they have memory that is given back.
const PAGES: u64 = 4 * MIB;

struct Test {
    driver: Driver,
    memory: Arc<Memory>,
}

impl Test {
    fn new(backing: Backing) -> Test {
        let mut test = Test::inactive(backing);
        assert!(test.driver.activate(REPORTING));
        test
    }

    fn inactive(backing: Backing) -> Test {
        let memory = create(32, backing).unwrap();
        Test {
            driver: Driver::with_memory(Balloon::default(), Arc::clone(&memory)),
            memory,
        }
    }

    fn fill(&self, address: u64, length: u64) {
        self.driver.write(address, &vec![7; length as usize]);
    }

    /// Pages of 4 KiB of which the host has one.
    fn resident(&self, address: u64, length: u64) -> u64 {
        let host = self.memory.get_host_address(GuestAddress(address)).unwrap();
        let mut pages = vec![0u8; (length / PAGE) as usize];
        // SAFETY: mincore writes one byte for each page of a range that is mapped.
        let seen = unsafe { libc::mincore(host.cast(), length as usize, pages.as_mut_ptr()) };
        assert_eq!(seen, 0);
        pages.iter().filter(|page| **page & 1 != 0).count() as u64
    }

    fn inflate(&mut self, numbers: &[u32]) {
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        self.driver.write(NUMBERS, &bytes);
        let length = bytes.len() as u32;
        assert_eq!(self.driver.request(INFLATE, &[(NUMBERS, length, 0)]), 0);
    }
}

#[test]
fn free_pages_go_back_to_the_host() {
    for backing in [Backing::Anonymous, Backing::Shared] {
        let mut test = Test::new(backing);
        test.fill(PAGES, 8 * MIB);
        assert_eq!(test.resident(PAGES, 8 * MIB), 2048);
        let pieces = [(PAGES, 2 << 20, WRITE), (PAGES + 4 * MIB, 4 << 20, WRITE)];
        assert_eq!(test.driver.request(REPORTS, &pieces), 0);
        assert_eq!(test.resident(PAGES, 8 * MIB), 512, "{backing:?}");
        // It is memory like any other.
        assert_eq!(test.driver.read(PAGES, 16), [0; 16]);
        assert_eq!(test.driver.read(PAGES + 2 * MIB, 16), [7; 16]);
        test.fill(PAGES, MIB);
        assert_eq!(test.driver.read(PAGES, 16), [7; 16]);
    }
}

#[test]
fn a_long_report_takes_several_turns() {
    let mut test = Test::new(Backing::Anonymous);
    // Before and behind the queues.
    let ranges = [(PAGES, 12 * MIB), (17 * MIB, 15 * MIB)];
    for (address, length) in ranges {
        test.fill(address, length);
    }
    let pieces = ranges.map(|(address, length)| (address, length as u32, WRITE));
    assert_eq!(test.driver.request(REPORTS, &pieces), 0);
    for (address, length) in ranges {
        assert_eq!(test.resident(address, length), 0);
    }
}

#[test]
fn pages_of_which_only_a_part_is_free_stay() {
    let mut test = Test::new(Backing::Anonymous);
    for (address, length, left) in [
        (PAGES + 1, 4095, 16),
        (PAGES, 4095, 16),
        (PAGES + 4095, 2, 16),
        (PAGES, 0, 16),
        (PAGES + 1, 8192, 15),
        (PAGES + 4095, 12289, 13),
    ] {
        test.fill(PAGES, 16 * PAGE);
        test.driver.request(REPORTS, &[(address, length, WRITE)]);
        assert_eq!(
            test.resident(PAGES, 16 * PAGE),
            left,
            "{address:#x} {length}"
        );
    }
}

#[test]
fn what_is_not_all_memory_is_nothing() {
    let mut test = Test::new(Backing::Anonymous);
    test.fill(30 * MIB, 2 * MIB);
    test.fill(PAGES, MIB);
    for piece in [
        (32 * MIB, 1 << 20, WRITE),
        (31 * MIB, 2 << 20, WRITE),
        (30 * MIB, 0xffff_0000, WRITE),
        (u64::MAX - 4095, 4096, WRITE),
        (u64::MAX, 0xffff_0000, WRITE),
        (1 << 63, 4096, WRITE),
        // Nothing, nowhere.
        (u64::MAX - 3, 0, WRITE),
        (32 * MIB, 0, WRITE),
        // The guest's to read is not free.
        (30 * MIB, 1 << 20, 0),
    ] {
        // It is about each range by itself.
        test.fill(PAGES, PAGE);
        test.driver.request(REPORTS, &[piece, (PAGES, 4096, WRITE)]);
        assert_eq!(test.resident(30 * MIB, 2 * MIB), 512, "{piece:x?}");
        assert_eq!(test.resident(PAGES, MIB), 255);
    }
}

#[test]
fn the_same_again_and_over_each_other_does_no_harm() {
    let mut test = Test::new(Backing::Shared);
    test.fill(PAGES, 2 * MIB);
    let pieces = vec![(PAGES, 1 << 20, WRITE); 100];
    for _ in 0..10 {
        test.driver.offer_indirect(REPORTS, NUMBERS, &pieces);
        test.driver.kick(REPORTS);
        test.driver.used(REPORTS);
    }
    assert_eq!(test.resident(PAGES, 2 * MIB), 256);
}

#[test]
fn a_guest_that_reports_its_own_queues_hurts_itself() {
    for backing in [Backing::Anonymous, Backing::Shared] {
        let mut test = Test::new(backing);
        test.driver.offer(REPORTS, &[(0, 32 << 20, WRITE)]);
        test.driver.kick(REPORTS);
        // The ring says zeros now: either nothing was used, or something that was never there.
        test.driver.reset();
        assert!(test.driver.activate(REPORTING));
        test.fill(PAGES, MIB);
        test.driver.request(REPORTS, &[(PAGES, 1 << 20, WRITE)]);
        assert_eq!(test.resident(PAGES, MIB), 0);
    }
}

#[test]
fn pages_that_the_guest_gives_up_go_back_in_any_order() {
    for backing in [Backing::Anonymous, Backing::Shared] {
        let mut test = Test::new(backing);
        test.fill(PAGES, MIB);
        let first = (PAGES / PAGE) as u32;
        let mut numbers: Vec<u32> = (first..first + 200).rev().collect();
        numbers.swap(3, 150);
        numbers.push(first);
        test.inflate(&numbers);
        assert_eq!(test.resident(PAGES, MIB), 56);
        test.driver.write(NUMBERS, &first.to_le_bytes());
        assert_eq!(test.driver.request(DEFLATE, &[(NUMBERS, 4, 0)]), 0);
        test.fill(PAGES, PAGE);
        assert_eq!(test.resident(PAGES, MIB), 57);
    }
}

#[test]
fn numbers_of_no_pages_are_nothing() {
    let mut test = Test::new(Backing::Anonymous);
    test.fill(PAGES, MIB);
    let first = (PAGES / PAGE) as u32;
    test.inflate(&[8192, u32::MAX, first, 1 << 31, first + 2]);
    assert_eq!(test.resident(PAGES, MIB), 254);
    // Three bytes are no number; nor is what is not memory, or the device's to write.
    test.driver.write(NUMBERS, &(first + 5).to_le_bytes());
    for piece in [
        (NUMBERS, 3, 0),
        (NUMBERS, 0, 0),
        (32 * MIB, 4, 0),
        (NUMBERS, 4, WRITE),
    ] {
        assert_eq!(test.driver.request(INFLATE, &[piece]), 0);
    }
    assert_eq!(test.resident(PAGES, MIB), 254);
    // A chain of 4 GiB of numbers is none, since there is no such memory.
    assert_eq!(test.driver.request(INFLATE, &[(0, u32::MAX, 0)]), 0);
}

#[test]
fn many_numbers_at_once_are_done_in_turns() {
    let mut test = Test::new(Backing::Anonymous);
    test.fill(PAGES, 8 * MIB);
    let first = (PAGES / PAGE) as u32;
    let bytes: Vec<u8> = (0..20_000u32)
        .flat_map(|number| (first + number % 2048).to_le_bytes())
        .collect();
    test.driver.write(2 * MIB, &bytes);
    // Split where no number ends.
    let pieces = [(2 * MIB, 1001, 0), (2 * MIB + 1001, 78_999, 0)];
    assert_eq!(test.driver.request(INFLATE, &pieces), 0);
    assert_eq!(test.resident(PAGES, 8 * MIB), 0);
}

#[test]
fn nobody_asks_for_more_whatever_the_driver_writes() {
    let test = Test::new(Backing::Anonymous);
    for offset in [0, 4, 8, 1 << 40, u64::MAX, u64::MAX - 1] {
        test.driver.configure(offset, &[9; 4]);
    }
    let mut space = [1; 16];
    test.driver.configuration.read(0, &mut space);
    assert_eq!(space, [0; 16]);
}

#[test]
fn a_driver_without_reports_has_two_queues() {
    let mut test = Test::inactive(Backing::Anonymous);
    assert!(test.driver.activate(0));
    test.fill(PAGES, MIB);
    test.inflate(&[(PAGES / PAGE) as u32]);
    assert_eq!(test.resident(PAGES, MIB), 255);
    test.driver.offer(REPORTS, &[(PAGES, 1 << 20, WRITE)]);
    test.driver.kick(REPORTS);
    test.inflate(&[(PAGES / PAGE) as u32 + 1]);
    assert_eq!(test.resident(PAGES, MIB), 254);
}

#[test]
fn what_the_host_does_not_take_stays() {
    let mut test = Test::new(Backing::Anonymous);
    test.fill(PAGES, MIB);
    let host = test.memory.get_host_address(GuestAddress(PAGES)).unwrap();
    // SAFETY: mlock changes nothing of what is in the memory.
    assert_eq!(unsafe { libc::mlock(host.cast(), MIB as usize) }, 0);
    test.driver.request(REPORTS, &[(PAGES, 1 << 20, WRITE)]);
    assert_eq!(test.resident(PAGES, MIB), 256);
    assert_eq!(test.driver.read(PAGES, 16), [7; 16]);
}
