//! One call of crun.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{dup2, pipe2};

use super::Crun;
use super::log::Log;
use super::message;
use crate::child::Child;
use crate::error::{Error, Result};
use crate::fd::set_nonblocking;
use crate::reaper::{ExitReceiver, Reaper};
use crate::watch::watch_fd;

/// The log's descriptor in crun; its standard streams are those of the container.
const LOG: RawFd = 3;

/// What the container's process inherits.
pub struct Stdio {
    /// Descriptors 0, 1 and 2.
    pub fds: [RawFd; 3],
    /// /proc/PID/oom_score_adj; `None` leaves the agent's own.
    pub oom_score_adj: Option<i32>,
}

/// A call under way.
pub struct Call {
    child: Child,
    reaper: Reaper,
    log: Log,
}

impl Crun {
    /// Runs crun with `arguments` after those that are the same for every call.
    pub fn call(&self, reaper: &Reaper, stdio: &Stdio, arguments: &[&OsStr]) -> Result<Call> {
        let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)
            .map_err(|errno| Error::os("cannot make a pipe for crun's log", errno))?;
        set_nonblocking(&ours)
            .map_err(|error| Error::os("cannot make a pipe non-blocking", error))?;
        let ours = watch_fd(ours).map_err(|error| Error::os("cannot watch crun's log", error))?;
        let log = format!("--log=file:/proc/self/fd/{LOG}");
        let common = [
            "crun",
            &log,
            "--log-format=json",
            "--log-level=warning",
            "--cgroup-manager=cgroupfs",
        ];
        let arguments = common
            .map(OsStr::new)
            .into_iter()
            .chain([OsStr::new("--root"), self.root.as_os_str()])
            .chain(arguments.iter().copied())
            .map(|argument| CString::new(argument.as_bytes()))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|_| Error::invalid("an argument of crun has a NUL byte"))?;
        let mut pointers: Vec<_> = arguments.iter().map(|argument| argument.as_ptr()).collect();
        pointers.push(std::ptr::null());
        let score = stdio.oom_score_adj.map(|score| score.to_string());
        let child = Child::become_program(reaper, CloneFlags::empty(), || {
            // SAFETY: the pointers end with a null pointer, and their strings outlive the call.
            let Err(error) = unsafe {
                become_crun(
                    &self.program,
                    &theirs,
                    stdio.fds,
                    score.as_deref(),
                    &pointers,
                )
            };
            let line = format!("cannot run crun: {error}\n");
            // There is nobody else to tell.
            let _ = crate::transport::write(theirs.as_raw_fd(), line.as_bytes());
            127
        })?;
        Ok(Call {
            child,
            reaper: reaper.clone(),
            log: Log::new(ours),
        })
    }
}

enum Never {}

/// Allocates nothing that is still there at the exec.
///
/// # Safety
/// `arguments` must be execve(2)'s: pointers to C strings and a null pointer.
unsafe fn become_crun(
    program: &OwnedFd,
    log: &OwnedFd,
    stdio: [RawFd; 3],
    oom_score_adj: Option<&str>,
    arguments: &[*const libc::c_char],
) -> io::Result<Never> {
    // The agent's own soft limit is high; programs that know nothing of limits expect this one.
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        setrlimit(Resource::RLIMIT_NOFILE, hard.min(1024), hard)?;
    }
    if let Some(score) = oom_score_adj {
        std::fs::write("/proc/self/oom_score_adj", score)?;
    }
    // Out of the way of the descriptors below.
    let above = |fd: &OwnedFd| fcntl(fd.as_raw_fd(), FcntlArg::F_DUPFD_CLOEXEC(LOG + 1));
    let (program, log) = (above(program)?, above(log)?);
    for (target, &source) in stdio.iter().enumerate() {
        dup2(source, target as RawFd)?;
    }
    dup2(log, LOG)?;
    // SAFETY: the child never touches the agent's objects that own these descriptors.
    let closed = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            LOG + 1,
            RawFd::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if closed == -1 {
        return Err(io::Error::last_os_error());
    }
    let environment = [std::ptr::null::<libc::c_char>()];
    // SAFETY: both arrays end with a null pointer; the strings are the caller's promise.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program,
            c"".as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    Err(io::Error::last_os_error())
}

impl Call {
    /// Waits until crun is done; answers the pid of the container's process, which crun has written to `pid_file`.
    pub async fn process(&mut self, pid_file: &Path) -> Result<(i32, ExitReceiver)> {
        let exit = self.child.ended().await;
        if exit.status != 0 {
            return Err(match self.log.error_now() {
                Some(text) => message::error(&text),
                None => Error::internal(format!(
                    "crun ended with status {} before it was done",
                    exit.status
                )),
            });
        }
        let text = std::fs::read_to_string(pid_file)
            .map_err(|error| Error::os("cannot read crun's pid file", error))?;
        let pid = text
            .trim()
            .parse()
            .map_err(|_| Error::internal(format!("crun's pid file has {text:?}")))?;
        // The watch must exist before the operation ends, see Reaper.
        let exit = self.reaper.watch(pid);
        self.child.settle();
        Ok((pid, exit))
    }

    /// Waits for the exec of the user's program, or for the reason why there is none.
    pub async fn program_runs(&mut self) -> Result<()> {
        match self.log.error().await {
            Err(error) => Err(Error::os("cannot read crun's log", error)),
            Ok(None) => Ok(()),
            Ok(Some(text)) => Err(message::error(&text)),
        }
    }
}
