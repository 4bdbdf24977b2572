//! Gives pages of guest memory back to the host. They read as zeros, or as what the VM began with, when they are used again.

use rustix::mm::{Advice, madvise};
use vm_memory::{GuestAddress, GuestMemoryBackend, GuestMemoryRegion, MemoryRegionAddress};

use crate::memory::Memory;

/// What became of a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discarded {
    /// Bytes that the host has back.
    pub returned: u64,
    /// Bytes that the host did not take: madvise(2) failed.
    pub refused: u64,
}

/// Whether all of a range is guest memory.
#[must_use]
pub fn is_memory(memory: &Memory, address: u64, length: u64) -> bool {
    usize::try_from(length)
        .is_ok_and(|length| GuestMemoryBackend::check_range(memory, GuestAddress(address), length))
}

/// Discards the host's pages that lie in a range of guest memory whole.
#[must_use]
pub fn discard(memory: &Memory, address: u64, length: u64) -> Discarded {
    let page = rustix::param::page_size() as u64;
    let mut all = Discarded::default();
    let Some(end) = address.checked_add(length) else {
        return all;
    };
    for region in memory.iter() {
        let begin = region.start_addr().0;
        let from = address.max(begin).saturating_sub(begin);
        let to = end
            .min(begin.saturating_add(region.len()))
            .saturating_sub(begin);
        // A region begins where a page of the host does.
        let to = to - to % page;
        let Some(from) = from
            .checked_next_multiple_of(page)
            .filter(|from| *from < to)
        else {
            continue;
        };
        let length = to - from;
        // The pages of a file are there until the file has none: for who shares it, too.
        let shared = region.flags() & libc::MAP_SHARED != 0;
        let advice = if shared {
            Advice::LinuxRemove
        } else {
            Advice::LinuxDontNeed
        };
        let host = region.get_host_address(MemoryRegionAddress(from)).ok();
        // SAFETY: these are `length` bytes of one mapping of guest memory, of which nobody holds a reference, and which may
        // change at any time: the guest could have written the zeros, too.
        let done = host
            .is_some_and(|host| unsafe { madvise(host.cast(), length as usize, advice).is_ok() });
        if done {
            all.returned += length;
        } else {
            all.refused += length;
        }
    }
    all
}
