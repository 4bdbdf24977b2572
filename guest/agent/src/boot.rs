//! What an init process does before anything else: modules, mounts, cgroups, the loopback device.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::resource::{Resource, setrlimit};

use crate::cgroup;
use crate::crun::Crun;
use crate::error::{Error, Result};
use crate::reaper::block_sigchld;

/// The agent's directory for bundles.
pub const STATE: &str = "/run/hadron/agent";

/// What makes containers, in the initramfs.
const CRUN: &str = "/crun";

/// What crun keeps of the containers that it made.
const CRUN_STATE: &str = "/run/hadron/crun";

/// Paths of kernel modules, one a line, in the order of their loading. Absent with a kernel that has
/// everything built in.
const MODULES: &str = "/lib/modules/load-order";

/// The root file system to be.
const NEW_ROOT: &str = "/newroot";

/// Descriptors: two a stream, some a call of crun.
const FILES: u64 = 1 << 19;

struct Mount {
    fs_type: &'static str,
    target: &'static str,
    flags: MsFlags,
    data: &'static str,
    /// False: an old or small kernel may lack it.
    required: bool,
}

/// Relative to the new root. What containers mount for themselves they mount in their own namespaces.
fn mounts() -> [Mount; 9] {
    let strict = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let device = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    let writable = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let entry = |fs_type, target, flags, data, required| Mount {
        fs_type,
        target,
        flags,
        data,
        required,
    };
    [
        entry("devtmpfs", "dev", MsFlags::MS_NOSUID, "mode=755", true),
        entry(
            "devpts",
            "dev/pts",
            device,
            "newinstance,gid=5,mode=620,ptmxmode=666",
            true,
        ),
        entry("tmpfs", "dev/shm", strict, "mode=1777", true),
        entry("mqueue", "dev/mqueue", strict, "", false),
        entry("proc", "proc", strict, "", true),
        entry("sysfs", "sys", strict, "", true),
        // Every process that is added to a container is moved into its cgroup. Without the option each
        // move waits for an RCU grace period, tens of milliseconds.
        entry("cgroup2", "sys/fs/cgroup", strict, "favordynmods", true),
        entry("tmpfs", "run", writable, "mode=755", true),
        entry("tmpfs", "tmp", writable, "mode=1777", true),
    ]
}

/// Makes a running system of the kernel's initramfs. The caller must be PID 1.
pub fn boot() -> Result<Crun> {
    console();
    // A panic anywhere is the end of the VM: the kernel panics without its init process. Unwinding
    // would leave an agent that answers some requests and others never.
    std::panic::set_hook(Box::new(|panic| {
        log::error!("{panic}");
        // SAFETY: _exit is always allowed.
        unsafe { libc::_exit(101) }
    }));
    block_sigchld().map_err(|error| Error::os("cannot block SIGCHLD", error))?;
    load_modules()?;
    let crun = new_root()?;
    cgroups()?;
    fs::create_dir_all(STATE).map_err(|error| Error::os(format!("cannot make {STATE}"), error))?;
    // Pids come back late, so that one that was reaped a moment ago is not another process already.
    write_setting("/proc/sys/kernel/pid_max", "4194304");
    // crun and with it containers get the kernel's ordinary soft limit again.
    if let Err(errno) = setrlimit(Resource::RLIMIT_NOFILE, FILES, FILES) {
        log::warn!("cannot raise the limit of open files: {errno}");
    }
    if let Err(error) = loopback_up() {
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

/// Descriptors 0, 1 and 2. The kernel opens /dev/console itself if the initramfs has one.
fn console() {
    // SAFETY: only looks at the descriptor.
    if unsafe { libc::fcntl(2, libc::F_GETFD) } != -1 {
        return;
    }
    if mount_one("/", &mounts()[0]).is_err() {
        return;
    }
    for path in [c"/dev/console", c"/dev/null"] {
        // SAFETY: the path is a C string. Not close-on-exec: these are standard descriptors.
        let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_NOCTTY) };
        if fd == -1 {
            continue;
        }
        for target in 0..3 {
            // SAFETY: no memory is involved.
            unsafe { libc::dup2(fd, target) };
        }
        if fd > 2 {
            // SAFETY: fd is ours.
            unsafe { libc::close(fd) };
        }
        return;
    }
}

fn load_modules() -> Result<()> {
    let list = match fs::read_to_string(MODULES) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::os(format!("cannot read {MODULES}"), error)),
    };
    for path in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        load_module(path)
            .map_err(|error| Error::os(format!("cannot load the kernel module {path}"), error))?;
    }
    // The kernel has its own copy; the initramfs' is memory.
    if let Err(error) = fs::remove_dir_all("/lib/modules") {
        log::debug!("cannot remove /lib/modules: {error}");
    }
    Ok(())
}

fn load_module(path: &str) -> io::Result<()> {
    // MODULE_INIT_COMPRESSED_FILE of linux/module.h.
    const COMPRESSED: i32 = 4;
    let file = File::open(path)?;
    let flags = if path.ends_with(".ko") { 0 } else { COMPRESSED };
    // SAFETY: the parameters are a C string.
    let result = unsafe {
        libc::syscall(
            libc::SYS_finit_module,
            file.as_raw_fd(),
            c"".as_ptr(),
            flags,
        )
    };
    if result == -1 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EEXIST) {
            return Err(error);
        }
    }
    Ok(())
}

