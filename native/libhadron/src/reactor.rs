//! One thread that watches children, the host's clock and network namespaces.
//!
//! It also takes the other operations on processes, which never block: so it alone owns the table of
//! pidfds, and killing works while every thread of the pool hangs in a mount. And what is to die with its parent
//! (PR_SET_PDEATHSIG) dies with the thread that started it: this one lives as long as the handle, the pool's do not.

use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use serde_json::json;

use crate::answers::{Answers, Reply};
use crate::clock;
use crate::error::{OpError, OpResult, guarded};
use crate::pool::Full;
use crate::request::{
    Cancel, Descriptor, KillProcess, MAX_ID, ReapChild, SpawnProgram, SpawnTask, SpawnVmm,
};
use crate::stop::Stop;
use crate::{child, descriptor, network, process, thread};

const MAX_QUEUED: usize = 256;
const MAX_WAITS: usize = 1024;
// No request has such an id.
const TOKEN_STOP: u64 = MAX_ID + 1;
const TOKEN_WAKE: u64 = MAX_ID + 2;

pub enum ProcessOperation {
    Kill(KillProcess),
    SpawnTask(SpawnTask),
    SpawnVmm(SpawnVmm),
    SpawnProgram(SpawnProgram),
    Reap(ReapChild),
    WaitClockSet,
    WaitNetworkChange(Descriptor),
    AcceptConnection(Descriptor),
    Cancel(Cancel),
    /// A request that was not understood: only its refusal is sent, and not on the caller's thread.
    Refuse(OpError),
}

/// The side of the reactor that submits.
pub struct Reactor {
    queue: Arc<Queue>,
    stop: Arc<Stop>,
}

struct Queue {
    requests: Mutex<VecDeque<(u64, ProcessOperation)>>,
    wake: OwnedFd,
}

impl Reactor {
    pub fn start(answers: Arc<Answers>, stop: Arc<Stop>) -> rustix::io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let queue = Arc::new(Queue {
            requests: Mutex::default(),
            wake,
        });
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &*stop,
            EventData::new_u64(TOKEN_STOP),
            EventFlags::IN,
        )?;
        epoll::add(
            &epoll,
            &queue.wake,
            EventData::new_u64(TOKEN_WAKE),
            EventFlags::IN,
        )?;
        let thread = Thread {
            epoll,
            queue: Arc::clone(&queue),
            stop: Arc::clone(&stop),
            answers,
            waits: HashMap::new(),
        };
        thread::spawn("hadron-wait", move || thread.run())
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::AGAIN))?;
        Ok(Self { queue, stop })
    }

    pub fn submit(&self, id: u64, operation: ProcessOperation) -> Result<(), Full> {
        let mut requests = self
            .queue
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.stop.is_set() || requests.len() >= MAX_QUEUED {
            return Err(Full);
        }
        requests.push_back((id, operation));
        drop(requests);
        // Fails only if the counter is at its end, and then the thread is awake.
        let _ = rustix::io::write(&self.queue.wake, &1u64.to_ne_bytes());
        Ok(())
    }
}

struct Thread {
    epoll: OwnedFd,
    queue: Arc<Queue>,
    stop: Arc<Stop>,
    answers: Arc<Answers>,
    /// By the id of the request.
    waits: HashMap<u64, Watched>,
}

struct Watched {
    fd: OwnedFd,
    kind: Kind,
}

enum Kind {
    /// It is to be reaped, and the answer says how it ended.
    Child,
    Clock,
    /// What it tells is to be taken out.
    Network,
    /// The answer is a connection.
    Connections,
}

