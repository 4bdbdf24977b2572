//! A disk and a driver that breaks the rules.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::sync::mpsc::channel;
use std::time::Duration;

use common::disk::{
    DISCARD, FLUSH, GET_ID, IN, IOERR, KINDS, Kind, OK, OUT, SECTORS, UNANSWERED, UNSUPP,
    WRITE_ZEROES, data, file, guest, header, pattern, settings, status,
};
use common::host::{Host, MEMORY, PATIENCE};
use common::ring::{INDIRECT, NEXT, Piece, WRITE};
use common::stuck::{Hand, Stuck};
use hadron_vmm::devices::block::engine::{DEPTH, Engines};
use hadron_vmm::devices::block::{Block, Disk, Settings};
use vm_memory::{Bytes, GuestAddress};

/// Has chains done that nobody can answer, by whatever the test has written.
fn breaks(how: &str, write: impl Fn(&mut Host)) {
    let mut guest = guest(Kind::Ring, &file(), &settings());
    guest.prepare(0, IN, 0);
    write(&mut guest);
    guest.kick(0);
    let told = guest.complaints.recv_timeout(PATIENCE).unwrap();
    assert!(told.contains(how), "{told}");
    assert!(told.starts_with("the disk 0 stops: "), "{told}");
    // Nothing is served until the driver resets it.
    assert_eq!(guest.rings[0].used(&guest.memory), None, "{how}");
    assert!(guest.worker.reset(0).wait());
    assert!(guest.activate(256));
    assert_eq!(guest.request(IN, 0, 512), (OK, 513));
}

/// Has a chain made of descriptors as they stand, from the first one on.
fn describes(how: &str, descriptors: &[(Piece, u16)]) {
    breaks(how, |guest| {
        for (at, (piece, next)) in (0..).zip(descriptors) {
            guest.rings[0].describe(&guest.memory, at, *piece, *next);
        }
        guest.rings[0].publish_head(&guest.memory, 0);
    });
}

#[test]
fn a_chain_that_does_not_end_stops_the_device() {
    let header = (header(0), 16, NEXT);
    let end = "does not end";
    describes(end, &[(header, 0)]);
    describes(end, &[(header, 1), ((data(0), 512, NEXT | WRITE), 1)]);
    describes(end, &[(header, 256)]);
    describes(end, &[(header, u16::MAX)]);
    breaks(end, |guest| guest.rings[0].publish_head(&guest.memory, 256));
    breaks(end, |guest| {
        guest.rings[0].publish_head(&guest.memory, u16::MAX);
    });
}

#[test]
fn a_table_that_cannot_be_stops_the_device() {
    let end = "does not end";
    let table = 0x1_6000;
    for (address, length) in [
        (MEMORY, 16),
        (u64::MAX - 8, 32),
        (table, 0),
        (table, 15),
        (table, 17),
        (table, 16 * 0x1_0000),
    ] {
        describes(end, &[((address, length, INDIRECT), 0)]);
    }
    // A table in a table, and one that says that there is more.
    for flags in [INDIRECT, NEXT] {
        breaks(end, |guest| {
            let memory = &guest.memory;
            guest.rings[0].describe(memory, 0, (table, 16, INDIRECT), 0);
            memory.write_obj(table, GuestAddress(table)).unwrap();
            memory.write_obj(16u32, GuestAddress(table + 8)).unwrap();
            memory.write_obj(flags, GuestAddress(table + 12)).unwrap();
            memory.write_obj(1u16, GuestAddress(table + 14)).unwrap();
            guest.rings[0].publish_head(memory, 0);
        });
    }
    // One piece more than a chain may have.
    breaks(end, |guest| {
        let pieces: Vec<Piece> = (0..257).map(|_| (header(0), 16, 0)).collect();
        guest.rings[0].offer_indirect(&guest.memory, &pieces);
    });
}

#[test]
fn a_request_without_a_place_for_its_status_stops_the_device() {
    let read = (header(0), 16, 0);
    let none = "no place";
    for pieces in [
        vec![read],
        vec![read, (status(0), 0, WRITE)],
        vec![(header(0), 0, 0)],
    ] {
        breaks(none, |guest| {
            guest.rings[0].offer(&guest.memory, &pieces);
        });
    }
    for address in [MEMORY, u64::MAX] {
        breaks("outside", |guest| {
            guest.rings[0].offer(&guest.memory, &[read, (address, 1, WRITE)]);
        });
    }
    breaks("behind", |guest| {
        guest.rings[0].offer(&guest.memory, &[(status(0), 1, WRITE), read]);
    });
}

#[test]
fn an_available_ring_that_ran_away_stops_the_device() {
    breaks("a queue is broken", |guest| {
        guest.rings[0].publish(&guest.memory, 257);
    });
}

