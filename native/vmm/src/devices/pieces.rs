//! The memory of descriptor chains, checked, as the vector of readv(2) and writev(2): data goes between guest
//! memory and descriptors without a copy of this process.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;

use virtio_queue::desc::split::Descriptor;
use vm_memory::{GuestMemory, Permissions, VolatileSlice};

use crate::memory::Memory;

/// What one system call takes (UIO_MAXIOV), but for one that a caller has besides.
pub const MAX_PIECES: usize = 1023;

/// Who writes to a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The driver; the device reads.
    Read,
    /// The device.
    Write,
}

/// A chain that is no good: outside of guest memory, of the wrong kind, or in too many pieces.
#[derive(Debug, PartialEq, Eq)]
pub struct BadChain;

/// Pieces of guest memory in a row, to be filled and emptied again and again without allocation.
pub struct Pieces {
    /// Each points into `memory`, and not beyond the region that it begins in.
    vectors: Vec<libc::iovec>,
    /// The first of them that counts.
    start: usize,
    /// Of those that count, together.
    bytes: usize,
    /// For what is made of them for one call.
    range: Vec<libc::iovec>,
    memory: Arc<Memory>,
}

// SAFETY: the pointers are into memory that `memory` keeps mapped wherever this is, and which is
// accessed by the kernel or as volatile only.
unsafe impl Send for Pieces {}

impl Pieces {
    /// None yet.
    #[must_use]
    pub fn new(memory: Arc<Memory>) -> Self {
        Pieces {
            vectors: Vec::new(),
            start: 0,
            bytes: 0,
            range: Vec::new(),
            memory,
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.vectors.clear();
        self.start = 0;
        self.bytes = 0;
    }

    /// Bytes in all pieces.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.vectors().len()
    }

    /// Adds a chain's memory, and tells how many bytes that are.
    ///
    /// # Errors
    /// Nothing is added of a chain that is not good as a whole.
    pub fn append(
        &mut self,
        chain: impl Iterator<Item = Descriptor>,
        access: Access,
    ) -> Result<usize, BadChain> {
        if self.start >= MAX_PIECES {
            self.vectors.drain(..self.start);
            self.start = 0;
        }
        let permissions = match access {
            Access::Read => Permissions::Read,
            Access::Write => Permissions::Write,
        };
        let (count, bytes) = (self.vectors.len(), self.bytes);
        for (index, descriptor) in chain.enumerate() {
            // Empty ones count too: a chain can have 65535 of them.
            if index >= MAX_PIECES
                || descriptor.is_write_only() != (access == Access::Write)
                || self.append_one(&descriptor, permissions).is_none()
            {
                self.vectors.truncate(count);
                self.bytes = bytes;
                return Err(BadChain);
            }
        }
        Ok(self.bytes - bytes)
    }

    fn append_one(&mut self, descriptor: &Descriptor, permissions: Permissions) -> Option<()> {
        let length = descriptor.len() as usize;
        let slices = self
            .memory
            .get_slices(descriptor.addr(), length, permissions)
            .ok()?;
        for slice in slices {
            let slice = slice.ok()?;
            if self.count() >= MAX_PIECES {
                return None;
            }
            self.bytes = self.bytes.checked_add(slice.len())?;
            self.vectors.push(libc::iovec {
                iov_base: slice.ptr_guard_mut().as_ptr().cast(),
                iov_len: slice.len(),
            });
        }
        Some(())
    }

    /// Drops the first `count` bytes.
    pub fn advance(&mut self, count: usize) {
        let mut left = count.min(self.bytes);
        self.bytes -= left;
        while let Some(piece) = self.vectors.get_mut(self.start) {
            if piece.iov_len > left {
                // SAFETY: it stays within the piece.
                piece.iov_base = unsafe { piece.iov_base.byte_add(left) };
                piece.iov_len -= left;
                return;
            }
            left -= piece.iov_len;
            self.start += 1;
        }
        self.clear();
    }

    /// Copies from `offset` on out of guest memory; tells how many bytes were there.
    pub fn copy_out(&self, offset: usize, to: &mut [u8]) -> usize {
        let mut done = 0;
        for piece in self.from(offset) {
            let Some(to) = to.get_mut(done..).filter(|to| !to.is_empty()) else {
                break;
            };
            done += piece.copy_to(to);
        }
        done
    }

    /// Copies into guest memory, from `offset` on; tells how many bytes there was room for.
    pub fn copy_in(&self, offset: usize, from: &[u8]) -> usize {
        let mut done = 0;
        for piece in self.from(offset) {
            let Some(from) = from.get(done..).filter(|from| !from.is_empty()) else {
                break;
            };
            piece.copy_from(from);
            done += from.len().min(piece.len());
        }
        done
    }

