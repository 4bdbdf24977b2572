//! How often vCPUs left the guest for this process, and why.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one vCPU thread, which others read.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) memory_reads: AtomicU64,
    pub(crate) memory_writes: AtomicU64,
    pub(crate) port_reads: AtomicU64,
    pub(crate) port_writes: AtomicU64,
    pub(crate) unclaimed: AtomicU64,
    pub(crate) interruptions: AtomicU64,
}

/// Exits of all vCPUs since the VM began. What KVM does by itself (halts, interrupts, ioeventfds) is not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exits {
    /// Reads of addresses that are no memory.
    pub memory_reads: u64,
    /// Writes of addresses that are no memory.
    pub memory_writes: u64,
    /// Instructions that read ports.
    pub port_reads: u64,
    /// Instructions that wrote ports.
    pub port_writes: u64,
    /// Of these four: where no device is.
    pub unclaimed: u64,
    /// Since the owner wanted something.
    pub interruptions: u64,
}

impl Counters {
    /// Only the vCPU's own thread counts.
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_to(&self, sum: &mut Exits) {
        for (to, from) in [
            (&mut sum.memory_reads, &self.memory_reads),
            (&mut sum.memory_writes, &self.memory_writes),
            (&mut sum.port_reads, &self.port_reads),
            (&mut sum.port_writes, &self.port_writes),
            (&mut sum.unclaimed, &self.unclaimed),
            (&mut sum.interruptions, &self.interruptions),
        ] {
            *to = to.saturating_add(from.load(Ordering::Relaxed));
        }
    }
}