#[test]
fn what_is_wrong_with_a_request_alone_is_an_error_of_its_own() {
    for kind in KINDS {
        let file = file();
        let mut guest = guest(kind, &file, &settings());
        for (kind, sector, length) in [
            (IN, 0, 511),
            (IN, 0, 1),
            (OUT, 0, 513),
            (IN, SECTORS, 512),
            (IN, SECTORS - 1, 1024),
            (OUT, SECTORS - 1, 1024),
            (OUT, u64::MAX, 512),
            (OUT, u64::MAX / 512, 1024),
            (IN, 1 << 55, 512),
            (IN, SECTORS + 1, 0),
            (DISCARD, 0, 0),
            (DISCARD, 0, 15),
            (DISCARD, 0, 17),
            (WRITE_ZEROES, 0, 32),
        ] {
            let writable = kind == IN && length > 0;
            let expected = (IOERR, u32::from(!writable));
            let found = guest.request(kind, sector, length);
            assert_eq!(found, expected, "{kind} {sector} {length}");
        }
        for kind in [2, 3, 5, 7, 10, 14, 15, 26, u32::MAX, 1 << 31] {
            assert_eq!(guest.request(kind, 0, 512), (UNSUPP, 1), "{kind}");
        }
        for (kind, sector, sectors, flags, status) in [
            (DISCARD, 0, 8, 1, UNSUPP),
            (DISCARD, 0, 8, 2, UNSUPP),
            (WRITE_ZEROES, 0, 8, 2, UNSUPP),
            (WRITE_ZEROES, 0, 8, u32::MAX, UNSUPP),
            (WRITE_ZEROES, 0, u32::MAX, 0, IOERR),
            (WRITE_ZEROES, u64::MAX, 8, 0, IOERR),
            (DISCARD, SECTORS, 1, 0, IOERR),
            (DISCARD, SECTORS - 1, 2, 0, IOERR),
            (DISCARD, 0, u32::MAX, 0, IOERR),
        ] {
            let found = guest.range(kind, sector, sectors, flags);
            assert_eq!(found, status, "{kind} {sector} {sectors} {flags}");
        }
        let mut after = vec![0; pattern(0, 4096).len()];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut after, 0).unwrap();
        assert_eq!(after, pattern(0, 4096));
        assert!(guest.complaints.try_recv().is_err());
    }
}

#[test]
fn pieces_in_wrong_places_and_directions_are_errors() {
    let mut guest = guest(Kind::Ring, &file(), &settings());
    let (head, data, end) = ((header(0), 16, 0), data(0), (status(0), 1, WRITE));
    for (kind, pieces, used) in [
        (IN, vec![head, (data, 512, 0), end], 1),
        (IN, vec![head, (data, 512, 0), (data, 512, WRITE), end], 0),
        (OUT, vec![head, (data, 512, WRITE), end], 0),
        (OUT, vec![head, (data, 512, 0), (data, 1, WRITE), end], 0),
        (IN, vec![head, (MEMORY - 256, 512, WRITE), end], 0),
        (IN, vec![head, (MEMORY, 512, WRITE), end], 0),
        (OUT, vec![head, (u64::MAX - 511, 512, 0), end], 1),
        (OUT, vec![head, (u64::MAX, 512, 0), end], 1),
        (GET_ID, vec![head, (MEMORY, 20, WRITE), end], 0),
        // A header that is short, and one that is nowhere.
        (IN, vec![(header(0), 15, 0), end], 1),
        (IN, vec![end], 1),
        (IN, vec![(MEMORY - 8, 16, 0), (data, 512, WRITE), end], 0),
        (IN, vec![(u64::MAX, 16, 0), end], 1),
        // A range that is half outside.
        (DISCARD, vec![head, (MEMORY - 8, 16, 0), end], 1),
    ] {
        guest.prepare(0, kind, 0);
        assert_eq!(guest.chain(&pieces), (IOERR, used), "{kind} {pieces:x?}");
    }
    // What a flush brings along does not matter.
    guest.prepare(0, FLUSH, 7);
    assert_eq!(guest.chain(&[head, (data, 512, 0), end]), (OK, 1));
    // A serial number has as much of it as there is room for, and no more.
    guest.prepare(0, GET_ID, 0);
    assert_eq!(guest.chain(&[head, (data, 3, WRITE), end]), (OK, 4));
    guest.prepare(0, GET_ID, 0);
    assert_eq!(guest.chain(&[head, (data, 600, WRITE), end]), (OK, 20));
    assert!(guest.complaints.try_recv().is_err());
}

#[test]
fn a_piece_larger_than_announced_is_an_error() {
    let file = file();
    file.set_len(8 << 20).unwrap();
    let mut guest = guest(Kind::Ring, &file, &settings());
    let large = (4 << 20) + 512;
    assert_eq!(guest.request(IN, 0, 4 << 20), (OK, (4 << 20) + 1));
    assert_eq!(guest.request(IN, 0, large), (IOERR, 0));
    // Who did not take SIZE_MAX does not know.
    assert!(guest.worker.reset(0).wait());
    guest.features &= !(1 << 1);
    assert!(guest.activate(256));
    assert_eq!(guest.request(IN, 0, large), (OK, large + 1));
}

