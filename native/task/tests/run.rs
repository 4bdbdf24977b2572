//! Runs the built hadron-task. Entering a network namespace needs root.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_hadron-task");

fn task(namespace: &str, parent: &str) -> Command {
    let mut command = Command::new(BINARY);
    command
        .arg0("hadron")
        .args(["container", "c1"])
        .env_clear()
        .env("HADRON_PARENT", parent)
        .stdin(File::open(namespace).unwrap())
        .stdout(Stdio::piped());
    command
}

fn ready() -> Child {
    let mut child = task("/proc/self/ns/net", &std::process::id().to_string())
        .spawn()
        .unwrap();
    assert_eq!(next(&mut child), Some(0));
    child
}

/// The next byte that it tells; `None` when it has ended.
fn next(child: &mut Child) -> Option<u8> {
    let mut byte = [0];
    let length = child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
    (length == 1).then_some(byte[0])
}

fn send(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn every_signal_is_told_but_the_one_that_ends_it() {
    let mut child = ready();
    for (signal, number) in [
        ("-TERM", 15),
        ("-HUP", 1),
        ("-CHLD", 17),
        ("-USR1", 10),
        ("-34", 34),
        ("-64", 64),
    ] {
        send(&child, signal);
        assert_eq!(next(&mut child), Some(number), "{signal}");
    }
    // Stopped, it goes on; that it was stopped is nobody's but its own.
    send(&child, "-STOP");
    send(&child, "-CONT");
    assert_eq!(next(&mut child), Some(18));
    send(&child, "-KILL");
    assert_eq!(next(&mut child), None);
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

#[test]
fn its_arguments_are_for_the_reader_and_it_does_not_hold_the_namespace_open() {
    let mut child = ready();
    let proc = |name: &str| format!("/proc/{}/{name}", child.id());
    assert_eq!(
        std::fs::read(proc("cmdline")).unwrap(),
        b"hadron\0container\0c1\0"
    );
    // What else there is, this test's own caller has left open.
    assert!(!std::path::Path::new(&proc("fd/0")).exists());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_namespace_is_entered() {
    let mut holder = Command::new("unshare")
        .args(["--net", "sh", "-c", "echo ready; exec sleep 60"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    BufReader::new(holder.stdout.as_mut().unwrap())
        .read_line(&mut String::new())
        .unwrap();
    let theirs = format!("/proc/{}/ns/net", holder.id());
    let mut child = task(&theirs, &std::process::id().to_string())
        .spawn()
        .unwrap();
    assert_eq!(next(&mut child), Some(0));
    let link = |path: String| std::fs::read_link(path).unwrap();
    assert_eq!(link(format!("/proc/{}/ns/net", child.id())), link(theirs));
    for each in [&mut holder, &mut child] {
        each.kill().unwrap();
        each.wait().unwrap();
    }
}

#[test]
fn what_fails_is_its_status() {
    let own = std::process::id().to_string();
    for (namespace, parent, errno) in [
        // EINVAL: no network namespace, no namespace at all, and no pid.
        ("/proc/self/ns/mnt", own.as_str(), 22),
        ("/dev/null", &own, 22),
        ("/proc/self/ns/net", "1x", 22),
        // ESRCH: the parent is another one.
        ("/proc/self/ns/net", "1", 3),
        ("/proc/self/ns/net", "", 3),
    ] {
        let output = task(namespace, parent).output().unwrap();
        assert_eq!(output.status.code(), Some(errno), "{namespace} {parent}");
        assert_eq!(output.stdout, b"");
    }
    let bare = Command::new(BINARY)
        .env_clear()
        .stdin(Stdio::null())
        .output();
    assert_eq!(bare.unwrap().status.code(), Some(22));
}

#[test]
fn it_dies_with_its_parent() {
    let script = format!("env -i HADRON_PARENT=$$ {BINARY} </proc/self/ns/net & wait");
    let mut parent = Command::new("sh")
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = parent.stdout.take().unwrap();
    let mut byte = [1];
    output.read_exact(&mut byte).unwrap();
    assert_eq!(byte, [0]);
    let begun = Instant::now();
    parent.kill().unwrap();
    parent.wait().unwrap();
    // It holds the pipe's other end: the pipe's end is its own.
    assert_eq!(output.read(&mut byte).unwrap(), 0);
    assert!(begun.elapsed() < Duration::from_secs(10));
}
