//! A handle: a pool, a reactor and the pipe on which both answer.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::pipe::PipeFlags;

use crate::answers::{Answers, Reply};
use crate::error::{OpError, OpResult, guarded};
use crate::pool::{Full, Pool};
use crate::reactor::{ProcessOperation, Reactor};
use crate::request::{self, Operation};
use crate::stop::Stop;
use crate::{cgroup, dial, directory, kvm, mount, netns, network, socket};

pub enum Refused {
    /// Too many requests are waiting: submit it again when an answer has come.
    Full,
    /// Not JSON, or without an id.
    Malformed,
}

pub struct Handle {
    pool: Arc<Pool<(u64, Operation)>>,
    reactor: Reactor,
    answers: Arc<Answers>,
    stop: Arc<Stop>,
}

impl Handle {
    /// The handle, and the read end of its pipe (non-blocking, close-on-exec), which is the caller's.
    pub fn open() -> OpResult<(Self, OwnedFd)> {
        let failed = |errno| OpError::os(errno, "libhadron cannot be opened");
        // Each end has its own O_NONBLOCK, but both need it.
        let (read, write) =
            rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(failed)?;
        let stop = Arc::new(Stop::new().map_err(failed)?);
        let answers = Arc::new(Answers::new(write, Arc::clone(&stop)));
        let reactor = Reactor::start(Arc::clone(&answers), Arc::clone(&stop)).map_err(failed)?;
        let pool_answers = Arc::clone(&answers);
        let pool = Pool::new(move |(id, operation)| {
            pool_answers.send(id, guarded(|| run(operation)));
        });
        Ok((
            Self {
                pool,
                reactor,
                answers,
                stop,
            },
            read,
        ))
    }

    pub fn submit(&self, json: &[u8]) -> Result<(), Refused> {
        let (id, operation) = request::parse(json).ok_or(Refused::Malformed)?;
        let submitted = match operation {
            Ok(Operation::KillProcess(request)) => {
                self.reactor.submit(id, ProcessOperation::Kill(request))
            }
            Ok(Operation::SpawnTask(request)) => self
                .reactor
                .submit(id, ProcessOperation::SpawnTask(request)),
            Ok(Operation::SpawnVmm(request)) => {
                self.reactor.submit(id, ProcessOperation::SpawnVmm(request))
            }
            Ok(Operation::SpawnProgram(request)) => self
                .reactor
                .submit(id, ProcessOperation::SpawnProgram(request)),
            Ok(Operation::ReapChild(request)) => {
                self.reactor.submit(id, ProcessOperation::Reap(request))
            }
            Ok(Operation::WaitClockSet(_)) => {
                self.reactor.submit(id, ProcessOperation::WaitClockSet)
            }
            Ok(Operation::WaitNetworkChange(request)) => self
                .reactor
                .submit(id, ProcessOperation::WaitNetworkChange(request)),
            Ok(Operation::AcceptConnection(request)) => self
                .reactor
                .submit(id, ProcessOperation::AcceptConnection(request)),
            Ok(Operation::Cancel(request)) => {
                self.reactor.submit(id, ProcessOperation::Cancel(request))
            }
            Ok(operation) => self.pool.submit((id, operation)),
            Err(error) => self.reactor.submit(id, ProcessOperation::Refuse(error)),
        };
        submitted.map_err(|Full| Refused::Full)
    }
}

impl Drop for Handle {
    /// Waits for nothing: an operation that is under way ends by itself, its answer goes nowhere.
    fn drop(&mut self) {
        self.stop.set();
        self.pool.close();
        self.answers.close();
    }
}

fn run(operation: Operation) -> OpResult<Reply> {
    match operation {
        Operation::MakeShares(request) => mount::make_shares(&request),
        Operation::LendShare(request) => mount::share::lend(&request),
        Operation::TakeShareBack(request) => mount::share::take_back(&request),
        Operation::Mount(request) => mount::mount(&request),
        Operation::MakeWritable(request) => mount::make_writable(&request),
        Operation::DescribeMount(request) => mount::describe(&request),
        Operation::UmountTree(request) => mount::umount_tree(&request),
        Operation::SendFds(request) => socket::send_fds(&request),
        Operation::Socketpair(_) => socket::socketpair(),
        Operation::ListenUnix(request) => socket::listen_unix(&request),
        Operation::CreateNetns(_) => netns::create(),
        Operation::RemoveDirectory(request) => directory::remove(&request),
        Operation::MakeCgroups(request) => cgroup::make(&request),
        Operation::EnterCgroups(request) => cgroup::enter(&request),
        Operation::LeaveCgroups(request) => cgroup::leave(&request),
        Operation::RemoveCgroups(request) => cgroup::remove(&request),
        Operation::OpenNetwork(request) => network::open(&request),
        Operation::ReadNetwork(request) => network::read(&request),
        Operation::OpenTap(request) => network::open_tap(&request),
        Operation::JoinLinks(request) => network::join(&request),
        Operation::SeparateLinks(request) => network::separate(&request),
        Operation::RemoveLinks(request) => network::remove(&request),
        Operation::OpenLoopback(request) => network::loopback::open(&request),
        Operation::ListenTcp(request) => network::tcp::listen(&request),
        Operation::RefuseConnection(request) => network::tcp::refuse(&request),
        Operation::Dial(request) => dial::dial(&request),
        Operation::CheckKvm(request) => kvm::check(&request),
        Operation::KillProcess(_)
        | Operation::SpawnTask(_)
        | Operation::SpawnVmm(_)
        | Operation::SpawnProgram(_)
        | Operation::ReapChild(_)
        | Operation::WaitClockSet(_)
        | Operation::WaitNetworkChange(_)
        | Operation::AcceptConnection(_)
        | Operation::Cancel(_) => Err(OpError::new(
            Errno::INVAL,
            "operations on processes and waits are the reactor's",
        )),
    }
}
