//! Pieces of guest memory as readv(2) and writev(2) want them.

use vm_memory::{GuestAddress, GuestMemoryBackend};

use crate::memory::Memory;

/// The data of one request. Good as long as the guest's memory is mapped, for which its owner cares.
#[derive(Debug, Default)]
pub struct Buffers {
    pieces: Vec<libc::iovec>,
    /// How many of them are done.
    done: usize,
    length: u64,
}

// SAFETY: the pointers are into guest memory, which no thread owns more than another: it is only ever read and written by
// the kernel through them, and its owner, who keeps it mapped, goes to other threads together with these.
unsafe impl Send for Buffers {}

impl Buffers {
    /// None when a piece is not in guest memory. Empty ones are left out.
    pub fn new(
        memory: &Memory,
        pieces: impl Iterator<Item = (GuestAddress, u32)>,
    ) -> Option<Buffers> {
        let mut buffers = Buffers::default();
        for (address, length) in pieces.filter(|(_, length)| *length > 0) {
            // Regions do not touch each other, so a piece lies in one or is refused.
            let slice = memory.get_slice(address, length as usize).ok()?;
            buffers.pieces.push(libc::iovec {
                iov_base: slice.ptr_guard_mut().as_ptr().cast(),
                iov_len: length as usize,
            });
            buffers.length += u64::from(length);
        }
        Some(buffers)
    }

    /// Bytes that are left.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// What is left, for one call to the kernel.
    pub fn vectors(&self) -> Vectors {
        let left = self.pieces.get(self.done..).unwrap_or(&[]);
        Vectors {
            first: left.as_ptr(),
            count: left.len() as u32,
        }
    }

    /// The kernel has done so many bytes.
    pub fn advance(&mut self, bytes: u64) {
        self.length = self.length.saturating_sub(bytes);
        let mut bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        for piece in self.pieces.iter_mut().skip(self.done) {
            if bytes < piece.iov_len {
                piece.iov_base = piece.iov_base.wrapping_byte_add(bytes);
                piece.iov_len -= bytes;
                return;
            }
            bytes -= piece.iov_len;
            self.done += 1;
        }
    }
}

/// [`Buffers`] as the kernel is told of them.
#[derive(Clone, Copy, Debug)]
pub struct Vectors {
    pub first: *const libc::iovec,
    pub count: u32,
}

// SAFETY: as of Buffers, whose owner keeps them as long as somebody works on these.
unsafe impl Send for Vectors {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Backing, create};

    #[test]
    fn pieces_are_done_bit_by_bit() {
        let memory = create(32, Backing::Anonymous).unwrap();
        let base = memory.get_host_address(GuestAddress(0)).unwrap() as usize;
        let pieces = [(0x1000, 512), (0x3000, 0), (0x2000, 1024)];
        let pieces = pieces.map(|(address, length)| (GuestAddress(address), length));
        let mut buffers = Buffers::new(&memory, pieces.into_iter()).unwrap();
        let first = |buffers: &Buffers| {
            // SAFETY: there is one left, and the buffers are alive.
            let piece = unsafe { *buffers.vectors().first };
            (piece.iov_base as usize - base, piece.iov_len)
        };
        assert_eq!((buffers.length(), buffers.vectors().count), (1536, 2));
        buffers.advance(100);
        assert_eq!(first(&buffers), (0x1064, 412));
        buffers.advance(412);
        assert_eq!((buffers.length(), buffers.vectors().count), (1024, 1));
        assert_eq!(first(&buffers), (0x2000, 1024));
        buffers.advance(1024);
        assert_eq!((buffers.length(), buffers.vectors().count), (0, 0));
    }

    #[test]
    fn what_is_not_in_guest_memory_is_none() {
        let memory = create(32, Backing::Anonymous).unwrap();
        for (address, length) in [
            (32 << 20, 1),
            ((32 << 20) - 1, 2),
            (u64::MAX, 1),
            (u64::MAX, u32::MAX),
            (0, u32::MAX),
        ] {
            let pieces = [(GuestAddress(0), 512), (GuestAddress(address), length)];
            assert!(Buffers::new(&memory, pieces.into_iter()).is_none());
        }
    }
}
