//! Who reads and writes the disk: io_uring, or a thread where that is forbidden.

mod engines;
mod ring;
mod thread;

use std::fs::File;
use std::io;
use std::sync::Arc;

pub use engines::Engines;
pub use ring::Ring;
pub use thread::Thread;
use vmm_sys_util::eventfd::EventFd;

use crate::devices::pieces::Pieces;
use crate::machine::Enter;

/// How much an engine does at once. That and what gives it all up are 128: a ring of so many entries has three pages, of which every VM pays
/// for as many rings as it has places for disks; one of 256 has seven.
pub const DEPTH: u16 = 127;

/// Pieces of guest memory as the kernel is told of them.
#[derive(Clone, Copy, Debug)]
pub struct Vectors {
    first: *const libc::iovec,
    count: u32,
}

// SAFETY: the pieces are of guest memory, which no thread owns more than another. That they are there is `Engine::push`'s contract.
unsafe impl Send for Vectors {}

impl Vectors {
    /// Good until the pieces change.
    #[must_use]
    pub fn of(pieces: &Pieces) -> Self {
        let vectors = pieces.vectors();
        Vectors {
            first: vectors.as_ptr(),
            // MAX_PIECES at most.
            count: vectors.len() as u32,
        }
    }
}

/// One thing to be done with the file; positions and lengths in bytes.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // Its fields say what they are.
pub enum Operation {
    Read {
        at: u64,
        to: Vectors,
    },
    /// `durable`: done when it is on the disk.
    Write {
        at: u64,
        from: Vectors,
        durable: bool,
    },
    /// What was written is on the disk.
    Sync,
    /// The range reads as zeros, and takes no space.
    PunchHole {
        at: u64,
        length: u64,
    },
    /// The range reads as zeros, and has its space.
    ZeroRange {
        at: u64,
        length: u64,
    },
}

/// Does operations on one file after the other, and on each of them in any order.
pub trait Engine: Send {
    /// From now on it works on this file. It has none before. The first call is made on the thread that uses the engine from then on.
    ///
    /// # Errors
    /// When nothing can be done with it.
    fn open(&mut self, file: &Arc<File>) -> io::Result<()>;

    /// An eventfd, not blocking: counts when there may be something for [`Self::done`], after [`Self::rest`]. To be watched for edges, so that
    /// nobody has to read it.
    fn event(&self) -> &EventFd;

    /// Takes an operation on; at most [`DEPTH`] are on their way.
    ///
    /// # Safety
    /// What the operation points to stays, and is guest memory that is mapped, until [`Self::done`] has named its `tag` or
    /// [`Self::close`] has succeeded.
    ///
    /// # Errors
    /// It is not done then.
    unsafe fn push(&mut self, tag: u16, operation: Operation) -> io::Result<()>;

    /// Has what was taken on done. False: not all of it could be begun, for want of memory of the host; it can be tried again.
    ///
    /// # Errors
    /// When the engine is broken.
    fn submit(&mut self) -> io::Result<bool>;

    /// The tag and the result, as of the system call with a negative errno, of something that is done.
    fn done(&mut self) -> Option<(u16, i32)>;

    /// Nobody asks any more, so from now on the descriptor has to tell. False: something is done already.
    ///
    /// # Errors
    /// When the engine is broken.
    fn rest(&mut self) -> io::Result<bool>;

    /// Gives up what is on its way as far as that can be had, waits for the rest, and lets go of the file: nobody touches guest memory
    /// when it answers, nor has the engine the file open. Nothing of it is named by [`Self::done`] any more. Without effect when it has no file.
    ///
    /// # Errors
    /// When nobody knows.
    fn close(&mut self) -> io::Result<()>;
}

/// io_uring if the host lets it, which a sysctl or a seccomp filter may forbid, or else a thread, in which `enter` runs first.
///
/// # Errors
/// When there can be no thread either.
fn best(enter: &Enter) -> io::Result<Box<dyn Engine>> {
    Ok(match Ring::new() {
        Ok(ring) => Box::new(ring),
        Err(_) => Box::new(Thread::new(enter)?),
    })
}
