//! Whether a worker that is woken takes the CPU from whoever runs there.
//!
//! Where CPUs are short, a guest and its devices share one. A worker that takes it at each notification, as threads do
//! (SCHED_OTHER), takes it from the guest that is about to ask for more: each buffer costs two changes of the thread and an
//! interrupt. One that waits until the guest pauses, or its time slice is over (SCHED_BATCH, sched(7)), finds many at once, and
//! a stream is several times as fast. A guest that waits for each answer is slower that way. So it is tried now and then, and kept for as
//! long as each wake finds more and more gets done. Where the worker finds a CPU that is idle, neither makes a difference.

use std::io;
use std::iter::Sum;
use std::time::{Duration, Instant};

/// How many wakes are looked at together.
const SAMPLE: u32 = 16;
/// For how many samples it is tried: TCP needs some time to send more at once.
const TRIAL: u32 = 8;
/// How many wakes pass until it is tried (again), at first and at most: each time that it does not pay, there are twice as many.
const FIRST_PAUSE: u32 = 64;
const LONGEST_PAUSE: u32 = 1024;
/// A wake has to find so many times as many buffers, from the first sample on, while not less than so much gets done in the same time...
const FOUND: f64 = 1.5;
const WORST: f64 = 0.5;
/// ...and in the end so much.
const DONE: f64 = 1.25;

/// Of sched(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// SCHED_OTHER: who is woken preempts who has had more of the CPU.
    Other,
    /// SCHED_BATCH: who is woken waits.
    Batch,
}

impl Policy {
    /// The calling thread's; None when it has another one, which somebody has given to it.
    #[must_use]
    pub fn current() -> Option<Policy> {
        // SAFETY: no memory is involved.
        match unsafe { libc::sched_getscheduler(0) } {
            libc::SCHED_OTHER => Some(Policy::Other),
            libc::SCHED_BATCH => Some(Policy::Batch),
            _ => None,
        }
    }

    /// Gives it to the calling thread, whose nice value stays.
    ///
    /// # Errors
    /// As sched_setscheduler(2).
    pub fn set(self) -> io::Result<()> {
        let policy = match self {
            Policy::Other => libc::SCHED_OTHER,
            Policy::Batch => libc::SCHED_BATCH,
        };
        // What both of them ask for.
        let parameter = libc::sched_param { sched_priority: 0 };
        // SAFETY: `parameter` outlives the call.
        if unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

/// What the worker has done for drivers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// That were used.
    pub buffers: u64,
    /// That were moved for them.
    pub bytes: u64,
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Work::default(), |sum, one| Work {
            buffers: sum.buffers.saturating_add(one.buffers),
            bytes: sum.bytes.saturating_add(one.bytes),
        })
    }
}

/// What some wakes have come to.
#[derive(Clone, Copy, Debug)]
struct Sample {
    since: Instant,
    wakes: u32,
    work: Work,
}

/// How much of it a wake has found, in buffers, and how much was done in a second, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    found: f64,
    done: f64,
}

impl Sample {
    fn of(since: Instant) -> Self {
        Sample {
            since,
            wakes: 0,
            work: Work::default(),
        }
    }

    fn count(&mut self, work: Work) {
        self.wakes += 1;
        self.work = [self.work, work].into_iter().sum();
    }

    fn rates(&self, now: Instant) -> Rates {
        let time = now.saturating_duration_since(self.since);
        let time = time.max(Duration::from_nanos(1)).as_secs_f64();
        Rates {
            found: self.work.buffers as f64 / f64::from(self.wakes.max(1)),
            done: self.work.bytes as f64 / time,
        }
    }
}

/// Chooses between the two.
#[derive(Debug)]
pub struct Preemption {
    state: State,
    sample: Sample,
    pause: u32,
}

#[derive(Debug)]
enum State {
    /// As SCHED_OTHER: wakes until the other one is tried.
    Other { left: u32 },
    /// As SCHED_BATCH: what SCHED_OTHER came to before that, and how many samples the trial still has.
    Batch { usual: Rates, trial: u32 },
}

