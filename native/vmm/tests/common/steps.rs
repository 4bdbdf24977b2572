//! What a driver can do to a device's queues, and that the device survives it.

use std::time::Duration;

use vm_memory::{Bytes, GuestAddress};

use super::host::{Host, MEMORY};
use super::ring::Piece;

/// Where [`Step::Bytes`] writes: the rings, and behind them room for what requests point to.
pub const AREA: std::ops::Range<u64> = 0x1_0000..0x10_0000;

/// Something to do. Queues, descriptors and places are taken modulo what there is.
#[derive(Clone, Debug)]
pub enum Step {
    /// A chain, in descriptors of the ring or in its table.
    Chain {
        queue: usize,
        pieces: Vec<Piece>,
        indirect: bool,
    },
    /// One descriptor, as it stands.
    Descriptor {
        queue: usize,
        at: u16,
        piece: Piece,
        next: u16,
    },
    /// A head that is made available.
    Head(usize, u16),
    /// An index for the available ring.
    Index(usize, u16),
    /// Bytes in [`AREA`].
    Bytes(u64, Vec<u8>),
    Kick(usize),
    /// A write to the configuration.
    Configure(u64, Vec<u8>),
    /// Waits a little for an interrupt.
    Wait,
    /// The driver resets the device and begins again.
    Restart,
}

/// Does it all with an active device, and resets it in the end. Whatever that is: no panic, no endless work, and the VM goes on.
pub fn run(host: &mut Host, size: u16, steps: impl IntoIterator<Item = Step>) {
    let empty = vec![0; (AREA.end - AREA.start) as usize];
    let area = GuestAddress(AREA.start);
    host.memory.write_slice(&empty, area).unwrap();
    // A device that refuses is reset like another one.
    let _ = host.activate(size);
    for step in steps {
        step.run(host, size);
    }
    // Behind what was kicked before.
    let _ = host.worker.configure(0, u64::MAX, &[]);
    assert!(host.worker.reset(0).wait());
    while host.interrupted(Duration::ZERO) {}
    for told in host.complaints.try_iter() {
        assert!(!told.starts_with("fatal"), "{told}");
    }
}

impl Step {
    fn run(self, host: &mut Host, size: u16) {
        let queues = host.rings.len();
        let memory = std::sync::Arc::clone(&host.memory);
        match self {
            Step::Chain {
                queue,
                pieces,
                indirect,
            } => {
                let ring = &mut host.rings[queue % queues];
                if indirect {
                    ring.offer_indirect(&memory, &pieces);
                } else {
                    ring.offer(&memory, &pieces);
                }
            }
            Step::Descriptor {
                queue,
                at,
                piece,
                next,
            } => host.rings[queue % queues].describe(&memory, at % size, piece, next),
            Step::Head(queue, head) => host.rings[queue % queues].publish_head(&memory, head),
            Step::Index(queue, index) => host.rings[queue % queues].publish(&memory, index),
            Step::Bytes(at, bytes) => {
                let room = AREA.end - AREA.start - bytes.len() as u64;
                let at = GuestAddress(AREA.start + at % room);
                memory.write_slice(&bytes, at).unwrap();
            }
            Step::Kick(queue) => host.kick(queue % queues),
            Step::Configure(offset, bytes) => {
                let _ = host.worker.configure(0, offset, &bytes).wait();
            }
            Step::Wait => {
                host.interrupted(Duration::from_millis(1));
            }
            Step::Restart => {
                assert!(host.worker.reset(0).wait());
                let _ = host.activate(size);
            }
        }
    }
}

/// The end of the guest's memory, near which an address is interesting.
pub const END: u64 = MEMORY;
