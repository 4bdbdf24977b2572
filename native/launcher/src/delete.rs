//! `delete`: what containerd runs after every task, and when a daemon is gone.
//!
//! While the daemon lives, it owns the pod, and other containers may run in it: only a mount at the bundle's `rootfs`
//! is taken away, if the daemon's journal does not name it. (The daemon mounts elsewhere; what is there was made by
//! somebody for this container, which is over.) When the daemon is gone, so is the VM: everything of the pod is undone,
//! whichever of its containers is deleted first. A daemon that runs without its socket is exiting: it gets some time,
//! then it is killed.
//!
//! Who only looks takes no lock: a daemon that ends meanwhile leaves its directory to whoever has that.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::args::Args;
use crate::failure::{Context, Failure, Result};
use crate::journal::{self, Entry};
use crate::pod::{self, Lock, Pod};
use crate::undo::{daemon_is_ending, undo};
use crate::{group, json, mounts, proto};

/// containerd gives 5 s in all.
const PATIENCE: Duration = Duration::from_millis(4500);
/// For a daemon that is about to exit; it gives containerd 2 s to take its last events.
const DAEMON_EXIT: Duration = Duration::from_millis(3500);
/// What containerd expects of a container whose shim is gone: 128 + SIGKILL.
const EXIT_STATUS: u32 = 137;
/// An address, an id or a bootstrap.json is far shorter.
const MAX_BUNDLE_FILE: u64 = 64 << 10;

/// Undoes what is left of the container's pod. Warnings go to `warn`; the answer is a DeleteResponse.
pub fn delete(args: &Args, mut warn: impl FnMut(&str)) -> Result<Vec<u8>> {
    let started = Instant::now();
    group::check_identifier("namespace", &args.namespace)?;
    group::check_identifier("id", &args.id)?;
    let bundle = bundle(args)?;
    let pod = find_pod(args, &bundle, &mut warn)?;
    let mut pid = None;
    if pod.has_traces() {
        let Some(lock) = lock_dead(&pod, started + PATIENCE)? else {
            release_foreign_rootfs(&pod, &bundle, &mut warn);
            return answer(None);
        };
        if let Err(failure) = pod.remove_stale_socket() {
            warn(&failure.to_string());
        }
        let undone = undo(&pod, &lock, started + DAEMON_EXIT, started + PATIENCE);
        pid = undone
            .containers
            .iter()
            .find_map(|(id, pid)| (*id == args.id).then_some(*pid));
        undone
            .warnings
            .iter()
            .chain(&undone.left)
            .for_each(|sentence| warn(sentence));
    }
    if let Err(error) = mounts::detach_all(&bundle.join("rootfs")) {
        warn(&format!(
            "{} cannot be unmounted: {error}",
            bundle.join("rootfs").display()
        ));
    }
    answer(pid)
}

/// The lock of a pod whose daemon does not live; none of one whose daemon does.
fn lock_dead(pod: &Pod, deadline: Instant) -> Result<Option<Lock>> {
    let lives = || Ok::<_, Failure>(pod.is_live()? && !daemon_is_ending(pod));
    if lives()? {
        return Ok(None);
    }
    let lock = pod.lock(deadline)?;
    // `start` may have been there before.
    Ok((!lives()?).then_some(lock))
}

fn answer(pid: Option<u32>) -> Result<Vec<u8>> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(std::io::Error::other)
        .context(|| "the clock is before 1970".to_owned())?;
    Ok(proto::delete_response(pid.unwrap_or(0), EXIT_STATUS, now))
}

/// The flag counts; without it, the working directory. A bundle that is gone already is no error: the pod may still be
/// there, and is found by what the flags say.
fn bundle(args: &Args) -> Result<PathBuf> {
    let bundle = match args.bundle.as_str() {
        "" => std::env::current_dir()
            .context(|| "the working directory is gone, and -bundle is not given".to_owned())?,
        given => PathBuf::from(given),
    };
    if !bundle.is_absolute() {
        return Err(Failure::RelativeBundle(bundle));
    }
    Ok(bundle.canonicalize().unwrap_or(bundle))
}

/// The pod that the container belongs to. In this order: the `address` file that `start` wrote; the address in
/// containerd 2's bootstrap.json; containerd's `sandbox` file, which holds the id of the member's sandbox; what `start`
/// would compute.
fn find_pod(args: &Args, bundle: &Path, warn: &mut impl FnMut(&str)) -> Result<Pod> {
    if let Some(address) = read_text(&bundle.join("address"), warn) {
        match Pod::at_address(address.trim()) {
            Some(pod) => return Ok(pod),
            None => warn(&format!(
                "{} holds no address of Hadron's",
                bundle.join("address").display()
            )),
        }
    }
    if let Some(text) = read_text(&bundle.join("bootstrap.json"), warn) {
        let address = match json::string_members(text.as_bytes(), None, &["address"]) {
            Ok(found) => found.into_iter().flatten().next(),
            Err(error) => {
                warn(&format!(
                    "{}: {error}",
                    bundle.join("bootstrap.json").display()
                ));
                None
            }
        };
        if let Some(pod) = address.as_deref().and_then(Pod::at_address) {
            return Ok(pod);
        }
    }
    let sandbox = read_text(&bundle.join("sandbox"), warn).map(|text| text.trim().to_owned());
    let group = match sandbox.filter(|id| group::check_identifier("sandbox", id).is_ok()) {
        Some(sandbox) => sandbox,
        None => group::of_bundle(bundle, true)
            .unwrap_or_else(|failure| {
                warn(&failure.to_string());
                None
            })
            .unwrap_or_else(|| args.id.clone()),
    };
    Pod::new(
        &group::hash(&args.address, &args.namespace, &group),
        Path::new(pod::SOCKET_DIRECTORY),
    )
}

/// A small text file; `None` if it is not there.
fn read_text(path: &Path, warn: &mut impl FnMut(&str)) -> Option<String> {
    let mut text = String::new();
    match fs::File::open(path).and_then(|file| file.take(MAX_BUNDLE_FILE).read_to_string(&mut text))
    {
        Ok(_) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            warn(&format!("{} cannot be read: {error}", path.display()));
            None
        }
    }
}

fn release_foreign_rootfs(pod: &Pod, bundle: &Path, warn: &mut impl FnMut(&str)) {
    let rootfs = bundle.join("rootfs");
    // A daemon that has nothing mounted yet may not have a journal yet.
    let journal = fs::read(pod.journal()).unwrap_or_default();
    if journal::parse(&journal)
        .entries
        .contains(&Entry::Mount(rootfs.clone()))
    {
        return;
    }
    let released = mounts::is_mount_point(&rootfs).and_then(|mounted| {
        if mounted {
            mounts::detach_all(&rootfs)
        } else {
            Ok(())
        }
    });
    if let Err(error) = released {
        warn(&format!(
            "{} cannot be unmounted: {error}",
            rootfs.display()
        ));
    }
}
