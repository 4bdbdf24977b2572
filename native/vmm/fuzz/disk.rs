//! Requests to a disk, and what else a driver can do to its queues: `make fuzz`.
//!
//! An input that breaks the device becomes a test in tests/block_hostile.rs.

#![no_main]

mod any;
#[path = "../tests/common/mod.rs"]
mod common;

use std::cell::RefCell;

use common::disk::{Kind, OK, SECTORS, file, guest, settings};
use common::host::Host;
use common::ring::WRITE;
use common::steps::{self, AREA, Step};
use hadron_vmm::config::{Cache, RateLimit};
use hadron_vmm::devices::block::Settings;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

thread_local! {
    /// They live on, so that what one input leaves behind is the next one's.
    static GUESTS: RefCell<Vec<Host>> = RefCell::new(guests());
}

fn guests() -> Vec<Host> {
    let several = Settings {
        queues: 3,
        ..settings()
    };
    let through = Settings {
        cache: Cache::WriteThrough,
        ..settings()
    };
    let limited = Settings {
        rate_limit: Some(RateLimit {
            bytes_per_second: 1 << 30,
            operations_per_second: 1 << 20,
        }),
        ..settings()
    };
    let read_only = Settings {
        read_only: true,
        ..settings()
    };
    [
        (Kind::Ring, several),
        (Kind::Thread, through),
        (Kind::Ring, limited),
        (Kind::Thread, read_only),
    ]
    .map(|(kind, settings)| {
        let guest = guest(kind, &file(), &settings);
        assert!(guest.worker.reset(0).wait());
        guest
    })
    .into()
}

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    let Ok(choice) = input.arbitrary::<u8>() else {
        return;
    };
    GUESTS.with_borrow_mut(|guests| {
        let guest = &mut guests[usize::from(choice % 4)];
        // Features of the queues, and SIZE_MAX, FLUSH, DISCARD, WRITE_ZEROES.
        let all = guest.features;
        if choice & 0x10 != 0 {
            guest.features &= !(1 << 29);
        }
        if choice & 0x20 != 0 {
            guest.features &= !(1 << 1 | 1 << 9 | 1 << 13 | 1 << 14);
        }
        let size = if choice & 0x40 != 0 { 4 } else { 64 };
        steps::run(guest, size, any::steps(&mut input, step));
        guest.features = all;
        // It serves a driver that keeps the rules.
        assert!(guest.activate(64));
        assert_eq!(guest.request(0, 0, 512).0, OK);
        assert!(guest.worker.reset(0).wait());
    });
});

fn step(input: &mut Unstructured, steps: &mut Vec<Step>) -> Result<()> {
    if input.ratio(1, 3)? {
        return any::queue_step(input, steps);
    }
    let queue = input.int_in_range(0..=2)?;
    let (head, pieces) = request(input)?;
    let at = 0x8_0000 + 0x100 * input.int_in_range(0..=15)?;
    steps.push(Step::Bytes(at - AREA.start, head));
    let mut chain = vec![(at, 16, 0)];
    chain.extend(pieces);
    chain.push((at + 0x80, 1, WRITE));
    if input.ratio(1, 8)? {
        // Split, or broken, somewhere.
        let index = input.int_in_range(0..=chain.len() - 1)?;
        chain.insert(index, any::piece(input)?);
    }
    steps.push(Step::Chain {
        queue,
        pieces: chain,
        indirect: input.arbitrary()?,
    });
    if input.arbitrary()? {
        steps.push(Step::Kick(queue));
    }
    Ok(())
}

/// A header, perhaps with a range behind it, and pieces of data.
fn request(input: &mut Unstructured) -> Result<(Vec<u8>, Vec<common::ring::Piece>)> {
    let kinds: [u32; 8] = [0, 1, 4, 8, 11, 13, 0, 1];
    let kind = if input.ratio(1, 16)? {
        input.arbitrary()?
    } else {
        *input.choose(&kinds)?
    };
    let sector: u64 = if input.ratio(1, 8)? {
        input.arbitrary()?
    } else {
        input.int_in_range(0..=SECTORS)?
    };
    let mut head = kind.to_le_bytes().to_vec();
    head.extend([0; 4]);
    head.extend(sector.to_le_bytes());
    let mut pieces = Vec::new();
    if matches!(kind, 11 | 13) {
        head.extend(input.int_in_range(0..=SECTORS)?.to_le_bytes());
        head.extend(input.int_in_range(0..=64u32)?.to_le_bytes());
        head.extend(input.int_in_range(0..=2u32)?.to_le_bytes());
        // Behind the header, in the same piece or in one of its own: the chain's first is 16 bytes long.
        pieces.push((0x8_0010, 16, 0));
    }
    for _ in 0..input.int_in_range(0..=3)? {
        let flags = if matches!(kind, 0 | 8) { WRITE } else { 0 };
        let at = 0x9_0000 + input.int_in_range(0..=0x4_0000)?;
        pieces.push((at, 512 * input.int_in_range(0..=16)?, flags));
    }
    Ok((head, pieces))
}
