//! For what the host's side of a NIC is watched: for nothing that its directions do not wait for.

use std::os::fd::AsFd;

use crate::device::Failure;
use crate::worker::{EventFlags, Poll};

/// Why one direction does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is there to carry.
    Empty,
    /// The other side takes nothing: the driver gave no buffers; the host has no room.
    Blocked,
    /// Others have their turn.
    Batch,
    /// Enough was carried for now.
    Limited,
    /// There is no other side any more.
    Gone,
}

/// Edges of a descriptor. One that was not watched for something is looked at when that begins, so that none is missed.
pub struct Watch {
    token: u32,
    interest: EventFlags,
}

impl Watch {
    /// For nothing yet but its end.
    ///
    /// # Errors
    /// [`Failure::Host`], as epoll_ctl(2).
    pub fn new(fd: impl AsFd, token: u32, poll: &mut Poll<'_>) -> Result<Self, Failure> {
        let interest = EventFlags::ET;
        poll.add(fd, token, interest).map_err(unwatched)?;
        Ok(Watch { token, interest })
    }

    /// `receive`, `send`: what each direction waits for. `refused`: the host has just refused something, and has to be asked to
    /// tell when it has room, also if it was asked before.
    ///
    /// # Errors
    /// As of [`Self::new`].
    pub fn set(
        &mut self,
        fd: impl AsFd,
        (receive, send): (Stop, Stop),
        refused: bool,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let mut wanted = self.interest;
        match receive {
            Stop::Empty => wanted |= EventFlags::IN,
            Stop::Blocked | Stop::Limited => wanted &= !EventFlags::IN,
            // It looks by itself soon, whatever comes meanwhile.
            Stop::Batch | Stop::Gone => {}
        }
        wanted.set(EventFlags::OUT, send == Stop::Blocked);
        if refused || wanted != self.interest {
            poll.modify(fd, self.token, wanted).map_err(unwatched)?;
            self.interest = wanted;
        }
        Ok(())
    }
}

fn unwatched(error: std::io::Error) -> Failure {
    Failure::Host(format!("a NIC's descriptor cannot be watched: {error}"))
}