impl Thread {
    fn run(mut self) {
        let mut events = Vec::with_capacity(64);
        while !self.stop.is_set() {
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(_) | Err(Errno::INTR) => {}
                // Nobody would be told of any exit any more: the end of the pipe says so at once.
                Err(_) => {
                    self.stop.set();
                    self.answers.close();
                }
            }
            for event in &events {
                match event.data.u64() {
                    TOKEN_STOP => {}
                    TOKEN_WAKE => self.take_requests(),
                    id => self.happened(id),
                }
            }
        }
    }

    fn take_requests(&mut self) {
        let mut counter = [0; 8];
        let _ = rustix::io::read(&self.queue.wake, &mut counter);
        loop {
            let next = self
                .queue
                .requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            let Some((id, operation)) = next else { return };
            match operation {
                ProcessOperation::Kill(request) => {
                    self.answers.send(id, guarded(|| process::kill(&request)));
                }
                ProcessOperation::SpawnTask(request) => {
                    self.answers
                        .send(id, guarded(|| child::spawn_task(&request)));
                }
                ProcessOperation::SpawnVmm(request) => {
                    self.answers
                        .send(id, guarded(|| child::spawn_vmm(&request)));
                }
                ProcessOperation::SpawnProgram(request) => {
                    self.answers
                        .send(id, guarded(|| child::spawn_program(&request)));
                }
                ProcessOperation::Reap(request) => {
                    if let Err(error) = guarded(|| self.reap(id, &request)) {
                        self.answers.send(id, Err(error));
                    }
                }
                ProcessOperation::WaitClockSet => {
                    if let Err(error) = guarded(|| self.wait_clock_set(id)) {
                        self.answers.send(id, Err(error));
                    }
                }
                ProcessOperation::WaitNetworkChange(request) => {
                    if let Err(error) = guarded(|| self.wait_network_change(id, &request)) {
                        self.answers.send(id, Err(error));
                    }
                }
                ProcessOperation::AcceptConnection(request) => {
                    if let Err(error) = guarded(|| self.accept_connection(id, &request)) {
                        self.answers.send(id, Err(error));
                    }
                }
                ProcessOperation::Cancel(request) => self.cancel(id, &request),
                ProcessOperation::Refuse(error) => self.answers.send(id, Err(error)),
            }
        }
    }

    /// The answer comes when the child has exited, however long ago.
    fn reap(&mut self, id: u64, request: &ReapChild) -> OpResult<()> {
        let what = format!("the process {}", request.pid);
        self.watch(id, child::open(request.pid)?, Kind::Child, &what)
    }

    /// The answer comes when somebody sets CLOCK_REALTIME, or the machine wakes up.
    fn wait_clock_set(&mut self, id: u64) -> OpResult<()> {
        self.watch(id, clock::set_event()?, Kind::Clock, "the host's clock")
    }

    /// The answer comes when something changes, or has since the last answer.
    fn wait_network_change(&mut self, id: u64, request: &Descriptor) -> OpResult<()> {
        self.watch_own(id, request, Kind::Network, "the network namespace")
    }

    /// The answer comes with a connection, or when one has come and is gone.
    fn accept_connection(&mut self, id: u64, request: &Descriptor) -> OpResult<()> {
        self.watch_own(id, request, Kind::Connections, "a listener")
    }

    /// The caller's own descriptor may be closed meanwhile.
    fn watch_own(&mut self, id: u64, request: &Descriptor, kind: Kind, what: &str) -> OpResult<()> {
        let fd = descriptor::duplicate(request.fd, &format!("{what} cannot be watched"))?;
        self.watch(id, fd, kind, what)
    }

    fn watch(&mut self, id: u64, fd: OwnedFd, kind: Kind, what: &str) -> OpResult<()> {
        if self.waits.contains_key(&id) {
            return Err(OpError::new(
                Errno::EXIST,
                format!("the request id {id} is in use already"),
            ));
        }
        if self.waits.len() >= MAX_WAITS {
            let message =
                format!("{MAX_WAITS} waits are under way already; cancel one of them first");
            return Err(OpError::new(Errno::NOMEM, message));
        }
        epoll::add(&self.epoll, &fd, EventData::new_u64(id), EventFlags::IN)
            .map_err(|errno| OpError::os(errno, format!("{what} cannot be watched")))?;
        self.waits.insert(id, Watched { fd, kind });
        Ok(())
    }

    fn happened(&mut self, id: u64) {
        if let Some(Watched { fd, kind }) = self.forget(id) {
            let answer = match kind {
                Kind::Child => guarded(|| child::reap(&fd)),
                Kind::Clock => Ok(Reply::empty()),
                Kind::Network => Ok(network::changed(fd.as_fd())),
                Kind::Connections => guarded(|| network::tcp::accept(fd.as_fd())),
            };
            self.answers.send(id, answer);
        }
    }

    fn cancel(&mut self, id: u64, request: &Cancel) {
        let cancelled = self.forget(request.request).is_some();
        if cancelled {
            let error = OpError::new(Errno::CANCELED, "the wait was cancelled");
            self.answers.send(request.request, Err(error));
        }
        self.answers
            .send(id, Ok(Reply::of(json!({ "cancelled": cancelled }))));
    }

    fn forget(&mut self, id: u64) -> Option<Watched> {
        let watched = self.waits.remove(&id)?;
        // Closing it would not do: a child that Node has forked and that has not called exec yet holds
        // a duplicate, and with it the entry in the epoll set.
        let _ = epoll::delete(&self.epoll, &watched.fd);
        Some(watched)
    }
}
