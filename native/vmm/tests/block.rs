//! A disk and a driver that keeps the rules.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::{Duration, Instant};

use common::disk::{
    DISCARD, DISK, FLUSH, GET_ID, IN, IOERR, KINDS, Kind, OK, OUT, SECTORS, UNSUPP, WRITE_ZEROES,
    data, file, guest, header, pattern, settings, status,
};
use common::ring::{Piece, WRITE};
use hadron_vmm::config::{Cache, RateLimit};
use hadron_vmm::devices::block::engine::Engines;
use hadron_vmm::devices::block::{Block, Disk, Settings};
use hadron_vmm_process::launch;

fn on_disk(file: &File, at: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at).unwrap();
    bytes
}

#[test]
fn data_goes_both_ways() {
    for kind in KINDS {
        let file = file();
        let mut guest = guest(kind, &file, &settings());
        assert_eq!(guest.request(IN, 3, 4096), (OK, 4097));
        assert_eq!(guest.bytes(0, 4096), pattern(3 * 512, 4096));
        let bytes = vec![0xa5; 1024];
        assert_eq!(guest.write(SECTORS - 2, &bytes), OK);
        assert_eq!(on_disk(&file, DISK - 1024, 1024), bytes);
        assert_eq!(guest.request(FLUSH, 0, 0), (OK, 1));
        assert_eq!(guest.request(GET_ID, 0, 20), (OK, 21));
        assert_eq!(&guest.bytes(0, 20), b"disk-1\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(guest.request(IN, 0, 0), (OK, 1), "nothing is done at once");
    }
}

#[test]
fn a_request_may_lie_in_any_pieces() {
    for indirect in [false, true] {
        let mut guest = guest(Kind::Ring, &file(), &settings());
        guest.prepare(0, IN, 1);
        let (header, data) = (header(0), data(0));
        // The header in four, one of them empty; the data in three, the last of which has the status.
        let pieces: Vec<Piece> = vec![
            (header, 3, 0),
            (header + 3, 0, 0),
            (header + 3, 9, 0),
            (header + 12, 4, 0),
            (data, 100, WRITE),
            (data + 1000, 0, WRITE),
            (data + 100, 412, WRITE),
            (data + 512, 513, WRITE),
        ];
        let ring = &mut guest.rings[0];
        let head = if indirect {
            ring.offer_indirect(&guest.memory, &pieces)
        } else {
            ring.offer(&guest.memory, &pieces)
        };
        guest.kick(0);
        assert_eq!(guest.wait_used(0), (head.into(), 1025));
        let mut bytes = guest.bytes(0, 1025);
        assert_eq!(bytes.pop(), Some(OK));
        assert_eq!(bytes, pattern(512, 1024));
    }
}

#[test]
fn header_and_data_may_share_a_piece() {
    let file = file();
    let mut guest = guest(Kind::Ring, &file, &settings());
    guest.prepare(0, OUT, 7);
    let body = vec![0x5a; 512];
    let memory = &guest.memory;
    vm_memory::Bytes::write_slice(&**memory, &body, vm_memory::GuestAddress(header(0) + 16))
        .unwrap();
    let status = data(0);
    let pieces = [(header(0), 16 + 512, 0), (status, 1, WRITE)];
    guest.chain(&pieces);
    assert_eq!(guest.bytes(0, 1), [OK]);
    assert_eq!(on_disk(&file, 7 * 512, 512), body);
}

#[test]
fn as_many_pieces_as_are_announced() {
    for kind in KINDS {
        let mut guest = guest(kind, &file(), &settings());
        guest.prepare(0, IN, 0);
        let mut pieces: Vec<Piece> = vec![(header(0), 16, 0)];
        pieces.extend((0..254).map(|index| (data(0) + 512 * index, 512, WRITE)));
        pieces.push((status(0), 1, WRITE));
        assert_eq!(guest.chain(&pieces), (OK, 254 * 512 + 1));
        assert_eq!(guest.bytes(0, 254 * 512), pattern(0, 254 * 512));
    }
}

#[test]
fn discarded_and_zeroed_parts_are_holes_and_zeros() {
    for kind in KINDS {
        let file = file();
        let mut guest = guest(kind, &file, &settings());
        let before = file.metadata().unwrap().blocks();
        assert_eq!(guest.range(DISCARD, 8, 64, 0), OK);
        assert_eq!(file.metadata().unwrap().blocks(), before - 64);
        // tmpfs punches holes, and zeroes in no other way.
        for flags in [0, 1] {
            let at = 512 + 64 * u64::from(flags);
            assert_eq!(guest.range(WRITE_ZEROES, at, 9, flags), OK);
            assert_eq!(on_disk(&file, at * 512, 9 * 512), vec![0; 9 * 512]);
            assert_eq!(
                on_disk(&file, (at + 9) * 512, 512),
                pattern((at + 9) * 512, 512)
            );
        }
        assert_eq!(guest.range(DISCARD, 0, 0, 0), OK);
        assert_eq!(guest.range(WRITE_ZEROES, SECTORS, 0, 1), OK);
        assert_eq!(file.metadata().unwrap().len(), DISK);
    }
}

#[test]
fn requests_of_many_queues_are_answered_where_they_came_from() {
    for kind in KINDS {
        let settings = Settings {
            queues: 4,
            ..settings()
        };
        let mut guest = guest(kind, &file(), &settings);
        for slot in 0..64 {
            guest.queue(slot as usize % 4, slot, IN, slot * 3, 1536);
        }
        for queue in 0..4 {
            guest.kick(queue);
        }
        for slot in 0..64 {
            let (_, length) = guest.wait_used(slot as usize % 4);
            assert_eq!(length, 1537);
        }
        for slot in 0..64 {
            assert_eq!(guest.status(slot), OK);
            assert_eq!(guest.bytes(slot, 1536), pattern(slot * 1536, 1536));
        }
    }
}

#[test]
fn what_was_queued_before_the_driver_was_ready_is_done() {
    let mut guest = guest(Kind::Ring, &file(), &settings());
    assert!(guest.worker.reset(0).wait());
    guest.set_up(64);
    guest.queue(0, 0, IN, 0, 512);
    assert!(guest.start());
    assert_eq!(guest.wait_used(0).1, 513);
}

#[test]
fn a_disk_that_is_read_only_is_not_written() {
    for kind in KINDS {
        let file = file();
        let settings = Settings {
            read_only: true,
            ..settings()
        };
        let mut guest = guest(kind, &file, &settings);
        assert_eq!(guest.features & (1 << 5), 1 << 5);
        assert_eq!(guest.request(IN, 0, 512), (OK, 513));
        assert_eq!(guest.write(0, &[1; 512]), IOERR);
        assert_eq!(guest.range(DISCARD, 0, 8, 0), IOERR);
        assert_eq!(guest.range(WRITE_ZEROES, 0, 8, 0), IOERR);
        assert_eq!(on_disk(&file, 0, 512), pattern(0, 512));
    }
}

#[test]
fn flushes_are_what_the_cache_mode_says() {
    for (cache, status) in [
        (Cache::WriteBack, OK),
        (Cache::Unsafe, OK),
        (Cache::WriteThrough, UNSUPP),
    ] {
        for kind in KINDS {
            let settings = Settings {
                cache,
                ..settings()
            };
            let mut guest = guest(kind, &file(), &settings);
            assert_eq!(guest.write(0, &[1; 512]), OK);
            assert_eq!(guest.range(WRITE_ZEROES, 8, 8, 0), OK);
            assert_eq!(guest.request(FLUSH, 0, 0).0, status, "{cache:?}");
        }
    }
}

#[test]
fn features_that_the_driver_did_not_take_are_not_there() {
    let mut guest = guest(Kind::Ring, &file(), &settings());
    assert!(guest.worker.reset(0).wait());
    guest.features &= !(1 << 9 | 1 << 13 | 1 << 14);
    assert!(guest.activate(256));
    assert_eq!(guest.request(FLUSH, 0, 0).0, UNSUPP);
    assert_eq!(guest.range(DISCARD, 0, 8, 0), UNSUPP);
    assert_eq!(guest.range(WRITE_ZEROES, 0, 8, 0), UNSUPP);
    assert_eq!(guest.request(IN, 0, 512).0, OK);
}

#[test]
fn a_disks_own_errors_are_the_guests_and_harm_nothing_else() {
    for kind in KINDS {
        let file = file();
        let mut guest = guest(kind, &file, &settings());
        // Somebody cuts it off behind the device's back.
        file.set_len(DISK / 2).unwrap();
        assert_eq!(guest.request(IN, SECTORS - 8, 4096), (IOERR, 0));
        assert_eq!(guest.request(IN, SECTORS / 2 - 4, 4096), (IOERR, 0));
        assert_eq!(guest.request(IN, 0, 4096), (OK, 4097));
        rustix::fs::fcntl_add_seals(&file, rustix::fs::SealFlags::GROW).unwrap();
        assert_eq!(guest.write(SECTORS - 8, &[1; 512]), IOERR);
        rustix::fs::fcntl_add_seals(&file, rustix::fs::SealFlags::FUTURE_WRITE).unwrap();
        assert_eq!(guest.write(0, &[1; 512]), IOERR);
        assert_eq!(guest.range(WRITE_ZEROES, 0, 8, 0), IOERR);
        assert_eq!(guest.request(FLUSH, 0, 0), (OK, 1));
        assert!(guest.complaints.try_recv().is_err());
    }
}

#[test]
fn a_limit_holds_and_nobody_is_forgotten() {
    for kind in KINDS {
        let settings = Settings {
            rate_limit: Some(RateLimit {
                bytes_per_second: 0,
                operations_per_second: 100,
            }),
            ..settings()
        };
        let mut guest = guest(kind, &file(), &settings);
        let begin = Instant::now();
        for slot in 0..30 {
            guest.queue(0, slot, IN, slot, 512);
        }
        guest.kick(0);
        for _ in 0..30 {
            guest.wait_used(0);
        }
        // A tenth of a second's at once, and one that is owed.
        assert!(begin.elapsed() >= Duration::from_millis(185));
    }
}

#[test]
fn what_cannot_be_is_refused_with_a_sentence() {
    let engines = Engines::new(1, &launch::enter()).unwrap();
    let mut blocks = Vec::new();
    for (settings, word) in [
        (
            Settings {
                queues: 0,
                ..settings()
            },
            "1 to 64",
        ),
        (
            Settings {
                queues: 65,
                ..settings()
            },
            "1 to 64",
        ),
        (
            Settings {
                serial: "a".repeat(21),
                ..settings()
            },
            "at most 20",
        ),
        // The only engine was not lost by the ones before.
        (settings(), ""),
        (settings(), "in use by others"),
    ] {
        let disk = Disk::open(file(), settings.read_only).unwrap();
        match Block::new("the disk 0".to_owned(), disk, &settings, &engines) {
            Ok(block) => blocks.push(block),
            Err(error) => assert!(error.to_string().contains(word), "{error}"),
        }
    }
    assert_eq!(blocks.len(), 1);
}
