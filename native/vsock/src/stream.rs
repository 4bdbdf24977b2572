//! The guest's side of a connection: what the protocol says about one pair of ports.

use crate::credit::{Allowance, Granted};
use crate::header::{HOST_CID, Header, SHUTDOWN_BOTH, TYPE_STREAM, op};

/// What identifies a stream; there is one guest and one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The port on the guest's side.
    pub guest_port: u32,
    /// The port on the host's side.
    pub host_port: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Waits for the host to say whom it is joined with; the number of its knock.
    Waiting(u64),
    /// Bytes may flow.
    Open,
    /// The join has ended; the guest still has to answer our SHUTDOWN with RST.
    Closing,
}

/// The packets, apart from data, that a stream has to send. They are flags, so that a guest that
/// takes no packets cannot make us remember more and more.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) response: bool,
    pub(crate) credit: bool,
    pub(crate) shutdown: u32,
    /// The stream is dead, and is forgotten once the guest has been told.
    pub(crate) reset: bool,
}

#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) phase: Phase,
    /// The port that its join is known by: the host's, unless that takes several streams.
    pub(crate) join: u32,
    pub(crate) granted: Granted,
    pub(crate) allowance: Allowance,
    /// SHUTDOWN flags that the guest sent.
    pub(crate) guest_shutdown: u32,
    /// SHUTDOWN flags that we sent.
    pub(crate) sent_shutdown: u32,
    pub(crate) wanted: Wanted,
    /// How many buffers of the guest the next read(2) may fill: as many as there was use for.
    pub(crate) batch: usize,
    /// Stands in the muxer's queue of streams that have something to send.
    pub(crate) queued: bool,
}

impl Stream {
    pub(crate) fn new(join: u32, buffer: u32) -> Self {
        Stream {
            phase: Phase::Open,
            join,
            granted: Granted::new(buffer),
            allowance: Allowance::default(),
            guest_shutdown: 0,
            sent_shutdown: 0,
            wanted: Wanted::default(),
            batch: 1,
            queued: false,
        }
    }

    /// Asks for SHUTDOWN with these flags, unless the guest knows already.
    pub(crate) fn shut(&mut self, flags: u32) {
        self.wanted.shutdown |= flags & !self.sent_shutdown;
    }

    /// The join is over, and everything the guest sent was used: part in good order. The side that
    /// shuts down is answered with RST (section 5.10.6.6); when the guest has not done so, we do.
    pub(crate) fn part(&mut self) {
        self.phase = Phase::Closing;
        if self.guest_shutdown == SHUTDOWN_BOTH {
            self.wanted.reset = true;
        } else {
            self.shut(SHUTDOWN_BOTH);
        }
    }

    /// Whether there is a packet other than data to send.
    pub(crate) fn has_control(&self) -> bool {
        let wanted = &self.wanted;
        wanted.response || wanted.credit || wanted.reset || wanted.shutdown != 0
    }

    /// The next packet other than data.
    pub(crate) fn next_control(&mut self, key: Key, guest_cid: u64) -> Option<Header> {
        let wanted = &mut self.wanted;
        let mut flags = 0;
        let op = if wanted.reset {
            *wanted = Wanted {
                reset: true,
                ..Wanted::default()
            };
            op::RST
        } else if wanted.response {
            wanted.response = false;
            op::RESPONSE
        } else if wanted.shutdown != 0 {
            // Flags are hints for good: those that were sent are sent again with the new ones.
            flags = wanted.shutdown | self.sent_shutdown;
            self.sent_shutdown = flags;
            wanted.shutdown = 0;
            op::SHUTDOWN
        } else if wanted.credit {
            op::CREDIT_UPDATE
        } else {
            return None;
        };
        Some(self.header(key, guest_cid, op, flags, 0))
    }

    /// Any packet to the guest carries the current credit.
    pub(crate) fn header(
        &mut self,
        key: Key,
        guest_cid: u64,
        op: u16,
        flags: u32,
        len: u32,
    ) -> Header {
        let (buf_alloc, fwd_cnt) = self.granted.tell();
        self.wanted.credit = false;
        Header {
            src_cid: HOST_CID,
            dst_cid: guest_cid,
            src_port: key.host_port,
            dst_port: key.guest_port,
            len,
            kind: TYPE_STREAM,
            op,
            flags,
            buf_alloc,
            fwd_cnt,
        }
    }
}
