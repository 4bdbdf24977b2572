//! The control protocol: JSON, one object a line, on a unix stream socket.
//!
//! Requests (`fd`: comes with exactly one file descriptor, as SCM_RIGHTS):
//!
//! - `{"id":N,"op":"accept","port":P,"direction":"in"|"out"|"both"|"datagrams"}`, `fd`: reserves host port P.
//!   Answer `{"id":N,"ok":true,"bytes":0,"port":P}`.
//! - `{"id":N,"op":"listen","port":P,"limit":L}`: the same answer. Host port P takes up to L streams at a time, each of which waits
//!   for an answer of its own.
//! - `{"id":N,"op":"answer","knock":K,"port":P,"direction":...}`, `fd`: joins such a stream. The join is known by P, which no
//!   other join is.
//! - `{"id":N,"op":"refuse","knock":K}`: ends such a stream; that it is gone is none.
//! - `{"id":N,"op":"progress","port":P}`: answer `{"id":N,"ok":true,"bytes":B,"port":P}`.
//! - `{"id":N,"op":"close","port":P}`: the same answer; the join is gone, or no stream may come to this port any more. Closing a port that has no
//!   join is no error.
//!
//! A request that fails is answered by `{"id":N,"error":"sentence"}`. By itself the device says
//! `{"event":"ended","port":P,"bytes":B,"error":null|"sentence"}`, once for every join that was made
//! (also for closed ones, before the answer to `close`), and `{"event":"knock","port":P,"knock":K}` for every stream that waits,
//! which has to be answered or refused: as long as many are not, the device tells of no other.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::epoll::EventFlags;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::direction::Direction;
use crate::door::Knock;
use crate::error::Refused;
use crate::join::Ended;
use crate::lines::{DescriptorsLost, Line, Lines, Received};
use crate::muxer::Muxer;

/// The longest request, in bytes.
const MAX_LINE: usize = 4096;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
enum Operation {
    Accept {
        port: u32,
        direction: Way,
    },
    Listen {
        port: u32,
        limit: usize,
    },
    Answer {
        knock: u64,
        port: u32,
        direction: Way,
    },
    Refuse {
        knock: u64,
    },
    Progress {
        port: u32,
    },
    Close {
        port: u32,
    },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    In,
    Out,
    Both,
    Datagrams,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Direction::In,
            Way::Out => Direction::Out,
            Way::Both => Direction::Both,
            Way::Datagrams => Direction::Datagrams,
        }
    }
}

/// Why a request cannot be carried out.
#[derive(Debug, Error)]
enum Failure {
    #[error("the request is not a JSON object in one line: {0}")]
    NotJson(serde_json::Error),
    #[error("the request must have an \"id\", a whole number")]
    NoId,
    #[error("the request is not understood: {0}")]
    NotUnderstood(serde_json::Error),
    #[error("the request must come with one file descriptor")]
    NoDescriptor,
    #[error(transparent)]
    Lost(#[from] DescriptorsLost),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("there is no join on host port {0}")]
    NoJoin(u32),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Message<'a> {
    Done {
        id: u64,
        ok: bool,
        bytes: u64,
        port: u32,
    },
    Failed {
        id: Option<u64>,
        error: String,
    },
    Knock {
        event: &'a str,
        port: u32,
        knock: u64,
    },
    Event {
        event: &'a str,
        port: u32,
        bytes: u64,
        error: Option<String>,
    },
}

/// The device's end of the control socket. The same thread drives it and the device: it polls [`Control::as_fd`], at first
/// for input, hands the muxer in ([`Control::handle_input`]), moves data
/// ([`Device::handle_queues`](crate::Device::handle_queues)), and ends each turn with [`Control::finish`].
#[derive(Debug)]
pub struct Control {
    lines: Lines,
}

impl Control {
    /// Speaks the protocol on a connected unix stream socket. Its flags are left alone.
    pub fn new(socket: OwnedFd) -> Self {
        Control {
            lines: Lines::new(socket, MAX_LINE),
        }
    }