fn mount_one(root: &str, entry: &Mount) -> Result<()> {
    let target = Path::new(root).join(entry.target);
    let failed = |error| {
        Error::os(
            format!("cannot mount {} on /{}", entry.fs_type, entry.target),
            error,
        )
    };
    fs::create_dir_all(&target).map_err(failed)?;
    let data = Some(entry.data).filter(|data| !data.is_empty());
    let attempt = |data: Option<&str>| {
        let source = Some(entry.fs_type);
        mount(source, &target, source, entry.flags, data)
    };
    match attempt(data) {
        // A kernel that is older than the option.
        Err(Errno::EINVAL) if entry.fs_type == "cgroup2" => attempt(None),
        result => result,
    }
    .map_err(|errno| failed(errno.into()))
}

/// The initramfs' own root cannot be left by pivot_root(2), which containers need; a tmpfs that is
/// moved over it can. What is needed of the old root is taken along.
fn new_root() -> Result<Crun> {
    let failed = |error: io::Error| Error::os("cannot make the root file system", error);
    fs::create_dir_all(NEW_ROOT).map_err(failed)?;
    mount(
        Some("tmpfs"),
        NEW_ROOT,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("mode=755"),
    )
    .map_err(|errno| failed(errno.into()))?;
    for entry in &mounts() {
        match mount_one(NEW_ROOT, entry) {
            Ok(()) => {}
            Err(error) if entry.required => return Err(error),
            Err(error) => log::warn!("{error}"),
        }
    }
    let crun = Crun::take(Path::new(CRUN), CRUN_STATE.into())?;
    // Programs expect the instance that they can see.
    let ptmx = Path::new(NEW_ROOT).join("dev/ptmx");
    let _ = fs::remove_file(&ptmx);
    std::os::unix::fs::symlink("pts/ptmx", &ptmx).map_err(failed)?;
    std::env::set_current_dir(NEW_ROOT).map_err(failed)?;
    mount(Some("."), "/", None::<&str>, MsFlags::MS_MOVE, None::<&str>)
        .map_err(|errno| failed(errno.into()))?;
    nix::unistd::chroot(".").map_err(|errno| failed(errno.into()))?;
    std::env::set_current_dir("/").map_err(failed)?;
    Ok(crun)
}

/// Hands every controller down to the containers' parent.
fn cgroups() -> Result<()> {
    let root = Path::new(cgroup::ROOT);
    let parent = root.join(cgroup::PARENT.trim_start_matches('/'));
    fs::create_dir(&parent)
        .map_err(|error| Error::os("cannot make the containers' cgroup", error))?;
    let available = fs::read_to_string(root.join("cgroup.controllers"))
        .map_err(|error| Error::os("cannot read cgroup.controllers", error))?;
    for directory in [root, &parent] {
        let file = directory.join("cgroup.subtree_control");
        // At once, because each write waits for the whole kernel.
        let all: Vec<String> = available
            .split_whitespace()
            .map(|controller| format!("+{controller}"))
            .collect();
        if fs::write(&file, all.join(" ")).is_ok() {
            continue;
        }
        for controller in available.split_whitespace() {
            // One by one: a controller that cannot be had must not keep the others away.
            if let Err(error) = fs::write(&file, format!("+{controller}")) {
                log::warn!("cannot enable the cgroup controller {controller}: {error}");
            }
        }
    }
    match fs::read_to_string("/proc/meminfo").map(|meminfo| containers_memory(&meminfo)) {
        Ok(Some(bytes)) => write_setting(parent.join("memory.max"), &bytes.to_string()),
        other => log::warn!("cannot tell the containers' share of the memory: {other:?}"),
    }
    Ok(())
}

/// What all containers together may have, in bytes: what /proc/meminfo says is available at boot, less a
/// reserve for the agent and the kernel, so that it is the containers' cgroup that runs out of memory.
///
/// When the guest as a whole does, a task inside a file system waits for ever for somebody else to free
/// memory (mm/oom_kill.c: the global OOM killer does nothing for an allocation without `__GFP_FS`), and
/// 9p allocates such requests to read the page of a program that was just reclaimed: a guest with
/// one busy process would never kill it. A cgroup's limit has no such exception.
fn containers_memory(meminfo: &str) -> Option<u64> {
    const MIB: u64 = 1 << 20;
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let available = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    let reserve = (available / 16).clamp(8 * MIB, 64 * MIB);
    available.checked_sub(reserve)
}

fn loopback_up() -> io::Result<()> {
    let socket = nix::sys::socket::socket(
        nix::sys::socket::AddressFamily::Inet,
        nix::sys::socket::SockType::Datagram,
        nix::sys::socket::SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    // SAFETY: all-zero is a valid ifreq.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (target, byte) in request.ifr_name.iter_mut().zip(b"lo") {
        *target = *byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    // SAFETY: the request outlives the call.
    if unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::containers_memory;

    #[test]
    fn a_sixteenth_of_the_memory_is_the_guests_own() {
        let meminfo =
            |kib: &str| format!("MemTotal: 999999 kB\nMemAvailable:{kib} kB\nCached: 1 kB\n");
        let mib = |text: &str| containers_memory(&meminfo(text)).map(|bytes| bytes >> 20);
        assert_eq!(mib("   524288"), Some(480));
        // At least 8 MiB, at most 64.
        assert_eq!(mib("    40960"), Some(32));
        assert_eq!(mib(" 33554432"), Some(32_704));
        assert_eq!(mib("     4096"), None);
    }

    #[test]
    fn what_is_not_meminfo_has_no_answer() {
        for text in [
            "",
            "MemAvailable:",
            "MemAvailable: kB",
            "MemAvailable: -1 kB",
            "MemAvailable: 9 MB",
        ] {
            assert_eq!(containers_memory(text), None, "{text:?}");
        }
    }
}
