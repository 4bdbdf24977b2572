//! Children of this process that are started without copying it: Node's own fork(2) copies the page tables of the whole
//! daemon, which takes longer than all that a small program does.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::program::Program;
use crate::request::{SpawnProgram, SpawnTask, SpawnVmm};
use crate::{descriptor, process};

/// The name of the variable in which native/task finds its parent's pid.
const PARENT: &str = "HADRON_PARENT";
/// All that a program of others needs of this process's environment.
const ENVIRONMENT: &str = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
/// The number of a program's first descriptor that is none of the standard ones.
const FIRST: RawFd = 3;

/// Starts native/task. `fd` of the answer is the reading end of its standard output, non-blocking and close-on-exec. To be called on
/// a thread that lives as long as the child is to live, as the two below.
pub fn spawn_task(request: &SpawnTask) -> OpResult<Reply> {
    check_path("network namespace", &request.netns)?;
    let namespace = File::open(&request.netns).map_err(|error| {
        OpError::os(
            Errno::from_io_error(&error).unwrap_or(Errno::IO),
            format!("the network namespace {} cannot be opened", request.netns),
        )
    })?;
    let (read, write) = pipe()?;
    let task = Program {
        path: &request.program,
        arguments: &request.arguments,
        environment: &[format!("{PARENT}={}", std::process::id())],
        standard: [&namespace.into(), &write, &null()?],
        more: &[],
    };
    started(task.start()?, read)
}

/// Starts native/hadron-vmm. `fd` of the answer is the reading end of its standard error, non-blocking and close-on-exec.
pub fn spawn_vmm(request: &SpawnVmm) -> OpResult<Reply> {
    if request.netns != "new" {
        check_path("network namespace", &request.netns)?;
    }
    let socket = descriptor::duplicate(request.socket, "the control socket cannot be given away")?;
    let (read, write) = pipe()?;
    let parent = std::process::id().to_string();
    let words = ["hadron-vmm", "--parent", &parent, "--netns", &request.netns];
    let vmm = Program {
        path: &request.program,
        arguments: &words.map(str::to_owned),
        environment: &[],
        standard: [&socket, &null()?, &write],
        more: &[],
    };
    started(vmm.start()?, read)
}

/// Standard input and output are /dev/null. `fd` of the answer is the reading end of its standard error, non-blocking and close-on-exec.
pub fn spawn_program(request: &SpawnProgram) -> OpResult<Reply> {
    let (read, write) = pipe()?;
    let null = null()?;
    let mut arguments = vec![request.program.clone()];
    arguments.extend_from_slice(&request.arguments);
    let program = Program {
        path: &request.program,
        arguments: &arguments,
        environment: &[ENVIRONMENT.to_owned()],
        standard: [&null, &null, &write],
        more: &duplicates(&request.fds)?,
    };
    started(program.start()?, read)
}

/// The reading end of which is non-blocking.
fn pipe() -> OpResult<(OwnedFd, OwnedFd)> {
    let failed = |errno| OpError::os(errno, "a pipe cannot be made");
    let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
    rustix::io::ioctl_fionbio(&read, true).map_err(failed)?;
    Ok((read, write))
}

fn null() -> OpResult<OwnedFd> {
    rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| OpError::os(errno, "/dev/null cannot be opened"))
}

/// None of them has a number that one of them is to have in the child.
fn duplicates(fds: &[RawFd]) -> OpResult<Vec<OwnedFd>> {
    let count = RawFd::try_from(fds.len()).map_err(|_| OpError::invalid("too many descriptors"))?;
    fds.iter()
        .map(|fd| {
            rustix::io::fcntl_dupfd_cloexec(descriptor::borrow(*fd)?, FIRST.saturating_add(count))
                .map_err(|errno| {
                    OpError::os(errno, format!("descriptor {fd} cannot be given away"))
                })
        })
        .collect()
}

/// What is answered of a child that there is: `fd` is `read`.
fn started(pid: u32, read: OwnedFd) -> OpResult<Reply> {
    let start_time = process::start_time(pid).inspect_err(|_| give_up(pid))?;
    Ok(Reply::with_fds(
        json!({ "pid": pid, "startTime": start_time, "fd": read.as_raw_fd() }),
        vec![read],
    ))
}

/// Nobody will hear of the child, so that nobody else would end and reap it.
fn give_up(pid: u32) {
    let Some(pid) = Pid::from_raw(pid.cast_signed()) else {
        return;
    };
    // Not reaped yet, the pid is no other process's.
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    let wait = || rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
    let _ = rustix::io::retry_on_intr(wait);
}

/// A child of this process that is not reaped yet, whether it runs or not.
pub fn open(pid: i32) -> OpResult<OwnedFd> {
    let not_a_child = || {
        OpError::new(
            Errno::CHILD,
            format!("the process {pid} is no child of this one"),
        )
    };
    let id = Pid::from_raw(pid.max(0)).ok_or_else(not_a_child)?;
    let pidfd =
        rustix::process::pidfd_open(id, PidfdFlags::empty()).map_err(|errno| match errno {
            Errno::SRCH | Errno::INVAL | Errno::NOENT => not_a_child(),
            errno => OpError::os(errno, format!("the process {pid} cannot be watched")),
        })?;
    // Asks without taking anything: ECHILD for the process of somebody else.
    rustix::process::waitid(
        WaitId::PidFd(pidfd.as_fd()),
        WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT,
    )
    .map_err(|_| not_a_child())?;
    Ok(pidfd)
}

/// How an exited child ended: `code` or `signal`, the other one null. Its pid is free afterwards.
pub fn reap(pidfd: &OwnedFd) -> OpResult<Reply> {
    let status = rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED)
        .map_err(|errno| OpError::os(errno, "a child that has exited cannot be reaped"))?;
    Ok(Reply::of(json!({
        "code": status.as_ref().and_then(rustix::process::WaitIdStatus::exit_status),
        "signal": status.as_ref().and_then(rustix::process::WaitIdStatus::terminating_signal),
    })))
}

#[cfg(test)]
mod tests;
