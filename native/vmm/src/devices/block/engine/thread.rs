//! A thread that reads and writes, for hosts without io_uring: one request after the other.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rustix::fs::{FallocateFlags, fallocate, fdatasync};
use rustix::io::Errno;
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use super::{Engine, Operation};
use crate::machine::{self, Enter};

/// See the module.
pub struct Thread {
    /// None at the end.
    jobs: Option<Sender<Job>>,
    file: Option<Arc<File>>,
    results: Receiver<(u16, i32)>,
    event: Arc<EventFd>,
    /// What has not begun is not wanted any more.
    cancelled: Arc<AtomicBool>,
    in_flight: u32,
    thread: Option<JoinHandle<()>>,
}

struct Job {
    file: Arc<File>,
    tag: u16,
    operation: Operation,
}

impl Thread {
    /// `enter` runs first on the new thread.
    ///
    /// # Errors
    /// When there can be no more threads, or it may not begin.
    pub fn new(enter: &Enter) -> io::Result<Self> {
        let (jobs, inbox) = channel::<Job>();
        let (outbox, results) = channel();
        let event = Arc::new(EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?);
        let cancelled = Arc::new(AtomicBool::new(false));
        let (begun, begins) = channel();
        let thread = std::thread::Builder::new().name("disk".to_owned()).spawn({
            let (event, cancelled) = (Arc::clone(&event), Arc::clone(&cancelled));
            let enter = Arc::clone(enter);
            move || {
                let entered = enter(machine::Thread::Disk);
                let stays_out = entered.is_err();
                if begun.send(entered).is_err() || stays_out {
                    return;
                }
                for job in inbox {
                    let tag = job.tag;
                    let result = if cancelled.load(Ordering::Acquire) {
                        -libc::ECANCELED
                    } else {
                        perform(&job.file, job.operation)
                    };
                    // Who has the result has the file for himself.
                    drop(job);
                    // At the end nobody listens.
                    let _ = outbox.send((tag, result));
                    let _ = event.write(1);
                }
            }
        })?;
        begins
            .recv()
            .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Thread {
            jobs: Some(jobs),
            file: None,
            results,
            event,
            cancelled,
            in_flight: 0,
            thread: Some(thread),
        })
    }
}

fn perform(file: &File, operation: Operation) -> i32 {
    let fd = file.as_raw_fd();
    let keep = FallocateFlags::KEEP_SIZE;
    match operation {
        Operation::Read { at, to } => {
            // SAFETY: the vectors and the guest memory that they are of stay until this is done (Engine::push).
            result(unsafe { libc::preadv(fd, to.first, to.count as i32, at as i64) })
        }
        Operation::Write { at, from, durable } => {
            let flags = if durable { libc::RWF_DSYNC } else { 0 };
            let (first, count) = (from.first, from.count as i32);
            // SAFETY: as above.
            result(unsafe { libc::pwritev2(fd, first, count, at as i64, flags) })
        }
        Operation::Sync => outcome(fdatasync(file)),
        Operation::PunchHole { at, length } => outcome(fallocate(
            file,
            FallocateFlags::PUNCH_HOLE | keep,
            at,
            length,
        )),
        Operation::ZeroRange { at, length } => outcome(fallocate(
            file,
            FallocateFlags::ZERO_RANGE | keep,
            at,
            length,
        )),
    }
}

fn result(returned: libc::ssize_t) -> i32 {
    if returned < 0 {
        let error = io::Error::last_os_error();
        return -error.raw_os_error().unwrap_or(libc::EIO);
    }
    // The kernel moves less than 2 GiB at once.
    i32::try_from(returned).unwrap_or(i32::MAX)
}

fn outcome(outcome: Result<(), Errno>) -> i32 {
    outcome.map_or_else(|error| -error.raw_os_error(), |()| 0)
}

impl Engine for Thread {
    fn open(&mut self, file: &Arc<File>) -> io::Result<()> {
        self.file = Some(Arc::clone(file));
        Ok(())
    }

    fn event(&self) -> &EventFd {
        &self.event
    }

    unsafe fn push(&mut self, tag: u16, operation: Operation) -> io::Result<()> {
        let file = self.file.clone().ok_or(io::ErrorKind::NotConnected)?;
        let job = Job {
            file,
            tag,
            operation,
        };
        let jobs = self.jobs.as_ref();
        jobs.and_then(|jobs| jobs.send(job).ok())
            .ok_or_else(|| io::Error::other("the disk's thread has ended"))?;
        self.in_flight += 1;
        Ok(())
    }

    fn submit(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn done(&mut self) -> Option<(u16, i32)> {
        let done = self.results.try_recv().ok()?;
        self.in_flight = self.in_flight.saturating_sub(1);
        Some(done)
    }

    fn rest(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn close(&mut self) -> io::Result<()> {
        self.cancelled.store(true, Ordering::Release);
        while self.in_flight > 0 {
            // It sends one for each, and ends only after that.
            if self.results.recv().is_err() {
                break;
            }
            self.in_flight -= 1;
        }
        self.cancelled.store(false, Ordering::Release);
        self.file = None;
        Ok(())
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Release);
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of it was told by the panic hook.
            let _ = thread.join();
        }
    }
}
