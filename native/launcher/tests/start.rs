//! `start`, as the versions of containerd call it.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use world::pods::hash;
use world::{World, names, process_line, sleeper, state_of};

const SANDBOX: &str =
    r#"{"ociVersion":"1.1.0","annotations":{"io.kubernetes.cri.sandbox-id":"pod1"}}"#;

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_task_alone_gets_a_daemon_and_a_plain_address() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    // A descriptor that somebody forgot to close.
    let script = r#"exec 7</dev/zero; umask 077; exec "$0" "$@""#;
    let mut command = Command::new("sh");
    let launcher = world.launcher("c1", &bundle, "start");
    command
        .args(["-c", script])
        .arg(launcher.get_program())
        .args(launcher.get_args())
        .current_dir(&bundle);
    command
        .stdin(Stdio::null())
        .env("TTRPC_ADDRESS", "/run/ttrpc.sock")
        .env("NODE_OPTIONS", "--inspect");
    let output = command.output().unwrap();
    let address = String::from_utf8(output.stdout).unwrap();
    let h = hash("/run/containerd/containerd.sock/default/c1");
    assert_eq!(
        address,
        format!("unix:///run/containerd/s/{h}"),
        "{:?}",
        output.stderr
    );
    assert_eq!(fs::read_to_string(bundle.join("address")).unwrap(), address);
    assert_eq!(mode(format!("/run/containerd/s/{h}")), 0o600);
    assert_eq!(mode("/run/containerd/s"), 0o700);
    assert_eq!(mode("/run/containerd"), 0o711);
    assert_eq!(mode(state_of(&address)), 0o700);
    UnixStream::connect(format!("/run/containerd/s/{h}")).unwrap();
    let record = world.record();
    let expected = format!(
        "--no-concurrent-recompilation --max-semi-space-size=1 --v8-pool-size=1 /run/world/prefix/lib/hadron/shim.js \
         --namespace default --id c1 \
         --socket /run/containerd/s/{h} --state /run/hadron/{h}"
    );
    assert_eq!(record.arguments.join(" "), expected);
    assert_eq!(record.cwd, bundle.to_str().unwrap());
    assert_eq!(
        [record.ttrpc, record.options, record.arenas],
        ["/run/ttrpc.sock", "", "1"]
    );
    let [stdin, stdout, stderr] = record.descriptors.as_slice() else {
        panic!("{:?}", record.descriptors)
    };
    assert!(stdin.starts_with("0 socket:["), "{stdin}");
    assert_eq!(
        (stdout.as_str(), stderr.as_str()),
        ("1 /dev/null", "2 /dev/null")
    );
    let stat = fs::read_to_string(format!("/proc/{}/stat", record.pid)).unwrap();
    let group = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(2)
        .unwrap();
    assert_eq!(group, record.pid.to_string(), "a process group of its own");
    let score = |of: &str| {
        fs::read_to_string(format!("/proc/{of}/oom_score_adj"))
            .unwrap()
            .trim()
            .parse::<i32>()
    };
    assert_eq!(
        score(&record.pid.to_string()),
        score("self").map(|score| (score + 1).min(1000))
    );
}

#[test]
fn output_goes_to_the_log_fifo_and_only_to_a_fifo() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    assert!(
        Command::new("mkfifo")
            .arg(bundle.join("log"))
            .status()
            .unwrap()
            .success()
    );
    world.start("c1", &bundle).unwrap();
    let record = world.record();
    let log = bundle.join("log").display().to_string();
    assert_eq!(
        record.descriptors[1..],
        [format!("1 {log}"), format!("2 {log}")]
    );
    let bundle = world.bundle("c2", "{}");
    fs::write(bundle.join("log"), "somebody's").unwrap();
    world.start("c2", &bundle).unwrap();
    assert_eq!(world.record().descriptors[2], "2 /dev/null");
}

#[test]
fn members_of_a_group_share_one_daemon() {
    let world = World::new();
    let pod = world.bundle("pod1", SANDBOX);
    let member = world.bundle("m1", SANDBOX);
    let grouped = world.bundle(
        "m2",
        r#"{"annotations":{"io.kubernetes.cri.sandbox-id":"other","io.containerd.runc.v2.group":"pod1"}}"#,
    );
    let address = world.start("pod1", &pod).unwrap();
    world.record();
    for (id, bundle) in [("m1", &member), ("m2", &grouped), ("pod1", &pod)] {
        assert_eq!(world.start(id, bundle).unwrap(), address);
        assert_eq!(fs::read_to_string(bundle.join("address")).unwrap(), address);
    }
    assert!(world.no_record());
    let alone = world.bundle("m3", "{}");
    assert_ne!(world.start("m3", &alone).unwrap(), address);
    assert_eq!(names("/run/containerd/s").len(), 2);
    world.record();
}

