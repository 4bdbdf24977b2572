//! `delete` while a daemon lives, exits, was just killed, or is started.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod world;

use std::fs;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use world::pods::{dead_pod, nothing_left, stderr};
use world::{World, assert_killed, mount_tmpfs, mounted_below, process_line, sleeper, state_of};

#[test]
fn a_living_daemon_owns_everything_but_a_foreign_mount_at_rootfs() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let address = world.start("c1", &bundle).unwrap();
    let daemon = world.record();
    let mut qemu = sleeper();
    let state = state_of(&address);
    mount_tmpfs(&state.join("rootfs/0"));
    mount_tmpfs(&bundle.join("rootfs"));
    let journal = format!(
        "{}mount {}/rootfs/0\n",
        process_line(qemu.id(), "vmm qemu"),
        state.display()
    );
    fs::write(state.join("journal"), &journal).unwrap();
    assert_eq!(stderr(&world.delete("c1", &bundle)), "");
    assert_eq!(mounted_below("/run/world/bundles"), Vec::<String>::new());
    assert_eq!(mounted_below("/run/hadron").len(), 1);
    assert!(qemu.try_wait().unwrap().is_none());
    UnixStream::connect(address.strip_prefix("unix://").unwrap()).unwrap();
    assert!(Path::new("/proc").join(daemon.pid.to_string()).exists());
    // One that the daemon knows of stays its own.
    mount_tmpfs(&bundle.join("rootfs"));
    fs::write(
        state.join("journal"),
        format!("{journal}mount {}/rootfs\n", bundle.display()),
    )
    .unwrap();
    world.delete("c1", &bundle);
    assert_eq!(mounted_below("/run/world/bundles").len(), 1);
    qemu.kill().unwrap();
    qemu.wait().unwrap();
}

/// A daemon leaves its directory to whoever has the lock, and `delete` that has seen it live would leave it, too.
#[test]
fn looking_at_a_living_daemon_takes_no_lock() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let address = world.start("c1", &bundle).unwrap();
    let directory = fs::File::open(state_of(&address)).unwrap();
    directory.lock().unwrap();
    let begun = Instant::now();
    assert_eq!(stderr(&world.delete("c1", &bundle)), "");
    assert!(begun.elapsed() < Duration::from_secs(4));
    UnixStream::connect(address.strip_prefix("unix://").unwrap()).unwrap();
}

/// containerd runs `delete` as soon as a connection breaks, while the daemon's socket may still accept others.
#[test]
fn a_daemon_that_was_just_killed_counts_as_gone() {
    let world = World::new();
    for round in 0..20 {
        let id = format!("c{round}");
        let bundle = world.bundle(&id, "{}");
        let address = world.start(&id, &bundle).unwrap();
        let daemon = world.record().pid;
        fs::write(
            state_of(&address).join("journal"),
            process_line(daemon, "daemon"),
        )
        .unwrap();
        assert!(
            Command::new("kill")
                .args(["-9", &daemon.to_string()])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(stderr(&world.delete(&id, &bundle)), "");
        nothing_left();
    }
}

/// The daemon removes its socket first and then the rest: it is not killed while it does so.
#[test]
fn a_daemon_that_exits_may_finish() {
    let world = World::new();
    let (bundle, state) = dead_pod(&world, "c1", "");
    let mut daemon = Command::new("sh")
        .args([
            "-c",
            &format!(
                "sleep 0.5; rm {state}/journal; rmdir {state}; exit 7",
                state = state.display()
            ),
        ])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    fs::write(state.join("journal"), process_line(daemon.id(), "daemon")).unwrap();
    world.delete("c1", &bundle);
    assert_eq!(daemon.wait().unwrap().code(), Some(7));
    nothing_left();
}

#[test]
fn a_daemon_that_does_not_finish_is_killed_within_containerds_time() {
    let world = World::new();
    let (bundle, state) = dead_pod(&world, "c1", "");
    let mut daemon = sleeper();
    fs::write(state.join("journal"), process_line(daemon.id(), "daemon")).unwrap();
    let begun = Instant::now();
    world.delete("c1", &bundle);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(daemon.wait().unwrap().signal(), Some(9));
    nothing_left();
}

#[test]
fn two_at_once_and_a_start_among_them() {
    let world = World::new();
    for round in 0..5 {
        let id = format!("c{round}");
        let qemu = sleeper();
        let (bundle, state) = dead_pod(&world, &id, &process_line(qemu.id(), "vmm qemu"));
        mount_tmpfs(&state.join("rootfs/0"));
        let spawn = |action: &str| {
            let mut command = world.launcher(&id, &bundle, action);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let (first, second, start) = (spawn("delete"), spawn("delete"), spawn("start"));
        for delete in [first, second] {
            let output = delete.wait_with_output().unwrap();
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{}",
                stderr(&output)
            );
            assert_killed(&output.stdout);
        }
        // Whichever came first, the new daemon lives.
        let output = start.wait_with_output().unwrap();
        let address = String::from_utf8(output.stdout.clone()).unwrap();
        let socket = address
            .strip_prefix("unix://")
            .unwrap_or_else(|| panic!("{address:?} is no address: {}", stderr(&output)));
        UnixStream::connect(socket).unwrap();
        world.record();
        assert_eq!(mounted_below("/run/hadron"), Vec::<String>::new());
        let mut qemu = qemu;
        assert_eq!(qemu.wait().unwrap().signal(), Some(9));
    }
}
