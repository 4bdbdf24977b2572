//! Ports of the host that take stream after stream: the guest opens them as it likes, and the host is asked each time what the
//! stream shall be joined with.

use std::os::fd::OwnedFd;

use crate::direction::Direction;
use crate::error::Refused;
use crate::header::Header;
use crate::join::Phase as JoinPhase;
use crate::muxer::Muxer;
use crate::stream::{Key, Phase, Stream};

/// Knocks that the host was told of and has not answered: a guest that knocks and gives up all the time does not make it
/// remember more.
const MAX_ASKED: usize = 64;

/// What is known of one.
#[derive(Debug)]
pub(crate) struct Door {
    /// The most streams, those that wait and those that are joined.
    limit: usize,
}

/// The news that a stream waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knock {
    /// Of the host: which door.
    pub port: u32,
    /// By which it is answered; no two have the same.
    pub number: u64,
}

impl Muxer {
    /// Makes a door of a host port. Streams beyond `limit` are refused without a word.
    ///
    /// # Errors
    /// When the port cannot be reserved.
    pub fn listen(&mut self, port: u32, limit: usize) -> Result<(), Refused> {
        self.check_free(port)?;
        self.doors.insert(port, Door { limit });
        Ok(())
    }

    /// The next stream that the host was not told of yet. Each has to be answered or turned away, also if the guest has given
    /// up meanwhile; as long as many are not, there is no other.
    pub fn next_knock(&mut self) -> Option<Knock> {
        while self.asked.len() < MAX_ASKED {
            let knock = self.knocks.pop_front()?;
            // The guest may have given up.
            if self.waiting.contains_key(&knock.number) {
                self.asked.insert(knock.number);
                return Some(knock);
            }
        }
        None
    }

    /// Joins a stream that waits with `fd`, as [`Muxer::accept`] does; the join is known by `port`.
    ///
    /// # Errors
    /// When none waits with this number; else those of `accept`, and the stream waits on.
    pub fn answer(
        &mut self,
        number: u64,
        port: u32,
        direction: Direction,
        fd: OwnedFd,
    ) -> Result<(), Refused> {
        let not_waiting = Refused::NotWaiting(number);
        let Some(key) = self.waiting.get(&number).copied() else {
            self.asked.remove(&number);
            return Err(not_waiting);
        };
        let join = self.add_join(port, direction, fd)?;
        join.door = Some(key.host_port);
        join.phase = JoinPhase::Connected(key);
        self.waiting.remove(&number);
        self.asked.remove(&number);
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.join = port;
            stream.phase = Phase::Open;
            stream.wanted.response = true;
        }
        self.settle(key);
        self.schedule(key);
        Ok(())
    }

    /// The stream is joined with nothing. None with this number is as good.
    pub fn turn_away(&mut self, number: u64) {
        self.asked.remove(&number);
        if let Some(key) = self.waiting.get(&number).copied() {
            self.reset_stream(key);
        }
    }

    /// Those that wait there are turned away. `false`: there is no such door.
    pub(crate) fn shut_door(&mut self, port: u32) -> bool {
        if self.doors.remove(&port).is_none() {
            return false;
        }
        let waiting: Vec<Key> = self.waiting.values().copied().collect();
        for key in waiting {
            if key.host_port == port {
                self.reset_stream(key);
            }
        }
        true
    }

    /// A stream for a door.
    pub(crate) fn knock(&mut self, key: Key, header: &Header) {
        let port = key.host_port;
        let limit = self.doors.get(&port).map_or(0, |door| door.limit);
        if self.through(Some(port)) >= limit || self.through(None) >= self.config.max_through_doors
        {
            self.refuse(header);
            return;
        }
        if self.knocks.len() >= self.config.max_through_doors {
            // Who takes the news is slow, and the guest has given up meanwhile.
            let waiting = &self.waiting;
            self.knocks
                .retain(|knock| waiting.contains_key(&knock.number));
        }
        self.next_knock += 1;
        let number = self.next_knock;
        let mut stream = Stream::new(port, self.config.stream_buffer);
        stream.phase = Phase::Waiting(number);
        stream.allowance.update(header.buf_alloc, header.fwd_cnt);
        self.streams.insert(key, stream);
        self.waiting.insert(number, key);
        self.knocks.push_back(Knock { port, number });
    }

    /// How many have come through a door, or through any.
    fn through(&self, door: Option<u32>) -> usize {
        let counts = |port| door.is_none_or(|door| door == port);
        let waiting = self.waiting.values().filter(|key| counts(key.host_port));
        let joins = self.joins.values().filter_map(|join| join.door);
        waiting.count() + joins.filter(|port| counts(*port)).count()
    }
}
