//! A NIC that its driver has set up.

use std::io;
use std::sync::Arc;

use virtio_bindings::virtio_net::{
    VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_MQ, VIRTIO_NET_F_MRG_RXBUF,
};

use super::address::set_link_down;
use super::buffers::Buffers;
use super::carrier::Carrier;
use super::control::{self, Command};
use super::counters::Counters;
use super::offloads;
use super::pair::{Receiver, Sender};
use super::tap::Tap;
use super::vhost::Vhost;
use crate::device::{AGAIN, Activation, Configuration, Failure, Interrupt, Progress, Virtqueue};
use crate::devices::ring::Ring;
use crate::rate_limiter::RateLimiter;
use crate::worker::{EventFlags, Poll};

// Tokens: those of the queues are their numbers, below 1024; those of a pair's other descriptors have its number added.
const TAPS: u32 = 1 << 10;
const BROKEN: u32 = 2 << 10;
const LIMITER: u32 = 3 << 10;

/// What a NIC has of the host, from the beginning to the end.
pub struct Host {
    /// One for each pair.
    pub taps: Vec<Tap>,
    /// One for each pair, or none.
    pub vhost: Vec<Vhost>,
    /// Of both directions.
    pub limiter: RateLimiter,
    /// What went through this process.
    pub counters: Arc<Counters>,
    /// What the driver reads.
    pub configuration: Arc<Configuration>,
}

/// What it has while a driver uses it.
pub struct Active {
    features: u64,
    interrupt: Interrupt,
    /// None: vhost-net carries the pair, or its driver did not set it up.
    carriers: Vec<Option<Carrier>>,
    /// How many pairs the driver uses.
    enabled: usize,
    control: Option<Control>,
    /// The taps' device was found to be gone.
    gone: bool,
}

struct Control {
    ring: Ring,
    token: u32,
    again: bool,
}

