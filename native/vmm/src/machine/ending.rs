//! How a guest ends, and who hears of it.

use std::fmt;
use std::sync::Arc;

use crate::vcpu::Control;
use crate::worker::Listener;

/// What a guest does in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It asked for a reset.
    Reset,
    /// It asked to be switched off.
    PowerOff,
    /// Its CPU could handle no exception any more, which resets a real one. Some guests have no other reset.
    TripleFault,
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            End::Reset => "the guest rebooted",
            End::PowerOff => "the guest switched itself off",
            End::TripleFault => "the guest rebooted by a triple fault",
        })
    }
}

/// Hears of a VM, on any of its threads. None of its methods blocks.
pub trait Owner: Listener {
    /// The guest has ended: once, unless [`Listener::fatal`] was called by a CPU before. No CPU that asks the VMM for something goes on.
    fn ended(&self, end: End);
}

/// By what parts of a VM end it.
#[derive(Clone)]
pub struct Ending {
    owner: Arc<dyn Owner>,
    control: Arc<Control>,
}

impl Ending {
    pub(crate) fn new(owner: Arc<dyn Owner>, control: Arc<Control>) -> Self {
        Ending { owner, control }
    }

    pub(crate) fn end(&self, end: End) {
        if self.control.end() {
            self.owner.ended(end);
        }
    }

    pub(crate) fn fail(&self, sentence: String) {
        if self.control.end() {
            self.owner.fatal(sentence);
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.control.has_ended()
    }

    pub(crate) fn control(&self) -> &Control {
        &self.control
    }
}
