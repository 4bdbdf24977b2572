//! The pairs of queues that a driver has set up, and which of them it uses.

use std::io;
use std::sync::Arc;

use virtio_bindings::virtio_net::VIRTIO_NET_F_MRG_RXBUF;

use super::buffers::Buffers;
use super::carrier::Carrier;
use super::host::Host;
use super::offloads;
use super::pair::{Receiver, Sender};
use super::tap::Tap;
use super::vhost::Vhost;
use crate::device::{Failure, Interrupt, Virtqueue};
use crate::devices::ring::Ring;
use crate::memory::Memory;
use crate::rate_limiter::RateLimiter;
use crate::worker::{EventFlags, Poll};

// Tokens: those of queues are their numbers, below 1024; those of a pair's other descriptors have its number added.
const TAPS: u32 = 1 << 10;
const BROKEN: u32 = 2 << 10;
/// Not one of a pair.
pub const OTHERS: u32 = 3 << 10;

/// Who carries a pair's packets.
enum Pair {
    Here(Box<Carrier>),
    Kernel,
}

/// In the order of their queues.
#[derive(Default)]
pub struct Pairs {
    pairs: Vec<Pair>,
    /// How many of them the driver uses.
    enabled: usize,
}

impl Pairs {
    /// Another one, disabled; the receiving queue first.
    ///
    /// # Errors
    /// [`Failure::Host`] when the kernel does not take it, or does not watch it.
    pub fn add(
        &mut self,
        queues: [Virtqueue; 2],
        (memory, features, interrupt): (&Arc<Memory>, u64, &Interrupt),
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let index = self.pairs.len() as u32;
        if let Some(vhost) = host.vhost.get_mut(self.pairs.len()) {
            self.pairs.push(Pair::Kernel);
            return vhost
                .start(memory, features, queues, interrupt)
                .and_then(|()| poll.add(vhost.broken(), BROKEN + index, EventFlags::IN))
                .map_err(|error| Failure::Host(format!("vhost-net refuses a queue: {error}")));
        }
        let ring = |queue| Ring::new(queue, Arc::clone(memory), interrupt.clone());
        let [receive, send] = queues.map(ring);
        let mergeable = features & (1 << VIRTIO_NET_F_MRG_RXBUF) != 0;
        let receiver = Receiver::new(
            Buffers::new(receive, mergeable),
            offloads::has_segments(features),
            Arc::clone(&host.counters),
        );
        let sender = Sender::new(send, Arc::clone(&host.counters));
        let carrier = Carrier::new(receiver, sender, (2 * index, 2 * index + 1), poll)?;
        self.pairs.push(Pair::Here(Box::new(carrier)));
        Ok(())
    }

