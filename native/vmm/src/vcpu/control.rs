//! Whether vCPUs run: what the owner wants, and who does it already.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Pause,
    Run,
    Stop,
}

#[derive(Debug)]
struct State {
    wanted: Wanted,
    /// vCPU threads that are not parked here.
    running: usize,
}

/// What the owner's thread and vCPU threads share. In the beginning all of them are parked.
#[derive(Debug)]
pub(crate) struct Control {
    state: Mutex<State>,
    /// The guest has ended itself: its vCPUs never run again.
    ended: AtomicBool,
    changed: Condvar,
}

impl Control {
    pub(crate) fn new() -> Self {
        Control {
            state: Mutex::new(State {
                wanted: Wanted::Pause,
                running: 0,
            }),
            ended: AtomicBool::new(false),
            changed: Condvar::new(),
        }
    }

    /// The owner's. What interrupts the vCPUs that are in the guest is another matter.
    pub(crate) fn pause(&self) {
        self.want(Wanted::Pause);
    }

    pub(crate) fn resume(&self) {
        self.want(Wanted::Run);
    }

    /// There is no way back.
    pub(crate) fn stop(&self) {
        self.want(Wanted::Stop);
    }

    /// The guest's own. True: it is the first time.
    pub(crate) fn end(&self) -> bool {
        !self.ended.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn want(&self, wanted: Wanted) {
        let mut state = self.lock();
        if state.wanted != Wanted::Stop {
            state.wanted = wanted;
        }
        self.changed.notify_all();
    }

    /// Waits until no vCPU is on its way. False: not within `limit`.
    pub(crate) fn wait_parked(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        while state.running > 0 {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return false;
            };
            (state, _) = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// A vCPU thread that is not on its way asks whether it shall be, and waits until it shall. False: it shall end.
    pub(crate) fn depart(&self) -> bool {
        let mut state = self.lock();
        loop {
            match state.wanted {
                Wanted::Stop => return false,
                Wanted::Run if !self.has_ended() => {
                    state.running += 1;
                    return true;
                }
                Wanted::Run | Wanted::Pause => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// A vCPU thread that was on its way is no more.
    pub(crate) fn arrive(&self) {
        let mut state = self.lock();
        state.running = state.running.saturating_sub(1);
        self.changed.notify_all();
    }

    /// Whether a vCPU thread that is on its way shall go on.
    pub(crate) fn goes_on(&self) -> bool {
        self.lock().wanted == Wanted::Run && !self.has_ended()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_pause_waits_for_every_thread_and_an_end_is_final() {
        let control = Arc::new(Control::new());
        assert!(control.wait_parked(Duration::ZERO));
        control.resume();
        let (departed, has_departed) = std::sync::mpsc::channel();
        let (go, may_go) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn({
            let control = Arc::clone(&control);
            move || {
                while control.depart() {
                    departed.send(()).unwrap();
                    let _ = may_go.recv();
                    control.arrive();
                }
            }
        });
        has_departed.recv().unwrap();
        assert!(control.goes_on());
        control.pause();
        assert!(!control.goes_on());
        assert!(!control.wait_parked(Duration::ZERO));
        go.send(()).unwrap();
        assert!(control.wait_parked(LONG));

        assert!(control.end());
        assert!(!control.end());
        control.resume();
        assert!(!control.goes_on());
        assert!(control.wait_parked(LONG));
        control.stop();
        control.resume();
        thread.join().unwrap();
    }
}
