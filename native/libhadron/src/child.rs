//! Children of this process that are started without copying it: Node's own fork(2) copies the page tables of the whole
//! daemon, which takes longer than all that a small program does.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::{SpawnTask, SpawnVmm};
use crate::{descriptor, process};

/// The name of the variable in which native/task finds its parent's pid.
const PARENT: &str = "HADRON_PARENT";

/// Starts native/task. `fd` of the answer is the reading end of its pipe, non-blocking and close-on-exec. To be called on a
/// thread that lives as long as the child is to live.
pub fn spawn_task(request: &SpawnTask) -> OpResult<Reply> {
    check_path("program", &request.program)?;
    check_path("network namespace", &request.netns)?;
    let Some((name, arguments)) = request.arguments.split_first() else {
        return Err(OpError::invalid(
            "a program needs at least the argument that is its name",
        ));
    };
    let namespace = File::open(&request.netns).map_err(|error| {
        failed(
            &error,
            &format!("the network namespace {} cannot be opened", request.netns),
        )
    })?;
    let (read, write) = pipe()?;
    let mut command = Command::new(&request.program);
    command
        .arg0(name)
        .args(arguments)
        .env_clear()
        .env(PARENT, std::process::id().to_string())
        .stdin(Stdio::from(namespace))
        .stdout(Stdio::from(write))
        .stderr(Stdio::null());
    spawn(command, read)
}

/// Starts native/hadron-vmm. `fd` of the answer is the reading end of its standard error, non-blocking and close-on-exec. To be called
/// on a thread that lives as long as the child is to live.
pub fn spawn_vmm(request: &SpawnVmm) -> OpResult<Reply> {
    check_path("program", &request.program)?;
    if request.netns != "new" {
        check_path("network namespace", &request.netns)?;
    }
    let socket = descriptor::duplicate(request.socket, "the control socket cannot be given away")?;
    let (read, write) = pipe()?;
    let mut command = Command::new(&request.program);
    command
        .arg0("hadron-vmm")
        .env_clear()
        .arg("--parent")
        .arg(std::process::id().to_string())
        .arg("--netns")
        .arg(&request.netns)
        .stdin(Stdio::from(socket))
        .stdout(Stdio::null())
        .stderr(Stdio::from(write));
    spawn(command, read)
}

/// The reading end of which is non-blocking.
pub fn pipe() -> OpResult<(OwnedFd, OwnedFd)> {
    let failed = |errno| OpError::os(errno, "a pipe cannot be made");
    let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
    rustix::io::ioctl_fionbio(&read, true).map_err(failed)?;
    Ok((read, write))
}

/// The other end of `read` is among the command's descriptors. Nothing here, nor in what the callers set, keeps std from posix_spawn(3),
/// which does not copy this process.
fn spawn(mut command: Command, read: OwnedFd) -> OpResult<Reply> {
    // The working directory of the daemon is the bundle, which must not be kept busy.
    let child = command.current_dir("/").spawn();
    let program = command.get_program().display();
    let child = child.map_err(|error| failed(&error, &format!("{program} cannot be executed")))?;
    started(child.id(), read)
}

