//! What keeps a device below a number of bytes and of operations in a second.
//!
//! Each of the two is a token bucket, kept as the time at which what has passed so far is paid for. Something may
//! pass when nothing is owed, however large it is, and is charged when its size is known: so nothing has to be put back
//! into a queue, and what is larger than the bucket passes too. On the average the limit holds exactly. Who has not
//! used it for a while may then be quick for [`BURST`].

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};

use crate::config::RateLimit;

/// What a limit that was not used saves up: the bucket's depth, as the time in which it fills.
const BURST: Duration = Duration::from_millis(100);
/// Costs are in picoseconds: a byte of a fast disk costs less than a nanosecond.
const PICOSECONDS: u128 = 1_000_000_000_000;

/// A [`RateLimit`] at work. Without one it lets everything pass, and has no descriptor.
#[derive(Debug)]
pub struct RateLimiter {
    bytes: Option<Bucket>,
    operations: Option<Bucket>,
    timer: Option<OwnedFd>,
    /// What the timer waits for, so that it is not set again and again.
    armed: Option<Duration>,
}

impl RateLimiter {
    /// # Errors
    /// As timerfd_create(2).
    pub fn new(limit: Option<RateLimit>) -> io::Result<Self> {
        let limit = limit.unwrap_or_default();
        let bytes = Bucket::new(limit.bytes_per_second);
        let operations = Bucket::new(limit.operations_per_second);
        let timer = if bytes.is_some() || operations.is_some() {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            Some(timerfd_create(TimerfdClockId::Monotonic, flags)?)
        } else {
            None
        };
        Ok(RateLimiter {
            bytes,
            operations,
            timer,
            armed: None,
        })
    }

    /// Becomes readable when something may pass after [`Self::ready`] has said no. To be watched for input, and
    /// answered with [`Self::expired`].
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.timer.as_ref().map(OwnedFd::as_fd)
    }

    /// Whether something may pass now. If not, the descriptor tells when to ask again.
    ///
    /// # Errors
    /// As timerfd_settime(2): nobody would tell then.
    pub fn ready(&mut self) -> io::Result<bool> {
        if self.timer.is_none() {
            return Ok(true);
        }
        let paid = self.paid();
        if paid <= now() {
            return Ok(true);
        }
        self.arm(paid)?;
        Ok(false)
    }

    /// One operation with so many bytes has passed.
    pub fn charge(&mut self, bytes: u64) {
        if self.timer.is_some() {
            self.charge_at(bytes, now());
        }
    }

    /// The descriptor was readable.
    pub fn expired(&mut self) {
        self.armed = None;
        if let Some(timer) = &self.timer {
            // Nothing there is no error: ready() looks at the clock in any case.
            let _ = rustix::io::read(timer, &mut [0; 8]);
        }
    }

    fn charge_at(&mut self, bytes: u64, now: Duration) {
        if let Some(bucket) = &mut self.bytes {
            bucket.charge(bytes, now);
        }
        if let Some(bucket) = &mut self.operations {
            bucket.charge(1, now);
        }
    }

    /// When nothing is owed any more.
    fn paid(&self) -> Duration {
        let buckets = [&self.bytes, &self.operations].into_iter().flatten();
        buckets.map(Bucket::paid).max().unwrap_or_default()
    }

    fn arm(&mut self, at: Duration) -> io::Result<()> {
        let (Some(timer), true) = (&self.timer, self.armed != Some(at)) else {
            return Ok(());
        };
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let spec = Itimerspec {
            it_interval: zero,
            it_value: Timespec::try_from(at)
                .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
        };
        timerfd_settime(timer, TimerfdTimerFlags::ABSTIME, &spec)?;
        self.armed = Some(at);
        Ok(())
    }
}

#[derive(Debug)]
struct Bucket {
    per_second: u64,
    /// In picoseconds of the clock.
    paid: u128,
}

