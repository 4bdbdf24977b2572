//! What a NIC has carried.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted by the device, read by whoever wants to know.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) received: AtomicU64,
    pub(super) receive_dropped: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) send_dropped: AtomicU64,
}

/// Packets, as the guest sees their direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// That the guest got.
    pub received: u64,
    /// For the guest, that do not fit into its buffers, or that the host could not give.
    pub receive_dropped: u64,
    /// That the host took.
    pub sent: u64,
    /// That the host did not take, since they are none or since it is not ready for any.
    pub send_dropped: u64,
}

impl Counters {
    /// As of now.
    #[must_use]
    pub fn read(&self) -> Figures {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            received: load(&self.received),
            receive_dropped: load(&self.receive_dropped),
            sent: load(&self.sent),
            send_dropped: load(&self.send_dropped),
        }
    }
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
