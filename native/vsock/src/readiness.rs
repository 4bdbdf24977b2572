//! What the joined file descriptors report, and what follows from it.

use rustix::event::{Timespec, epoll};

use crate::error::Broken;
use crate::header::SHUTDOWN_BOTH;
use crate::join::Phase as JoinPhase;
use crate::muxer::Muxer;
use crate::stream::Key;

/// Events taken from the epoll set at once.
const EVENTS: usize = 32;

impl Muxer {
    /// Handles what the joined file descriptors reported; to be called when [`Self::as_fd`] is
    /// readable. Handles a bounded number of events.
    ///
    /// # Errors
    /// Those of epoll_wait(2), except EINTR.
    pub fn handle_fds(&mut self) -> std::io::Result<()> {
        let mut events = Vec::with_capacity(EVENTS);
        match epoll::wait(
            &self.epoll,
            rustix::buffer::spare_capacity(&mut events),
            Some(&Timespec::default()),
        ) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events {
            self.handle_fd(event.data.u64(), event.flags);
        }
        Ok(())
    }

    fn handle_fd(&mut self, token: u64, flags: epoll::EventFlags) {
        let port = token as u32;
        let Some(join) = self.joins.get_mut(&port) else {
            return;
        };
        // An event of this batch may be meant for a join that has ended and was replaced since.
        if u64::from(join.generation) != token >> 32 {
            return;
        }
        join.fd.note(flags);
        let result = join.flush();
        let hung_up = join.fd.hangup && join.input_done;
        let key = match join.phase {
            JoinPhase::Reserved => return,
            JoinPhase::Connected(key) => key,
            JoinPhase::Draining(error) => {
                let error = match result {
                    Err(errno) => Some(Broken::write(port, errno)),
                    Ok(_) if join.is_empty() => error,
                    Ok(_) => return,
                };
                self.end_join(port, error);
                return;
            }
        };
        match result {
            Err(errno) => {
                self.fail(key, Broken::write(port, errno));
                return;
            }
            Ok(0) => {}
            Ok(count) => self.forwarded(key, count),
        }
        if hung_up && let Some(stream) = self.streams.get_mut(&key) {
            stream.shut(SHUTDOWN_BOTH);
        }
        self.settle(key);
        self.schedule(key);
    }

    /// Counts bytes that reached the joined file descriptor.
    pub(crate) fn forwarded(&mut self, key: Key, count: usize) {
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.granted.forward(count);
            stream.wanted.credit |= stream.granted.worth_telling();
        }
    }
}
