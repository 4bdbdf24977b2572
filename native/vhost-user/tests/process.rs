//! The process by itself: its arguments and its control protocol.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;

use common::pipe;
use common::process::Process;
use serde_json::json;

fn directory(name: &str) -> PathBuf {
    let name = format!("{name}-{}", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn ends_with_its_control_socket_and_leaves_nothing() {
    let directory = directory("ends");
    let mut process = Process::start(&directory, false);
    assert!(
        std::fs::metadata(&process.socket)
            .unwrap()
            .file_type()
            .is_socket()
    );
    assert!(process.stop().success());
    std::fs::remove_dir(&directory).expect("an empty directory");
}

#[test]
fn takes_a_listening_socket_over() {
    let directory = directory("listens");
    let mut process = Process::start(&directory, true);
    let mut qemu = UnixStream::connect(&process.socket).unwrap();
    // A stranger that talks nonsense is thrown out, and the next one is let in.
    std::io::Write::write_all(&mut qemu, &[0xff; 12]).unwrap();
    assert_eq!(qemu.read(&mut [0]).unwrap_or(0), 0);
    let mut qemu = UnixStream::connect(&process.socket).unwrap();
    // VHOST_USER_GET_FEATURES, version 1, no payload.
    let request: Vec<u8> = [1u32, 1, 0]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    std::io::Write::write_all(&mut qemu, &request).unwrap();
    let mut answer = [0; 20];
    qemu.read_exact(&mut answer).unwrap();
    let features = u64::from_le_bytes(answer[12..].try_into().unwrap());
    // VERSION_1, RING_EVENT_IDX, and vhost-user's own bit.
    assert_eq!(features, 1 << 32 | 1 << 29 | 1 << 30);
    assert!(process.stop().success());
    std::fs::remove_dir_all(&directory).unwrap();
}

/// What is not whole keeps nobody waiting, and whoever asks and does not read is thrown out.
#[test]
fn half_a_request_and_unread_answers_hold_nothing_up() {
    let directory = directory("half");
    let mut process = Process::start(&directory, true);
    let mut qemu = UnixStream::connect(&process.socket).unwrap();
    // VHOST_USER_GET_FEATURES, version 1, no payload; VHOST_USER_SET_FEATURES, of which nothing follows yet.
    let get = [1u32, 1, 0].map(u32::to_ne_bytes).concat();
    let set = [2u32, 1, 8].map(u32::to_ne_bytes).concat();
    for part in [&get[..6], &get[6..], &set[..], &[0; 4], &[0; 4], &get[..]] {
        qemu.write_all(part).unwrap();
        assert_eq!(
            process.request(json!({"op": "progress", "port": 1}), None),
            Err("there is no join on host port 1".to_owned())
        );
    }
    let mut answers = [0; 40];
    qemu.read_exact(&mut answers).unwrap();
    assert_eq!(answers[..20], answers[20..]);
    qemu.set_nonblocking(true).unwrap();
    let end = loop {
        match qemu.write(&get) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                std::thread::yield_now()
            }
            Err(error) => break error,
        }
    };
    assert_eq!(end.kind(), std::io::ErrorKind::BrokenPipe);
    assert!(process.stop().success());
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn requests_and_refusals() {
    let directory = directory("requests");
    let mut process = Process::start(&directory, false);
    let (_reader, writer) = pipe();
    process.accept(5, "out", &writer);
    assert_eq!(process.progress(5), 0);
    let mut refused = |body, fd: bool, expected: &str| {
        let fd: Option<&dyn std::os::fd::AsFd> = if fd { Some(&writer) } else { None };
        let error = process.request(body, fd).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    let accept = |port| json!({"op": "accept", "port": port, "direction": "out"});
    refused(accept(5), true, "host port 5 has a join already");
    refused(accept(6), false, "must come with one file descriptor");
    refused(
        json!({"op": "accept", "port": 6, "direction": "up"}),
        true,
        "`in`, `out`, `both`",
    );
    refused(
        json!({"op": "progress", "port": 6}),
        false,
        "there is no join on host port 6",
    );
    refused(
        json!({"op": "progress", "port": -1}),
        false,
        "not understood",
    );
    refused(
        json!({"op": "explode", "port": 6}),
        false,
        "unknown variant `explode`",
    );

    process.send_raw(b"{\"id\":\"x\"}\nnonsense\n", None);
    for expected in ["must have an \"id\"", "is not a JSON object"] {
        let answer = process.read_line();
        assert!(
            answer["error"].as_str().unwrap().contains(expected),
            "{answer}"
        );
    }
    // A request in two pieces; the descriptor comes with the first.
    process.send_raw(b"{\"id\":77,\"op\":\"accept\",\"port\":8,", Some(&writer));
    process.send_raw(b"\"direction\":\"out\"}\n", None);
    assert_eq!(
        process.read_line(),
        json!({"id": 77, "ok": true, "bytes": 0, "port": 8})
    );

    let answer = process
        .request(json!({"op": "close", "port": 5}), None)
        .unwrap();
    assert_eq!(answer["bytes"], 0);
    assert!(process.ended(5).1.unwrap().contains("closed by the host"));
    process
        .request(json!({"op": "close", "port": 5}), None)
        .unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn answers_that_nobody_reads_do_not_pile_up() {
    let directory = directory("backlog");
    let process = Process::start(&directory, false);
    let before = process.memory("Pss:");
    // The socket is full when the process has stopped reading, and it stops when nobody reads its
    // answers: the writer is what blocks, not memory that grows.
    let writer = process.control_socket();
    writer
        .set_write_timeout(Some(std::time::Duration::from_millis(500)))
        .unwrap();
    let line = b"{\"id\":1,\"op\":\"progress\",\"port\":1}\n".repeat(100);
    let blocked = (0..10_000).any(|_| std::io::Write::write_all(&mut &writer, &line).is_err());
    assert!(blocked, "34 MB of requests were taken");
    let grown = process.memory("Pss:").saturating_sub(before);
    assert!(grown < 2048, "{grown} KiB");
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn wrong_arguments_are_named() {
    for (arguments, expected) in [
        (&["--guest-cid", "3"][..], "usage: hadron-vsock"),
        (
            &["--guest-cid", "2", "--socket", "x"],
            "must be a number from 3 to 4294967294",
        ),
        (
            &["--guest-cid", "3", "--listen-fd", "3"],
            "must be a number from 4 on",
        ),
        (&["--cid", "3"], "unknown argument \"--cid\""),
        (&["--socket"], "--socket needs a value"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_hadron-vsock"))
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
