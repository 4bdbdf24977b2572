//! A few threads for system calls that can block, and a bounded queue in front of them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::thread;

const MAX_THREADS: usize = 4;
const MAX_QUEUED: usize = 256;
/// A pod is busy for seconds and idle for days: threads that have nothing to do go away.
const IDLE: Duration = Duration::from_secs(10);

/// The queue is full, or there is no thread to work on it.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

pub struct Pool<J> {
    state: Mutex<State<J>>,
    wake: Condvar,
    work: Box<dyn Fn(J) + Send + Sync>,
}

struct State<J> {
    queue: VecDeque<J>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl<J: Send + 'static> Pool<J> {
    /// `work` must not panic; it is called by several threads at once.
    pub fn new(work: impl Fn(J) + Send + Sync + 'static) -> Arc<Self> {
        let state = State {
            queue: VecDeque::new(),
            threads: 0,
            idle: 0,
            closed: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            wake: Condvar::new(),
            work: Box::new(work),
        })
    }

    pub fn submit(self: &Arc<Self>, job: J) -> Result<(), Full> {
        let mut state = self.lock();
        if state.closed || state.queue.len() >= MAX_QUEUED {
            return Err(Full);
        }
        state.queue.push_back(job);
        if state.idle < state.queue.len() && state.threads < MAX_THREADS {
            let pool = Arc::clone(self);
            match thread::spawn("hadron-pool", move || pool.run()) {
                Ok(()) => state.threads += 1,
                Err(_) if state.threads == 0 => {
                    state.queue.pop_back();
                    return Err(Full);
                }
                // The threads that are there will come to it.
                Err(_) => {}
            }
        }
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Forgets what is queued. Jobs that are under way are finished; nobody waits for them.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.wake.notify_all();
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                (self.work)(job);
                state = self.lock();
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let (guard, waited) = self
                .wake
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if waited.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn is_bounded_and_goes_on_after_having_been_full() {
        let (release, blocked) = mpsc::channel::<()>();
        let blocked = Mutex::new(blocked);
        let (done, results) = mpsc::channel();
        let pool = Pool::new(move |job: usize| {
            // All threads stand still until the test lets them go on, one job each.
            let _ = blocked.lock().unwrap().recv();
            done.send(job).unwrap();
        });
        let mut accepted = 0;
        while pool.submit(accepted).is_ok() {
            accepted += 1;
            assert!(accepted <= MAX_QUEUED + MAX_THREADS);
        }
        assert!(accepted >= MAX_QUEUED);
        drop(release);
        let mut jobs: Vec<usize> = (0..accepted)
            .map(|_| results.recv_timeout(Duration::from_secs(10)).unwrap())
            .collect();
        jobs.sort_unstable();
        assert!(jobs.into_iter().eq(0..accepted));
        assert_eq!(pool.submit(accepted), Ok(()));
        assert_eq!(results.recv_timeout(Duration::from_secs(10)), Ok(accepted));
        pool.close();
        assert_eq!(pool.submit(0), Err(Full));
    }
}
