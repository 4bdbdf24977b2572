//! Descriptor chains of hostile origin, and I/O between them and file descriptors.
//!
//! The `virtio-vsock` crate's packet wants the payload in one descriptor. Linux sends it in several
//! (`MSG_ZEROCOPY`, since 6.7), and virtio 1.2 section 2.7.4 leaves the framing to the driver, so
//! chains are taken here as they come: some bytes of header, then some bytes of payload.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::{Errno, Result};
use virtio_queue::DescriptorChain;
use vm_memory::bitmap::{BitmapSlice, WithBitmapSlice};
use vm_memory::{Bytes, GuestMemory, Permissions, VolatileSlice};

use crate::header::HEADER_SIZE;

/// The most pieces of memory that one chain or one I/O may consist of. Linux uses up to 19
/// (a header and `MAX_SKB_FRAGS` + 1).
pub const MAX_PIECES: usize = 64;

/// Who writes to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The device reads: the transmit queue.
    Read,
    /// The device writes: the receive queue.
    Write,
}

/// A checked descriptor chain: all of its memory exists, and it is at least one header long.
pub struct Chain<'m, B: BitmapSlice> {
    /// Index for the used ring.
    pub head: u16,
    header: Vec<VolatileSlice<'m, B>>,
    /// What follows the header.
    pub payload: Vec<VolatileSlice<'m, B>>,
}

impl<'m, B: BitmapSlice> Chain<'m, B> {
    /// Walks a chain. `None` if it is no place for a packet: too short, in too many pieces,
    /// outside of guest memory, or of the wrong kind.
    pub fn new<M>(
        memory: &'m M,
        descriptors: DescriptorChain<&'m M>,
        access: Access,
    ) -> Option<Self>
    where
        M: GuestMemory,
        M::Bitmap: WithBitmapSlice<'m, S = B>,
    {
        let permissions = match access {
            Access::Read => Permissions::Read,
            Access::Write => Permissions::Write,
        };
        let head = descriptors.head_index();
        let mut chain = Chain {
            head,
            header: Vec::with_capacity(1),
            payload: Vec::with_capacity(2),
        };
        let mut missing = HEADER_SIZE;
        for (count, descriptor) in descriptors.enumerate() {
            // Empty ones are no pieces, and an indirect table may hold tens of thousands.
            if count >= MAX_PIECES {
                return None;
            }
            if descriptor.is_write_only() != (access == Access::Write) {
                return None;
            }
            let length = descriptor.len() as usize;
            let pieces = memory
                .get_slices(descriptor.addr(), length, permissions)
                .ok()?;
            for piece in pieces {
                let mut piece = piece.ok()?;
                if chain.header.len() + chain.payload.len() >= MAX_PIECES - 1 {
                    return None;
                }
                if missing > 0 {
                    let (header, rest) = piece.split_at(missing.min(piece.len())).ok()?;
                    missing -= header.len();
                    chain.header.push(header);
                    piece = rest;
                }
                if !piece.is_empty() {
                    chain.payload.push(piece);
                }
            }
        }
        (missing == 0).then_some(chain)
    }

    /// Copies the header out of guest memory; to be called once.
    #[must_use]
    pub fn read_header(&self) -> [u8; HEADER_SIZE] {
        let mut bytes = [0; HEADER_SIZE];
        let mut at = 0;
        for piece in &self.header {
            at += piece.copy_to(&mut bytes[at..]);
        }
        bytes
    }

    /// Writes the header into guest memory.
    pub fn write_header(&self, bytes: &[u8; HEADER_SIZE]) {
        let mut at = 0;
        for piece in &self.header {
            // The pieces are `HEADER_SIZE` long together, and a write to a slice cannot be short
            // within its length.
            at += piece.write(&bytes[at..], 0).unwrap_or(piece.len());
        }
    }
}

