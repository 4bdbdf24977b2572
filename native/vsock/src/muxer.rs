//! The muxer: which streams and joins there are, and what happens to them from the host's side.
//!
//! `receive.rs` handles the packets that come from the guest, `send.rs` those that go to it, `door.rs` ports that take many
//! streams, and `readiness.rs` what the joined file descriptors report.

use std::collections::{HashMap, HashSet, VecDeque};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::epoll;

use crate::direction::Direction;
use crate::door::{Door, Knock};
use crate::error::{Broken, Refused};
use crate::header::{Header, SHUTDOWN_BOTH, SHUTDOWN_SEND, op};
use crate::join::{Ended, Join, Phase as JoinPhase};
use crate::joined_fd::JoinedFd;
use crate::stream::{Key, Phase, Stream};

/// VMADDR_PORT_ANY of vsock(7).
const ANY_PORT: u32 = u32::MAX;

/// RSTs for packets that belong to no stream; more than these are not sent (the guest then runs
/// into its own timeout).
pub(crate) const MAX_RESETS: usize = 256;

/// The limits of a muxer.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The guest's CID.
    pub guest_cid: u64,
    /// Bytes held for one stream, and the credit that the guest gets for it (`buf_alloc`).
    pub stream_buffer: u32,
    /// The most joins at one time: reserved, flowing and draining ones together.
    pub max_joins: usize,
    /// Of them, and of the streams that wait at doors, together the most that the guest may open as it pleases: the others are
    /// the host's own, for the streams of processes.
    pub max_through_doors: usize,
    /// The most streams that wait for the guest's last word; the oldest ones are cut off then.
    pub max_closing: usize,
}

impl Config {
    /// The limits that Hadron uses.
    #[must_use]
    pub fn new(guest_cid: u64) -> Self {
        Config {
            guest_cid,
            stream_buffer: 256 * 1024,
            max_joins: 1024,
            max_through_doors: 512,
            max_closing: 256,
        }
    }
}

/// All streams of one guest.
#[derive(Debug)]
pub struct Muxer {
    pub(crate) config: Config,
    pub(crate) epoll: Arc<OwnedFd>,
    pub(crate) streams: HashMap<Key, Stream>,
    pub(crate) joins: HashMap<u32, Join>,
    pub(crate) doors: HashMap<u32, Door>,
    /// Streams that wait at a door, by the numbers of their knocks.
    pub(crate) waiting: HashMap<u64, Key>,
    /// Those that the host was not told of.
    pub(crate) knocks: VecDeque<Knock>,
    /// Those that it was told of and has not answered.
    pub(crate) asked: HashSet<u64>,
    pub(crate) next_knock: u64,
    /// Streams that have something to send, in turn. Each stands here at most once.
    pub(crate) ready: VecDeque<Key>,
    /// RSTs for packets that belong to no stream.
    pub(crate) resets: VecDeque<Header>,
    /// Bytes that streams have sent to the guest; it wraps.
    pub(crate) sent: u64,
    closing: VecDeque<Key>,
    ended: VecDeque<Ended>,
    generation: u32,
}

