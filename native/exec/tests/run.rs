//! Runs the built hadron-exec. The tests of network namespaces need root.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_hadron-exec");

fn run(arguments: &[&str]) -> Output {
    let parent = std::process::id().to_string();
    Command::new(BINARY)
        .args(["--parent", &parent])
        .args(arguments)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn netns(of: &str) -> String {
    std::fs::read_link(format!("/proc/{of}/ns/net"))
        .unwrap()
        .display()
        .to_string()
}

#[test]
fn the_program_gets_its_arguments_and_its_status_counts() {
    let output = run(&[
        "--",
        "sh",
        "-c",
        "printf '%s,' \"$@\"; exit 42",
        "sh",
        "a b",
        "",
        "--",
    ]);
    assert_eq!(output.status.code(), Some(42));
    assert_eq!(output.stdout, b"a b,,--,");
}

#[test]
fn errors_have_the_shells_statuses_and_name_the_program() {
    let output = run(&["--", "/no/such/program"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(stderr(&output).contains("/no/such/program"));
    let output = run(&["--", "/etc/passwd"]);
    assert_eq!(output.status.code(), Some(126));
    assert!(stderr(&output).contains("/etc/passwd"));
    let output = run(&["--bad", "--", "true"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--bad"));
}

#[test]
fn another_parent_is_refused() {
    let output = Command::new(BINARY)
        .args(["--parent", "1", "--", "echo", "ran"])
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(126), 0));
    assert!(stderr(&output).contains("parent is no longer 1"));
}

#[test]
fn a_new_network_namespace_has_only_a_loopback_device() {
    let output = run(&[
        "--netns",
        "new",
        "--",
        "sh",
        "-c",
        "readlink /proc/self/ns/net; tail -n +3 /proc/net/dev",
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    let (namespace, devices) = text.split_once('\n').unwrap();
    assert_ne!(namespace, netns("self"));
    assert_eq!(devices.lines().count(), 1, "{devices}");
    assert!(devices.contains("lo:"));
}

#[test]
fn a_namespace_is_entered_by_its_path() {
    let parent = std::process::id().to_string();
    let mut holder = Command::new(BINARY)
        .args([
            "--parent",
            &parent,
            "--netns",
            "new",
            "--",
            "sh",
            "-c",
            "echo ready; exec sleep 60",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    BufReader::new(holder.stdout.take().unwrap())
        .read_line(&mut String::new())
        .unwrap();
    let pid = holder.id().to_string();
    let output = run(&[
        "--netns",
        &format!("/proc/{pid}/ns/net"),
        "--",
        "readlink",
        "/proc/self/ns/net",
    ]);
    let expected = netns(&pid);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), expected);
    assert_ne!(expected, netns("self"));
}

#[test]
fn what_is_no_network_namespace_is_named() {
    for path in ["/no/such/netns", "/proc/self/ns/mnt", "/etc/passwd"] {
        let output = run(&["--netns", path, "--", "true"]);
        assert_eq!(output.status.code(), Some(126));
        assert!(stderr(&output).contains(path), "{}", stderr(&output));
    }
}

/// The descriptors that the caller leaves open, and nothing of hadron-exec's own.
#[test]
fn descriptors_are_inherited_and_none_is_added() {
    let descriptors = |through: &str| {
        let script = format!("exec 5</dev/zero; exec {through} ls -l /proc/self/fd");
        let output = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains(" 5 -> /dev/zero"),
            "{text} {:?}",
            output.stderr
        );
        let names = text
            .lines()
            .filter_map(|line| line.split_once(" -> "))
            .map(|(left, _)| left);
        names
            .map(|left| left.rsplit(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let through = format!(
        "{BINARY} --parent {} --netns /proc/self/ns/net --",
        std::process::id()
    );
    assert_eq!(descriptors(&through), descriptors(""));
}

#[test]
fn the_program_dies_with_its_parent() {
    let script = format!("{BINARY} --parent $$ -- sleep 60 & echo $!; wait");
    let mut parent = Command::new("sh")
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(parent.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let comm = format!("/proc/{}/comm", line.trim());
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::fs::read_to_string(&comm).unwrap() != "sleep\n" {
        assert!(Instant::now() < deadline, "the program was not executed");
        std::thread::yield_now();
    }
    parent.kill().unwrap();
    assert_eq!(parent.wait().unwrap().signal(), Some(9));
    // The sleeping program holds the pipe's other end: its end is the program's.
    line.clear();
    assert_eq!(output.read_line(&mut line).unwrap(), 0);
}
