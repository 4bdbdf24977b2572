//! `sweep`, and the one that each `start` begins: pods that nobody deletes.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod world;

use std::fs::{self, File};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use world::pods::{dead_pod, hash, nothing_left, stderr};
use world::{World, mount_tmpfs, mounted_below, names, process_line, sleeper, state_of};

const SOCKETS: &str = "/run/containerd/s";

fn sweep() -> Output {
    let output = Command::new("/run/world/prefix/bin/containerd-shim-hadron-v2")
        .arg("sweep")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{}",
        stderr(&output)
    );
    output
}

/// Waits for what has no event.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sweeps until the pod is gone. A child that another test's thread has just forked holds this process' locks and
/// listening sockets as well, until its exec; and a sweep that a `start` has begun may come first.
fn swept(state: &Path) {
    until("the pod is swept up", || {
        sweep();
        !state.exists()
    });
}

#[test]
fn a_start_has_the_pods_swept_up_whose_daemons_are_gone() {
    let world = World::new();
    let mut qemu = sleeper();
    let journal = format!(
        "process 999999 1 daemon\n{}directory {{}}/rootfs\ndirectory {{}}/rootfs/1\nmount {{}}/rootfs/1\n",
        process_line(qemu.id(), "vmm qemu")
    );
    let (_, first) = dead_pod(&world, "c1", &journal);
    mount_tmpfs(&first.join("rootfs/1"));
    // Killed before it wrote anything itself: that is for `start` to know.
    let bundle = world.bundle("c2", "{}");
    let second = state_of(&world.start("c2", &bundle).unwrap());
    let daemon = world.record();
    let journal = fs::read_to_string(second.join("journal")).unwrap();
    let name = second.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(
        journal,
        format!(
            "file {SOCKETS}/{name}\n{}",
            process_line(daemon.pid, "daemon")
        )
    );
    until(
        "the first pod is swept up while the second one lives",
        || names("/run/hadron") == [name.clone()] && names(SOCKETS) == [name.clone()],
    );
    assert_eq!(qemu.wait().unwrap().signal(), Some(9));
    assert_eq!(mounted_below("/run/hadron"), Vec::<String>::new());

    kill(daemon.pid);
    let third = world.bundle("c3", "{}");
    assert!(
        Command::new("mkfifo")
            .arg(third.join("log"))
            .status()
            .unwrap()
            .success()
    );
    let log = File::options()
        .read(true)
        .write(true)
        .open(third.join("log"))
        .unwrap();
    let address = world.start("c3", &third).unwrap();
    let expected =
        format!("level=info msg=\"swept up the pod {name}, whose shim daemon is gone\"\n");
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(log), &mut line).unwrap();
    assert_eq!(line, expected);
    assert_eq!(
        names("/run/hadron"),
        [state_of(&address).file_name().unwrap().to_str().unwrap()]
    );
    world.record();
}

#[test]
fn a_pod_that_lives_or_is_locked_is_not_touched() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let alive = state_of(&world.start("c1", &bundle).unwrap());
    world.record();
    // A `start` or a `delete` is at work.
    let (_, locked) = dead_pod(&world, "c2", "process 999999 1 daemon\n");
    let lock = File::open(&locked).unwrap();
    lock.lock().unwrap();
    // It has its socket, and no journal: `start` found no room for one.
    let bundle = world.bundle("c3", "{}");
    let young = state_of(&world.start("c3", &bundle).unwrap());
    world.record();
    fs::remove_file(young.join("journal")).unwrap();
    // Nobody's pod.
    fs::create_dir("/run/hadron/somebody").unwrap();
    assert_eq!(stderr(&sweep()), "");
    for path in [&alive, &locked, &young, Path::new("/run/hadron/somebody")] {
        assert!(path.exists(), "{}", path.display());
    }
    assert_eq!(names(SOCKETS).len(), 3);
    drop(lock);
    swept(&locked);
    assert!(!locked.exists() && alive.exists() && young.exists());
    assert_eq!(names(SOCKETS).len(), 2);
}

