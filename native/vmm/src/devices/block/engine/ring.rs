//! A private io_uring that can do nothing but what a disk needs, with one file at a time.
//!
//! Made disabled (IORING_SETUP_R_DISABLED) before there is a disk, restricted, and enabled by the thread that uses it: from
//! then on nobody else can (SINGLE_ISSUER), and what is done is only told when that thread asks (DEFER_TASKRUN), both since
//! Linux 6.1. Nothing can be registered any more but the file, so neither can the restrictions be changed.
//!
//! The file is registered and unregistered, and not a sparse table updated: unregistering waits until the kernel has let go of it, while
//! before Linux 6.4 what an update takes out is closed up to a second later.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use io_uring::types::{CancelBuilder, Fixed, FsyncFlags};
use io_uring::{IoUring, opcode, register::Restriction, squeue};
use rustix::fs::FallocateFlags;
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use super::{DEPTH, Engine, Operation};

/// The only file that the ring knows.
const FILE: Fixed = Fixed(0);
/// No request has it.
const CANCEL: u64 = u64::MAX;
/// Room for the entry that cancels is left even when everything else is taken, and for the completions of all.
const ENTRIES: u32 = DEPTH as u32 + 1;

// linux/io_uring.h
const IORING_REGISTER_FILES: u8 = 2;
const IORING_UNREGISTER_FILES: u8 = 3;

/// See the module.
pub struct Ring {
    ring: IoUring,
    /// The kernel counts completions on it, while it is wanted.
    event: EventFd,
    /// Completions come when this thread enters the ring, so it is known when they can be counted and when not.
    deferred: bool,
    in_flight: u32,
    enabled: bool,
    /// It has a file.
    open: bool,
}

impl Ring {
    /// # Errors
    /// When the host has no io_uring, forbids it, or cannot restrict it (before Linux 5.10).
    pub fn new() -> io::Result<Self> {
        let (ring, deferred) = build()?;
        let event = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?;
        let submitter = ring.submitter();
        submitter.register_eventfd(event.as_raw_fd())?;
        let fixed = squeue::Flags::FIXED_FILE.bits();
        let mut restrictions = [
            Restriction::sqe_op(opcode::Readv::CODE),
            Restriction::sqe_op(opcode::Writev::CODE),
            Restriction::sqe_op(opcode::Fsync::CODE),
            Restriction::sqe_op(opcode::Fallocate::CODE),
            Restriction::sqe_op(opcode::AsyncCancel::CODE),
            Restriction::sqe_flags_allowed(fixed),
            Restriction::sqe_flags_required(fixed),
            Restriction::register_op(IORING_REGISTER_FILES),
            Restriction::register_op(IORING_UNREGISTER_FILES),
        ];
        submitter.register_restrictions(&mut restrictions)?;
        Ok(Ring {
            ring,
            event,
            deferred,
            in_flight: 0,
            enabled: false,
            open: false,
        })
    }

    /// Entries that the kernel has not taken, and whether it says that it has completions for whoever enters it. That is a
    /// hint: it is set behind the completion that it is of, so it may stay when that was taken already.
    fn left(&mut self) -> (usize, bool) {
        let mut queue = self.ring.submission();
        queue.sync();
        (queue.len(), queue.taskrun())
    }

