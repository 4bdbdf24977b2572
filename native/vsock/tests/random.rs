//! A guest that does anything.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use common::guest::{CID, MEMORY};
use common::steps::{self, PAYLOAD, PORTS, Pieces, Step};
use hadron_vsock_device::Header;
use proptest::prelude::*;

fn header() -> impl Strategy<Value = Header> {
    let cid = prop_oneof![9 => Just(CID), 1 => any::<u64>()];
    let host = prop_oneof![9 => Just(2u64), 1 => any::<u64>()];
    let kind = prop_oneof![9 => Just(1u16), 1 => any::<u16>()];
    let operation = prop_oneof![9 => 1u16..8, 1 => any::<u16>()];
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>());
    (
        cid,
        host,
        50u32..53,
        0..PORTS,
        kind,
        operation,
        numbers,
        0u32..5,
    )
        .prop_map(
            |(src_cid, dst_cid, src_port, dst_port, kind, op, (len, buf_alloc, fwd_cnt), flags)| {
                let len = if len % 4 == 0 { len } else { len % 70_000 };
                Header {
                    src_cid,
                    dst_cid,
                    src_port,
                    dst_port,
                    len,
                    kind,
                    op,
                    flags,
                    buf_alloc,
                    fwd_cnt,
                }
            },
        )
}

fn chain() -> impl Strategy<Value = Pieces> {
    let address = prop_oneof![4 => 0..MEMORY, 1 => any::<u64>()];
    let length = prop_oneof![4 => 0u32..5000, 1 => any::<u32>()];
    prop::collection::vec((address, length, 0u16..8), 1..4)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (header(), 0..PAYLOAD).prop_map(|(header, size)| Step::Packet(header, size)),
        3 => chain().prop_map(Step::Chain),
        3 => chain().prop_map(Step::Buffer),
        5 => (0u16..10).prop_map(Step::Offer),
        2 => (0x1_0000u64..0x3_0000, prop::collection::vec(any::<u8>(), 1..64))
            .prop_map(|(at, bytes)| Step::Garbage(at, bytes)),
        1 => (any::<bool>(), any::<u16>()).prop_map(|(tx, index)| Step::Index(tx, index)),
        5 => Just(Step::Read),
        5 => (0..PORTS, 0u8..4).prop_map(|(port, way)| Step::Accept(port, way)),
        2 => (0..PORTS, 0usize..4).prop_map(|(port, limit)| Step::Listen(port, limit)),
        5 => prop::option::weighted(0.9, (0..2 * PORTS, 0u8..4)).prop_map(Step::Answer),
        1 => (0..PORTS).prop_map(Step::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a guest does: no panic, no endless work, no more joins than were made.
    #[test]
    fn nothing_that_a_guest_does_breaks_the_device(steps in prop::collection::vec(step(), 1..150)) {
        let (made, ended) = steps::run(steps);
        prop_assert_eq!(made, ended);
    }
}
