//! The outer process: makes the inner one and its user namespace, then has nothing left but to wait.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use super::{
    FIRST_ID, Failure, INNER_ID, Step, descriptors, die_with_parent, drop_bounding_capabilities,
    drop_capabilities, set_ids,
};
use crate::arguments::Netns;
use crate::{leave, program, say, seccomp};

/// The kinds of namespaces that the inner process has for itself, with their names in /proc/sys/user.
const NAMESPACES: [(libc::c_int, &str); 7] = [
    (libc::CLONE_NEWUSER, "user"),
    (libc::CLONE_NEWNS, "mnt"),
    (libc::CLONE_NEWPID, "pid"),
    (libc::CLONE_NEWIPC, "ipc"),
    (libc::CLONE_NEWUTS, "uts"),
    (libc::CLONE_NEWNET, "net"),
    (libc::CLONE_NEWCGROUP, "cgroup"),
];

pub fn enter_netns(netns: &Netns) -> Result<(), Failure> {
    match netns {
        Netns::New => {
            // SAFETY: of all flags only UnshareFlags::FILES could harm other threads.
            unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
                .map_err(|errno| Failure::NewNetns(errno.into()))
        }
        Netns::At(path) => File::open(path)
            .and_then(|file| {
                let kind = Some(LinkNameSpaceType::Network);
                Ok(rustix::thread::move_into_link_name_space(
                    file.as_fd(),
                    kind,
                )?)
            })
            .map_err(|cause| Failure::Netns {
                path: path.clone(),
                cause,
            }),
    }
}

/// Makes the inner process, a copy of this one in new namespaces; None in there.
pub fn divide() -> Result<Option<Pid>, Failure> {
    let flags = NAMESPACES
        .iter()
        .fold(libc::SIGCHLD, |all, (flag, _)| all | flag);
    // SAFETY: without CLONE_VM this is fork(2): the child has a copy of all memory, this stack included, and this process has
    // no other thread that could hold a lock in it (`enter` says so). No pointers are given. What the C library caches of the
    // process, its tid alone, is used by nothing that a Rust program calls.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match pid {
        ..0 => Err(no_namespaces(io::Error::last_os_error())),
        0 => Ok(None),
        _ => Ok(i32::try_from(pid).ok().and_then(Pid::from_raw)),
    }
}

/// clone(2) does not say which kind was refused: the limits do.
fn no_namespaces(cause: io::Error) -> Failure {
    if cause.raw_os_error() != Some(libc::ENOSPC) {
        return Failure::Step {
            what: "the namespaces of the jail cannot be made",
            cause,
        };
    }
    let names = NAMESPACES.map(|(_, name)| format!("user.max_{name}_namespaces"));
    let is_zero = |name: &&String| {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        std::fs::read_to_string(path).is_ok_and(|value| value.trim() == "0")
    };
    let zero: Vec<&str> = names.iter().filter(is_zero).map(String::as_str).collect();
    Failure::NoNamespaces(match zero.as_slice() {
        [] => format!(
            "the one of {} that is reached (namespaces(7))",
            names.join(", ")
        ),
        _ => format!("{}, which is 0", zero.join(" and ")),
    })
}

/// The rest of the outer process's life. `pipe`: the inner process waits at its other end.
pub fn run(parent: u32, inner: Pid, pipe: OwnedFd) -> ! {
    let failure = match prepare(parent, inner, &pipe) {
        Ok(()) => {
            // If it does not read any more, its status says why.
            let _ = rustix::io::write(&pipe, &[0]);
            wait(inner)
        }
        Err(failure) => failure,
    };
    // The inner process goes with this one.
    say(&failure.to_string());
    leave(1)
}

fn prepare(parent: u32, inner: Pid, pipe: &OwnedFd) -> Result<(), Failure> {
    let id = FIRST_ID.saturating_add(inner.as_raw_nonzero().get().cast_unsigned());
    map_ids(inner, id).step("the user of the inner process cannot be made")?;
    drop_bounding_capabilities()?;
    // The inner one's user: neither a signal to it nor the one for this process's death would reach another's, unless root's.
    set_ids(id)?;
    drop_capabilities()?;
    // Another uid has undone it.
    die_with_parent(parent)?;
    descriptors::keep_only(&[pipe.as_fd()])?;
    let what = "the filter of system calls cannot be set";
    let filter = seccomp::Ready::new(seccomp::Kind::Outer).step(what)?;
    // What has made the filter as well, since the filter does not allow it.
    program::forget();
    filter.enter().step(what)
}

/// user_namespaces(7)
fn map_ids(inner: Pid, id: u32) -> io::Result<()> {
    let write = |file, text: &str| std::fs::write(format!("/proc/{inner}/{file}"), text);
    let map = format!("{INNER_ID} {id} 1");
    write("setgroups", "deny")?;
    write("gid_map", &map)?;
    write("uid_map", &map)
}

/// Ends as the inner process ended; answers if it cannot.
fn wait(inner: Pid) -> Failure {
    let status = loop {
        match rustix::process::waitpid(Some(inner), WaitOptions::empty()) {
            Ok(Some((_, status))) => break status,
            Ok(None) | Err(Errno::INTR) => {}
            Err(errno) => {
                return Failure::Step {
                    what: "the inner process cannot be waited for",
                    cause: errno.into(),
                };
            }
        }
    };
    let Some(signal) = status.terminating_signal() else {
        leave(status.exit_status().unwrap_or(1));
    };
    // What could be said in there has been: a call that a filter forbids says its name, but for those of the C library with all signals blocked.
    say(&format!(
        "the process in the jail was killed by signal {signal}"
    ));
    // SAFETY: no pointers. The answers do not matter: what comes after is for the case that the signal did not end this process.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::kill(libc::getpid(), signal);
    }
    Failure::Killed(signal)
}
