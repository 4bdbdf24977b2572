//! The guest's memory.

use std::fs::File;
use std::sync::Arc;

use rustix::fs::MemfdFlags;
use vm_memory::mmap::MmapRegionError;
use vm_memory::{
    FileOffset, GuestAddress, GuestMemoryMmap, GuestRegionCollectionError, GuestRegionMmap,
    MmapRegion,
};

use crate::layout::{HIGH_MEMORY, LOW_MEMORY_END};

/// Guest memory as all parts of the VMM share it.
pub type Memory = GuestMemoryMmap<()>;

/// Less does not hold a kernel, an initramfs and an agent.
pub const MIN_MIB: u64 = 32;
/// What 40 bits of a physical address reach, which is what the smallest CPUs have.
pub const MAX_MIB: u64 = (1 << 20) - 4096;

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
        let mapping = match &file {
            None => MmapRegion::new(size),
            Some(file) => {
                MmapRegion::from_file(FileOffset::from_arc(Arc::clone(file), offset), size)
            }
        };
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
    use vm_memory::{Bytes, GuestMemoryBackend, GuestMemoryRegion};

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
}
