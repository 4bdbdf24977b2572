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

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recvmsg, send};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::direction::Direction;
use crate::door::Knock;
use crate::error::Refused;
use crate::join::Ended;
use crate::muxer::Muxer;

/// The longest request, in bytes.
const MAX_LINE: usize = 4096;

/// When so many bytes of answers wait to be read, no more requests are taken.
const MAX_BACKLOG: usize = 256 * 1024;

/// The most file descriptors in one message.
const MAX_FDS: usize = 16;

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
    socket: OwnedFd,
    input: Vec<u8>,
    fds: VecDeque<OwnedFd>,
    output: VecDeque<u8>,
}

impl Control {
    /// Speaks the protocol on a connected unix stream socket. Its flags are left alone.
    pub fn new(socket: OwnedFd) -> Self {
        Control {
            socket,
            input: Vec::new(),
            fds: VecDeque::new(),
            output: VecDeque::new(),
        }
    }

    /// To be called when the socket is ready for anything: takes requests from it and carries them out. While too many answers
    /// wait to be read it takes none. `false`: the other side is gone.
    ///
    /// # Errors
    /// When the socket fails, or a line is too long.
    pub fn handle_input(&mut self, muxer: &mut Muxer) -> io::Result<bool> {
        if !self.wants_input() {
            return Ok(true);
        }
        let mut bytes = [0; MAX_LINE];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut ancillary,
            RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC,
        );
        let count = match received {
            Ok(message) => message.bytes,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(true),
            Err(Errno::CONNRESET) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.fds.extend(fds);
            }
        }
        if count == 0 {
            return Ok(false);
        }
        self.input.extend_from_slice(&bytes[..count]);
        let mut input = std::mem::take(&mut self.input);
        let mut start = 0;
        while let Some(length) = input[start..].iter().position(|byte| *byte == b'\n') {
            let line = &input[start..start + length];
            start += length + 1;
            self.handle_line(muxer, line);
        }
        input.drain(..start);
        if input.is_empty() {
            // Descriptors that no request took do not stay open.
            self.fds.clear();
        }
        if input.len() > MAX_LINE {
            return Err(io::Error::other(format!(
                "a control request is longer than {MAX_LINE} bytes"
            )));
        }
        self.input = input;
        Ok(true)
    }

    fn handle_line(&mut self, muxer: &mut Muxer, line: &[u8]) {
        let mut id = None;
        let result = parse(line, &mut id).and_then(|operation| self.perform(muxer, operation));
        // A join that the request ended is told of first.
        self.report(muxer);
        match (result, id) {
            (Ok((port, bytes)), Some(id)) => self.push(&Message::Done {
                id,
                ok: true,
                bytes,
                port,
            }),
            (Ok(_), None) => {}
            (Err(error), id) => self.push(&Message::Failed {
                id,
                error: error.to_string(),
            }),
        }
    }

    fn perform(&mut self, muxer: &mut Muxer, operation: Operation) -> Result<(u32, u64), Failure> {
        match operation {
            Operation::Accept { port, direction } => {
                let fd = self.take_fd()?;
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
                let fd = self.take_fd()?;
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

    fn take_fd(&mut self) -> Result<OwnedFd, Failure> {
        self.fds.pop_front().ok_or(Failure::NoDescriptor)
    }

    /// Ends a turn, whatever it was about: tells of the joins that have ended and of the streams that wait, and writes what the
    /// socket takes. What the socket is to be polled for from now on; `None`: the other side is gone.
    ///
    /// # Errors
    /// When the socket fails.
    pub fn finish(&mut self, muxer: &mut Muxer) -> io::Result<Option<EventFlags>> {
        self.report(muxer);
        match self.handle_output() {
            // Also while no input is wanted, when nothing else would tell of the end.
            Err(Errno::PIPE) => return Ok(None),
            result => result?,
        }
        let mut interest = EventFlags::empty();
        interest.set(EventFlags::IN, self.wants_input());
        interest.set(EventFlags::OUT, !self.output.is_empty());
        Ok(Some(interest))
    }

    fn wants_input(&self) -> bool {
        self.output.len() < MAX_BACKLOG
    }

    /// Tells of the joins that have ended, and of the streams that wait.
    fn report(&mut self, muxer: &mut Muxer) {
        while let Some(Knock { port, number }) = muxer.next_knock() {
            self.push(&Message::Knock {
                event: "knock",
                port,
                knock: number,
            });
        }
        while let Some(Ended { port, bytes, error }) = muxer.next_ended() {
            self.push(&Message::Event {
                event: "ended",
                port,
                bytes,
                error: error.map(|broken| broken.to_string()),
            });
        }
    }

    fn push(&mut self, message: &Message<'_>) {
        // Numbers and strings always serialise.
        if serde_json::to_writer(&mut self.output, message).is_ok() {
            self.output.push_back(b'\n');
        }
    }

    fn handle_output(&mut self) -> rustix::io::Result<()> {
        while !self.output.is_empty() {
            let (first, _) = self.output.as_slices();
            match send(
                &self.socket,
                first,
                SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
            ) {
                Ok(count) => {
                    self.output.drain(..count);
                }
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
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
