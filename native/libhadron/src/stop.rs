//! The news that a handle is closed, for threads that wait with poll or epoll.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::EventfdFlags;

/// Set once. The descriptor then stays readable, so that every waiter sees it.
pub struct Stop {
    set: AtomicBool,
    eventfd: OwnedFd,
}

impl Stop {
    pub fn new() -> rustix::io::Result<Self> {
        let eventfd = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            set: AtomicBool::new(false),
            eventfd,
        })
    }

    pub fn set(&self) {
        if !self.set.swap(true, Ordering::SeqCst) {
            // Cannot fail: the counter is zero before its only write.
            let _ = rustix::io::write(&self.eventfd, &1u64.to_ne_bytes());
        }
    }

    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::SeqCst)
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.eventfd.as_fd()
    }
}
