//! The root file system: a tmpfs with what every Linux has mounted.

use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

use crate::crun::Crun;
use crate::error::{Error, Result};

/// What makes containers, in the initramfs.
const CRUN: &str = "/crun";

/// What crun keeps of the containers that it made.
const CRUN_STATE: &str = "/run/hadron/crun";

/// The root file system to be.
const NEW_ROOT: &str = "/newroot";

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

/// The first of them: the devices, by which the console is found.
pub fn mount_devices() -> Result<()> {
    mount_one("/", &mounts()[0])
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
pub fn enter() -> Result<Crun> {
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
