//! A guest that libFuzzer makes up: `make fuzz`.
//!
//! tests/random.rs does the same things by chance; this does what reaches code that nothing has reached before. An input that breaks the
//! device becomes a test in tests/hostile.rs.

#![no_main]

#[path = "../tests/common/mod.rs"]
mod common;

use common::guest::{CID, MEMORY};
use common::steps::{self, PAYLOAD, PORTS, Pieces, Step};
use hadron_vsock_device::Header;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

/// So that one input takes milliseconds.
const STEPS: usize = 150;

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    let steps = std::iter::from_fn(|| (!input.is_empty()).then(|| step(&mut input).ok())?);
    let (made, ended) = steps::run(steps.take(STEPS));
    assert_eq!(made, ended, "joins that were made, and that ended");
});

fn step(input: &mut Unstructured) -> Result<Step> {
    Ok(match input.int_in_range(0..=17)? {
        0..=5 => Step::Packet(header(input)?, input.int_in_range(0..=PAYLOAD)?),
        6 => Step::Chain(pieces(input)?),
        7 => Step::Buffer(pieces(input)?),
        8 => Step::Offer(input.int_in_range(0..=9)?),
        9 => {
            let length = input.int_in_range(1..=63)?;
            let at = input.int_in_range(0x1_0000..=0x3_0000)?;
            Step::Garbage(at, input.bytes(length)?.to_vec())
        }
        10 => Step::Index(input.arbitrary()?, input.arbitrary()?),
        11 | 12 => Step::Read,
        13 => Step::Accept(
            input.int_in_range(0..=PORTS - 1)?,
            input.int_in_range(0..=3)?,
        ),
        14 => Step::Listen(
            input.int_in_range(0..=PORTS - 1)?,
            input.int_in_range(0..=3)?,
        ),
        15 | 16 => Step::Answer(if input.ratio(1, 8)? {
            None
        } else {
            let port = input.int_in_range(0..=2 * PORTS - 1)?;
            Some((port, input.int_in_range(0..=3)?))
        }),
        _ => Step::Close(input.int_in_range(0..=PORTS - 1)?),
    })
}

/// Mostly one that the device takes as far as its stream.
fn header(input: &mut Unstructured) -> Result<Header> {
    let odd = input.ratio(1, 8)?;
    Ok(Header {
        src_cid: if odd { input.arbitrary()? } else { CID },
        dst_cid: if odd { input.arbitrary()? } else { 2 },
        src_port: input.int_in_range(50..=52)?,
        dst_port: input.int_in_range(0..=PORTS - 1)?,
        len: if odd {
            input.arbitrary()?
        } else {
            input.int_in_range(0..=70_000)?
        },
        kind: if odd { input.arbitrary()? } else { 1 },
        op: if odd {
            input.arbitrary()?
        } else {
            input.int_in_range(1..=7)?
        },
        flags: input.int_in_range(0..=4)?,
        buf_alloc: input.arbitrary()?,
        fwd_cnt: input.arbitrary()?,
    })
}

fn pieces(input: &mut Unstructured) -> Result<Pieces> {
    let count = input.int_in_range(1..=3)?;
    (0..count)
        .map(|_| {
            let odd = input.ratio(1, 5)?;
            Ok((
                if odd {
                    input.arbitrary()?
                } else {
                    input.int_in_range(0..=MEMORY)?
                },
                if odd {
                    input.arbitrary()?
                } else {
                    input.int_in_range(0..=5000)?
                },
                input.int_in_range(0..=7)?,
            ))
        })
        .collect()
}
