//! Gives pages of guest memory back to the host. They read as zeros, or as what the VM began with, when they are used again.

use rustix::mm::{Advice, madvise};
use vm_memory::{GuestAddress, GuestMemoryBackend, GuestMemoryRegion, MemoryRegionAddress};

use crate::memory::Memory;

/// Whether all of a range is guest memory.
#[must_use]
pub fn is_memory(memory: &Memory, address: u64, length: u64) -> bool {
    usize::try_from(length)
        .is_ok_and(|length| GuestMemoryBackend::check_range(memory, GuestAddress(address), length))
}

/// Discards the host's pages that lie in a range of guest memory whole, as far as the host takes them.
pub fn discard(memory: &Memory, address: u64, length: u64) {
    let page = rustix::param::page_size() as u64;
    let Some(end) = address.checked_add(length) else {
        return;
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
        let Ok(host) = region.get_host_address(MemoryRegionAddress(from)) else {
            continue;
        };
        // SAFETY: these are `length` bytes of one mapping of guest memory, of which nobody holds a reference, and which may
        // change at any time: the guest could have written the zeros, too.
        let _ = unsafe { madvise(host.cast(), length as usize, advice) };
    }
}
