//! The guest's memory.

use std::fs::File;
use std::sync::Arc;

use rustix::fs::MemfdFlags;
use vm_memory::mmap::MmapRegionError;
use vm_memory::{
    FileOffset, GuestAddress, GuestMemoryBackend, GuestMemoryMmap, GuestMemoryRegion,
    GuestRegionCollectionError, GuestRegionMmap, MmapRegion,
};

use crate::layout::{HIGH_MEMORY, LOW_MEMORY_END};

/// Guest memory as all parts of the VMM share it.
pub type Memory = GuestMemoryMmap<()>;

/// Less does not hold a kernel, an initramfs and an agent.
pub const MIN_MIB: u64 = 32;
/// What 40 bits of a physical address reach, which is what the smallest CPUs have.
pub const MAX_MIB: u64 = (1 << 20) - 4096;

/// Of x86, and of most others.
const LARGE_PAGE: u64 = 2 << 20;

/// Who else maps the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backing {
    /// Nobody.
    Anonymous,
    /// vhost-user devices: a memfd, sealed against a change of its size.
    Shared,
}

/// Why there is no memory.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// A size that no VM can have.
    #[error("a VM cannot have {0} MiB of memory; {MIN_MIB} to {MAX_MIB} are possible")]
    Size(u64),
    /// The file for [`Backing::Shared`].
    #[error("a memory file for the guest cannot be made: {0}")]
    File(std::io::Error),
    /// mmap(2) of one region.
    #[error("the guest's memory cannot be mapped: {0}")]
    Map(MmapRegionError),
    /// All of them.
    #[error("the guest's memory cannot be laid out: {0}")]
    Layout(GuestRegionCollectionError),
}

/// Maps `mib` MiB, none of which is touched: the host gives pages as the guest uses them.
///
/// # Errors
/// Nothing is left of it then.
pub fn create(mib: u64, backing: Backing) -> Result<Arc<Memory>, MemoryError> {
    if !(MIN_MIB..=MAX_MIB).contains(&mib) {
        return Err(MemoryError::Size(mib));
    }
    let file = match backing {
        Backing::Anonymous => None,
        Backing::Shared => Some(Arc::new(memory_file(mib << 20)?)),
    };
    let mut offset = 0;
    let mut regions = Vec::new();
    for (start, length) in ranges(mib << 20) {
        let size = usize::try_from(length).map_err(|_| MemoryError::Size(mib))?;
        let gap = Gap::of(size);
        let mapping = match &file {
            None => MmapRegion::new(size),
            Some(file) => {
                MmapRegion::from_file(FileOffset::from_arc(Arc::clone(file), offset), size)
            }
        };
        drop(gap);
        let region = GuestRegionMmap::new(mapping.map_err(MemoryError::Map)?, GuestAddress(start))
            .ok_or(MemoryError::Size(mib))?;
        regions.push(region);
        offset += length;
    }
    Memory::from_regions(regions)
        .map(Arc::new)
        .map_err(MemoryError::Layout)
}

/// Start and length of the regions that hold `bytes`: around the hole below 4 GiB.
#[must_use]
pub fn ranges(bytes: u64) -> Vec<(u64, u64)> {
    let low = bytes.min(LOW_MEMORY_END);
    let mut ranges = vec![(0, low)];
    if bytes > low {
        ranges.push((HIGH_MEMORY, bytes - low));
    }
    ranges
}

/// What is left and right of free addresses that begin on a large page: as long as it lives, the next mapping of their size is
/// put there, the kernel willing. Large pages of the host can be large ones of the guest only where both begin together; Linux sees
/// to that by itself since 6.7.
struct Gap([(u64, usize); 2]);

impl Gap {
    /// None: the mapping will be somewhere.
    fn of(size: usize) -> Option<Gap> {
        let whole = size.checked_add(LARGE_PAGE as usize)?;
        // SAFETY: a new mapping where the kernel likes, which nobody can read or write.
        let start = unsafe {
            rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                whole,
                rustix::mm::ProtFlags::empty(),
                rustix::mm::MapFlags::PRIVATE | rustix::mm::MapFlags::NORESERVE,
            )
        }
        .ok()? as u64;
        let middle = start.next_multiple_of(LARGE_PAGE);
        let (left, end) = ((middle - start) as usize, middle + size as u64);
        unmap(middle, size);
        Some(Gap([(start, left), (end, whole - left - size)]))
    }
}

