//! What an init process does before anything else, each thing in a file of its own.

mod cgroups;
mod console;
mod loopback;
mod modules;
mod root;

use std::fs;
use std::path::Path;

use nix::sys::resource::{Resource, setrlimit};

use crate::crun::Crun;
use crate::error::{Error, Result};
use crate::reaper::block_sigchld;

/// The agent's directory for bundles.
pub const STATE: &str = "/run/hadron/agent";

/// Descriptors: two a stream, some a call of crun.
const FILES: u64 = 1 << 19;

/// Makes a running system of the kernel's initramfs. The caller must be PID 1.
pub fn boot() -> Result<Crun> {
    console::open();
    // A panic anywhere is the end of the VM: the kernel panics without its init process. Unwinding
    // would leave an agent that answers some requests and others never.
    std::panic::set_hook(Box::new(|panic| {
        log::error!("{panic}");
        // SAFETY: _exit is always allowed.
        unsafe { libc::_exit(101) }
    }));
    block_sigchld().map_err(|error| Error::os("cannot block SIGCHLD", error))?;
    modules::load()?;
    let crun = root::enter()?;
    cgroups::make()?;
    fs::create_dir_all(STATE).map_err(|error| Error::os(format!("cannot make {STATE}"), error))?;
    // Pids come back late, so that one that was reaped a moment ago is not another process already.
    write_setting("/proc/sys/kernel/pid_max", "4194304");
    // crun and with it containers get the kernel's ordinary soft limit again.
    if let Err(errno) = setrlimit(Resource::RLIMIT_NOFILE, FILES, FILES) {
        log::warn!("cannot raise the limit of open files: {errno}");
    }
    if let Err(error) = loopback::up() {
        log::warn!("cannot bring up lo: {error}");
    }
    Ok(crun)
}

/// Writes everything back and ends the VM.
pub fn end() -> ! {
    nix::unistd::sync();
    // On a microvm there is no power to switch off; QEMU runs with -no-reboot.
    let _ = nix::sys::reboot::reboot(nix::sys::reboot::RebootMode::RB_AUTOBOOT);
    // SAFETY: _exit is always allowed; the kernel panics, which ends the VM too.
    unsafe { libc::_exit(1) }
}

fn write_setting(path: impl AsRef<Path>, value: &str) {
    if let Err(error) = fs::write(&path, value) {
        log::warn!("cannot write {}: {error}", path.as_ref().display());
    }
}