    /// The pieces behind the first `offset` bytes.
    fn from(&self, offset: usize) -> impl Iterator<Item = VolatileSlice<'_>> {
        let mut skip = offset;
        self.vectors
            .iter()
            .skip(self.start)
            .filter_map(move |piece| {
                // SAFETY: it is a piece of `memory`, which is borrowed as long as the answer is.
                let slice = unsafe { VolatileSlice::new(piece.iov_base.cast(), piece.iov_len) };
                let rest = slice.offset(skip.min(slice.len())).ok();
                skip -= skip.min(slice.len());
                rest.filter(|rest| !rest.is_empty())
            })
    }

    /// readv(2): what the descriptor has is in the first pieces then, and what they do not hold in `rest`.
    ///
    /// # Errors
    /// As readv(2).
    pub fn read_from(&mut self, fd: BorrowedFd<'_>, rest: &mut [u8]) -> io::Result<usize> {
        self.vectors.push(libc::iovec {
            iov_base: rest.as_mut_ptr().cast(),
            iov_len: rest.len(),
        });
        let vectors = self.vectors();
        // SAFETY: all but the last one of the vectors point to guest memory that `memory` keeps mapped and
        // that no Rust reference covers; the last one is `rest`, borrowed until this returns.
        let read = retry(|| unsafe {
            libc::readv(
                fd.as_raw_fd(),
                vectors.as_ptr(),
                vectors.len() as libc::c_int,
            )
        });
        self.vectors.pop();
        read
    }

    /// writev(2) of all pieces.
    ///
    /// # Errors
    /// As writev(2).
    pub fn write_to(&self, fd: BorrowedFd<'_>) -> io::Result<usize> {
        let vectors = self.vectors();
        // SAFETY: as of `read_from`; that the guest may change the bytes meanwhile matters to nobody but the guest.
        retry(|| unsafe {
            libc::writev(
                fd.as_raw_fd(),
                vectors.as_ptr(),
                vectors.len() as libc::c_int,
            )
        })
    }

    /// recvmsg(2), which does not wait: into the `length` bytes that follow the first `offset`, and what is more into `rest`.
    ///
    /// # Errors
    /// As recvmsg(2).
    pub fn receive_from(
        &mut self,
        socket: BorrowedFd<'_>,
        (offset, length): (usize, usize),
        rest: &mut [u8],
    ) -> io::Result<usize> {
        self.range.clear();
        let (mut skip, mut left) = (offset, length);
        for piece in self.vectors.iter().skip(self.start) {
            let skipped = skip.min(piece.iov_len);
            skip -= skipped;
            let iov_len = left.min(piece.iov_len - skipped);
            left -= iov_len;
            if iov_len > 0 {
                self.range.push(libc::iovec {
                    // SAFETY: it stays within the piece.
                    iov_base: unsafe { piece.iov_base.byte_add(skipped) },
                    iov_len,
                });
            }
        }
        self.range.push(libc::iovec {
            iov_base: rest.as_mut_ptr().cast(),
            iov_len: rest.len(),
        });
        let mut message = message(&mut self.range);
        // SAFETY: the message has vectors of guest memory that `memory` keeps mapped and that no Rust reference
        // covers, and `rest`, borrowed until this returns.
        retry(|| unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT) })
    }

    /// sendmsg(2) of `prefix` and all pieces, which does not wait.
    ///
    /// # Errors
    /// As sendmsg(2).
    pub fn send_to(&mut self, socket: BorrowedFd<'_>, prefix: &[u8]) -> io::Result<usize> {
        self.range.clear();
        self.range.push(libc::iovec {
            iov_base: prefix.as_ptr().cast_mut().cast(),
            iov_len: prefix.len(),
        });
        self.range.extend(self.vectors.iter().skip(self.start));
        let message = message(&mut self.range);
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: as of `write_to`; `prefix` is borrowed until this returns, and is only read.
        retry(|| unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, flags) })
    }

    /// As the kernel wants them.
    #[must_use]
    pub fn vectors(&self) -> &[libc::iovec] {
        self.vectors.get(self.start..).unwrap_or(&[])
    }
}

fn message(vectors: &mut [libc::iovec]) -> libc::msghdr {
    // SAFETY: a msghdr is plain data, for which all zeros are valid: no address, no control data.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = vectors.as_mut_ptr();
    message.msg_iovlen = vectors.len();
    message
}

/// Again, when a signal comes in between.
fn retry(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests;
