//! Packets from the guest.

use vm_memory::VolatileSlice;
use vm_memory::bitmap::BitmapSlice;

use crate::chain;
use crate::direction::Direction;
use crate::error::{Broken, Violation};
use crate::header::{
    HOST_CID, Header, SHUTDOWN_BOTH, SHUTDOWN_RECEIVE, SHUTDOWN_SEND, TYPE_STREAM, op,
};
use crate::join::Phase as JoinPhase;
use crate::muxer::{MAX_RESETS, Muxer};
use crate::stream::{Key, Phase, Stream};

impl Muxer {
    /// Handles one packet of the guest: its header, and what its descriptor chain holds after that.
    /// Packets that break the protocol are answered with RST or, if they do not even name the
    /// guest as their origin, ignored.
    pub fn receive<B: BitmapSlice>(
        &mut self,
        header: &Header,
        mut payload: Vec<VolatileSlice<'_, B>>,
    ) {
        if header.src_cid != self.config.guest_cid {
            return;
        }
        if header.kind != TYPE_STREAM || header.dst_cid != HOST_CID {
            self.refuse(header);
            return;
        }
        let key = Key {
            guest_port: header.src_port,
            host_port: header.dst_port,
        };
        let Some(stream) = self.streams.get_mut(&key) else {
            if header.op == op::REQUEST {
                self.open(key, header);
            } else {
                self.refuse(header);
            }
            return;
        };
        if stream.wanted.reset {
            if header.op == op::RST {
                self.remove_stream(key);
            }
            return;
        }
        stream.allowance.update(header.buf_alloc, header.fwd_cnt);
        match header.op {
            op::RST => {
                self.reset_by_guest(key);
                return;
            }
            op::RW => {
                if chain::length(&payload) < header.len as usize {
                    self.violated(key, Violation::ShortPacket);
                } else {
                    chain::truncate(&mut payload, header.len as usize);
                    self.data(key, header.len, payload);
                }
            }
            op::SHUTDOWN => self.shut_by_guest(key, header.flags),
            op::CREDIT_UPDATE => {}
            op::CREDIT_REQUEST => stream.wanted.credit = true,
            _ => self.violated(key, Violation::Misplaced),
        }
        self.schedule(key);
    }

    /// Answers a packet that belongs to no stream, unless it is an RST itself.
    pub(crate) fn refuse(&mut self, header: &Header) {
        if header.op != op::RST && self.resets.len() < MAX_RESETS {
            self.resets.push_back(header.reset_reply());
        }
    }

    fn open(&mut self, key: Key, header: &Header) {
        if self.doors.contains_key(&key.host_port) {
            self.knock(key, header);
            return;
        }
        let Some(join) = self
            .joins
            .get_mut(&key.host_port)
            .filter(|join| matches!(join.phase, JoinPhase::Reserved))
        else {
            self.refuse(header);
            return;
        };
        join.phase = JoinPhase::Connected(key);
        let mut stream = Stream::new(key.host_port, self.config.stream_buffer);
        stream.allowance.update(header.buf_alloc, header.fwd_cnt);
        stream.wanted.response = true;
        if join.direction == Direction::In {
            // Lets the guest's writers fail at once instead of losing what they write.
            stream.shut(SHUTDOWN_RECEIVE);
        }
        self.streams.insert(key, stream);
        self.schedule(key);
    }

    fn data<B: BitmapSlice>(&mut self, key: Key, len: u32, payload: Vec<VolatileSlice<'_, B>>) {
        let Some(stream) = self.streams.get_mut(&key) else {
            return;
        };
        if stream.guest_shutdown & SHUTDOWN_SEND != 0 {
            self.violated(key, Violation::AfterShutdown);
            return;
        }
        if stream.granted.receive(len).is_err() {
            self.violated(key, Violation::NoCredit);
            return;
        }
        if matches!(stream.phase, Phase::Waiting(_)) {
            self.violated(key, Violation::Misplaced);
            return;
        }
        let port = stream.join;
        let result = match self.joins.get_mut(&port) {
            Some(join)
                if matches!(join.phase, JoinPhase::Connected(owner) if owner == key)
                    && !join.output_done =>
            {
                join.take(payload)
            }
            // It was sent before the guest learned that nobody would receive it.
            _ => Ok(len as usize),
        };
        match result {
            Ok(count) => self.forwarded(key, count),
            Err(errno) => self.fail(key, Broken::write(port, errno)),
        }
    }

    fn shut_by_guest(&mut self, key: Key, flags: u32) {
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.guest_shutdown |= flags & SHUTDOWN_BOTH;
            if stream.phase == Phase::Closing && stream.guest_shutdown == SHUTDOWN_BOTH {
                stream.wanted.reset = true;
            }
        }
        self.settle(key);
    }

    fn reset_by_guest(&mut self, key: Key) {
        let error = self.lost(key).then_some(Broken::BrokenOff);
        self.detach(key, error);
        self.remove_stream(key);
    }

    /// The guest broke the protocol: it gets RST; what it had sent before is still written.
    fn violated(&mut self, key: Key, violation: Violation) {
        self.detach(key, Some(Broken::Violated(violation)));
        self.reset_stream(key);
    }
}
