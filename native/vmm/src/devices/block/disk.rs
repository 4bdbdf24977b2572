//! What a disk is made of: a regular file or a block device of the host.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, OFlags, SeekFrom, fallocate, fcntl_getfl, seek};
use rustix::fs::{ioctl_blkpbszget, ioctl_blksszget};
use virtio_bindings::virtio_blk::VIRTIO_BLK_ID_BYTES;

/// What a sector is to virtio, whatever it is to the disk (virtio 1.2, section 5.2.5).
pub const SECTOR: u64 = 512;
/// The largest block that a guest is told of: what is larger is no block of a disk but what a network file system likes.
const MAX_BLOCK: u32 = 4096;

/// Why something cannot be a disk.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// A pipe, a socket, a directory, a terminal.
    #[error("it is neither a regular file nor a block device")]
    Kind,
    /// The descriptor and the configuration contradict each other.
    #[error("it is not open for {0}")]
    Mode(&'static str),
    /// pwrite(2) would write to the end then, wherever it is told to.
    #[error("it is open for appending; a disk is written anywhere")]
    Append,
    /// io_uring would answer EAGAIN instead of waiting for the disk.
    #[error("it is open with O_NONBLOCK; a disk's answers are waited for")]
    NonBlocking,
    /// More than virtio's field takes.
    #[error("its serial number has {0} bytes; at most {VIRTIO_BLK_ID_BYTES} are possible")]
    Serial(usize),
    /// None, or more than a driver could use.
    #[error("it cannot have {0} queues; 1 to {max} are possible", max = super::MAX_QUEUES)]
    Queues(u16),
    /// As many disks as the VM was made for have all.
    #[error("everything that reads and writes a disk is in use by others")]
    Engines,
    /// The host did not answer.
    #[error("{0}: {1}")]
    Host(&'static str, io::Error),
}

/// An open disk.
#[derive(Debug)]
pub struct Disk {
    file: Arc<File>,
    pub(super) read_only: bool,
    /// Whole sectors; what a file has behind them nobody reaches.
    pub(super) sectors: u64,
    /// In bytes, as are all block sizes here.
    pub(super) logical_block: u32,
    pub(super) physical_block: u32,
    /// The host can free what the guest does not need.
    pub(super) discard: bool,
}

impl Disk {
    /// Its size is what it is now: a disk does not grow.
    ///
    /// # Errors
    /// When it is no disk, or is not open for what it shall do.
    pub fn open(file: File, read_only: bool) -> Result<Self, DiskError> {
        let metadata = file.metadata().map_err(host("its metadata"))?;
        let device = metadata.file_type().is_block_device();
        if !device && !metadata.is_file() {
            return Err(DiskError::Kind);
        }
        check_mode(&file, read_only)?;
        let (bytes, logical_block, physical_block) = if device {
            let logical = ioctl_blksszget(&file).map_err(host("its block size"))?;
            let physical = ioctl_blkpbszget(&file).map_err(host("its physical block size"))?;
            let end = seek(&file, SeekFrom::End(0)).map_err(host("its size"))?;
            (end, logical, physical)
        } else {
            let block = u32::try_from(metadata.blksize()).unwrap_or(MAX_BLOCK);
            (metadata.len(), SECTOR as u32, block.min(MAX_BLOCK))
        };
        // Whether a block device can is known only when it is tried, see `super::work`.
        let discard = !read_only && (device || punches_holes(&file, bytes)?);
        Ok(Disk {
            file: Arc::new(file),
            read_only,
            sectors: bytes / SECTOR,
            logical_block,
            physical_block: physical_block.max(logical_block),
            discard,
        })
    }

    /// What engines work on.
    #[must_use]
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }
}

fn check_mode(file: &File, read_only: bool) -> Result<(), DiskError> {
    let flags = fcntl_getfl(file).map_err(host("its flags"))?;
    let mode = flags & OFlags::RWMODE;
    if mode == OFlags::WRONLY || flags.contains(OFlags::PATH) {
        return Err(DiskError::Mode("reading"));
    }
    if flags.contains(OFlags::NONBLOCK) {
        return Err(DiskError::NonBlocking);
    }
    if !read_only && mode != OFlags::RDWR {
        return Err(DiskError::Mode("writing"));
    }
    if !read_only && flags.contains(OFlags::APPEND) {
        return Err(DiskError::Append);
    }
    Ok(())
}

/// Whether the file system frees parts of files. It is tried behind the end, where there is nothing.
fn punches_holes(file: &File, end: u64) -> Result<bool, DiskError> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match fallocate(file, flags, end, MAX_BLOCK.into()) {
        Ok(()) => Ok(true),
        // Not even at the end of what a file can be.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::FBIG) => Ok(false),
        // A sealed memory file.
        Err(rustix::io::Errno::PERM) => Ok(false),
        Err(error) => Err(DiskError::Host("fallocate", error.into())),
    }
}

fn host<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> DiskError {
    move |error| DiskError::Host(what, error.into())
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::os::fd::OwnedFd;

    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    use super::*;

    fn memfd(bytes: u64) -> File {
        let file = File::from(memfd_create("disk", MemfdFlags::ALLOW_SEALING).unwrap());
        file.set_len(bytes).unwrap();
        file
    }

    /// The same file, opened once more.
    fn again(file: &File, options: &mut OpenOptions) -> File {
        use std::os::fd::AsRawFd;
        options
            .open(format!("/proc/self/fd/{}", file.as_raw_fd()))
            .unwrap()
    }

    #[test]
    fn a_file_is_a_disk_of_whole_sectors() {
        let disk = Disk::open(memfd(1_000_000), false).unwrap();
        assert_eq!(disk.sectors, 1953);
        assert_eq!((disk.logical_block, disk.physical_block), (512, 4096));
        assert!(disk.discard);
        let disk = Disk::open(memfd(0), true).unwrap();
        assert_eq!(disk.sectors, 0);
        assert!(!disk.discard);
    }

    #[test]
    fn what_cannot_be_punched_offers_no_discard() {
        let file = memfd(4096);
        fcntl_add_seals(&file, SealFlags::WRITE).unwrap();
        assert!(!Disk::open(file, false).unwrap().discard);
    }

    #[test]
    fn what_is_no_disk_is_refused_with_a_sentence() {
        let (reader, _writer) = std::io::pipe().unwrap();
        let file = memfd(4096);
        let read = || again(&file, OpenOptions::new().read(true));
        let nonblocking = read();
        rustix::fs::fcntl_setfl(&nonblocking, OFlags::NONBLOCK).unwrap();
        for (file, read_only, word) in [
            (File::from(OwnedFd::from(reader)), true, "neither"),
            (File::open("/").unwrap(), true, "neither"),
            (File::open("/dev/null").unwrap(), true, "neither"),
            (read(), false, "writing"),
            (
                again(&file, OpenOptions::new().write(true)),
                false,
                "reading",
            ),
            (
                again(&file, OpenOptions::new().read(true).append(true)),
                false,
                "appending",
            ),
            (nonblocking, true, "O_NONBLOCK"),
        ] {
            let error = Disk::open(file, read_only).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(Disk::open(read(), true).is_ok());
    }
}
