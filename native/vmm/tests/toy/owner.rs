//! Who hears of the VM.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use hadron_vmm::machine::{End, Owner};
use hadron_vmm::worker::Listener;

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Complaint(String),
    Fatal(String),
    Ended(End),
}

pub struct Heard(Mutex<Sender<Event>>);

impl Heard {
    pub fn make() -> (Arc<dyn Owner>, Receiver<Event>) {
        let (sender, receiver) = channel();
        (Arc::new(Heard(Mutex::new(sender))), receiver)
    }

    fn tell(&self, event: Event) {
        // The test may be over.
        let _ = self.0.lock().unwrap().send(event);
    }
}

impl Listener for Heard {
    fn complaint(&self, sentence: String) {
        self.tell(Event::Complaint(sentence));
    }

    fn fatal(&self, sentence: String) {
        self.tell(Event::Fatal(sentence));
    }
}

impl Owner for Heard {
    fn ended(&self, end: End) {
        self.tell(Event::Ended(end));
    }
}