/// What is answered of a child that there is: `fd` is `read`.
pub fn started(pid: u32, read: OwnedFd) -> OpResult<Reply> {
    let start_time = process::start_time(pid)?;
    Ok(Reply::with_fds(
        json!({ "pid": pid, "startTime": start_time, "fd": read.as_raw_fd() }),
        vec![read],
    ))
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

fn failed(error: &std::io::Error, what: &str) -> OpError {
    OpError::os(Errno::from_io_error(error).unwrap_or(Errno::IO), what)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn spawn(program: &str, arguments: &[&str]) -> OpResult<(i32, File)> {
        let reply = spawn_task(&SpawnTask {
            program: program.to_owned(),
            arguments: arguments
                .iter()
                .map(|&argument| argument.to_owned())
                .collect(),
            netns: "/proc/self/ns/net".to_owned(),
        })?;
        let pid = i32::try_from(reply.value()["pid"].as_i64().unwrap()).unwrap();
        let fd = i32::try_from(reply.value()["fd"].as_i64().unwrap()).unwrap();
        let copy = rustix::io::dup(crate::descriptor::borrow(fd)?).unwrap();
        Ok((pid, File::from(copy)))
    }

    fn wait(pidfd: &OwnedFd) -> Reply {
        let mut fds = [rustix::event::PollFd::new(
            pidfd,
            rustix::event::PollFlags::IN,
        )];
        rustix::event::poll(&mut fds, None).unwrap();
        reap(pidfd).unwrap()
    }

    #[test]
    fn a_child_has_the_namespace_the_pipe_and_its_parent() {
        let script = r#"readlink /proc/self/fd/0; pwd; echo "$0 $1 $HADRON_PARENT"; exit 7"#;
        let (pid, mut output) =
            spawn("/bin/sh", &["sh", "-c", script, "name", "argument"]).unwrap();
        assert_eq!(
            wait(&open(pid).unwrap()).value(),
            &json!({ "code": 7, "signal": null })
        );
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        let netns = std::fs::read_link("/proc/self/ns/net").unwrap();
        let parent = std::process::id();
        assert_eq!(
            text,
            format!("{}\n/\nname argument {parent}\n", netns.display())
        );
        // Reaped: there is no such child any more.
        assert_eq!(open(pid).unwrap_err().errno, Errno::CHILD);
    }

    #[test]
    fn a_vmm_has_its_socket_and_its_words_are_heard() {
        let directory = std::env::temp_dir().join(format!("libhadron-vmm-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let program = directory.join("program");
        let script = "#!/bin/sh\necho \"$@\" $(env | grep -c HADRON) >&0; pwd >&2; exit 3\n";
        std::fs::write(&program, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&program, mode).unwrap();
        let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let reply = spawn_vmm(&SpawnVmm {
            program: program.to_str().unwrap().to_owned(),
            netns: "new".to_owned(),
            socket: theirs.as_raw_fd(),
        })
        .unwrap();
        drop(theirs);
        let pid = i32::try_from(reply.value()["pid"].as_i64().unwrap()).unwrap();
        let end = wait(&open(pid).unwrap());
        assert_eq!(end.value(), &json!({ "code": 3, "signal": null }));
        let (mut arguments, mut words) = (String::new(), String::new());
        ours.read_to_string(&mut arguments).unwrap();
        let parent = std::process::id();
        assert_eq!(arguments, format!("--parent {parent} --netns new 0\n"));
        let fd = i32::try_from(reply.value()["fd"].as_i64().unwrap()).unwrap();
        let copy = rustix::io::dup(crate::descriptor::borrow(fd).unwrap()).unwrap();
        File::from(copy).read_to_string(&mut words).unwrap();
        assert_eq!(words, "/\n");
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_killed_child_is_told_so_also_when_it_is_asked_for_late() {
        let (pid, mut output) = spawn("/bin/sleep", &["sleep", "60"]).unwrap();
        let pidfd = open(pid).unwrap();
        rustix::process::pidfd_send_signal(&pidfd, rustix::process::Signal::KILL).unwrap();
        // The end of the pipe is the child's.
        assert!(matches!(output.read(&mut [0; 1]), Ok(0) | Err(_)));
        assert_eq!(
            wait(&open(pid).unwrap()).value(),
            &json!({ "code": null, "signal": 9 })
        );
    }

    #[test]
    fn refusals_name_what_is_wrong() {
        for (program, arguments, words) in [
            (
                "/no/such/program",
                &["x"][..],
                "/no/such/program cannot be executed",
            ),
            ("program", &["x"], "must be an absolute path"),
            ("/bin/true", &[], "at least the argument"),
        ] {
            let message = spawn(program, arguments).unwrap_err().message;
            assert!(message.contains(words), "{message}");
        }
        for pid in [0, -1, 1, 4_194_305] {
            assert_eq!(open(pid).unwrap_err().errno, Errno::CHILD, "{pid}");
        }
    }
}
