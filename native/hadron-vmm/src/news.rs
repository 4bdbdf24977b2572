//! What the VM tells by itself, on its way from its threads to the one that has the control socket.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hadron_vmm::machine::{End, Owner};
use hadron_vmm::worker::Listener;
use rustix::event::{EventfdFlags, eventfd};
use serde::Serialize;

/// More complaints than these are not kept while nobody takes them: a guest can make as many as it likes.
const MAX_COMPLAINTS: usize = 64;

/// Why a VM ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The guest asked for a reset.
    Reset,
    /// The guest switched itself off.
    Shutdown,
    /// What the guest's CPUs did cannot be carried out, or the host does not do what a device needs.
    Fault,
}

/// A message without an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum News {
    /// The guest broke the rules of a device, which stands still.
    Complaint {
        /// For the log.
        message: String,
    },
    /// The VM is gone; it is the last message.
    Ended {
        /// Why.
        cause: Cause,
        /// The same for a person.
        message: String,
    },
}

#[derive(Debug, Default)]
struct Waiting {
    news: VecDeque<News>,
    ended: bool,
}

/// Takes news on any thread, without waiting.
#[derive(Debug)]
pub struct Board {
    waiting: Mutex<Waiting>,
    wake: OwnedFd,
}

impl Board {
    /// # Errors
    /// As eventfd(2).
    pub fn new() -> io::Result<Self> {
        Ok(Board {
            waiting: Mutex::default(),
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        })
    }

    /// The VM is gone. Only the first one counts.
    pub fn ended(&self, cause: Cause, message: String) {
        let mut waiting = self.lock();
        if !std::mem::replace(&mut waiting.ended, true) {
            waiting.news.push_back(News::Ended { cause, message });
        }
        drop(waiting);
        self.wake();
    }

    /// All that has come since the last time.
    pub fn take(&self) -> VecDeque<News> {
        // Nothing there is no error: then nobody has said anything.
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
        std::mem::take(&mut self.lock().news)
    }

    fn wake(&self) {
        // It fails when the counter is at its end, and then the other thread is awake.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Board {
    fn complaint(&self, message: String) {
        let mut waiting = self.lock();
        if waiting.news.len() < MAX_COMPLAINTS {
            waiting.news.push_back(News::Complaint { message });
        }
        drop(waiting);
        self.wake();
    }

    fn fatal(&self, message: String) {
        self.ended(Cause::Fault, message);
    }
}

impl Owner for Board {
    fn ended(&self, end: End) {
        let cause = match end {
            End::Reset => Cause::Reset,
            End::PowerOff => Cause::Shutdown,
            End::TripleFault => Cause::Fault,
        };
        Board::ended(self, cause, end.to_string());
    }
}

/// Ready for reading when there is something to take.
impl AsFd for Board {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vm_ends_once_and_complaints_do_not_pile_up() {
        let board = Board::new().unwrap();
        for _ in 0..1000 {
            board.complaint("the disk 0 stops".to_owned());
        }
        board.ended(Cause::Reset, "the guest rebooted".to_owned());
        board.fatal("too late".to_owned());
        let news = board.take();
        assert_eq!(news.len(), MAX_COMPLAINTS + 1);
        let last = serde_json::to_string(news.back().unwrap()).unwrap();
        assert_eq!(
            last,
            r#"{"event":"ended","cause":"reset","message":"the guest rebooted"}"#
        );
        assert!(board.take().is_empty());
    }
}
