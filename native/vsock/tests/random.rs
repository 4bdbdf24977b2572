//! A guest that does anything.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::fs::File;
use std::os::fd::OwnedFd;

use common::guest::{CID, Guest, MEMORY, drain};
use common::pipe;
use hadron_vsock_device::{Direction, Header};
use proptest::prelude::*;
use vm_memory::{Bytes, GuestAddress};

/// Something for a guest to do.
#[derive(Clone, Debug)]
enum Step {
    Packet(Header, usize),
    Chain(Vec<(u64, u32, u16)>),
    Buffer(Vec<(u64, u32, u16)>),
    Offer(u16),
    Garbage(u64, Vec<u8>),
    Index(bool, u16),
    Read,
    Accept(u32, u8),
    Close(u32),
}

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
        0u32..5,
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

fn chain() -> impl Strategy<Value = Vec<(u64, u32, u16)>> {
    let address = prop_oneof![4 => 0..MEMORY, 1 => any::<u64>()];
    let length = prop_oneof![4 => 0u32..5000, 1 => any::<u32>()];
    prop::collection::vec((address, length, 0u16..8), 1..4)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (header(), 0usize..69_000).prop_map(|(header, size)| Step::Packet(header, size)),
        3 => chain().prop_map(Step::Chain),
        3 => chain().prop_map(Step::Buffer),
        5 => (0u16..10).prop_map(Step::Offer),
        2 => (0x1_0000u64..0x3_0000, prop::collection::vec(any::<u8>(), 1..64))
            .prop_map(|(at, bytes)| Step::Garbage(at, bytes)),
        1 => (any::<bool>(), any::<u16>()).prop_map(|(tx, index)| Step::Index(tx, index)),
        5 => Just(Step::Read),
        5 => (0u32..5, 0u8..3).prop_map(|(port, way)| Step::Accept(port, way)),
        1 => (0u32..5).prop_map(Step::Close),
    ]
}

/// The host's ends of what was joined.
fn accept(guest: &mut Guest, port: u32, way: u8) -> Option<File> {
    let (ours, theirs, direction) = match way {
        0 => {
            let (reader, writer) = pipe();
            (reader, writer, Direction::Out)
        }
        1 => {
            let (reader, mut writer) = pipe();
            std::io::Write::write_all(&mut writer, &[7; 20_000]).unwrap();
            (writer, reader, Direction::In)
        }
        _ => {
            let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
            let files = [OwnedFd::from(ours), OwnedFd::from(theirs)].map(File::from);
            let [ours, theirs] = files;
            (ours, theirs, Direction::Both)
        }
    };
    let result = guest
        .device
        .muxer()
        .accept(port, direction, OwnedFd::from(theirs));
    (result.is_ok() && way != 1).then_some(ours)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a guest does: no panic, no endless work, no more joins than were made.
    #[test]
    fn nothing_that_a_guest_does_breaks_the_device(steps in prop::collection::vec(step(), 1..150)) {
        let mut guest = Guest::new();
        let mut files = Vec::new();
        let (mut made, mut ended) = (0, 0);
        for step in steps {
            match step {
                Step::Packet(header, size) => guest.queue_packet(header, &vec![0xaa; size]),
                Step::Chain(pieces) => { guest.tx.offer(&guest.memory, &pieces); }
                Step::Buffer(pieces) => { guest.rx.offer(&guest.memory, &pieces); }
                Step::Offer(count) => guest.offer_buffers(count),
                Step::Garbage(at, bytes) => {
                    guest.memory.write_slice(&bytes, GuestAddress(at)).unwrap();
                }
                Step::Index(tx, index) => {
                    let ring = if tx { &guest.tx } else { &guest.rx };
                    ring.publish(&guest.memory, index);
                }
                Step::Read => files.iter_mut().for_each(|file| { drain(file); }),
                Step::Accept(port, way) => {
                    let free = guest.device.muxer().progress(port).is_none();
                    files.extend(accept(&mut guest, port, way));
                    made += usize::from(free);
                }
                Step::Close(port) => { guest.device.muxer().close(port); }
            }
            // A queue that the guest has broken is an error, and nothing worse.
            if guest.try_run().is_err() {
                guest.restart();
            }
            while guest.ended().is_some() {
                ended += 1;
            }
        }
        guest.device.muxer().guest_gone();
        for port in 0..5 {
            guest.device.muxer().close(port);
        }
        while guest.ended().is_some() {
            ended += 1;
        }
        prop_assert_eq!(made, ended);
    }
}