impl Drop for Gap {
    fn drop(&mut self) {
        for (start, length) in self.0 {
            unmap(start, length);
        }
    }
}

/// A part of what [`Gap::of`] has mapped.
fn unmap(start: u64, length: usize) {
    if length > 0 {
        // SAFETY: nobody has a reference into it, since nobody could read it.
        let _ = unsafe { rustix::mm::munmap(start as *mut _, length) };
    }
}

/// Says that a range will be written whole, and at once: where the host can, it gives large pages for what is within, which are sooner
/// there, and are one entry of the guest's second page table instead of 512. Elsewhere they are not wanted: a pod would pay for
/// 2 MiB where it uses 4 KiB.
pub fn expect_filled(memory: &Memory, start: u64, length: u64) {
    let Some(region) = memory.find_region(GuestAddress(start)) else {
        return;
    };
    let offset = start - region.start_addr().0;
    let length = length.min(region.len() - offset);
    let from = (region.as_ptr() as u64).saturating_add(offset);
    let first = from.next_multiple_of(LARGE_PAGE);
    let last = from.saturating_add(length) & !(LARGE_PAGE - 1);
    if first < last {
        // SAFETY: the range is within one mapping of the guest's memory, which `memory` holds; the advice changes nothing of what is in it.
        let advised = unsafe {
            rustix::mm::madvise(
                first as *mut _,
                (last - first) as usize,
                rustix::mm::Advice::LinuxHugepage,
            )
        };
        // A kernel without large pages refuses, and has small ones.
        let _ = advised;
    }
}

fn memory_file(bytes: u64) -> Result<File, MemoryError> {
    let failed = |errno: rustix::io::Errno| MemoryError::File(errno.into());
    let file = rustix::fs::memfd_create(
        "guest-memory",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )
    .map_err(failed)?;
    rustix::fs::ftruncate(&file, bytes).map_err(failed)?;
    // Whoever maps it can rely on every page being there.
    rustix::fs::fcntl_add_seals(
        &file,
        rustix::fs::SealFlags::SHRINK | rustix::fs::SealFlags::GROW | rustix::fs::SealFlags::SEAL,
    )
    .map_err(failed)?;
    Ok(File::from(file))
}

#[cfg(test)]
mod tests {
    use vm_memory::Bytes;

    use super::*;

    #[test]
    fn a_large_memory_goes_around_the_hole_below_4_gib() {
        assert_eq!(ranges(1 << 30), [(0, 1 << 30)]);
        assert_eq!(
            ranges(4 << 30),
            [(0, 0xd000_0000), (0x1_0000_0000, 0x3000_0000)]
        );
        let memory = create(4096, Backing::Shared).unwrap();
        let offsets: Vec<_> = memory
            .iter()
            .map(|region| region.file_offset().unwrap().start())
            .collect();
        assert_eq!(offsets, [0, 0xd000_0000]);
        memory.write_obj(7u32, GuestAddress(0x1_0000_0000)).unwrap();
        assert!(memory.write_obj(7u32, GuestAddress(0xd000_0000)).is_err());
    }

    #[test]
    fn sizes_that_no_vm_has_are_refused() {
        for mib in [0, 31, MAX_MIB + 1, u64::MAX] {
            assert!(create(mib, Backing::Anonymous).is_err(), "{mib}");
        }
    }

    #[test]
    fn memory_begins_on_a_large_page() {
        let begins = |memory: &Memory| memory.iter().next().unwrap().as_ptr() as u64;
        // Another thread of the test can have been put into the gap.
        let aligned = (0..100).any(|_| {
            let memory = create(64, Backing::Anonymous).unwrap();
            begins(&memory).is_multiple_of(LARGE_PAGE)
        });
        assert!(aligned);
    }

    #[test]
    fn what_will_be_filled_can_be_anywhere() {
        let memory = create(64, Backing::Anonymous).unwrap();
        // Nowhere, over the end, and less than a large page.
        for (start, length) in [(1 << 40, 1), (60 << 20, u64::MAX), (0, 4096), (u64::MAX, 1)] {
            expect_filled(&memory, start, length);
        }
        memory.write_obj(7u32, GuestAddress(62 << 20)).unwrap();
    }
}