    fn enter(&mut self, wait_for: usize) -> io::Result<bool> {
        loop {
            match self.ring.submit_and_wait(wait_for) {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // No memory for requests, or completions that nobody has taken.
                Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EBUSY)) => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn cancel(&mut self) -> io::Result<()> {
        // Before Linux 5.19 that is refused, and all are waited for.
        let everything = opcode::AsyncCancel2::new(CancelBuilder::any())
            .build()
            .flags(squeue::Flags::FIXED_FILE)
            .user_data(CANCEL);
        // SAFETY: it points to nothing.
        let pushed = unsafe { self.ring.submission().push(&everything) };
        pushed.map_err(|_| io::Error::other("more requests than the ring has entries"))?;
        self.in_flight += 1;
        while self.in_flight > 0 {
            if !self.enter(1)? && self.ring.completion().is_empty() {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            while self.done().is_some() {}
        }
        Ok(())
    }
}

/// The ring, and whether it has DEFER_TASKRUN.
fn build() -> io::Result<(IoUring, bool)> {
    let mut builder = IoUring::builder();
    builder.setup_r_disabled().setup_cqsize(ENTRIES);
    let mut deferred = builder.clone();
    deferred
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_taskrun_flag();
    match deferred.build(ENTRIES) {
        // Before Linux 6.1.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            Ok((builder.build(ENTRIES)?, false))
        }
        built => Ok((built?, true)),
    }
}

fn entry(tag: u64, operation: Operation) -> squeue::Entry {
    let keep = FallocateFlags::KEEP_SIZE;
    let entry = match operation {
        Operation::Read { at, to } => opcode::Readv::new(FILE, to.first, to.count)
            .offset(at)
            .build(),
        Operation::Write { at, from, durable } => {
            let flags = if durable { libc::RWF_DSYNC } else { 0 };
            opcode::Writev::new(FILE, from.first, from.count)
                .offset(at)
                .rw_flags(flags)
                .build()
        }
        Operation::Sync => opcode::Fsync::new(FILE).flags(FsyncFlags::DATASYNC).build(),
        Operation::PunchHole { at, length } => opcode::Fallocate::new(FILE, length)
            .offset(at)
            .mode((FallocateFlags::PUNCH_HOLE | keep).bits() as i32)
            .build(),
        Operation::ZeroRange { at, length } => opcode::Fallocate::new(FILE, length)
            .offset(at)
            .mode((FallocateFlags::ZERO_RANGE | keep).bits() as i32)
            .build(),
    };
    entry.user_data(tag)
}

impl Engine for Ring {
    fn open(&mut self, file: &Arc<File>) -> io::Result<()> {
        let submitter = self.ring.submitter();
        if !self.enabled {
            submitter.register_enable_rings()?;
            self.enabled = true;
        }
        submitter.register_files(&[file.as_raw_fd()])?;
        self.open = true;
        Ok(())
    }

    fn event(&self) -> &EventFd {
        &self.event
    }

    unsafe fn push(&mut self, tag: u16, operation: Operation) -> io::Result<()> {
        let entry = entry(tag.into(), operation);
        // SAFETY: what it points to stays as long as it has to, as the caller promises.
        let pushed = unsafe { self.ring.submission().push(&entry) };
        pushed.map_err(|_| io::Error::other("more requests than the ring has entries"))?;
        self.in_flight += 1;
        Ok(())
    }

    fn submit(&mut self) -> io::Result<bool> {
        if self.left() == (0, false) {
            return Ok(true);
        }
        if self.deferred {
            // What is done at once is taken at once.
            self.ring.completion().disable_eventfd();
        }
        loop {
            if !self.enter(0)? {
                return Ok(false);
            }
            if self.left().0 == 0 {
                return Ok(true);
            }
        }
    }

    fn done(&mut self) -> Option<(u16, i32)> {
        let entry = self.ring.completion().next()?;
        self.in_flight = self.in_flight.saturating_sub(1);
        Some((entry.user_data() as u16, entry.result()))
    }

    fn rest(&mut self) -> io::Result<bool> {
        if !self.deferred || self.in_flight == 0 {
            return Ok(true);
        }
        self.ring.completion().enable_eventfd();
        // The kernel says that there are completions, and then looks whether they are to be counted; here it is the other way round.
        fence(Ordering::SeqCst);
        if self.left().1 {
            self.enter(0)?;
        }
        Ok(self.ring.completion().is_empty())
    }