#[test]
fn many_sweeps_at_once_do_each_pod_once() {
    let world = World::new();
    for id in 0..12 {
        let (_, state) = dead_pod(
            &world,
            &format!("c{id}"),
            "directory {}/rootfs\nmount {}/rootfs\n",
        );
        mount_tmpfs(&state.join("rootfs"));
    }
    let sweeps: Vec<_> = (0..8)
        .map(|_| {
            Command::new("/run/world/prefix/bin/containerd-shim-hadron-v2")
                .arg("sweep")
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut said = String::new();
    for sweep in sweeps {
        let output = sweep.wait_with_output().unwrap();
        assert!(output.status.success());
        said += &stderr(&output);
    }
    assert_eq!(said.lines().count(), 12, "{said}");
    assert!(said.lines().all(|line| line.contains("swept up")), "{said}");
    nothing_left();
}

#[test]
fn what_cannot_be_undone_is_named_and_stays_with_its_journal() {
    let world = World::new();
    let (_, state) = dead_pod(&world, "c1", "directory {}/rootfs\n");
    fs::create_dir(state.join("rootfs")).unwrap();
    fs::write(state.join("rootfs/data"), "somebody's").unwrap();
    let (_, other) = dead_pod(&world, "c2", "");
    let said = stderr(&sweep());
    assert!(
        said.contains("level=warning msg=") && said.contains("rootfs/data stays"),
        "{said}"
    );
    assert!(state.join("journal").exists() && state.join("rootfs/data").exists());
    assert!(!other.exists());
}

/// A later version's journal may name what this one cannot take away: it says so, takes away the rest, and goes on.
#[test]
fn what_only_another_version_knows_is_named_and_stays_in_its_journal() {
    let world = World::new();
    let (mut known, mut unknown) = (sleeper(), sleeper());
    let journal = format!(
        "{}directory {{}}/rootfs\ntap tap0 /run/netns/a\n{}mount {{}}/rootfs\n",
        process_line(known.id(), "helper a%20helper"),
        process_line(unknown.id(), "warden w"),
    );
    let (_, state) = dead_pod(&world, "c1", &journal);
    mount_tmpfs(&state.join("rootfs"));
    let (_, other) = dead_pod(&world, "c2", "");
    let said = stderr(&sweep());
    assert_eq!(said.matches("does not know").count(), 2, "{said}");
    assert!(said.contains("tap tap0 /run/netns/a"), "{said}");
    assert!(said.contains("warden w"), "{said}");
    assert_eq!(known.wait().unwrap().signal(), Some(9));
    assert!(unknown.try_wait().unwrap().is_none());
    unknown.kill().unwrap();
    unknown.wait().unwrap();
    assert_eq!(mounted_below("/run/hadron"), Vec::<String>::new());
    assert_eq!(names(state.to_str().unwrap()), ["journal"]);
    assert!(!other.exists());
}

/// In another pid namespace a daemon's pid says nothing, but its socket does. And all shims name their sockets alike, by
/// the container's id, so that it may as well be another one's.
#[test]
fn where_somebody_listens_nothing_is_touched() {
    let world = World::new();
    for (id, directory) in [("c1", SOCKETS), ("c2", "/run/shims")] {
        let name = hash(&format!("{}/default/{id}", world::CONTAINERD));
        let socket = Path::new(directory).join(&name);
        let journal = format!("file {}\nprocess 999999 1 daemon\n", socket.display());
        let (_, state) = dead_pod(&world, id, &journal);
        fs::create_dir_all(directory).unwrap();
        let _ = fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        assert_eq!(stderr(&sweep()), "");
        assert!(state.join("journal").exists());
        UnixStream::connect(&socket).unwrap();
        drop(listener);
        swept(&state);
        assert!(!state.exists() && !socket.exists());
    }
    nothing_left();
}

#[test]
fn without_any_pod_there_is_nothing_to_do() {
    let _world = World::new();
    assert_eq!(stderr(&sweep()), "");
}

fn kill(pid: u32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.unwrap().success());
    until("a killed process is gone", || {
        fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z"))
    });
}