    /// To be called as long as the socket is ready for anything: takes a request from it and carries it out. While too many answers
    /// wait to be read it takes none. `false`: the other side is gone.
    ///
    /// # Errors
    /// When the socket fails, or a line is too long.
    pub fn handle_input(&mut self, muxer: &mut Muxer) -> io::Result<bool> {
        if !self.lines.wants_input() {
            return Ok(true);
        }
        match self.lines.receive()? {
            Received::Line(line) => self.handle_line(muxer, line),
            Received::Nothing => {}
            Received::End => return Ok(false),
        }
        Ok(true)
    }

    fn handle_line(&mut self, muxer: &mut Muxer, line: Line) {
        let mut id = None;
        let result = parse(&line.text, &mut id)
            .and_then(|operation| perform(muxer, operation, line.descriptors));
        // A join that the request ended is told of first.
        self.report(muxer);
        match (result, id) {
            (Ok((port, bytes)), Some(id)) => self.lines.push(&Message::Done {
                id,
                ok: true,
                bytes,
                port,
            }),
            (Ok(_), None) => {}
            (Err(error), id) => self.lines.push(&Message::Failed {
                id,
                error: error.to_string(),
            }),
        }
    }

    /// Ends a turn, whatever it was about: tells of the joins that have ended and of the streams that wait, and writes what the
    /// socket takes. What the socket is to be polled for from now on; `None`: the other side is gone.
    ///
    /// # Errors
    /// When the socket fails.
    pub fn finish(&mut self, muxer: &mut Muxer) -> io::Result<Option<EventFlags>> {
        self.report(muxer);
        match self.lines.send() {
            // Also while no input is wanted, when nothing else would tell of the end.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
            result => result?,
        }
        let mut interest = EventFlags::empty();
        interest.set(EventFlags::IN, self.lines.wants_input());
        interest.set(EventFlags::OUT, self.lines.wants_output());
        Ok(Some(interest))
    }

    /// Tells of the joins that have ended, and of the streams that wait.
    fn report(&mut self, muxer: &mut Muxer) {
        while let Some(Knock { port, number }) = muxer.next_knock() {
            self.lines.push(&Message::Knock {
                event: "knock",
                port,
                knock: number,
            });
        }
        while let Some(Ended { port, bytes, error }) = muxer.next_ended() {
            self.lines.push(&Message::Event {
                event: "ended",
                port,
                bytes,
                error: error.map(|broken| broken.to_string()),
            });
        }
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.lines.as_fd()
    }
}

/// The port, and the bytes that were moved.
fn perform(
    muxer: &mut Muxer,
    operation: Operation,
    descriptors: Result<Vec<OwnedFd>, DescriptorsLost>,
) -> Result<(u32, u64), Failure> {
    // What a request brings and does not take does not stay open.
    let one = || <[OwnedFd; 1]>::try_from(descriptors?).map_err(|_| Failure::NoDescriptor);
    match operation {
        Operation::Accept { port, direction } => {
            let [fd] = one()?;
            muxer.accept(port, direction.into(), fd)?;
            Ok((port, 0))
        }
        Operation::Listen { port, limit } => {
            muxer.listen(port, limit)?;
            Ok((port, 0))
        }
        Operation::Answer {
            knock,
            port,
            direction,
        } => {
            let [fd] = one()?;
            muxer.answer(knock, port, direction.into(), fd)?;
            Ok((port, 0))
        }
        Operation::Refuse { knock } => {
            muxer.turn_away(knock);
            Ok((0, 0))
        }
        Operation::Progress { port } => match muxer.progress(port) {
            Some(bytes) => Ok((port, bytes)),
            None => Err(Failure::NoJoin(port)),
        },
        Operation::Close { port } => Ok((port, muxer.close(port).unwrap_or(0))),
    }
}

/// Reads a request; `id` is set as soon as it is known, so that errors can name it.
fn parse(line: &[u8], id: &mut Option<u64>) -> Result<Operation, Failure> {
    let mut value: serde_json::Value = serde_json::from_slice(line).map_err(Failure::NotJson)?;
    let found = value
        .as_object_mut()
        .and_then(|object| object.remove("id"))
        .and_then(|value| value.as_u64());
    *id = found;
    if found.is_none() {
        return Err(Failure::NoId);
    }
    Operation::deserialize(value).map_err(Failure::NotUnderstood)
}
