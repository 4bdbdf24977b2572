//! Steps of libFuzzer's making.

use libfuzzer_sys::arbitrary::{Result, Unstructured};

use crate::common::ring::Piece;
use crate::common::steps::{AREA, END, Step};

/// So that one input takes milliseconds.
const STEPS: usize = 60;

/// Steps until the input is used up, made by `step`.
pub fn steps(
    input: &mut Unstructured,
    mut step: impl FnMut(&mut Unstructured, &mut Vec<Step>) -> Result<()>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    while !input.is_empty() && steps.len() < STEPS && step(input, &mut steps).is_ok() {}
    steps
}

/// What can be done to the queues of any device.
pub fn queue_step(input: &mut Unstructured, steps: &mut Vec<Step>) -> Result<()> {
    let queue = input.int_in_range(0..=3)?;
    steps.push(match input.int_in_range(0..=11)? {
        0..=3 => Step::Chain {
            queue,
            pieces: pieces(input)?,
            indirect: input.arbitrary()?,
        },
        4 => Step::Descriptor {
            queue,
            at: input.arbitrary()?,
            piece: piece(input)?,
            next: input.arbitrary()?,
        },
        5 => Step::Head(queue, input.arbitrary()?),
        6 => Step::Index(queue, input.arbitrary()?),
        7 | 8 => bytes(input)?,
        9 => Step::Kick(queue),
        10 => Step::Configure(input.int_in_range(0..=80)?, {
            let length = input.int_in_range(1..=8)?;
            input.bytes(length)?.to_vec()
        }),
        _ => match input.int_in_range(0..=7)? {
            0 => Step::Restart,
            1 => Step::Wait,
            _ => Step::Kick(queue),
        },
    });
    Ok(())
}

fn bytes(input: &mut Unstructured) -> Result<Step> {
    let at = input.int_in_range(0..=AREA.end - AREA.start)?;
    let length = input.int_in_range(1..=64)?;
    Ok(Step::Bytes(at, input.bytes(length)?.to_vec()))
}

fn pieces(input: &mut Unstructured) -> Result<Vec<Piece>> {
    let count = input.int_in_range(1..=5)?;
    (0..count).map(|_| piece(input)).collect()
}

/// Mostly one that is in memory.
pub fn piece(input: &mut Unstructured) -> Result<Piece> {
    let address = match input.int_in_range(0..=9)? {
        0 => input.arbitrary()?,
        1 => END - input.int_in_range(0..=5000)?,
        _ => input.int_in_range(AREA.start..=AREA.end)?,
    };
    let length = match input.int_in_range(0..=9)? {
        0 => input.arbitrary()?,
        1..=4 => 512 * input.int_in_range(0..=9)?,
        _ => input.int_in_range(0..=5000)?,
    };
    Ok((address, length, input.int_in_range(0..=7)?))
}
