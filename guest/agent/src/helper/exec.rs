//! An additional process in a running container (OCI has no word for it; runc says "exec").
//!
//! Not libcontainer's: version 0.7 runs such processes without the container's seccomp filter and
//! outside of its user namespace. The order of the steps follows runc's setns_init_linux.go.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::{Path, PathBuf};

use libcontainer::capabilities;
use libcontainer::oci_spec::runtime::{LinuxSeccomp, Process};
use libcontainer::syscall::Syscall;
use libcontainer::syscall::syscall::create_syscall;
use libcontainer::{seccomp, tty};
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::{Mode, fstat, umask};
use nix::unistd::{Gid, Uid, chdir, getcwd, setgroups, setsid};

use super::{Report, diagnostics, program, user};
use crate::error::{Code, Error, Result};
use crate::terminal::Size;

/// What the helper needs to know of a process to be made.
pub struct ExecPlan {
    /// The container's init process.
    pub init_pid: i32,
    /// Directory of the container's cgroup.
    pub cgroup: PathBuf,
    /// What to run, as whom.
    pub process: Process,
    /// The container's filter, which holds for every process of it.
    pub seccomp: Option<LinuxSeccomp>,
    /// With a terminal: the socket that takes its master, and its first size.
    pub terminal: Option<(RawFd, Size)>,
}

/// The order of entering: the user namespace last, because the others may belong to its parent.
const NAMESPACES: [(&str, CloneFlags); 6] = [
    ("ipc", CloneFlags::CLONE_NEWIPC),
    ("uts", CloneFlags::CLONE_NEWUTS),
    ("net", CloneFlags::CLONE_NEWNET),
    ("cgroup", CloneFlags::CLONE_NEWCGROUP),
    ("mnt", CloneFlags::CLONE_NEWNS),
    ("user", CloneFlags::CLONE_NEWUSER),
];

/// Only children of whoever enters these are in them.
const CHILD_NAMESPACES: [(&str, CloneFlags); 2] = [
    ("pid", CloneFlags::CLONE_NEWPID),
    // CLONE_NEWTIME, which nix does not have.
    ("time", CloneFlags::from_bits_retain(0x80)),
];

/// Runs in the helper; answers the new process' pid.
pub fn exec(report: Report, plan: ExecPlan) -> Result<i32> {
    diagnostics::install(report);
    if let Some(score) = plan.process.oom_score_adj() {
        std::fs::write("/proc/self/oom_score_adj", score.to_string())
            .map_err(|error| Error::os("cannot set process.oomScoreAdj", error))?;
    }
    // Processes of the container must not look into one that is still half the agent.
    nix::sys::prctl::set_dumpable(false)
        .map_err(|errno| Error::os("cannot make the helper undumpable", errno))?;
    let mut entered = Vec::new();
    for (name, flag) in NAMESPACES {
        if let Some(fd) = foreign_namespace(plan.init_pid, name)? {
            entered.push((name, flag, fd));
        }
    }
    join_cgroup(&plan)?;
    for (name, flag) in CHILD_NAMESPACES {
        if let Some(fd) = foreign_namespace(plan.init_pid, name)? {
            setns(&fd, flag)
                .map_err(|errno| Error::os(format!("cannot enter the {name} namespace"), errno))?;
        }
    }
    // As the agent's child, not ours, so that the agent learns of its exit.
    // SAFETY: like fork(2) with another parent; no stack, no TLS, no pid pointers are passed, and the
    // program has one thread.
    let pid = unsafe {
        libc::syscall(
            libc::SYS_clone,
            libc::CLONE_PARENT | libc::SIGCHLD,
            0,
            0,
            0,
            0,
        )
    };
    match pid {
        -1 => Err(Error::os(
            "cannot fork the process",
            io::Error::last_os_error(),
        )),
        0 => {
            let error = match become_process(plan, entered) {
                Ok(never) => match never {},
                Err(error) => error,
            };
            report.failed(&error);
            // SAFETY: there is nothing to clean up.
            unsafe { libc::_exit(127) }
        }
        pid => Ok(pid as i32),
    }
}

/// The init process' namespace, if it is not our own.
fn foreign_namespace(init_pid: i32, name: &str) -> Result<Option<File>> {
    let open = |process: &str| File::open(format!("/proc/{process}/ns/{name}"));
    let own = match open("self") {
        Ok(own) => own,
        // The kernel does not have this kind.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::os(
                format!("cannot open our {name} namespace"),
                error,
            ));
        }
    };
    let theirs = open(&init_pid.to_string()).map_err(|_| init_is_gone())?;
    let inode = |file: &File| {
        fstat(file.as_raw_fd())
            .map(|status| (status.st_dev, status.st_ino))
            .map_err(|errno| Error::os("cannot stat a namespace", errno))
    };
    Ok((inode(&own)? != inode(&theirs)?).then_some(theirs))
}

fn init_is_gone() -> Error {
    Error::precondition("the container's init process has exited: the container is stopped")
}

/// Moves the helper, whose children inherit it. When the container's own cgroup has become an inner
/// node (an init system in it manages cgroups), the init process' one is taken, as runc does.
fn join_cgroup(plan: &ExecPlan) -> Result<()> {
    let join = |directory: &Path| std::fs::write(directory.join("cgroup.procs"), "0");
    let error = match join(&plan.cgroup) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    if error.raw_os_error() == Some(libc::EBUSY) {
        let membership = std::fs::read_to_string(format!("/proc/{}/cgroup", plan.init_pid))
            .map_err(|_| init_is_gone())?;
        if let Some(path) = membership
            .lines()
            .find_map(|line| line.strip_prefix("0::/"))
        {
            let directory = Path::new(crate::cgroup::ROOT).join(path);
            if directory.starts_with(&plan.cgroup) && join(&directory).is_ok() {
                return Ok(());
            }
        }
    }
    Err(Error::os("cannot join the container's cgroup", error))
}