impl Active {
    /// With nothing started, so that [`Self::stop`] undoes what a failed [`Self::start`] has done.
    pub fn new(activation: &Activation) -> Self {
        Active {
            features: activation.features,
            interrupt: activation.interrupt.clone(),
            carriers: Vec::new(),
            enabled: 0,
            control: None,
            gone: false,
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
        if !self.set_offloads(self.features, host)? {
            return Err(Failure::Guest(
                "the driver took segments without checksums".to_owned(),
            ));
        }
        if let Some(timer) = host.limiter.fd() {
            poll.add(timer, LIMITER, EventFlags::IN)
                .map_err(unwatched)?;
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
            self.add_pair(pair, queues, &activation, host, poll)?;
        }
        // Virtio 1.2, section 5.1.2: behind all pairs, or behind the only one.
        if self.has(VIRTIO_NET_F_CTRL_VQ) {
            let queue = activation.take(2 * pairs)?;
            let ring = Ring::new(queue, activation.memory, activation.interrupt);
            let token = 2 * pairs as u32;
            ring.watch(token, poll)?;
            self.control = Some(Control {
                ring,
                token,
                again: false,
            });
        }
        self.enable(1, host, poll).map(|_| ())
    }

    fn add_pair(
        &mut self,
        pair: usize,
        queues: [Virtqueue; 2],
        activation: &Activation,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let memory = &activation.memory;
        if let Some(vhost) = host.vhost.get_mut(pair) {
            vhost
                .start(memory, self.features, queues, &self.interrupt)
                .map_err(|error| Failure::Host(format!("vhost-net refuses a queue: {error}")))?;
            if let Some(broken) = vhost.broken() {
                let token = BROKEN + pair as u32;
                poll.add(broken, token, EventFlags::IN).map_err(unwatched)?;
            }
            self.carriers.push(None);
            return Ok(());
        }
        let ring = |queue| Ring::new(queue, Arc::clone(memory), self.interrupt.clone());
        let [receive, send] = queues.map(ring);
        let mergeable = self.has(VIRTIO_NET_F_MRG_RXBUF);
        let receiver = Receiver::new(
            Buffers::new(receive, mergeable),
            offloads::has_segments(self.features),
            Arc::clone(&host.counters),
        );
        let sender = Sender::new(send, Arc::clone(&host.counters));
        let token = 2 * pair as u32;
        let carrier = Carrier::new(receiver, sender, (token, token + 1), poll)?;
        self.carriers.push(Some(carrier));
        Ok(())
    }

    /// The first `pairs` carry packets, the others do not. False: there are not so many.
    fn enable(
        &mut self,
        pairs: usize,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<bool, Failure> {
        if pairs == 0 || pairs > self.carriers.len() {
            return Ok(false);
        }
        let old = std::mem::replace(&mut self.enabled, pairs);
        for pair in old..pairs {
            self.enable_pair(pair, host, poll)?;
        }
        for pair in pairs..old {
            self.disable_pair(pair, host, poll)
                .map_err(|error| Failure::Host(format!("vhost-net does not stop: {error}")))?;
        }
        Ok(true)
    }

    fn enable_pair(
        &mut self,
        pair: usize,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let Some(tap) = host.taps.get_mut(pair) else {
            return Ok(());
        };
        if let Err(error) = tap.set_attached(true) {
            return self.is_gone_by(&error, host, "a tap's queue cannot be attached");
        }
        if let Some(Some(carrier)) = self.carriers.get_mut(pair) {
            carrier.enable(tap, TAPS + pair as u32, poll)?;
        } else if let Some(vhost) = host.vhost.get(pair)
            && let Err(error) = vhost.enable(tap)
        {
            return self.is_gone_by(&error, host, "vhost-net refuses a tap");
        }
        Ok(())
    }

    /// # Errors
    /// The kernel still works on the pair.
    fn disable_pair(
        &mut self,
        pair: usize,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> io::Result<()> {
        let Some(tap) = host.taps.get_mut(pair) else {
            return Ok(());
        };
        if let Some(Some(carrier)) = self.carriers.get_mut(pair) {
            carrier.disable(tap, poll);
        } else if let Some(vhost) = host.vhost.get(pair) {
            vhost.disable()?;
        }
        if pair > 0 {
            // It fails when the device is gone, and nothing is attached then.
            let _ = tap.set_attached(false);
        }
        Ok(())
    }

    /// False: a driver must not take these.
    fn set_offloads(&mut self, features: u64, host: &mut Host) -> Result<bool, Failure> {
        let (Some(flags), Some(tap)) = (offloads::for_tap(features), host.taps.first()) else {
            return Ok(false);
        };
        if let Err(error) = tap.set_offloads(flags) {
            self.is_gone_by(&error, host, "a tap's offloads cannot be set")?;
        }
        Ok(true)
    }

    /// That the taps' device was taken away is no fault: the NIC's link is down then.
    fn is_gone_by(&mut self, error: &io::Error, host: &Host, what: &str) -> Result<(), Failure> {
        if error.raw_os_error() != Some(libc::EBADFD) {
            return Err(Failure::Host(format!("{what}: {error}")));
        }
        self.link_is_down(host);
        Ok(())
    }

    fn link_is_down(&mut self, host: &Host) {
        if !std::mem::replace(&mut self.gone, true) {
            host.configuration.update(set_link_down);
            self.interrupt.configuration_changed();
        }
    }

    /// # Errors
    /// As of [`crate::device::Device::handle`].
    pub fn handle(
        &mut self,
        token: u32,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<Progress, Failure> {
        if let Some(control) = &mut self.control
            && (token == control.token || token == AGAIN && control.again)
        {
            self.control(host, poll)?;
        }
        match token {
            AGAIN => self.each(host, |carrier, tap, limiter| {
                carrier.go_on(tap, limiter, poll)
            })?,
            LIMITER => {
                host.limiter.expired();
                self.each(host, |carrier, tap, limiter| {
                    carrier.may_pass(tap, limiter, poll)
                })?;
            }
            BROKEN..LIMITER => {
                let vhost = host.vhost.get((token - BROKEN) as usize);
                if vhost.is_some_and(Vhost::is_broken) {
                    return Err(Failure::Guest("vhost-net found a queue broken".to_owned()));
                }
            }
            TAPS..BROKEN => self.one(token - TAPS, host, |carrier, tap, limiter| {
                carrier.tap_is_ready(tap, limiter, poll)
            })?,
            _ if token.is_multiple_of(2) => {
                self.one(token / 2, host, |carrier, tap, limiter| {
                    carrier.buffers_came(tap, limiter, poll)
                })?
            }
            _ => self.one(token / 2, host, |carrier, tap, limiter| {
                carrier.packets_came(tap, limiter, poll)
            })?,
        }
        if self.carriers.iter().flatten().any(Carrier::is_gone) {
            self.link_is_down(host);
        }
        let mut carriers = self.carriers.iter().flatten();
        let again = self.control.as_ref().is_some_and(|control| control.again)
            || carriers.any(Carrier::wants_turn);
        Ok(if again {
            Progress::More
        } else {
            Progress::Done
        })
    }

    fn one(
        &mut self,
        pair: u32,
        host: &mut Host,
        mut run: impl FnMut(&mut Carrier, &Tap, &mut RateLimiter) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let pair = pair as usize;
        match (self.carriers.get_mut(pair), host.taps.get(pair)) {
            (Some(Some(carrier)), Some(tap)) => run(carrier, tap, &mut host.limiter),
            _ => Ok(()),
        }
    }

    fn each(
        &mut self,
        host: &mut Host,
        mut run: impl FnMut(&mut Carrier, &Tap, &mut RateLimiter) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        (0..self.carriers.len()).try_for_each(|pair| self.one(pair as u32, host, &mut run))
    }

    fn control(&mut self, host: &mut Host, poll: &mut Poll<'_>) -> Result<(), Failure> {
        // Out of its place, since commands are about everything else.
        let Some(mut control) = self.control.take() else {
            return Ok(());
        };
        let done = control::run(&mut control.ring, |command| match command {
            Command::Pairs(pairs) if self.has(VIRTIO_NET_F_MQ) => {
                self.enable(pairs.into(), host, poll)
            }
            // Only what was negotiated can be turned off and on.
            Command::Offloads(wanted)
                if self.has(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS)
                    && wanted & !(self.features & offloads::changeable()) == 0 =>
            {
                self.set_offloads(wanted, host)
            }
            Command::Pairs(_) | Command::Offloads(_) => Ok(false),
        });
        control.again = *done.as_ref().unwrap_or(&false);
        self.control = Some(control);
        done.map(|_| ())
    }

    /// # Errors
    /// The kernel still works on a pair.
    pub fn stop(mut self, host: &mut Host, poll: &mut Poll<'_>) -> io::Result<()> {
        if let Some(control) = &self.control {
            control.ring.unwatch(poll);
        }
        if let Some(timer) = host.limiter.fd() {
            // It is not there if the start failed before it.
            let _ = poll.remove(timer);
        }
        for pair in 0..self.carriers.len() {
            self.disable_pair(pair, host, poll)?;
        }
        for vhost in &mut host.vhost {
            if let Some(broken) = vhost.broken() {
                // As above.
                let _ = poll.remove(broken);
            }
            vhost.stop()?;
        }
        for (carrier, tap) in self.carriers.iter_mut().zip(&host.taps) {
            if let Some(carrier) = carrier {
                carrier.unwatch(tap, poll);
            }
        }
        Ok(())
    }
}

fn unwatched(error: io::Error) -> Failure {
    Failure::Host(format!("a NIC's descriptor cannot be watched: {error}"))
}