    fn close(&mut self) -> io::Result<()> {
        if self.in_flight > 0 {
            self.cancel()?;
        }
        while self.open {
            match self.ring.submitter().unregister_files() {
                Ok(()) => self.open = false,
                // By a signal, while it waits.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;
    use crate::devices::block::engine::Vectors;
    use crate::devices::pieces::{Access, Pieces};
    use crate::memory::{Backing, create};

    fn opened(file: &Arc<File>) -> Ring {
        let mut ring = Ring::new().unwrap();
        ring.open(file).unwrap();
        ring
    }

    fn pieces() -> Pieces {
        let mut pieces = Pieces::new(create(32, Backing::Anonymous).unwrap());
        let piece = virtio_queue::desc::split::Descriptor::new(0, 512, 2, 0);
        pieces.append([piece].into_iter(), Access::Write).unwrap();
        pieces
    }

    fn is_readable(fd: impl std::os::fd::AsFd) -> bool {
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        poll(&mut fds, Some(&rustix::event::Timespec::default())).unwrap() == 1
    }

    fn pipe() -> (Arc<File>, std::io::PipeWriter) {
        let (reader, writer) = std::io::pipe().unwrap();
        (Arc::new(File::from(OwnedFd::from(reader))), writer)
    }

    fn result(ring: &mut Ring, entry: &squeue::Entry) -> i32 {
        // SAFETY: none of the test's entries points anywhere.
        unsafe { ring.ring.submission().push(entry) }.unwrap();
        ring.in_flight += 1;
        assert!(ring.enter(1).unwrap());
        ring.done().unwrap().1
    }

    #[test]
    fn what_a_disk_does_not_need_is_refused_by_the_kernel() {
        let null = Arc::new(File::open("/dev/null").unwrap());
        let mut ring = opened(&null);
        let fixed = squeue::Flags::FIXED_FILE;
        let nop = opcode::Nop::new().build().flags(fixed);
        assert_eq!(result(&mut ring, &nop), -libc::EACCES);
        let openat = opcode::OpenAt::new(io_uring::types::Fd(-1), std::ptr::null());
        let openat = openat.build().flags(fixed);
        assert_eq!(result(&mut ring, &openat), -libc::EACCES);
        // A file that is not the disk's.
        let other = opcode::Fsync::new(io_uring::types::Fd(null.as_raw_fd()));
        assert_eq!(result(&mut ring, &other.build()), -libc::EACCES);
        let submitter = ring.ring.submitter();
        let refused = |result: io::Result<()>| {
            assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::EACCES));
        };
        refused(submitter.register_files_update(0, &[0]).map(drop));
        refused(submitter.register_iowq_max_workers(&mut [1, 1]));
        refused(submitter.register_personality().map(drop));
        refused(submitter.unregister_eventfd());
        // One file, and nobody else's.
        let another = submitter.register_files(&[0]).unwrap_err();
        assert_eq!(another.raw_os_error(), Some(libc::EBUSY));
        std::thread::scope(|scope| {
            let ring = &ring.ring;
            let stranger = scope.spawn(|| ring.submitter().unregister_files());
            let error = stranger.join().unwrap().unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EEXIST));
        });
    }

    #[test]
    fn a_file_is_let_go_of_and_another_one_comes() {
        let mut ring = Ring::new().unwrap();
        ring.close().unwrap();
        let pieces = pieces();
        for round in 0..3_u16 {
            let (file, mut writer) = pipe();
            ring.open(&file).unwrap();
            drop(file);
            let to = Vectors::of(&pieces);
            // SAFETY: the pieces and their memory live longer than the ring's requests.
            unsafe { ring.push(round, Operation::Read { at: 0, to }) }.unwrap();
            assert!(ring.submit().unwrap());
            let bytes = vec![b'x'; 1 + usize::from(round)];
            std::io::Write::write_all(&mut writer, &bytes).unwrap();
            assert!(ring.enter(1).unwrap());
            assert_eq!(ring.done(), Some((round, 1 + i32::from(round))));
            // One that waits when the file goes.
            // SAFETY: as above.
            unsafe { ring.push(9, Operation::Read { at: 0, to }) }.unwrap();
            assert!(ring.submit().unwrap());
            ring.close().unwrap();
            // Nobody can read any more.
            let error = std::io::Write::write(&mut writer, b"x").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            let nothing = opcode::Fsync::new(FILE).build();
            assert_eq!(result(&mut ring, &nothing), -libc::EBADF);
        }
    }

    #[test]
    fn as_much_as_it_may_do_at_once_is_given_up_at_once() {
        let (file, writer) = pipe();
        let mut ring = opened(&file);
        let pieces = pieces();
        for tag in 0..DEPTH {
            let to = Vectors::of(&pieces);
            // SAFETY: the pieces and their memory live longer than the ring's requests.
            unsafe { ring.push(tag, Operation::Read { at: 0, to }) }.unwrap();
        }
        // Not even told of yet.
        ring.close().unwrap();
        drop(file);
        assert_eq!(ring.done(), None);
        assert!(std::io::Write::write(&mut &writer, b"x").is_err());
    }

    #[test]
    fn what_waits_for_ever_is_cancelled() {
        let (pipe, writer) = pipe();
        let mut ring = opened(&pipe);
        let pieces = pieces();
        for tag in 0..3 {
            let to = Vectors::of(&pieces);
            // SAFETY: the pieces and their memory live longer than the ring's requests.
            unsafe { ring.push(tag, Operation::Read { at: 0, to }) }.unwrap();
        }
        assert!(ring.submit().unwrap());
        assert_eq!(ring.done(), None);
        ring.close().unwrap();
        assert_eq!(ring.in_flight, 0);
        // Nobody reads any more: what is written stays.
        std::io::Write::write_all(&mut &writer, b"abc").unwrap();
        assert!(is_readable(&pipe));
        // And it goes on.
        ring.open(&pipe).unwrap();
        let to = Vectors::of(&pieces);
        // SAFETY: as above.
        unsafe { ring.push(7, Operation::Read { at: 0, to }) }.unwrap();
        assert!(ring.submit().unwrap());
        assert_eq!(ring.done(), Some((7, 3)));
    }
}
