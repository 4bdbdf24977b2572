//! The vsock device (virtio 1.2, section 5.10): that of native/vsock, in this VMM's worker.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use hadron_vsock_device::{
    Config, Control, DEVICE_TYPE, Device as Streams, Interrupt as SignalQueue, QueueIndex, Queues,
};
use vmm_sys_util::eventfd::EventFd;

use crate::device::{
    Activation, Configuration, Description, Device, Failure, Interrupt, Progress, QUEUE_FEATURES,
    as_fd,
};
use crate::devices::ring::Ring;
use crate::memory::Memory;
use crate::worker::{EventFlags, Poll};

mod events;

use events::Events;

/// Entries of the queues that carry packets. Linux keeps the whole receive queue filled with buffers of 4 KiB: this is a MiB
/// of the guest's memory, and four times what one stream may have under way.
const QUEUE_SIZE: u16 = 256;
/// Entries of the event queue, as many as Linux fills.
const EVENT_QUEUE_SIZE: u16 = 8;

// Tokens; those of the queues are their numbers.
const RX: u32 = 0;
const TX: u32 = 1;
const EVENTS: u32 = 2;
const CONTROL: u32 = 3;
const STREAMS: u32 = 4;

/// The guest's vsock device, and the control socket by which its streams are joined.
pub struct Vsock {
    streams: Streams<Memory>,
    control: Control,
    control_interest: EventFlags,
    configuration: Arc<Configuration>,
    events: Option<Events>,
    /// Of the queues that carry packets, while there are any.
    kicks: Vec<EventFd>,
}

impl Vsock {
    /// `control`: connected to whoever makes joins. The VM ends when that is gone.
    ///
    /// # Errors
    /// When the address is none that a guest can have, or the kernel gives no epoll set.
    pub fn new(cid: u32, control: OwnedFd) -> io::Result<Self> {
        // 0 to 2 are reserved, and the highest is VMADDR_CID_ANY (virtio 1.2, section 5.10.4; vsock(7)).
        if !(3..u32::MAX).contains(&cid) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "a guest cannot have the vsock address {cid}; 3 to 4294967294 are possible"
                ),
            ));
        }
        let guest_cid = u64::from(cid);
        Ok(Vsock {
            streams: Streams::new(Config::new(guest_cid))?,
            control: Control::new(control),
            control_interest: EventFlags::IN,
            configuration: Configuration::new(guest_cid.to_le_bytes().to_vec()),
            events: None,
            kicks: Vec::new(),
        })
    }

    /// Tells the driver that every stream is gone, and its own address maybe another (virtio 1.2, section 5.10.6.7): for a guest
    /// that goes on after it was stored. Without a driver there is nobody to tell.
    ///
    /// # Errors
    /// As of [`Device::handle`].
    pub fn reset_transport(&mut self, poll: &mut Poll<'_>) -> Result<(), Failure> {
        self.streams.muxer().guest_reset();
        if let Some(events) = &mut self.events {
            events.reset_transport()?;
        }
        self.finish(poll)
    }

    /// Ends each turn: whoever makes joins is told what has become of them.
    fn finish(&mut self, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let finished = self.control.finish(self.streams.muxer());
        let interest = match finished.map_err(control_failed)? {
            Some(interest) => interest,
            None => return Err(self.left_alone(poll)),
        };
        if interest != self.control_interest {
            poll.modify(&self.control, CONTROL, interest)
                .map_err(control_failed)?;
            self.control_interest = interest;
        }
        Ok(())
    }

    fn take_input(&mut self, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let there = self.control.handle_input(self.streams.muxer());
        if there.map_err(control_failed)? {
            Ok(())
        } else {
            Err(self.left_alone(poll))
        }
    }

    fn left_alone(&self, poll: &mut Poll<'_>) -> Failure {
        // It would be ready for ever. The second time it is not watched any more.
        let _ = poll.remove(&self.control);
        Failure::Host("who makes its joins has closed the control socket".to_owned())
    }
}

fn control_failed(error: io::Error) -> Failure {
    Failure::Host(format!("its control socket failed: {error}"))
}

impl Device for Vsock {
    fn description(&self) -> Description {
        Description {
            name: "the vsock device".to_owned(),
            device_type: DEVICE_TYPE,
            queue_sizes: vec![QUEUE_SIZE, QUEUE_SIZE, EVENT_QUEUE_SIZE],
            features: QUEUE_FEATURES,
            configuration: Arc::clone(&self.configuration),
        }
    }

    fn attach(&mut self, poll: &mut Poll<'_>) -> Result<(), Failure> {
        poll.add(&self.control, CONTROL, self.control_interest)
            .and_then(|()| poll.add(&self.streams, STREAMS, EventFlags::IN))
            .map_err(|error| Failure::Host(format!("its descriptors cannot be watched: {error}")))
    }

    fn activate(&mut self, mut activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let rx = activation.take(RX as usize)?;
        let tx = activation.take(TX as usize)?;
        let events = activation.take(EVENTS as usize)?;
        for (token, kick) in [(RX, rx.kick), (TX, tx.kick)] {
            // Each kick is an edge of its own, so that none has to be read.
            poll.add(as_fd(&kick), token, EventFlags::IN | EventFlags::ET)
                .map_err(|error| Failure::Host(format!("its queues cannot be watched: {error}")))?;
            // The driver may have filled the queue before.
            let _ = kick.write(1);
            self.kicks.push(kick);
        }
        let memory = Arc::clone(&activation.memory);
        let events = Ring::new(events, memory, activation.interrupt.clone());
        events.watch(EVENTS, poll)?;
        self.events = Some(Events::new(events));
        let queues = Queues {
            rx: rx.queue,
            tx: tx.queue,
        };
        let line = Box::new(Line(activation.interrupt));
        self.streams.activate(activation.memory, queues, line);
        Ok(())
    }

    fn handle(&mut self, token: u32, poll: &mut Poll<'_>) -> Result<Progress, Failure> {
        match token {
            CONTROL => self.take_input(poll)?,
            STREAMS => self.streams.handle_fds().map_err(|error| {
                Failure::Host(format!("its streams cannot be watched: {error}"))
            })?,
            EVENTS => {
                if let Some(events) = &mut self.events {
                    events.deliver()?;
                }
            }
            _ => {}
        }
        let moved = self.streams.handle_queues();
        self.finish(poll)?;
        Ok(if moved? {
            Progress::More
        } else {
            Progress::Done
        })
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        for kick in self.kicks.drain(..) {
            poll.remove(as_fd(&kick))?;
        }
        if let Some(events) = self.events.take() {
            events.ring().unwatch(poll);
        }
        self.streams.deactivate();
        // Streams are gone with the driver's memory of them; what no stream has come for yet stays reserved.
        self.streams.muxer().guest_reset();
        // What the control socket has to complain of is no matter of guest memory; the next turn says it.
        let _ = self.finish(poll);
        Ok(())
    }
}

/// The device's one interrupt.
struct Line(Interrupt);

impl SignalQueue for Line {
    fn signal(&self, _: QueueIndex) {
        self.0.used();
    }

    fn count(&self, buffers: u16, bytes: u64) {
        self.0.count(buffers, bytes);
    }
}

#[cfg(test)]
mod tests;
