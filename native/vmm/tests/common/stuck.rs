//! A disk that answers when the test says so.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex};

use hadron_vmm::devices::block::engine::{Engine, Operation};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use super::host::PATIENCE;

#[derive(Default)]
struct State {
    tags: Vec<u16>,
    results: Vec<(u16, i32)>,
    cancelling: bool,
    let_go: bool,
}

/// The test's hand on the disk.
#[derive(Clone)]
pub struct Hand {
    state: Arc<(Mutex<State>, Condvar)>,
    event: Arc<EventFd>,
}

impl Hand {
    /// Waits until so many requests wait.
    pub fn wait_waiting(&self, count: usize) {
        let state = self.state.0.lock().unwrap();
        let fewer = |state: &mut State| state.tags.len() < count;
        let (state, wait) = self
            .state
            .1
            .wait_timeout_while(state, PATIENCE, fewer)
            .unwrap();
        assert!(!wait.timed_out());
        assert_eq!(state.tags.len(), count);
    }

    /// Answers all that wait.
    pub fn answer(&self, result: i32) {
        let mut state = self.state.0.lock().unwrap();
        let tags = std::mem::take(&mut state.tags);
        state
            .results
            .extend(tags.into_iter().map(|tag| (tag, result)));
        self.event.write(1).unwrap();
    }

    /// Waits until the device wants to be rid of everything.
    pub fn wait_cancelling(&self) {
        let state = self.state.0.lock().unwrap();
        let not_yet = |state: &mut State| !state.cancelling;
        let wait = self.state.1.wait_timeout_while(state, PATIENCE, not_yet);
        assert!(!wait.unwrap().1.timed_out());
    }

    /// Lets it be.
    pub fn let_go(&self) {
        self.state.0.lock().unwrap().let_go = true;
        self.state.1.notify_all();
    }
}

pub struct Stuck(Hand);

impl Stuck {
    pub fn new() -> (Stuck, Hand) {
        let hand = Hand {
            state: Arc::default(),
            event: Arc::new(EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).unwrap()),
        };
        (Stuck(hand.clone()), hand)
    }
}

impl Engine for Stuck {
    fn open(&mut self, _: &Arc<File>) -> io::Result<()> {
        Ok(())
    }
    fn event(&self) -> &EventFd {
        &self.0.event
    }
    unsafe fn push(&mut self, tag: u16, _: Operation) -> io::Result<()> {
        self.0.state.0.lock().unwrap().tags.push(tag);
        self.0.state.1.notify_all();
        Ok(())
    }
    fn submit(&mut self) -> io::Result<bool> {
        Ok(true)
    }
    fn done(&mut self) -> Option<(u16, i32)> {
        self.0.state.0.lock().unwrap().results.pop()
    }
    fn rest(&mut self) -> io::Result<bool> {
        Ok(true)
    }
    fn close(&mut self) -> io::Result<()> {
        let mut state = self.0.state.0.lock().unwrap();
        state.cancelling = true;
        self.0.state.1.notify_all();
        if !state.tags.is_empty() {
            let held = |state: &mut State| !state.let_go;
            let wait = self.0.state.1.wait_timeout_while(state, PATIENCE, held);
            state = wait.unwrap().0;
        }
        *state = State::default();
        Ok(())
    }
}