    /// The first `count` carry packets, the others do not. False: there are not so many.
    ///
    /// # Errors
    /// [`Failure::Host`] when the kernel does not do it.
    pub fn enable(
        &mut self,
        count: usize,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<bool, Failure> {
        if count == 0 || count > self.pairs.len() {
            return Ok(false);
        }
        let old = std::mem::replace(&mut self.enabled, count);
        for index in old..count {
            self.enable_one(index, host, poll)?;
        }
        for index in count..old {
            self.disable_one(index, host, poll)
                .map_err(|error| Failure::Host(format!("vhost-net does not stop: {error}")))?;
        }
        Ok(true)
    }

    fn enable_one(
        &mut self,
        index: usize,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        let (Some(pair), Some(tap)) = (self.pairs.get_mut(index), host.taps.get_mut(index)) else {
            return Ok(());
        };
        let attached = tap.set_attached(true);
        let enabled = match (pair, host.vhost.get(index)) {
            (Pair::Here(carrier), _) => {
                carrier.enable(tap, TAPS + index as u32, poll)?;
                Ok(())
            }
            (Pair::Kernel, Some(vhost)) => vhost.enable(tap),
            (Pair::Kernel, None) => Ok(()),
        };
        host.unless_gone(attached, "a tap's queue cannot be attached")?;
        host.unless_gone(enabled, "vhost-net refuses a tap")
    }

    /// # Errors
    /// The kernel still works on the pair.
    fn disable_one(
        &mut self,
        index: usize,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> io::Result<()> {
        let (Some(pair), Some(tap)) = (self.pairs.get_mut(index), host.taps.get_mut(index)) else {
            return Ok(());
        };
        match (pair, host.vhost.get(index)) {
            (Pair::Here(carrier), _) => carrier.disable(tap, poll),
            (Pair::Kernel, Some(vhost)) => vhost.disable()?,
            (Pair::Kernel, None) => {}
        }
        if index > 0 {
            // It fails when the device is gone, and nothing is attached then.
            let _ = tap.set_attached(false);
        }
        Ok(())
    }

    /// What `token` is about.
    ///
    /// # Errors
    /// Those of the queues, and [`Failure::Host`] when the kernel does not watch a tap.
    pub fn handle(
        &mut self,
        token: u32,
        host: &mut Host,
        poll: &mut Poll<'_>,
    ) -> Result<(), Failure> {
        match token {
            BROKEN..OTHERS => {
                let vhost = host.vhost.get((token - BROKEN) as usize);
                if vhost.is_some_and(Vhost::is_broken) {
                    return Err(Failure::Guest("vhost-net found a queue broken".to_owned()));
                }
                Ok(())
            }
            TAPS..BROKEN => self.one(token - TAPS, host, |carrier, tap, limiter| {
                carrier.tap_is_ready(tap, limiter, poll)
            }),
            _ if token.is_multiple_of(2) => self.one(token / 2, host, |carrier, tap, limiter| {
                carrier.buffers_came(tap, limiter, poll)
            }),
            _ => self.one(token / 2, host, |carrier, tap, limiter| {
                carrier.packets_came(tap, limiter, poll)
            }),
        }
    }

    /// Another turn for those that want one.
    ///
    /// # Errors
    /// As of [`Self::handle`].
    pub fn go_on(&mut self, host: &mut Host, poll: &mut Poll<'_>) -> Result<(), Failure> {
        self.each(host, |carrier, tap, limiter| {
            carrier.go_on(tap, limiter, poll)
        })
    }

    /// The limit lets something pass again.
    ///
    /// # Errors
    /// As of [`Self::handle`].
    pub fn may_pass(&mut self, host: &mut Host, poll: &mut Poll<'_>) -> Result<(), Failure> {
        self.each(host, |carrier, tap, limiter| {
            carrier.may_pass(tap, limiter, poll)
        })
    }

    /// Whether one wants another turn.
    #[must_use]
    pub fn wants_turn(&self) -> bool {
        self.carriers().any(Carrier::wants_turn)
    }

    fn carriers(&self) -> impl Iterator<Item = &Carrier> {
        self.pairs.iter().filter_map(|pair| match pair {
            Pair::Here(carrier) => Some(&**carrier),
            Pair::Kernel => None,
        })
    }

    fn each(
        &mut self,
        host: &mut Host,
        mut run: impl FnMut(&mut Carrier, &Tap, &mut RateLimiter) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        (0..self.pairs.len()).try_for_each(|index| self.one(index as u32, host, &mut run))
    }

    fn one(
        &mut self,
        index: u32,
        host: &mut Host,
        mut run: impl FnMut(&mut Carrier, &Tap, &mut RateLimiter) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let index = index as usize;
        if let (Some(Pair::Here(carrier)), Some(tap)) =
            (self.pairs.get_mut(index), host.taps.get(index))
        {
            run(carrier, tap, &mut host.limiter)?;
            host.gone |= carrier.is_gone();
        }
        Ok(())
    }

    /// # Errors
    /// The kernel still works on a pair.
    pub fn stop(mut self, host: &mut Host, poll: &mut Poll<'_>) -> io::Result<()> {
        for index in 0..self.pairs.len() {
            self.disable_one(index, host, poll)?;
        }
        for (index, pair) in self.pairs.iter_mut().enumerate() {
            match (pair, host.taps.get(index), host.vhost.get_mut(index)) {
                (Pair::Here(carrier), Some(tap), _) => carrier.unwatch(tap, poll),
                (Pair::Kernel, _, Some(vhost)) => {
                    // It is not there if the start failed before.
                    let _ = poll.remove(vhost.broken());
                    vhost.stop()?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