impl Muxer {
    /// # Errors
    /// When the kernel gives no epoll set.
    pub fn new(config: Config) -> std::io::Result<Self> {
        Ok(Muxer {
            config,
            epoll: Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC)?),
            streams: HashMap::new(),
            joins: HashMap::new(),
            doors: HashMap::new(),
            waiting: HashMap::new(),
            knocks: VecDeque::new(),
            asked: HashSet::new(),
            next_knock: 0,
            ready: VecDeque::new(),
            resets: VecDeque::new(),
            sent: 0,
            closing: VecDeque::new(),
            ended: VecDeque::new(),
            generation: 0,
        })
    }

    /// Reserves a host port: the first stream that the guest opens to it is joined with `fd`.
    ///
    /// `fd` gets O_NONBLOCK, which belongs to the open file description: whoever holds a duplicate
    /// of it sees that too.
    ///
    /// # Errors
    /// When the port cannot be reserved or `fd` does not fit.
    pub fn accept(&mut self, port: u32, direction: Direction, fd: OwnedFd) -> Result<(), Refused> {
        self.add_join(port, direction, fd)?;
        Ok(())
    }

    /// Bytes that the join of this port has moved so far.
    #[must_use]
    pub fn progress(&self, port: u32) -> Option<u64> {
        self.joins.get(&port).map(|join| join.bytes)
    }

    /// Breaks a join now; what is under way is lost. Or shuts a door, whose joins go on. `None` if there is neither.
    pub fn close(&mut self, port: u32) -> Option<u64> {
        if self.shut_door(port) {
            return Some(0);
        }
        let join = self.joins.get(&port)?;
        let bytes = join.bytes;
        if let JoinPhase::Connected(key) = join.phase {
            self.reset_stream(key);
        }
        self.end_join(port, Some(Broken::Closed));
        Some(bytes)
    }

    /// The next join that has come to its end.
    pub fn next_ended(&mut self) -> Option<Ended> {
        self.ended.pop_front()
    }

    /// Every stream is gone from the guest's memory: it was reset, or it rebooted. Reserved ports
    /// stay reserved.
    pub fn guest_reset(&mut self) {
        self.lose_streams(Broken::GuestReset);
    }

    /// The VM is gone. Joins that no stream has come for end, too.
    pub fn guest_gone(&mut self) {
        self.lose_streams(Broken::GuestGone);
        let waiting: Vec<u32> = self
            .joins
            .values()
            .filter(|join| matches!(join.phase, JoinPhase::Reserved))
            .map(|join| join.port)
            .collect();
        for port in waiting {
            self.end_join(port, Some(Broken::NeverOpened));
        }
    }

    /// Draws the consequences when a stream or its join has changed.
    pub(crate) fn settle(&mut self, key: Key) {
        let Some(stream) = self.streams.get_mut(&key) else {
            return;
        };
        let Some(join) = self.joins.get_mut(&stream.join) else {
            return;
        };
        if !matches!(join.phase, JoinPhase::Connected(owner) if owner == key) {
            return;
        }
        if join.settle(stream.guest_shutdown) {
            let port = join.port;
            stream.part();
            self.closing.push_back(key);
            self.end_join(port, None);
            self.limit_closing();
        }
    }

    /// Puts a stream into the queue of those that have something to send.
    pub(crate) fn schedule(&mut self, key: Key) {
        let Some(stream) = self.streams.get_mut(&key) else {
            return;
        };
        if !stream.queued && (stream.has_control() || can_send(stream, &self.joins, key)) {
            stream.queued = true;
            self.ready.push_back(key);
        }
    }

    /// Breaks a stream: RST to the guest, and the join ends with an error at once.
    pub(crate) fn fail(&mut self, key: Key, error: Broken) {
        let port = self.join_of(key).map(|join| join.port);
        self.reset_stream(key);
        if let Some(port) = port {
            self.end_join(port, Some(error));
        }
    }

    /// The stream is dead; the guest is told.
    pub(crate) fn reset_stream(&mut self, key: Key) {
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.wanted.reset = true;
            if let Phase::Waiting(knock) = stream.phase {
                self.waiting.remove(&knock);
            }
            if stream.phase != Phase::Closing {
                stream.phase = Phase::Closing;
                self.closing.push_back(key);
                self.limit_closing();
            }
            self.schedule(key);
        }
    }

    /// The stream is dead; its join first writes out what it has, then it ends.
    pub(crate) fn detach(&mut self, key: Key, error: Option<Broken>) {
        let Some(join) = self.join_of(key) else {
            return;
        };
        if join.is_empty() {
            let port = join.port;
            self.end_join(port, error);
        } else {
            join.phase = JoinPhase::Draining(error);
        }
    }

    /// The stream's, while it belongs to that.
    pub(crate) fn join_of(&mut self, key: Key) -> Option<&mut Join> {
        let port = self.streams.get(&key)?.join;
        self.joins
            .get_mut(&port)
            .filter(|join| matches!(join.phase, JoinPhase::Connected(owner) if owner == key))
    }

    /// Forgets a stream.
    pub(crate) fn remove_stream(&mut self, key: Key) {
        if let Some(stream) = self.streams.remove(&key) {
            if stream.queued {
                self.ready.retain(|other| *other != key);
            }
            match stream.phase {
                Phase::Waiting(knock) => {
                    self.waiting.remove(&knock);
                }
                Phase::Open => {}
                Phase::Closing => self.closing.retain(|other| *other != key),
            }
        }
    }

    pub(crate) fn end_join(&mut self, port: u32, error: Option<Broken>) {
        if let Some(join) = self.joins.remove(&port) {
            self.ended.push_back(join.into_ended(error));
        }
    }

    fn lose_streams(&mut self, why: Broken) {
        let lost: Vec<Key> = self.streams.keys().copied().collect();
        for key in lost {
            let error = self.lost(key).then_some(why);
            self.detach(key, error);
            self.remove_stream(key);
        }
        self.resets.clear();
    }

    /// Whether the sudden end of a stream is an error: something was still to come, or to go.
    pub(crate) fn lost(&self, key: Key) -> bool {
        let Some(stream) = self.streams.get(&key) else {
            return true;
        };
        let Some(join) = self.joins.get(&stream.join) else {
            return true;
        };
        let all_received = join.output_done
            || stream.guest_shutdown & SHUTDOWN_SEND != 0
            || stream.sent_shutdown == SHUTDOWN_BOTH;
        !(all_received && join.input_done)
    }

    /// A guest that never answers SHUTDOWN, or takes no packets, does not make us remember streams
    /// without bound.
    fn limit_closing(&mut self) {
        while self.closing.len() > self.config.max_closing {
            let Some(key) = self.closing.pop_front() else {
                return;
            };
            let guest_cid = self.config.guest_cid;
            if let Some(stream) = self.streams.get_mut(&key)
                && self.resets.len() < MAX_RESETS
            {
                let header = stream.header(key, guest_cid, op::RST, 0, 0);
                self.resets.push_back(header);
            }
            self.remove_stream(key);
        }
    }

    /// # Errors
    /// When the port is none or is taken, or `fd` does not fit.
    pub(crate) fn add_join(
        &mut self,
        port: u32,
        direction: Direction,
        fd: OwnedFd,
    ) -> Result<&mut Join, Refused> {
        self.check_free(port)?;
        if self.joins.len() >= self.config.max_joins {
            return Err(Refused::TooManyJoins(self.joins.len()));
        }
        self.generation = self.generation.wrapping_add(1);
        let token = (u64::from(self.generation) << 32) | u64::from(port);
        let fd = JoinedFd::new(fd, direction, &self.epoll, token)?;
        let join = Join::new(port, direction, self.generation, fd);
        Ok(self.joins.entry(port).insert_entry(join).into_mut())
    }

    /// # Errors
    /// When streams to this port go elsewhere, or none can.
    pub(crate) fn check_free(&self, port: u32) -> Result<(), Refused> {
        if port == ANY_PORT {
            return Err(Refused::AnyPort);
        }
        if self.joins.contains_key(&port) || self.doors.contains_key(&port) {
            return Err(Refused::PortTaken(port));
        }
        Ok(())
    }
}

impl AsFd for Muxer {
    /// Readable when [`Muxer::handle_fds`] has something to do.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// Whether the stream may carry bytes to the guest now, and there may be some.
pub(crate) fn can_send(stream: &Stream, joins: &HashMap<u32, Join>, key: Key) -> bool {
    stream.phase == Phase::Open
        && !stream.wanted.reset
        && stream.allowance.available() > 0
        && joins.get(&stream.join).is_some_and(|join| {
            matches!(join.phase, JoinPhase::Connected(owner) if owner == key) && join.is_readable()
        })
}
