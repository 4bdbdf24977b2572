//! A pair of queues at work in this process: when which direction runs.
//!
//! Doorbells and the tap are watched as edges. A direction that has stopped goes on at what it stopped for, and at nothing else:
//! while the driver gives no buffers nobody looks at the tap, while the tap is full nobody looks at the queue.

use std::os::fd::AsFd;

use super::pair::{Receiver, Sender};
use super::tap::Tap;
use super::watch::{Stop, Watch};
use crate::device::Failure;
use crate::rate_limiter::RateLimiter;
use crate::worker::Poll;

/// Both directions of a pair.
pub struct Carrier {
    receiver: Receiver,
    sender: Sender,
    receive: Stop,
    send: Stop,
    /// Of the tap, while the pair is enabled.
    watched: Option<Watch>,
}

impl Carrier {
    /// Disabled, with its doorbells watched by these tokens.
    ///
    /// # Errors
    /// As of [`crate::devices::ring::Ring::watch`].
    pub fn new(
        mut receiver: Receiver,
        mut sender: Sender,
        (receive_token, send_token): (u32, u32),
        poll: &mut Poll<'_>,
    ) -> Result<Self, Failure> {
        receiver.ring().watch(receive_token, poll)?;
        sender.ring().watch(send_token, poll)?;
        Ok(Carrier {
            receiver,
            sender,
            receive: Stop::Blocked,
            send: Stop::Empty,
            watched: None,
        })
    }

    /// Packets come from now on.
    ///
    /// # Errors
    /// [`Failure::Host`] when the tap cannot be watched.
    pub fn enable(&mut self, tap: &Tap, token: u32, poll: &mut Poll<'_>) -> Result<(), Failure> {
        self.watched = Some(Watch::new(tap, token, poll)?);
        // As if the driver had given buffers, which it may have.
        self.receive = Stop::Batch;
        Ok(())
    }

    /// No packet comes any more.
    pub fn disable(&mut self, tap: &Tap, poll: &mut Poll<'_>) {
        if self.watched.take().is_some() {
            // It was added.
            let _ = poll.remove(tap);
        }
    }

    /// Nothing calls the device for this pair any more.
    pub fn unwatch(&mut self, tap: &Tap, poll: &mut Poll<'_>) {
        self.disable(tap, poll);
        self.receiver.ring().unwatch(poll);
        self.sender.ring().unwatch(poll);
    }

    /// The driver gave buffers.
    ///
    /// # Errors
    /// Those of the queue, and [`Failure::Host`] when the tap cannot be watched.
    pub fn buffers_came(
        &mut self,
        tap: &Tap,
        limiter: &mut RateLimiter,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        self.run(self.receive == Stop::Blocked, false, tap, limiter, poll)
    }

    /// The driver gave packets.
    ///
    /// # Errors
    /// As of [`Self::buffers_came`].
    pub fn packets_came(
        &mut self,
        tap: &Tap,
        limiter: &mut RateLimiter,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        self.run(false, self.send == Stop::Empty, tap, limiter, poll)
    }

    /// The tap has packets, or takes some again.
    ///
    /// # Errors
    /// As of [`Self::buffers_came`].
    pub fn tap_is_ready(
        &mut self,
        tap: &Tap,
        limiter: &mut RateLimiter,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let (receive, send) = (self.receive == Stop::Empty, self.send == Stop::Blocked);
        self.run(receive, send, tap, limiter, poll)
    }

    /// Another turn.
    ///
    /// # Errors
    /// As of [`Self::buffers_came`].
    pub fn go_on(
        &mut self,
        tap: &Tap,
        limiter: &mut RateLimiter,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let (receive, send) = (self.receive == Stop::Batch, self.send == Stop::Batch);
        self.run(receive, send, tap, limiter, poll)
    }

    /// The limit lets something pass again.
    ///
    /// # Errors
    /// As of [`Self::buffers_came`].
    pub fn may_pass(
        &mut self,
        tap: &Tap,
        limiter: &mut RateLimiter,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let (receive, send) = (self.receive == Stop::Limited, self.send == Stop::Limited);
        self.run(receive, send, tap, limiter, poll)
    }

    /// Whether it wants another turn.
    #[must_use]
    pub fn wants_turn(&self) -> bool {
        self.receive == Stop::Batch && self.watched.is_some() || self.send == Stop::Batch
    }

    /// Whether the tap was found to be gone.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.receive == Stop::Gone
    }

    fn run(
        &mut self,
        receive: bool,
        send: bool,
        tap: &Tap,
        limiter: &mut RateLimiter,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        if receive && self.watched.is_some() {
            self.receive = self.receiver.run(tap.as_fd(), limiter)?;
        }
        if send {
            self.send = self.sender.run(tap.as_fd(), limiter)?;
        }
        if self.receive == Stop::Gone {
            self.disable(tap, poll);
        }
        match &mut self.watched {
            Some(watch) => {
                let refused = send && self.send == Stop::Blocked;
                watch.set(tap, (self.receive, self.send), refused, poll)
            }
            None => Ok(()),
        }
    }
}
