//! The pid namespace that containers of the pod share if they ask for that of the pod: one without the agent and
//! the kernel's threads, which nobody in it can see or signal.
//!
//! Its init process stands where runc has the pause program. It does nothing, the kernel reaps what is left to it, and
//! whoever may look into it finds nothing: no files, no capabilities, no memory of the agent's.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::CloneFlags;
use nix::unistd::{chdir, pivot_root};

use crate::child::Child;
use crate::error::{Error, Result};
use crate::reaper::{ExitReceiver, Reaper};

/// Where a container's specification finds it (agent.proto).
pub const PATH: &str = "/run/hadron/pod-pids";

/// What the init process is called, by which the program knows what it was started for.
const NAME: &CStr = c"/pause";
/// Nobody in particular: that of the pause image.
const USER: u32 = 65535;
/// Any directory: what is mounted on it is seen by the init process alone.
const ROOT: &str = "/tmp";

/// See the module's comment.
#[derive(Default)]
pub struct PodPids(Mutex<Option<ExitReceiver>>);

impl PodPids {
    /// Has the namespace at [`PATH`], as long as the guest lives. Without its init process it is of no use any more,
    /// and is made again.
    pub fn make(&self, reaper: &Reaper) -> Result<()> {
        let mut init = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if init.as_ref().is_some_and(|exit| exit.borrow().is_none()) {
            return Ok(());
        }
        let failed = |error: io::Error| Error::os("cannot make the pod's pid namespace", error);
        let program = File::open("/proc/self/exe").map_err(failed)?;
        let reason = AtomicI32::new(0);
        let flags = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
        let mut child = Child::become_program(reaper, flags, || {
            let Err(errno) = become_init(&program);
            reason.store(errno as i32, Ordering::Relaxed);
            1
        })?;
        child.settle();
        match reason.into_inner() {
            0 => {}
            errno => return Err(failed(io::Error::from_raw_os_error(errno))),
        }
        if init.is_some() {
            umount2(PATH, MntFlags::MNT_DETACH).map_err(|errno| failed(errno.into()))?;
        }
        File::create(PATH).map_err(failed)?;
        let namespace = format!("/proc/{}/ns/pid", child.pid());
        let plain = None::<&str>;
        mount(Some(&*namespace), PATH, plain, MsFlags::MS_BIND, plain)
            .map_err(|errno| failed(errno.into()))?;
        *init = Some(child.exit());
        Ok(())
    }
}

enum Never {}

/// Allocates nothing.
fn become_init(program: &File) -> nix::Result<Never> {
    let plain = None::<&str>;
    mount(
        plain,
        "/",
        plain,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        plain,
    )?;
    mount(
        Some("tmpfs"),
        ROOT,
        Some("tmpfs"),
        MsFlags::MS_RDONLY,
        plain,
    )?;
    chdir(ROOT)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    let arguments = [NAME.as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null::<libc::c_char>()];
    // SAFETY: plain numbers, but for the arrays of the last call, which end with a null pointer. libc's own functions
    // would change the ids of all threads, of which there is one, by what they know of the agent's.
    unsafe {
        // Its children are reaped by the kernel then; this is inherited.
        libc::signal(libc::SIGCHLD, libc::SIG_IGN);
        Errno::result(libc::syscall(libc::SYS_setgroups, 0, 0))?;
        Errno::result(libc::syscall(libc::SYS_setresgid, USER, USER, USER))?;
        Errno::result(libc::syscall(libc::SYS_setresuid, USER, USER, USER))?;
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            c"".as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        );
    }
    Err(Errno::last())
}

/// Whether this process was started as the namespace's init process.
pub fn is_init() -> bool {
    std::env::args_os()
        .next()
        .is_some_and(|name| name.as_encoded_bytes() == NAME.to_bytes())
}

/// What it does: nothing, and no signal from inside of the namespace reaches it.
pub fn hold() -> ! {
    // SAFETY: the name is a C string. Nothing uses the descriptors, those of the console.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, c"pause".as_ptr());
        libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0);
    }
    loop {
        // SAFETY: it waits for a signal.
        unsafe { libc::pause() };
    }
}