#[test]
fn a_status_on_top_of_a_ring_is_the_guests_own_trouble() {
    let mut guest = guest(Kind::Ring, &file(), &settings());
    let used = guest.rings[0].base() + 0x4000;
    guest.prepare(0, FLUSH, 0);
    guest.rings[0].offer(&guest.memory, &[(header(0), 16, 0), (used + 2, 1, WRITE)]);
    guest.kick(0);
    assert!(guest.interrupted(PATIENCE));
    assert!(guest.worker.reset(0).wait());
    assert!(guest.activate(256));
    assert_eq!(guest.request(IN, 0, 512), (OK, 513));
}

fn stuck(settings: &Settings) -> (Host, Hand) {
    let (engine, hand) = Stuck::new();
    let disk = Disk::open(file(), false).unwrap();
    let engines = Engines::of(vec![Box::new(engine)]);
    let block = Block::new("the disk 0".to_owned(), disk, settings, &engines);
    let mut guest = Host::new(Box::new(block.unwrap()));
    assert!(guest.activate(256));
    (guest, hand)
}

#[test]
fn no_more_is_on_its_way_than_an_engine_takes() {
    let settings = Settings {
        queues: 2,
        ..settings()
    };
    let (mut guest, hand) = stuck(&settings);
    // The same request again and again, though it is not answered: more than a driver may.
    guest.queue(1, 1, IN, 0, 512);
    guest.kick(1);
    hand.wait_waiting(1);
    let head = guest.queue(0, 0, IN, 0, 512);
    for _ in 1..100 {
        guest.rings[0].publish_head(&guest.memory, head);
    }
    guest.kick(0);
    hand.wait_waiting(101);
    for _ in 0..100 {
        guest.rings[0].publish_head(&guest.memory, head);
    }
    guest.kick(0);
    hand.wait_waiting(DEPTH.into());
    // The others follow when there is room.
    hand.answer(512);
    hand.wait_waiting(201 - usize::from(DEPTH));
    hand.answer(512);
    for _ in 0..200 {
        guest.wait_used(0);
    }
    guest.wait_used(1);
    assert!(guest.complaints.try_recv().is_err());
}

#[test]
fn a_reset_answers_when_the_host_has_let_go() {
    let (mut guest, hand) = stuck(&settings());
    guest.queue(0, 0, IN, 0, 512);
    guest.kick(0);
    hand.wait_waiting(1);
    let worker = guest.worker.clone();
    let (sender, answer) = channel();
    let thread = std::thread::spawn(move || sender.send(worker.reset(0).wait()).unwrap());
    hand.wait_cancelling();
    assert!(answer.try_recv().is_err(), "the host still has it");
    hand.let_go();
    assert!(answer.recv_timeout(PATIENCE).unwrap());
    thread.join().unwrap();
    assert_eq!(guest.status(0), UNANSWERED);
    assert!(!guest.interrupted(Duration::ZERO));
    assert_eq!(guest.rings[0].used(&guest.memory), None);
}

#[test]
fn nothing_is_written_to_guest_memory_after_a_reset() {
    const LENGTH: usize = 0x8000;
    for kind in KINDS {
        let file = file();
        let mut guest = guest(kind, &file, &settings());
        for round in 0..20 {
            for slot in 0..80 {
                guest.queue(0, slot, IN, slot, LENGTH as u32);
            }
            guest.kick(0);
            if round % 2 == 1 {
                assert!(guest.interrupted(PATIENCE));
            }
            assert!(guest.worker.reset(0).wait());
            for slot in 0..80 {
                guest.set_bytes(slot, &[0x11; LENGTH]);
                guest.prepare(slot, IN, 0);
            }
            let queues = guest.rings[0].base();
            let zeros = [0; 0x6000];
            guest
                .memory
                .write_slice(&zeros, GuestAddress(queues))
                .unwrap();
            // Whatever was on its way would be there when this one is.
            assert!(guest.activate(256));
            guest.queue(0, 90, IN, 0, 512);
            guest.kick(0);
            assert_eq!(guest.wait_used(0).1, 513);
            for slot in 0..80 {
                assert_eq!(guest.status(slot), UNANSWERED);
                assert_eq!(guest.bytes(slot, LENGTH), [0x11; LENGTH]);
            }
            assert!(guest.worker.reset(0).wait());
            while guest.interrupted(Duration::ZERO) {}
            assert!(guest.activate(256));
        }
    }
}

#[test]
fn a_device_that_is_dropped_in_full_flight_lets_go() {
    for kind in KINDS {
        for _ in 0..10 {
            let mut guest = guest(kind, &file(), &settings());
            for slot in 0..80 {
                guest.queue(0, slot, IN, slot, 0x1_0000);
            }
            guest.kick(0);
            drop(guest);
        }
    }
}

#[test]
fn kicks_without_requests_and_for_nobody_do_nothing() {
    let mut guest = guest(Kind::Ring, &file(), &settings());
    for _ in 0..10_000 {
        guest.kick(0);
    }
    assert_eq!(guest.request(FLUSH, 0, 0), (OK, 1));
    assert!(guest.worker.reset(0).wait());
    guest.kick(0);
    assert!(guest.worker.reset(0).wait());
    assert!(guest.activate(256));
    assert_eq!(guest.request(IN, 0, 512), (OK, 513));
    assert!(guest.complaints.try_recv().is_err());
}
