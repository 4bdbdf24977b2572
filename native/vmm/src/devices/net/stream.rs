//! A NIC on a stream socket.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use virtio_bindings::virtio_ids::VIRTIO_ID_NET;
use virtio_bindings::virtio_net::{VIRTIO_NET_F_MAC, VIRTIO_NET_F_MRG_RXBUF, VIRTIO_NET_F_STATUS};

use super::address::{HardwareAddress, configuration, set_link_down};
use super::buffers::Buffers;
use super::counters::Counters;
use super::device::QUEUE_SIZE;
use super::watch::{Stop, Watch};
use super::wire::Wire;
use crate::device::{
    AGAIN, Activation, Configuration, Description, Device, Failure, Interrupt, Progress,
    QUEUE_FEATURES,
};
use crate::devices::pieces::Pieces;
use crate::devices::ring::Ring;
use crate::worker::Poll;

// Tokens; those of the queues are their numbers.
const RECEIVE: u32 = 0;
const SEND: u32 = 1;
const SOCKET: u32 = 2;

/// The device. Its packets have no headers on the socket, so that it offers nothing that needs them. When the other side is
/// gone, its link is down, and what the guest sends is lost.
pub struct StreamNet {
    address: HardwareAddress,
    configuration: Arc<Configuration>,
    counters: Arc<Counters>,
    wire: Wire,
    active: Option<Active>,
}

struct Active {
    buffers: Buffers,
    sending: Ring,
    pieces: Pieces,
    receive: Stop,
    send: Stop,
    /// None: there is no other side any more.
    watch: Option<Watch>,
    interrupt: Interrupt,
}

impl StreamNet {
    /// `socket`: a connected stream socket.
    #[must_use]
    pub fn new(address: HardwareAddress, socket: OwnedFd) -> Self {
        let counters = Arc::default();
        StreamNet {
            address,
            configuration: Configuration::new(configuration(address, 1)),
            wire: Wire::new(socket, Arc::clone(&counters)),
            counters,
            active: None,
        }
    }

    /// What it carries.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }
}

impl Device for StreamNet {
    fn description(&self) -> Description {
        let own = [
            VIRTIO_NET_F_MAC,
            VIRTIO_NET_F_STATUS,
            VIRTIO_NET_F_MRG_RXBUF,
        ];
        Description {
            name: format!("the NIC {}", self.address),
            device_type: VIRTIO_ID_NET,
            queue_sizes: vec![QUEUE_SIZE; 2],
            features: own.iter().fold(QUEUE_FEATURES, |all, bit| all | 1 << bit),
            configuration: Arc::clone(&self.configuration),
        }
    }

    fn activate(&mut self, mut activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let queues = [activation.take(0)?, activation.take(1)?];
        let (memory, interrupt) = (activation.memory, activation.interrupt);
        let ring = |queue| Ring::new(queue, Arc::clone(&memory), interrupt.clone());
        let [receiving, sending] = queues.map(ring);
        let mergeable = activation.features & (1 << VIRTIO_NET_F_MRG_RXBUF) != 0;
        let mut active = Active {
            buffers: Buffers::new(receiving, mergeable),
            sending,
            pieces: Pieces::new(Arc::clone(&memory)),
            receive: Stop::Blocked,
            send: Stop::Empty,
            watch: None,
            interrupt,
        };
        let started = active.start(&self.wire, poll);
        // Also if it has failed: a reset follows.
        self.active = Some(active);
        started
    }

    fn handle(&mut self, token: u32, poll: &mut Poll<'_>) -> Result<Progress, Failure> {
        let Some(active) = &mut self.active else {
            return Ok(Progress::Done);
        };
        if active.run(token, &mut self.wire, poll)? {
            self.configuration.update(set_link_down);
            active.interrupt.configuration_changed();
        }
        let again = active.receive == Stop::Batch || active.send == Stop::Batch;
        Ok(if again {
            Progress::More
        } else {
            Progress::Done
        })
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        if let Some(mut active) = self.active.take() {
            active.buffers.ring().unwatch(poll);
            active.sending.unwatch(poll);
            if active.watch.is_some() {
                // It was added.
                let _ = poll.remove(&self.wire);
            }
            self.wire.forget_buffers();
        }
        Ok(())
    }
}

impl Active {
    fn start(&mut self, wire: &Wire, poll: &mut Poll<'_>) -> Result<(), Failure> {
        self.buffers.ring().watch(RECEIVE, poll)?;
        self.sending.watch(SEND, poll)?;
        self.watch = Some(Watch::new(wire, SOCKET, poll)?);
        Ok(())
    }

    /// Each direction goes on at what it has stopped for. True: the other side was found to be gone.
    fn run(&mut self, token: u32, wire: &mut Wire, poll: &mut Poll<'_>) -> Result<bool, Failure> {
        let (receive, send) = match token {
            RECEIVE => (self.receive == Stop::Blocked, false),
            SEND => (false, self.send == Stop::Empty),
            SOCKET => (self.receive == Stop::Empty, self.send == Stop::Blocked),
            AGAIN => (self.receive == Stop::Batch, self.send == Stop::Batch),
            _ => (false, false),
        };
        let Some(watch) = &mut self.watch else {
            if send {
                self.send = wire.drop_packets(&mut self.sending, &mut self.pieces)?;
            }
            return Ok(false);
        };
        if receive {
            self.receive = wire.receive(&mut self.buffers)?;
        }
        if send {
            self.send = wire.send(&mut self.sending, &mut self.pieces)?;
        }
        if self.receive != Stop::Gone && self.send != Stop::Gone {
            let refused = send && self.send == Stop::Blocked;
            watch.set(&*wire, (self.receive, self.send), refused, poll)?;
            return Ok(false);
        }
        self.watch = None;
        // It was added.
        let _ = poll.remove(&*wire);
        self.receive = Stop::Gone;
        // What is still there is lost, too.
        self.send = Stop::Batch;
        Ok(true)
    }
}
