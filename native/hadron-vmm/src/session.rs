//! The talk with the daemon, from the configuration to the end of the VM.
//!
//! Requests, one a line:
//!
//! - `{"id":N,"op":"start","config":{...}}`, with descriptors ([`hadron_vmm::config`] says which): makes the VM and has it run. Once.
//! - `{"id":N,"op":"pause"}`: no vCPU runs any more when it is answered. `{"id":N,"op":"resume"}`: they go on. Neither is an error when it is so already.
//! - `{"id":N,"op":"insert","place":P,"device":{...}}`, with its descriptor: puts a disk into a vacant place, by its index among the configuration's
//!   devices. `{"id":N,"op":"eject","place":P}`: takes it out; its file is closed when it is answered.
//! - `{"id":N,"op":"statistics"}`: the answer has `exits`, how often vCPUs have left the guest so far, by the reason.
//!
//! The answer is `{"id":N,"ok":true,...}` or `{"id":N,"error":"sentence"}`. By itself the VMM says `{"event":"complaint","message":"sentence"}`, and
//! as its last word `{"event":"ended","cause":"reset"|"shutdown"|"fault","message":"sentence"}`. The end of the socket ends the VM.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hadron_vmm::config::{Config, DeviceConfig};
use hadron_vsock_device::lines::{DescriptorsLost, Line, Lines, Received};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::news::{Board, News};

/// The longest request, in bytes. A configuration is a few thousand.
const MAX_LINE: usize = 64 * 1024;
/// How long the daemon has to take the last words.
const FAREWELL: Duration = Duration::from_secs(2);

/// A VM, as its session has it.
pub trait Machine {
    /// Has the vCPUs run.
    fn resume(&self);
    /// Has them stop, and waits until they do.
    ///
    /// # Errors
    /// When they do not.
    fn pause(&self) -> io::Result<()>;
    /// Puts a disk into a vacant place.
    ///
    /// # Errors
    /// A sentence.
    fn insert(
        &self,
        place: usize,
        device: DeviceConfig,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(), String>;
    /// Takes it out.
    ///
    /// # Errors
    /// A sentence.
    fn eject(&self, place: usize) -> Result<(), String>;
    /// As `statistics` answers them.
    fn exits(&self) -> Value;
}

/// Makes a VM that does not run yet; the board hears of it.
pub type Make<M> = fn(Config, Vec<OwnedFd>, Arc<Board>) -> Result<M, String>;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", deny_unknown_fields)]
enum Request {
    Start {
        config: Box<Config>,
    },
    Pause {},
    Resume {},
    Insert {
        place: usize,
        device: Box<DeviceConfig>,
    },
    Eject {
        place: usize,
    },
    Statistics {},
}

/// Why a request is not carried out.
#[derive(Debug, Error)]
enum Refusal {
    #[error("the request is not a JSON object in one line: {0}")]
    NotJson(serde_json::Error),
    #[error("the request must have an \"id\", a whole number")]
    NoId,
    #[error("the request is not understood: {0}")]
    NotUnderstood(serde_json::Error),
    #[error(transparent)]
    Lost(#[from] DescriptorsLost),
    #[error("the VM was started already")]
    Started,
    #[error("there is no VM yet: start it first")]
    NotStarted,
    #[error("the VM cannot be paused: {0}")]
    Pause(io::Error),
    #[error("{0}")]
    Make(String),
    #[error("{0}")]
    Place(String),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Done {
        id: u64,
        ok: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        exits: Option<Value>,
    },
    Failed {
        id: Option<u64>,
        error: String,
    },
}

/// How a session ends, when nothing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The daemon has closed the socket.
    Closed,
    /// The VM is gone, and the daemon was told.
    Ended,
}

/// One VM and its daemon.
pub struct Session<M> {
    control: Lines,
    board: Arc<Board>,
    make: Make<M>,
    machine: Option<M>,
}

impl<M: Machine> Session<M> {
    /// # Errors
    /// As eventfd(2).
    pub fn new(socket: OwnedFd, make: Make<M>) -> io::Result<Self> {
        Ok(Session {
            control: Lines::new(socket, MAX_LINE),
            board: Arc::new(Board::new()?),
            make,
            machine: None,
        })
    }