impl Bucket {
    fn new(per_second: u64) -> Option<Self> {
        (per_second > 0).then_some(Bucket {
            per_second,
            paid: 0,
        })
    }

    fn charge(&mut self, tokens: u64, now: Duration) {
        let full = now.saturating_sub(BURST).as_nanos() * 1000;
        let cost = (u128::from(tokens) * PICOSECONDS).div_ceil(self.per_second.into());
        self.paid = self.paid.max(full).saturating_add(cost);
    }

    /// Never before it is.
    fn paid(&self) -> Duration {
        let nanoseconds = self.paid.div_ceil(1000);
        // A timer takes as many seconds as an i64 has; nobody waits for so long.
        let last = (1u128 << 62) - 1;
        Duration::from_nanos(nanoseconds.min(last) as u64)
    }
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // It began at zero, when the host did.
    Duration::try_from(now).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;

    fn limiter(bytes_per_second: u64, operations_per_second: u64) -> RateLimiter {
        let limit = RateLimit {
            bytes_per_second,
            operations_per_second,
        };
        RateLimiter::new(Some(limit)).unwrap()
    }

    fn readable(limiter: &RateLimiter, timeout: Duration) -> bool {
        let fd = limiter.fd().unwrap();
        let timeout = Timespec::try_from(timeout).unwrap();
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        poll(&mut fds, Some(&timeout)).unwrap() == 1
    }

    /// How many operations of so many bytes pass in ten seconds, by a clock of the test's own.
    fn passed(limiter: &mut RateLimiter, bytes: u64) -> u64 {
        let begin = Duration::from_secs(1000);
        let mut now = begin;
        let mut count = 0;
        while now < begin + Duration::from_secs(10) {
            if limiter.paid() <= now {
                limiter.charge_at(bytes, now);
                count += 1;
            } else {
                now = limiter.paid();
            }
        }
        count
    }

    #[test]
    fn without_a_limit_everything_passes() {
        for limit in [None, Some(RateLimit::default())] {
            let mut limiter = RateLimiter::new(limit).unwrap();
            assert!(limiter.fd().is_none());
            for _ in 0..100 {
                limiter.charge(u64::MAX);
                assert!(limiter.ready().unwrap());
            }
        }
    }

    #[test]
    fn the_lower_limit_holds_and_a_burst_comes_once() {
        // Ten seconds and a tenth of one, and the one that is owed.
        for (bytes, operations, size, expected) in [
            (0, 100, 1 << 30, 1010),
            (1_000_000, 0, 1000, 10_100),
            (1_000_000, 100, 1000, 1010),
            (1_000_000, 100_000, 1000, 10_100),
            // Larger than what a burst saves up.
            (1_000_000, 0, 5_000_000, 3),
            (3_000_000_000, 0, 1_000_000, 30_300),
        ] {
            let mut limiter = limiter(bytes, operations);
            let count = passed(&mut limiter, size);
            assert!(
                (expected..=expected + 1).contains(&count),
                "{count} of {expected}"
            );
        }
    }

    #[test]
    fn the_descriptor_tells_when_to_go_on() {
        let mut limiter = limiter(0, 20);
        while limiter.ready().unwrap() {
            limiter.charge(0);
        }
        assert!(readable(&limiter, Duration::from_secs(10)));
        limiter.expired();
        assert!(!readable(&limiter, Duration::ZERO));
        assert!(limiter.ready().unwrap());
    }

    #[test]
    fn sizes_and_rates_without_measure_do_no_harm() {
        let mut slow = limiter(1, 1);
        for _ in 0..100 {
            slow.charge(u64::MAX);
            assert!(!slow.ready().unwrap());
        }
        let mut fast = limiter(u64::MAX, u64::MAX);
        fast.charge(0);
        assert!(fast.ready().unwrap());
        fast.charge(u64::MAX);
        assert!(!fast.ready().unwrap());
    }
}
