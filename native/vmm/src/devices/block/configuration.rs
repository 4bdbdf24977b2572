//! What a driver is told of a disk: features and configuration space (virtio 1.2, sections 5.2.3 and 5.2.4).
//!
//! VIRTIO_BLK_F_CONFIG_WCE is not offered: with it the guest chooses when a write counts as done, and here whoever owns the
//! disk does. A driver that can flush takes FLUSH and flushes; one that does not gets each write on the disk before it is
//! told so (section 5.2.6.2). What writes through offers no FLUSH, which is how a driver knows that there is nothing to flush.

use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_F_FLUSH, VIRTIO_BLK_F_MQ,
    VIRTIO_BLK_F_RO, VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_F_TOPOLOGY,
    VIRTIO_BLK_F_WRITE_ZEROES,
};

use super::disk::{Disk, SECTOR};
use super::request::{MAX_DISCARD, MAX_SEGMENT, MAX_SEGMENTS, MAX_ZEROES};
use crate::config::Cache;
use crate::device::QUEUE_FEATURES;

/// The bytes up to the fields for SECURE_ERASE, which is not offered.
const LENGTH: usize = 60;

pub fn features(disk: &Disk, cache: Cache, queues: u16) -> u64 {
    let mut bits = vec![
        VIRTIO_BLK_F_SIZE_MAX,
        VIRTIO_BLK_F_SEG_MAX,
        VIRTIO_BLK_F_BLK_SIZE,
        VIRTIO_BLK_F_TOPOLOGY,
    ];
    if disk.read_only {
        bits.push(VIRTIO_BLK_F_RO);
    }
    if cache != Cache::WriteThrough {
        bits.push(VIRTIO_BLK_F_FLUSH);
    }
    if queues > 1 {
        bits.push(VIRTIO_BLK_F_MQ);
    }
    if disk.discard {
        bits.extend([VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_F_WRITE_ZEROES]);
    }
    bits.iter()
        .fold(QUEUE_FEATURES, |features, bit| features | 1 << bit)
}

/// Fields of features that are not offered are zeros.
pub fn space(disk: &Disk, cache: Cache, queues: u16) -> Vec<u8> {
    let mut space = Vec::with_capacity(LENGTH);
    space.extend(disk.sectors.to_le_bytes());
    space.extend(MAX_SEGMENT.to_le_bytes());
    space.extend(MAX_SEGMENTS.to_le_bytes());
    // No geometry: nothing has cylinders.
    space.extend([0; 4]);
    space.extend(disk.logical_block.to_le_bytes());
    let ratio = disk.physical_block / disk.logical_block.max(1);
    // Blocks are aligned at the beginning of the disk, and no size of a request is better than another.
    space.extend([ratio.checked_ilog2().unwrap_or(0) as u8, 0]);
    space.extend((ratio as u16).to_le_bytes());
    space.extend(0u32.to_le_bytes());
    space.extend([u8::from(cache != Cache::WriteThrough), 0]);
    space.extend(queues.to_le_bytes());
    if disk.discard {
        space.extend(((MAX_DISCARD / SECTOR) as u32).to_le_bytes());
        space.extend(1u32.to_le_bytes());
        space.extend((disk.physical_block / SECTOR as u32).to_le_bytes());
        space.extend(((MAX_ZEROES / SECTOR) as u32).to_le_bytes());
        space.extend(1u32.to_le_bytes());
        // Zeroes may become a hole.
        space.push(1);
    }
    space.resize(LENGTH, 0);
    space
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(read_only: bool) -> Disk {
        let file = rustix::fs::memfd_create("disk", rustix::fs::MemfdFlags::empty()).unwrap();
        let file = std::fs::File::from(file);
        file.set_len(1 << 20).unwrap();
        Disk::open(file, read_only).unwrap()
    }

    fn has(features: u64, bit: u32) -> bool {
        features & (1 << bit) != 0
    }

    #[test]
    fn what_a_driver_is_offered() {
        let features = super::features(&disk(false), Cache::WriteBack, 2);
        for bit in [
            VIRTIO_BLK_F_FLUSH,
            VIRTIO_BLK_F_MQ,
            VIRTIO_BLK_F_DISCARD,
            VIRTIO_BLK_F_WRITE_ZEROES,
        ] {
            assert!(has(features, bit), "{bit}");
        }
        assert!(!has(features, VIRTIO_BLK_F_RO));
        let features = super::features(&disk(true), Cache::WriteThrough, 1);
        for bit in [
            VIRTIO_BLK_F_FLUSH,
            VIRTIO_BLK_F_MQ,
            VIRTIO_BLK_F_DISCARD,
            VIRTIO_BLK_F_WRITE_ZEROES,
        ] {
            assert!(!has(features, bit), "{bit}");
        }
        assert!(has(features, VIRTIO_BLK_F_RO));
    }

    #[test]
    fn fields_are_where_the_specification_has_them() {
        let space = super::space(&disk(false), Cache::WriteBack, 3);
        let word = |at: usize| u32::from_le_bytes(space[at..at + 4].try_into().unwrap());
        assert_eq!(word(0), 2048, "capacity");
        assert_eq!(word(8), MAX_SEGMENT, "size_max");
        assert_eq!(word(12), 254, "seg_max");
        assert_eq!(word(20), 512, "blk_size");
        assert_eq!(space[24..28], [3, 0, 8, 0], "topology");
        assert_eq!(space[32..36], [1, 0, 3, 0], "writeback, num_queues");
        assert_eq!(word(36), 1 << 21, "max_discard_sectors");
        assert_eq!(word(40), 1, "max_discard_seg");
        assert_eq!(word(44), 8, "discard_sector_alignment");
        assert_eq!(word(48), 1 << 17, "max_write_zeroes_sectors");
        assert_eq!(space[52..60], [1, 0, 0, 0, 1, 0, 0, 0]);
        let space = super::space(&disk(true), Cache::WriteThrough, 1);
        assert_eq!(space[32..36], [0, 0, 1, 0]);
        assert_eq!(space[36..], [0; 24]);
    }
}