enum Never {}

fn become_process(plan: ExecPlan, namespaces: Vec<(&str, CloneFlags, File)>) -> Result<Never> {
    let syscall = create_syscall();
    let syscall = syscall.as_ref();
    let mut process = plan.process;
    setsid().map_err(|errno| Error::os("cannot start a session", errno))?;
    set_rlimits(&process, syscall)?;
    for (name, flag, fd) in namespaces {
        setns(&fd, flag)
            .map_err(|errno| Error::os(format!("cannot enter the {name} namespace"), errno))?;
    }
    if let Some((socket, size)) = plan.terminal {
        // Closes the socket.
        tty::setup_console(syscall, socket, false)
            .map_err(|error| Error::internal(format!("cannot make a terminal: {error}")))?;
        if let Some(size) = size.given() {
            size.set(0)
                .map_err(|error| Error::os("cannot size the terminal", error))?;
        }
    }
    let no_new_privileges = process.no_new_privileges() == Some(true);
    if no_new_privileges {
        nix::sys::prctl::set_no_new_privs()
            .map_err(|errno| Error::os("cannot set no_new_privs", errno))?;
    }
    if let Some(mask) = process.user().umask() {
        umask(Mode::from_bits_truncate(mask & 0o777));
    }
    let cwd = process.cwd().clone();
    // Before the user is changed: the runtime may enter where the user may not look. After it again,
    // because root may be refused where the user is not (network file systems).
    let entered = chdir(&cwd);
    set_user(&process, syscall)?;
    close_on_exec()?;
    if !no_new_privileges {
        filter(plan.seccomp.as_ref())?;
    }
    set_capabilities(&process, syscall)?;
    if entered.is_err() {
        chdir(&cwd).map_err(|errno| {
            Error::new(
                match errno {
                    Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES => Code::INVALID_ARGUMENT,
                    _ => Code::INTERNAL,
                },
                format!(
                    "cannot enter process.cwd {}: {}",
                    cwd.display(),
                    errno.desc()
                ),
            )
        })?;
    }
    // A working directory outside of the root would be a way out (CVE-2024-21626).
    match getcwd() {
        Ok(path) if path.is_absolute() => {}
        _ => return Err(Error::invalid("process.cwd lies outside of the container")),
    }
    with_home(&mut process, || user::passwd_below("/"));
    if no_new_privileges {
        filter(plan.seccomp.as_ref())?;
    }
    Err(program::execute(&process))
}

/// Adds HOME to the environment when it is not there or empty, as runc does.
pub fn with_home(process: &mut Process, passwd: impl FnOnce() -> String) {
    let mut environment = process.env().clone().unwrap_or_default();
    if environment.iter().any(|entry| {
        entry
            .strip_prefix("HOME=")
            .is_some_and(|home| !home.is_empty())
    }) {
        return;
    }
    environment.retain(|entry| !entry.starts_with("HOME="));
    let home = user::home(&passwd(), process.user().uid());
    environment.push(format!("HOME={home}"));
    process.set_env(Some(environment));
}

fn set_rlimits(process: &Process, syscall: &dyn Syscall) -> Result<()> {
    for limit in process.rlimits().iter().flatten() {
        syscall.set_rlimit(limit).map_err(|error| {
            Error::internal(format!("cannot set the limit {:?}: {error}", limit.typ()))
        })?;
    }
    Ok(())
}

fn set_user(process: &Process, syscall: &dyn Syscall) -> Result<()> {
    let user = process.user();
    let groups: Vec<Gid> = user
        .additional_gids()
        .iter()
        .flatten()
        .map(|gid| Gid::from_raw(*gid))
        .collect();
    match setgroups(&groups) {
        Ok(()) => {}
        // In a user namespace that denies setgroups there are no groups to get rid of either.
        Err(Errno::EPERM) if groups.is_empty() => {}
        Err(errno) => return Err(Error::os("cannot set process.user.additionalGids", errno)),
    }
    syscall
        .set_id(Uid::from_raw(user.uid()), Gid::from_raw(user.gid()))
        .map_err(|error| {
            Error::internal(format!(
                "cannot become user {}:{}: {error}",
                user.uid(),
                user.gid()
            ))
        })
}

fn set_capabilities(process: &Process, syscall: &dyn Syscall) -> Result<()> {
    let Some(wanted) = process.capabilities() else {
        return Ok(());
    };
    capabilities::reset_effective(syscall)
        .and_then(|()| capabilities::drop_privileges(wanted, syscall))
        .map_err(|error| Error::internal(format!("cannot set process.capabilities: {error}")))
}

fn filter(profile: Option<&LinuxSeccomp>) -> Result<()> {
    let Some(profile) = profile else {
        return Ok(());
    };
    match seccomp::initialize_seccomp(profile) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(Error::unimplemented(
            "seccomp's SCMP_ACT_NOTIFY needs a listener on the host, which this runtime does not have",
        )),
        Err(error) => Err(Error::internal(format!(
            "cannot load the seccomp filter: {error}"
        ))),
    }
}

fn close_on_exec() -> Result<()> {
    // SAFETY: marks descriptors, closes none.
    let result = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            i32::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if result == -1 {
        return Err(Error::os(
            "cannot mark descriptors close-on-exec",
            io::Error::last_os_error(),
        ));
    }
    Ok(())
}
