//! `delete`: with a daemon that lives, that exits, and that is gone.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod world;

use std::fs;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use world::pods::{dead_pod, nothing_left, stderr};
use world::{World, assert_killed, mount_tmpfs, mounted_below, process_line, sleeper};

#[test]
fn everything_in_the_journal_is_undone() {
    let world = World::new();
    let (mut qemu, mut vsock) = (sleeper(), sleeper());
    let (mut other, mut task) = (sleeper(), sleeper());
    let journal = format!(
        "process 999999 1 daemon\n{}directory {{}}/rootfs\ndirectory {{}}/rootfs/a%20b\nmount {{}}/rootfs/a%20b\n\
         directory {{}}/volumes\nmount /run/world/elsewhere\nfile /run/world/file\nfile {{}}/vsock.sock\n{}{}{}",
        process_line(vsock.id(), "helper hadron-vsock"),
        process_line(qemu.id(), "vmm qemu"),
        process_line(other.id(), "container c2"),
        process_line(task.id(), "container c1"),
    );
    let (bundle, state) = dead_pod(&world, "c1", &journal);
    // Two on top of each other, and one that no journal names.
    for path in ["rootfs/a b", "rootfs/a b", "volumes/0/0"] {
        mount_tmpfs(&state.join(path));
    }
    mount_tmpfs(Path::new("/run/world/elsewhere"));
    mount_tmpfs(&bundle.join("rootfs"));
    fs::write(state.join("volumes/0/1"), "").unwrap();
    fs::write("/run/world/file", "of the pod").unwrap();
    drop(UnixListener::bind(state.join("vsock.sock")).unwrap());
    drop(UnixListener::bind(state.join("unnamed.sock")).unwrap());
    fs::write(state.join("journal.new"), "half a jour").unwrap();
    let output = world.delete("c1", &bundle);
    assert_eq!(stderr(&output), "");
    // The answer begins with the pid that containerd knows the container by.
    let mut pid = vec![0x08];
    let mut rest = task.id();
    while rest >= 0x80 {
        pid.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    pid.push(rest.to_le_bytes()[0]);
    assert_eq!(output.stdout[..pid.len()], pid);
    for process in [&mut qemu, &mut vsock, &mut other, &mut task] {
        assert_eq!(process.wait().unwrap().signal(), Some(9));
    }
    nothing_left();
    assert!(!Path::new("/run/world/file").exists());
    assert!(
        Path::new("/run/world/elsewhere").is_dir(),
        "a mount point is no directory of the journal"
    );
    // Again, and without anything.
    assert_eq!(stderr(&world.delete("c1", &bundle)), "");
    nothing_left();
}

#[test]
fn data_that_is_not_hadrons_survives_and_keeps_the_journal() {
    let world = World::new();
    let (bundle, state) = dead_pod(&world, "c1", "directory {}/rootfs\ndirectory {}/volumes\n");
    fs::create_dir_all("/run/world/data").unwrap();
    fs::write("/run/world/data/precious", "x").unwrap();
    fs::create_dir_all(state.join("rootfs/0/deep")).unwrap();
    fs::write(state.join("rootfs/0/deep/file"), "x").unwrap();
    fs::write(state.join("rootfs/0/deep/empty"), "").unwrap();
    fs::create_dir_all(state.join("volumes/0")).unwrap();
    std::os::unix::fs::symlink("/run/world/data", state.join("volumes/0/link")).unwrap();
    let output = world.delete("c1", &bundle);
    let said = stderr(&output);
    assert!(
        said.contains("rootfs/0/deep/file") && said.contains("volumes/0/link"),
        "{said}"
    );
    assert_eq!(fs::read_to_string("/run/world/data/precious").unwrap(), "x");
    assert_eq!(
        fs::read_to_string(state.join("rootfs/0/deep/file")).unwrap(),
        "x"
    );
    assert!(!state.join("rootfs/0/deep/empty").exists());
    assert!(state.join("journal").exists());
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(
        error.contains("left behind") && error.contains("rootfs/0/deep/file"),
        "{error}"
    );
    fs::remove_file(state.join("rootfs/0/deep/file")).unwrap();
    fs::remove_file(state.join("volumes/0/link")).unwrap();
    assert_eq!(stderr(&world.delete("c1", &bundle)), "");
    nothing_left();
}

/// A directory of the journal outside of the pod's own, with somebody's mount in it.
#[test]
fn a_directory_with_a_mount_below_it_is_not_touched() {
    let world = World::new();
    let (bundle, _) = dead_pod(&world, "c1", "directory /run/world/d\n");
    mount_tmpfs(Path::new("/run/world/d/mounted"));
    fs::write("/run/world/d/empty", "").unwrap();
    let output = world.delete("c1", &bundle);
    assert!(
        stderr(&output).contains("/run/world/d/mounted is still mounted"),
        "{}",
        stderr(&output)
    );
    assert!(Path::new("/run/world/d/empty").exists());
    assert_eq!(mounted_below("/run/world/d").len(), 1);
}

#[test]
fn journals_that_are_broken() {
    for (id, journal, words) in [
        (
            "cut",
            "directory {}/rootfs\nmount {}/rootfs/0\ndirectory /run/world/bund",
            "cut short",
        ),
        ("garbage", "\0\u{1}\nhello\ndirectory {}/rootfs\n", "line 1"),
        ("empty", "", ""),
    ] {
        let world = World::new();
        fs::create_dir_all("/run/world/bund").unwrap();
        let (bundle, state) = dead_pod(&world, id, journal);
        mount_tmpfs(&state.join("rootfs/0"));
        let output = world.delete(id, &bundle);
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert!(Path::new("/run/world/bund").exists());
        nothing_left();
    }
}

#[test]
fn no_journal_at_all() {
    let world = World::new();
    let (bundle, state) = dead_pod(&world, "c1", "");
    fs::remove_file(state.join("journal")).unwrap();
    assert_eq!(stderr(&world.delete("c1", &bundle)), "");
    nothing_left();
}

#[test]
fn a_later_process_with_the_pid_is_not_killed() {
    let world = World::new();
    let mut innocent = sleeper();
    let journal = format!("process {} 1 vmm qemu\nprocess 1 1 daemon\n", innocent.id());
    let (bundle, _) = dead_pod(&world, "c1", &journal);
    world.delete("c1", &bundle);
    assert!(innocent.try_wait().unwrap().is_none());
    innocent.kill().unwrap();
    innocent.wait().unwrap();
    nothing_left();
}

/// Members that containerd's sandbox service made have no `address` file: containerd's own files lead to the pod.
#[test]
fn a_members_pod_is_found_by_what_the_bundle_holds() {
    let sandbox = r#"{"annotations":{"io.kubernetes.cri.sandbox-id":"pod1"}}"#;
    for kind in ["bootstrap.json", "sandbox", "config.json", "flag"] {
        let world = World::new();
        let (pod, state) = dead_pod(&world, "pod1", "directory {}/rootfs\n");
        let address = fs::read_to_string(pod.join("address")).unwrap();
        let member = world.bundle("m1", "{}");
        match kind {
            "bootstrap.json" => {
                let text = format!(r#"{{"version":3,"address":"{address}","protocol":"ttrpc"}}"#);
                fs::write(member.join(kind), text).unwrap();
            }
            "sandbox" => fs::write(member.join(kind), "pod1").unwrap(),
            _ => fs::write(member.join("config.json"), sandbox).unwrap(),
        }
        fs::create_dir(state.join("rootfs")).unwrap();
        if kind == "flag" {
            let mut command = world.launcher("m1", Path::new("/"), "delete");
            command.args(["-bundle", "/ignored: flags end at the command"]);
            assert!(command.output().unwrap().status.success());
            assert!(state.exists(), "/ is no bundle of this pod");
            let output = Command::new(command.get_program())
                .args(["-namespace", "default", "-address", world::CONTAINERD])
                .args(["-id", "m1", "-bundle"])
                .arg(&member)
                .arg("delete")
                .output()
                .unwrap();
            assert_killed(&output.stdout);
        } else {
            world.delete("m1", &member);
        }
        nothing_left();
        assert_eq!(stderr(&world.delete("pod1", &pod)), "");
    }
}

#[test]
fn a_bundle_that_is_gone_is_no_obstacle() {
    let world = World::new();
    let output = Command::new("/run/world/prefix/bin/containerd-shim-hadron-v2")
        .args([
            "-namespace",
            "default",
            "-address",
            world::CONTAINERD,
            "-id",
            "c1",
            "-bundle",
            "/run/world/gone",
        ])
        .arg("delete")
        .current_dir("/")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_killed(&output.stdout);
    assert!(!Path::new("/run/hadron").exists());
    drop(world);
}

/// One hierarchy of version 1, or version 2.
fn cgroup_mount() -> String {
    fs::read_to_string("/proc/self/mountinfo")
        .unwrap()
        .lines()
        .filter(|line| line.contains(" - cgroup cgroup ") || line.contains(" - cgroup2 "))
        .find(|line| !line.contains("cpuset"))
        .and_then(|line| line.split(' ').nth(4))
        .expect("a hierarchy of cgroups")
        .to_owned()
}

#[test]
fn the_pods_cgroup_goes_with_the_processes_in_it() {
    let world = World::new();
    let mut qemu = sleeper();
    let group = format!("{}/hadron-test-{}", cgroup_mount(), std::process::id());
    fs::create_dir(&group).unwrap();
    fs::write(format!("{group}/cgroup.procs"), qemu.id().to_string()).unwrap();
    let journal = format!(
        "cgroup {group}\ncgroup {group}-never-made\n{}",
        process_line(qemu.id(), "vmm qemu")
    );
    let (bundle, _) = dead_pod(&world, "c1", &journal);
    assert_eq!(stderr(&world.delete("c1", &bundle)), "");
    assert_eq!(qemu.wait().unwrap().signal(), Some(9));
    assert!(!Path::new(&group).exists());
    nothing_left();
}

#[test]
fn a_cgroup_with_somebody_elses_process_stays_and_is_named() {
    let world = World::new();
    let mut stranger = sleeper();
    let group = format!("{}/hadron-test-busy-{}", cgroup_mount(), std::process::id());
    fs::create_dir(&group).unwrap();
    fs::write(format!("{group}/cgroup.procs"), stranger.id().to_string()).unwrap();
    let (bundle, state) = dead_pod(&world, "c1", &format!("cgroup {group}\n"));
    let error = stderr(&world.delete("c1", &bundle));
    assert!(
        error.contains(&format!("the cgroup {group} cannot be removed")),
        "{error}"
    );
    assert!(state.join("journal").exists());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert_eq!(stderr(&world.delete("c1", &bundle)), "");
    assert!(!Path::new(&group).exists());
}
