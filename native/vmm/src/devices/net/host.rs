//! What a NIC has of the host.

use std::io;
use std::sync::Arc;

use super::address::set_link_down;
use super::counters::Counters;
use super::offloads;
use super::tap::Tap;
use super::vhost::Vhost;
use crate::device::{Configuration, Failure, Interrupt};
use crate::rate_limiter::RateLimiter;

/// From the beginning of a NIC to its end.
pub struct Host {
    /// One for each pair of queues.
    pub taps: Vec<Tap>,
    /// One for each pair, or none.
    pub vhost: Vec<Vhost>,
    /// Of both directions.
    pub limiter: RateLimiter,
    /// What went through this process.
    pub counters: Arc<Counters>,
    /// What the driver reads.
    pub configuration: Arc<Configuration>,
    /// The taps' device was found to be gone. That is no fault: the NIC's link is down then, and what the guest sends is lost.
    pub gone: bool,
}

impl Host {
    /// What the driver may be sent. False: a driver must not take these.
    ///
    /// # Errors
    /// [`Failure::Host`] when the tap refuses it.
    pub fn set_offloads(&mut self, features: u64) -> Result<bool, Failure> {
        let (Some(flags), Some(tap)) = (offloads::for_tap(features), self.taps.first()) else {
            return Ok(false);
        };
        let set = tap.set_offloads(flags);
        self.unless_gone(set, "a tap's offloads cannot be set")?;
        Ok(true)
    }

    /// What failed since the taps' device is gone did not fail.
    ///
    /// # Errors
    /// [`Failure::Host`] with any other reason.
    pub fn unless_gone(&mut self, result: io::Result<()>, what: &str) -> Result<(), Failure> {
        match result {
            Err(error) if error.raw_os_error() == Some(libc::EBADFD) => self.gone = true,
            Err(error) => return Err(Failure::Host(format!("{what}: {error}"))),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Tells the driver, once, that the link is down if it is.
    pub fn tell_link(&mut self, told: &mut bool, interrupt: &Interrupt) {
        if self.gone && !std::mem::replace(told, true) {
            self.configuration.update(set_link_down);
            interrupt.configuration_changed();
        }
    }
}
