//! The pipe of a handle on which the answers go back: JSON objects, one a line.

use std::os::fd::{AsFd, IntoRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use serde_json::{Value, json};

use crate::error::{OpResult, errno_name};
use crate::stop::Stop;

/// A sentence may quote an overlay's options, which are longer than anybody reads.
const MAX_MESSAGE_BYTES: usize = 8192;

/// What an operation came to. Descriptors that `value` names become the caller's with the answer; an
/// answer that is never read closes them.
#[derive(Debug)]
pub struct Reply {
    value: Value,
    fds: Vec<OwnedFd>,
}

impl Reply {
    pub fn empty() -> Self {
        Self::of(json!({}))
    }

    pub fn of(value: Value) -> Self {
        Self {
            value,
            fds: Vec::new(),
        }
    }

    pub fn with_fds(value: Value, fds: Vec<OwnedFd>) -> Self {
        Self { value, fds }
    }

    #[cfg(test)]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// As who reads the answer gets them.
    #[cfg(test)]
    pub fn into_fds(self) -> Vec<std::os::fd::RawFd> {
        self.fds.into_iter().map(IntoRawFd::into_raw_fd).collect()
    }
}

pub struct Answers {
    /// None once the reader is gone or the handle is closed.
    pipe: Mutex<Option<OwnedFd>>,
    stop: Arc<Stop>,
}

impl Answers {
    /// `pipe` must be non-blocking, so that a reader that does not read cannot hold a closed handle up.
    pub fn new(pipe: OwnedFd, stop: Arc<Stop>) -> Self {
        Self {
            pipe: Mutex::new(Some(pipe)),
            stop,
        }
    }

    /// Waits for room in the pipe, until the handle is closed; without a reader the answer is dropped.
    pub fn send(&self, id: u64, result: OpResult<Reply>) {
        let (message, fds) = match result {
            Ok(reply) => (json!({ "id": id, "ok": reply.value }), reply.fds),
            Err(error) => {
                let errno = errno_name(error.errno);
                let mut message = error.message;
                message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
                (
                    json!({ "id": id, "error": { "errno": errno, "message": message } }),
                    Vec::new(),
                )
            }
        };
        // JSON escapes line feeds: the only one is the end.
        let mut line = message.to_string();
        line.push('\n');

        // Held for the whole message: writes above PIPE_BUF are not atomic.
        let mut guard = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pipe) = guard.as_ref() else { return };
        if self.write_all(pipe, line.as_bytes()).is_ok() {
            for fd in fds {
                let _ = fd.into_raw_fd();
            }
        } else {
            // Half a message may be in the pipe: nothing can follow it.
            *guard = None;
        }
    }

    /// The reader sees the end of the pipe; later answers are dropped. `stop` must be set already, for
    /// otherwise this waits for a thread that waits for the reader.
    pub fn close(&self) {
        *self.pipe.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn write_all(&self, pipe: &OwnedFd, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            match rustix::io::write(pipe, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait_for_room(pipe)?,
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    fn wait_for_room(&self, pipe: &OwnedFd) -> Result<(), Errno> {
        let mut fds = [
            PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::OUT),
            PollFd::from_borrowed_fd(self.stop.as_fd(), PollFlags::IN),
        ];
        match rustix::event::poll(&mut fds, None) {
            Ok(_) if !fds[1].revents().is_empty() => Err(Errno::CANCELED),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }
}
