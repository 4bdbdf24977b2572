//! A NIC that its driver has set up.

use std::io;

use virtio_bindings::virtio_net::{
    VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_MQ,
};

use super::control::{self, Command};
use super::host::Host;
use super::offloads;
use super::pairs::{OTHERS, Pairs};
use crate::device::{AGAIN, Activation, Failure, Interrupt, Progress};
use crate::devices::ring::Ring;
use crate::worker::{EventFlags, Poll};

// Tokens.
const LIMITER: u32 = OTHERS;
const CONTROL: u32 = OTHERS + 1;

/// What a NIC has while a driver uses it.
pub struct Active {
    features: u64,
    interrupt: Interrupt,
    pairs: Pairs,
    control: Option<Control>,
    /// The driver knows that the link is down.
    told_link: bool,
}

struct Control {
    ring: Ring,
    again: bool,
}

impl Active {
    /// With nothing started, so that [`Self::stop`] undoes what a failed [`Self::start`] has done.
    pub fn new(activation: &Activation) -> Self {
        Active {
            features: activation.features,
            interrupt: activation.interrupt.clone(),
            pairs: Pairs::default(),
            control: None,
            told_link: false,
        }
    }

    fn has(&self, feature: u32) -> bool {
        self.features & (1 << feature) != 0
    }

    /// # Errors
    /// As of [`crate::device::Device::activate`].
    pub fn start(
        &mut self,
        mut activation: Activation,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        if !host.set_offloads(self.features)? {
            return Err(Failure::Guest(
                "the driver took segments without checksums".to_owned(),
            ));
        }
        if let Some(timer) = host.limiter.fd() {
            poll.add(timer, LIMITER, EventFlags::IN)
                .map_err(|error| Failure::Host(format!("a timer cannot be watched: {error}")))?;
        }
        let pairs = if self.has(VIRTIO_NET_F_MQ) {
            host.taps.len()
        } else {
            1
        };
        for pair in 0..pairs {
            // A driver may leave out those that it will not use, but for the first.
            let queues = match [activation.take(2 * pair), activation.take(2 * pair + 1)] {
                [Ok(receive), Ok(send)] => [receive, send],
                [Err(missing), _] | [_, Err(missing)] if pair == 0 => return Err(missing),
                _ => break,
            };
            let with = (&activation.memory, self.features, &self.interrupt);
            self.pairs.add(queues, with, host, poll)?;
        }
        // Virtio 1.2, section 5.1.2: behind all pairs, or behind the only one.
        if self.has(VIRTIO_NET_F_CTRL_VQ) {
            let queue = activation.take(2 * pairs)?;
            let ring = Ring::new(queue, activation.memory, activation.interrupt);
            ring.watch(CONTROL, poll)?;
            self.control = Some(Control { ring, again: false });
        }
        self.pairs.enable(1, host, poll)?;
        host.tell_link(&mut self.told_link, &self.interrupt);
        Ok(())
    }

    /// # Errors
    /// As of [`crate::device::Device::handle`].
    pub fn handle(
        &mut self,
        token: u32,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<Progress, Failure> {
        match token {
            AGAIN => {
                if self.control.as_ref().is_some_and(|control| control.again) {
                    self.control(host, poll)?;
                }
                self.pairs.go_on(host, poll)?;
            }
            LIMITER => {
                host.limiter.expired();
                self.pairs.may_pass(host, poll)?;
            }
            CONTROL => self.control(host, poll)?,
            _ => self.pairs.handle(token, host, poll)?,
        }
        host.tell_link(&mut self.told_link, &self.interrupt);
        let again = self.control.as_ref().is_some_and(|control| control.again);
        Ok(if again || self.pairs.wants_turn() {
            Progress::More
        } else {
            Progress::Done
        })
    }

    fn control(&mut self, host: &mut Host, poll: &mut Poll<'_>) -> Result<(), Failure> {
        // Out of its place, since commands are about everything else.
        let Some(mut control) = self.control.take() else {
            return Ok(());
        };
        let done = control::run(&mut control.ring, |command| match command {
            Command::Pairs(pairs) if self.has(VIRTIO_NET_F_MQ) => {
                self.pairs.enable(pairs.into(), host, poll)
            }
            // Only what was negotiated can be turned off and on.
            Command::Offloads(wanted)
                if self.has(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS)
                    && wanted & !(self.features & offloads::changeable()) == 0 =>
            {
                host.set_offloads(wanted)
            }
            Command::Pairs(_) | Command::Offloads(_) => Ok(false),
        });
        control.again = *done.as_ref().unwrap_or(&false);
        self.control = Some(control);
        done.map(|_| ())
    }

    /// # Errors
    /// The kernel still works on a pair.
    pub fn stop(self, host: &mut Host, poll: &mut Poll<'_>) -> io::Result<()> {
        if let Some(control) = &self.control {
            control.ring.unwatch(poll);
        }
        if let Some(timer) = host.limiter.fd() {
            // It is not there if the start failed before it.
            let _ = poll.remove(timer);
        }
        self.pairs.stop(host, poll)
    }
}