#[test]
fn ten_starts_at_once_make_one_daemon() {
    let world = World::new();
    for round in 0..5 {
        let group = format!(r#"{{"annotations":{{"io.containerd.runc.v2.group":"g{round}"}}}}"#);
        let children: Vec<_> = (0..10)
            .map(|member| {
                let id = format!("c{round}-{member}");
                let bundle = world.bundle(&id, &group);
                world
                    .launcher(&id, &bundle, "start")
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let mut addresses: Vec<String> = Vec::new();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(
                output.status.success(),
                "{:?}",
                String::from_utf8_lossy(&output.stderr)
            );
            addresses.push(String::from_utf8(output.stdout).unwrap());
        }
        addresses.dedup();
        assert_eq!(addresses.len(), 1);
        world.record();
        assert!(world.no_record());
        assert_eq!(names("/run/containerd/s").len(), round + 1);
        assert_eq!(names("/run/hadron").len(), round + 1);
    }
    assert_eq!(
        fs::read_to_string("/run/world/pids")
            .unwrap()
            .lines()
            .count(),
        5
    );
}

#[test]
fn a_stale_socket_is_replaced_and_a_file_is_not() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let socket = format!(
        "/run/containerd/s/{}",
        hash("/run/containerd/containerd.sock/default/c1")
    );
    fs::create_dir_all("/run/containerd/s").unwrap();
    fs::write(&socket, "somebody's").unwrap();
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(error.contains("not a socket"), "{error}");
    assert!(names("/run/hadron").is_empty() && !bundle.join("address").exists());
    fs::remove_file(&socket).unwrap();
    drop(UnixListener::bind(&socket).unwrap());
    assert!(UnixStream::connect(&socket).is_err());
    world.start("c1", &bundle).unwrap();
    UnixStream::connect(&socket).unwrap();
    world.record();
}

/// A daemon whose backlog is full is alive; asking must not wait for a place in it.
#[test]
fn a_daemon_that_accepts_nothing_is_alive() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let address = world.start("c1", &bundle).unwrap();
    world.record();
    let limit: usize = fs::read_to_string("/proc/sys/net/core/somaxconn")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let path = address.strip_prefix("unix://").unwrap().to_owned();
    let (sender, receiver) = std::sync::mpsc::channel();
    // The one that finds no place ends when the daemon does.
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for _ in 0..=limit + 1 {
            match UnixStream::connect(&path) {
                Ok(stream) => held.push(stream),
                Err(_) => break,
            }
            if sender.send(held.len()).is_err() {
                break;
            }
        }
    });
    while receiver.recv_timeout(Duration::from_millis(300)).is_ok() {}
    let begun = Instant::now();
    assert_eq!(world.start("c1", &bundle).unwrap(), address);
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn the_remains_of_a_killed_daemon_are_undone_first() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let address = world.start("c1", &bundle).unwrap();
    let first = world.record();
    let state = state_of(&address);
    let mut orphan = sleeper();
    world::mount_tmpfs(&state.join("rootfs/0"));
    let journal = format!(
        "process {} 1 daemon\n{}directory {state}/rootfs\nmount {state}/rootfs/0\n",
        first.pid,
        process_line(orphan.id(), "vmm qemu"),
        state = state.display()
    );
    fs::write(state.join("journal"), journal).unwrap();
    assert!(
        Command::new("kill")
            .args(["-9", &first.pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
    while UnixStream::connect(address.strip_prefix("unix://").unwrap()).is_ok() {
        std::thread::yield_now();
    }
    assert_eq!(world.start("c1", &bundle).unwrap(), address);
    let second = world.record();
    assert_ne!(second.pid, first.pid);
    assert!(orphan.wait().unwrap().code().is_none(), "killed");
    assert_eq!(names(state.to_str().unwrap()), ["journal"]);
    let journal = fs::read_to_string(state.join("journal")).unwrap();
    assert!(journal.ends_with(&process_line(second.pid, "daemon")) && journal.lines().count() == 2);
    assert_eq!(world::mounted_below("/run/hadron"), Vec::<String>::new());
}

/// `Any` {type_url, value: containerd.runc.v1.Options {shim_cgroup}}.
fn options(cgroup: &str) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        [
            &[number << 3 | 2, u8::try_from(bytes.len()).unwrap()],
            bytes,
        ]
        .concat()
    };
    [
        field(1, b"containerd.runc.v1.Options"),
        field(2, &field(3, cgroup.as_bytes())),
    ]
    .concat()
}

/// The paths of a process's cgroups that end with this name.
fn cgroups_of(pid: u32, name: &str) -> usize {
    let cgroups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    cgroups.lines().filter(|line| line.ends_with(name)).count()
}

#[test]
fn the_daemon_is_put_into_the_cgroup_that_the_options_name() {
    let world = World::new();
    let name = format!("hadron-test-launcher-{}", std::process::id());
    let start = |id: &str, cgroup: &str| {
        let bundle = world.bundle(id, "{}");
        let output = world.start_with(id, &bundle, &options(cgroup));
        (
            output.status.success(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (started, error) = start("c1", &format!("/{name}"));
    assert!(
        !started && error.contains(&name) && error.contains("is not there"),
        "{error}"
    );
    assert!(names("/run/hadron").is_empty() && names("/run/containerd/s").is_empty());
    let (started, error) = start("c2", "/../etc");
    assert!(
        !started && error.contains("without '.' and '..'"),
        "{error}"
    );

    // Two hierarchies if the host has them, as a host with version 1 has; one with version 2.
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mounted: Vec<String> = table
        .lines()
        .filter(|line| line.contains(" - cgroup cgroup ") || line.contains(" - cgroup2 "))
        .filter(|line| !line.contains("cpuset"))
        .map(|line| format!("{}/{name}", line.split(' ').nth(4).unwrap()))
        .take(2)
        .collect();
    for group in &mounted {
        fs::create_dir(group).unwrap();
    }
    let (started, error) = start("c3", &format!("/{name}"));
    let daemon = world.record();
    let joined = cgroups_of(daemon.pid, &format!("/{name}"));
    assert!(
        Command::new("kill")
            .args(["-9", &daemon.pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    for group in &mounted {
        // Busy until the process is gone.
        while fs::remove_dir(group).is_err() {
            assert!(Instant::now() < deadline, "{group} stays");
            std::thread::yield_now();
        }
    }
    assert!(started, "{error}");
    assert_eq!(joined, mounted.len());
    // And is told that it is to stay there.
    assert!(daemon.arguments.contains(&"--stays-in-cgroup".to_owned()));
}