    /// Until the one or the other is gone.
    ///
    /// # Errors
    /// When the socket fails, or the daemon does not keep to the protocol.
    pub fn run(&mut self) -> io::Result<End> {
        loop {
            let mut interest = PollFlags::empty();
            interest.set(PollFlags::IN, self.control.wants_input());
            interest.set(PollFlags::OUT, self.control.wants_output());
            let (readable, writable) = {
                let mut fds = [
                    PollFd::from_borrowed_fd(self.control.as_fd(), interest),
                    PollFd::from_borrowed_fd(self.board.as_fd(), PollFlags::IN),
                ];
                match poll(&mut fds, None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(errno) => return Err(errno.into()),
                }
                let events = fds[0].revents();
                let gone = PollFlags::HUP | PollFlags::ERR;
                (
                    events.intersects(PollFlags::IN | gone),
                    events.intersects(PollFlags::OUT),
                )
            };
            if readable {
                match self.control.receive()? {
                    Received::Line(line) => {
                        let answer = self.answer(line);
                        self.control.push(&answer);
                    }
                    Received::Nothing => {}
                    Received::End => return Ok(End::Closed),
                }
            }
            for news in self.board.take() {
                self.control.push(&news);
                if matches!(news, News::Ended { .. }) {
                    self.farewell()?;
                    return Ok(End::Ended);
                }
            }
            if writable || self.control.wants_output() {
                self.control.send()?;
            }
        }
    }

    fn answer(&mut self, line: Line) -> Answer {
        let mut id = None;
        let result =
            parse(&line.text, &mut id).and_then(|request| self.perform(request, line.descriptors));
        match (result, id) {
            (Ok(exits), Some(id)) => Answer::Done {
                id,
                ok: true,
                exits,
            },
            (Ok(_), None) => failed(None, &Refusal::NoId),
            (Err(refusal), id) => failed(id, &refusal),
        }
    }

    fn perform(
        &mut self,
        request: Request,
        descriptors: Result<Vec<OwnedFd>, DescriptorsLost>,
    ) -> Result<Option<Value>, Refusal> {
        let machine = self.machine.as_ref().ok_or(Refusal::NotStarted);
        match request {
            Request::Start { config } => {
                if machine.is_ok() {
                    return Err(Refusal::Started);
                }
                let board = Arc::clone(&self.board);
                let machine = (self.make)(*config, descriptors?, board).map_err(Refusal::Make)?;
                machine.resume();
                self.machine = Some(machine);
                Ok(None)
            }
            Request::Pause {} => machine?.pause().map(|()| None).map_err(Refusal::Pause),
            Request::Resume {} => {
                machine?.resume();
                Ok(None)
            }
            Request::Insert { place, device } => machine?
                .insert(place, *device, descriptors?)
                .map(|()| None)
                .map_err(Refusal::Place),
            Request::Eject { place } => {
                machine?.eject(place).map(|()| None).map_err(Refusal::Place)
            }
            Request::Statistics {} => Ok(Some(machine?.exits())),
        }
    }

    /// Brings the last words to the daemon.
    fn farewell(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + FAREWELL;
        loop {
            self.control.send()?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !self.control.wants_output() || left.is_zero() {
                return Ok(());
            }
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut fds = [PollFd::from_borrowed_fd(
                self.control.as_fd(),
                PollFlags::OUT,
            )];
            match poll(&mut fds, Some(&left)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

fn failed(id: Option<u64>, refusal: &Refusal) -> Answer {
    Answer::Failed {
        id,
        error: refusal.to_string(),
    }
}

/// `id` is set as soon as it is known, so that errors can name it.
fn parse(line: &[u8], id: &mut Option<u64>) -> Result<Request, Refusal> {
    let mut value: Value = serde_json::from_slice(line).map_err(Refusal::NotJson)?;
    let found = value.as_object_mut().and_then(|object| object.remove("id"));
    *id = Some(
        found
            .as_ref()
            .and_then(Value::as_u64)
            .ok_or(Refusal::NoId)?,
    );
    Request::deserialize(value).map_err(Refusal::NotUnderstood)
}

#[cfg(test)]
mod tests;