/// Length of pieces of memory, in bytes.
pub fn length<B: BitmapSlice>(pieces: &[VolatileSlice<'_, B>]) -> usize {
    pieces.iter().map(VolatileSlice::len).sum()
}

/// Cuts the pieces down to their first `limit` bytes.
pub fn truncate<B: BitmapSlice>(pieces: &mut Vec<VolatileSlice<'_, B>>, mut limit: usize) {
    let mut keep = 0;
    for piece in pieces.iter_mut() {
        if limit == 0 {
            break;
        }
        if piece.len() > limit
            && let Ok(start) = piece.subslice(0, limit)
        {
            *piece = start;
        }
        limit -= piece.len();
        keep += 1;
    }
    pieces.truncate(keep);
}

/// Drops the first `count` bytes of the pieces.
pub fn advance<B: BitmapSlice>(pieces: &mut Vec<VolatileSlice<'_, B>>, mut count: usize) {
    let mut gone = 0;
    for piece in pieces.iter_mut() {
        if piece.len() > count {
            if let Ok(rest) = piece.offset(count) {
                *piece = rest;
            }
            break;
        }
        count -= piece.len();
        gone += 1;
    }
    pieces.drain(..gone);
}

/// As many initialised vectors as there are pieces, at most `MAX_PIECES`.
fn vectors(
    pieces: impl Iterator<Item = (*mut u8, usize)>,
) -> [MaybeUninit<libc::iovec>; MAX_PIECES] {
    let mut vectors = [MaybeUninit::uninit(); MAX_PIECES];
    for (vector, (start, length)) in vectors.iter_mut().zip(pieces) {
        vector.write(libc::iovec {
            iov_base: start.cast(),
            iov_len: length,
        });
    }
    vectors
}

/// One writev(2) from guest memory to `fd`; restarted when a signal interrupts it.
///
/// # Errors
/// Those of writev(2).
pub fn write_from_guest<B: BitmapSlice>(
    fd: BorrowedFd<'_>,
    pieces: &[VolatileSlice<'_, B>],
) -> Result<usize> {
    let count = pieces.len().min(MAX_PIECES);
    let guards: Vec<_> = pieces[..count]
        .iter()
        .map(VolatileSlice::ptr_guard)
        .collect();
    let vectors = vectors(
        guards
            .iter()
            .map(|guard| (guard.as_ptr().cast_mut(), guard.len())),
    );
    retry(|| {
        // SAFETY: the first `count` vectors are initialised and point to guest memory that
        // `guards` keep mapped. The kernel reads it as bytes; that the guest may change it
        // meanwhile matters to nobody but the guest.
        unsafe {
            libc::writev(
                fd.as_raw_fd(),
                vectors.as_ptr().cast(),
                count as libc::c_int,
            )
        }
    })
}

/// One readv(2) from `fd` into guest memory; restarted when a signal interrupts it. 0 is the end
/// of file. Pages that were written are marked dirty.
///
/// # Errors
/// Those of readv(2).
pub fn read_into_guest<B: BitmapSlice>(
    fd: BorrowedFd<'_>,
    pieces: &[VolatileSlice<'_, B>],
) -> Result<usize> {
    let count = pieces.len().min(MAX_PIECES);
    let guards: Vec<_> = pieces[..count]
        .iter()
        .map(VolatileSlice::ptr_guard_mut)
        .collect();
    let vectors = vectors(guards.iter().map(|guard| (guard.as_ptr(), guard.len())));
    let total = retry(|| {
        // SAFETY: the first `count` vectors are initialised and point to guest memory that
        // `guards` keep mapped and that no Rust reference covers.
        unsafe {
            libc::readv(
                fd.as_raw_fd(),
                vectors.as_ptr().cast(),
                count as libc::c_int,
            )
        }
    })?;
    let mut left = total;
    for piece in &pieces[..count] {
        let written = left.min(piece.len());
        piece.bitmap().mark_dirty(0, written);
        left -= written;
    }
    Ok(total)
}

fn retry(mut call: impl FnMut() -> isize) -> Result<usize> {
    loop {
        match usize::try_from(call()) {
            Ok(count) => return Ok(count),
            Err(_) => {
                let error = std::io::Error::last_os_error();
                let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                if errno != Errno::INTR {
                    return Err(errno);
                }
            }
        }
    }
}