impl Preemption {
    /// Of a thread of SCHED_OTHER.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Preemption {
            state: State::Other { left: FIRST_PAUSE },
            sample: Sample::of(now),
            pause: FIRST_PAUSE,
        }
    }

    /// The worker was woken, and has done this before it sleeps again. The answer is what it is to be from now on, when that changes.
    pub fn woken(&mut self, work: Work, now: impl FnOnce() -> Instant) -> Option<Policy> {
        if work.bytes == 0 {
            return None;
        }
        self.sample.count(work);
        match &mut self.state {
            State::Other { left } => {
                *left -= 1;
                if *left == SAMPLE {
                    self.sample = Sample::of(now());
                } else if *left == 0 {
                    let now = now();
                    self.state = State::Batch {
                        usual: self.sample.rates(now),
                        trial: TRIAL,
                    };
                    self.sample = Sample::of(now);
                    return Some(Policy::Batch);
                }
            }
            State::Batch { usual, trial } if self.sample.wakes == SAMPLE => {
                let now = now();
                let Rates { found, done } = self.sample.rates(now);
                self.sample = Sample::of(now);
                *trial = trial.saturating_sub(1);
                let least = if *trial == 0 { DONE } else { WORST };
                if found < FOUND * usual.found || done < least * usual.done {
                    self.state = State::Other { left: self.pause };
                    self.pause = LONGEST_PAUSE.min(2 * self.pause);
                    return Some(Policy::Other);
                }
                if *trial == 0 {
                    self.pause = FIRST_PAUSE;
                }
            }
            State::Batch { .. } => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::driver::{Driver, WRITE};
    use crate::devices::rng::Rng;

    /// What a wake finds, in buffers, how large each is, and how long it is until the next one, in microseconds.
    type Wakes = (u64, u64, u64);

    struct Guest {
        preemption: Preemption,
        policy: Policy,
        now: Instant,
    }

    impl Guest {
        fn new() -> Self {
            let now = Instant::now();
            Guest {
                preemption: Preemption::new(now),
                policy: Policy::Other,
                now,
            }
        }

        /// How many of so many wakes were SCHED_BATCH's.
        fn run(&mut self, wakes: u32, other: Wakes, batch: Wakes) -> u32 {
            let mut batches = 0;
            for _ in 0..wakes {
                let (buffers, size, micros) = match self.policy {
                    Policy::Other => other,
                    Policy::Batch => batch,
                };
                batches += u32::from(self.policy == Policy::Batch);
                self.now += Duration::from_micros(micros);
                let now = self.now;
                // A wake that finds nothing says nothing.
                assert_eq!(self.preemption.woken(Work::default(), || now), None);
                let bytes = buffers * size;
                if let Some(policy) = self.preemption.woken(Work { buffers, bytes }, || now) {
                    assert_ne!(policy, self.policy);
                    self.policy = policy;
                }
            }
            batches
        }
    }

    const ONE_BY_ONE: Wakes = (1, 4096, 100);

    #[test]
    fn it_is_kept_for_as_long_as_it_pays() {
        let mut guest = Guest::new();
        guest.run(FIRST_PAUSE, ONE_BY_ONE, (2, 4096, 300));
        assert_eq!(guest.policy, Policy::Batch);
        // No more is done at first.
        guest.run((TRIAL - 1) * SAMPLE, ONE_BY_ONE, (2, 4096, 300));
        assert_eq!(guest.policy, Policy::Batch);
        let fast = (8, 4096, 200);
        assert_eq!(guest.run(1600, ONE_BY_ONE, fast), 1600);
        // As many buffers, but larger ones.
        let large = (2, 65536, 400);
        assert_eq!(guest.run(1600, ONE_BY_ONE, large), 1600);
        // The guest waits for each answer now.
        guest.run(SAMPLE, ONE_BY_ONE, (1, 4096, 200));
        assert_eq!(guest.policy, Policy::Other);
        // And it is tried again soon.
        guest.run(FIRST_PAUSE, ONE_BY_ONE, fast);
        assert_eq!(guest.policy, Policy::Batch);
    }

    #[test]
    fn it_is_tried_seldom_where_it_does_not_pay() {
        for (why, batch, most) in [
            ("a guest that waits for each answer", (1, 4096, 200), 2),
            ("others have the CPU meanwhile", (8, 4096, 3000), 2),
            ("the guest has a CPU of its own", ONE_BY_ONE, 2),
            ("the same in the same time", (8, 4096, 800), 12),
        ] {
            let mut guest = Guest::new();
            guest.run(10_000, ONE_BY_ONE, batch);
            let batches = guest.run(100_000, ONE_BY_ONE, batch);
            let percent = batches / 1000;
            assert!((1..=most).contains(&percent), "{why}: {percent} of 100");
        }
    }

    #[test]
    fn what_is_compared_is_what_was_just_before() {
        let mut guest = Guest::new();
        // Slow at first; then as fast as SCHED_BATCH.
        let batch = (2, 4096, 200);
        guest.run(FIRST_PAUSE - SAMPLE, (1, 4096, 100_000), batch);
        guest.run(SAMPLE, (1, 4096, 100), batch);
        assert_eq!(guest.run(TRIAL * SAMPLE, ONE_BY_ONE, batch), TRIAL * SAMPLE);
        assert_eq!(guest.policy, Policy::Other);
    }

    /// As sched_getscheduler(2) answers for any thread.
    fn policy_of(thread: i32) -> i32 {
        // SAFETY: no memory is involved.
        unsafe { libc::sched_getscheduler(thread) }
    }

    #[test]
    fn a_worker_tries_it_and_goes_back() {
        let mut driver = Driver::new(Rng::default());
        assert!(driver.activate(0));
        for wanted in [libc::SCHED_OTHER, libc::SCHED_BATCH, libc::SCHED_OTHER] {
            let mut requests = 0;
            while policy_of(driver.thread) != wanted {
                // One at a time: a wake never finds more.
                assert_eq!(driver.request(0, &[(0x1000, 64, WRITE)]), 64);
                requests += 1;
                assert!(requests < 10 * FIRST_PAUSE, "{wanted}");
            }
        }
    }

    #[test]
    fn a_thread_has_what_was_set() {
        let other = std::thread::spawn(|| {
            assert_eq!(Policy::current(), Some(Policy::Other));
            Policy::Batch.set().unwrap();
            assert_eq!(Policy::current(), Some(Policy::Batch));
            Policy::Other.set().unwrap();
            Policy::current()
        });
        assert_eq!(other.join().unwrap(), Some(Policy::Other));
    }
}
