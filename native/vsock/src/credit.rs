//! Credit flow control (virtio 1.2, section 5.10.6.3), both directions.
//!
//! Counters are 32 bits wide and wrap; only differences mean anything.

use std::num::Wrapping;

/// The receiver's free space below which it is told of every gain, in bytes. It is the largest
/// payload that Linux puts into one packet.
const LOW_WATER: u32 = 64 * 1024;

/// The guest sent more than it had been granted.
#[derive(Debug, PartialEq, Eq)]
pub struct Overrun;

/// The credit that we grant to the guest for one stream.
#[derive(Debug)]
pub struct Granted {
    buf_alloc: u32,
    received: Wrapping<u32>,
    forwarded: Wrapping<u32>,
    told: Wrapping<u32>,
}

impl Granted {
    /// `buf_alloc`: bytes that we are ready to hold for this stream.
    #[must_use]
    pub fn new(buf_alloc: u32) -> Self {
        Granted {
            buf_alloc,
            received: Wrapping(0),
            forwarded: Wrapping(0),
            told: Wrapping(0),
        }
    }

    /// Counts `len` bytes from the guest.
    ///
    /// # Errors
    /// [`Overrun`] when we would hold more than `buf_alloc` bytes.
    pub fn receive(&mut self, len: u32) -> Result<(), Overrun> {
        let held = (self.received - self.forwarded).0;
        match held.checked_add(len) {
            Some(total) if total <= self.buf_alloc => {
                self.received += Wrapping(len);
                Ok(())
            }
            _ => Err(Overrun),
        }
    }

    /// Counts bytes that left our buffer. The caller never forwards more than it received.
    pub fn forward(&mut self, len: usize) {
        // A single call moves at most `buf_alloc` bytes, which fits.
        self.forwarded += Wrapping(len as u32);
    }

    /// `buf_alloc` and `fwd_cnt` for a packet that is about to be sent.
    pub fn tell(&mut self) -> (u32, u32) {
        self.told = self.forwarded;
        (self.buf_alloc, self.forwarded.0)
    }

    /// Whether a CREDIT_UPDATE of its own is worth its cost: the guest is about to run dry, or a
    /// good part of the buffer is free again without its knowledge.
    #[must_use]
    pub fn worth_telling(&self) -> bool {
        let gain = (self.forwarded - self.told).0;
        let known_free = self.buf_alloc.saturating_sub((self.received - self.told).0);
        gain > 0 && (known_free < LOW_WATER || gain >= self.buf_alloc / 2)
    }
}

/// The credit that the guest grants to us for one stream.
#[derive(Debug, Default)]
pub struct Allowance {
    buf_alloc: u32,
    fwd_cnt: Wrapping<u32>,
    sent: Wrapping<u32>,
}

impl Allowance {
    /// Takes over what a header says. Whatever a hostile guest claims, the worst is that it gets
    /// more than it can hold, or nothing.
    pub fn update(&mut self, buf_alloc: u32, fwd_cnt: u32) {
        self.buf_alloc = buf_alloc;
        self.fwd_cnt = Wrapping(fwd_cnt);
    }

    /// Bytes that may be sent now.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.buf_alloc.saturating_sub((self.sent - self.fwd_cnt).0)
    }

    /// Counts bytes that were sent; at most [`Self::available`].
    pub fn send(&mut self, len: u32) {
        self.sent += Wrapping(len);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn refuses_what_was_not_granted() {
        let mut granted = Granted::new(100);
        assert_eq!(granted.receive(60), Ok(()));
        assert_eq!(granted.receive(41), Err(Overrun));
        assert_eq!(granted.receive(40), Ok(()));
        assert_eq!(granted.receive(1), Err(Overrun));
        granted.forward(10);
        assert_eq!(granted.receive(10), Ok(()));
        assert_eq!(granted.receive(u32::MAX), Err(Overrun));
    }

    #[test]
    fn counters_wrap() {
        let mut granted = Granted::new(1 << 20);
        let mut allowance = Allowance::default();
        allowance.update(1 << 20, 0);
        for round in 0u64..10_000 {
            assert_eq!(allowance.available(), 1 << 20);
            allowance.send(1 << 20);
            assert_eq!(granted.receive(1 << 20), Ok(()));
            assert_eq!(allowance.available(), 0);
            granted.forward(1 << 20);
            let (buf_alloc, fwd_cnt) = granted.tell();
            assert_eq!(u64::from(fwd_cnt), ((round + 1) << 20) & 0xffff_ffff);
            allowance.update(buf_alloc, fwd_cnt);
        }
    }

    #[test]
    fn tells_when_the_guest_runs_dry_and_not_before() {
        let mut granted = Granted::new(256 * 1024);
        granted.receive(1000).unwrap();
        granted.forward(1000);
        assert!(!granted.worth_telling());
        granted.receive(250 * 1024).unwrap();
        assert!(granted.worth_telling());
        granted.tell();
        assert!(!granted.worth_telling(), "nothing new to tell");
        granted.forward(4096);
        assert!(granted.worth_telling());
    }

    #[test]
    fn absurd_claims_of_the_guest_give_no_credit() {
        let mut allowance = Allowance::default();
        allowance.update(1000, 5000);
        assert_eq!(allowance.available(), 0);
        allowance.update(u32::MAX, 0);
        assert_eq!(allowance.available(), u32::MAX);
    }
}
