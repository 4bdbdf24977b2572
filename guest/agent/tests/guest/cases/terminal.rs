//! Processes with a terminal.

use std::time::Instant;

use hadron_agent::protocol::agent as proto;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::client::{Guest, process_json, rest_of, spec, within};

async fn until(stream: &mut UnixStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut buffer = [0; 1024];
        let length = within(stream.read(&mut buffer)).await.expect("read");
        assert_ne!(
            length, 0,
            "the terminal ended after {text:?}, before {end:?}"
        );
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    text
}

async fn container(
    guest: &Guest,
    script: &str,
    change: impl FnOnce(&mut Value),
) -> (String, UnixStream, UnixStream) {
    let mut spec = spec(&["sh", "-c", script]);
    spec["process"]["terminal"] = true.into();
    change(&mut spec);
    let id = guest.id();
    let (stdin, stdout) = (guest.port(), guest.port());
    let stdio = proto::Stdio {
        stdin_port: stdin.number,
        stdout_port: stdout.number,
        terminal_width: 90,
        terminal_height: 30,
        ..Default::default()
    };
    guest.create(&id, &spec, stdio).await.expect("create");
    let streams = within(async { (stdin.accept().await, stdout.accept().await) }).await;
    guest.start(&id).await.expect("start");
    (id, streams.0, streams.1)
}

pub async fn size_and_resize(guest: &Guest) {
    let script =
        "stty size; tty; trap 'stty size; exit 6' WINCH; echo up; while :; do sleep 0.05; done";
    let (id, _stdin, mut stdout) = container(guest, script, |spec| {
        spec["process"]["user"] = serde_json::json!({ "uid": 1000, "gid": 1000 });
    })
    .await;
    let text = until(&mut stdout, "up").await;
    assert!(
        text.starts_with("30 90\r\n/dev/pts/0\r\n")
            || text.starts_with("30 90\r\n/dev/console\r\n"),
        "{text:?}"
    );
    guest.resize(&id, "", 120, 40).await.expect("resize");
    let text = until(&mut stdout, "40 120").await;
    rest_of(&mut stdout).await;
    assert_eq!(guest.wait(&id, "").await, Ok(6), "{text}");
    guest.delete(&id).await.expect("delete");
}

pub async fn control_c(guest: &Guest) {
    let script =
        "trap 'echo caught; exit 9' INT; read line; echo \"<$line>\"; while :; do sleep 0.05; done";
    let (id, mut stdin, mut stdout) = container(guest, script, |_| {}).await;
    within(stdin.write_all(b"words\n")).await.expect("write");
    until(&mut stdout, "<words>").await;
    within(stdin.write_all(b"\x03")).await.expect("write");
    until(&mut stdout, "caught").await;
    assert_eq!(guest.wait(&id, "").await, Ok(9));
    guest.delete(&id).await.expect("delete");
}

pub async fn an_exec_with_a_terminal(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let mut process = process_json(&[
        "sh",
        "-c",
        "stty size; stty -echo; echo up; read line; echo \"<$line>\"; exit 4",
    ]);
    process["terminal"] = true.into();
    let (stdin, stdout) = (guest.port(), guest.port());
    let stdio = proto::Stdio {
        stdin_port: stdin.number,
        stdout_port: stdout.number,
        terminal_width: 70,
        terminal_height: 20,
        ..Default::default()
    };
    guest
        .exec_start(&id, "tty", &process, stdio)
        .await
        .expect("exec");
    let (mut stdin, mut stdout) =
        within(async { (stdin.accept().await, stdout.accept().await) }).await;
    let text = until(&mut stdout, "up\r\n").await;
    assert!(text.starts_with("20 70\r\n"), "{text:?}");
    within(stdin.write_all(b"hello\n")).await.expect("write");
    let rest = rest_of(&mut stdout).await;
    assert_eq!(rest, "<hello>\r\n");
    assert_eq!(guest.wait(&id, "tty").await, Ok(4));
    let refused = guest.resize(&id, "", 1, 1).await.expect_err("no terminal");
    assert!(refused.1.contains("no terminal"), "{}", refused.1);
    guest.end(&id).await;
}

/// An additional process with a terminal in a container that sleeps, and its streams.
async fn exec(guest: &Guest, id: &str, name: &str, script: &str) -> (UnixStream, UnixStream) {
    let mut process = process_json(&["sh", "-c", script]);
    process["terminal"] = true.into();
    let (stdin, stdout) = (guest.port(), guest.port());
    let stdio = proto::Stdio {
        stdin_port: stdin.number,
        stdout_port: stdout.number,
        ..Default::default()
    };
    let started = guest.exec_start(id, name, &process, stdio).await;
    started.expect("exec");
    within(async { (stdin.accept().await, stdout.accept().await) }).await
}

pub async fn the_end_of_its_input_hangs_up(guest: &Guest) {
    let script = "trap 'exit 6' HUP; echo up; while :; do sleep 0.05; done";
    let (id, mut stdin, mut stdout) = container(guest, script, |_| {}).await;
    until(&mut stdout, "up").await;
    stdin.shutdown().await.expect("shutdown");
    assert_eq!(rest_of(&mut stdout).await, "");
    assert_eq!(guest.wait(&id, "").await, Ok(6));
    guest.delete(&id).await.expect("delete");

    let id = guest.sleeper(|_| {}).await;
    for (name, script, code) in [
        // Who is a session's leader dies of it,
        ("leader", "echo up; exec sleep 60", 129),
        // and who lives on reads nothing, and writes to nobody.
        (
            "stays",
            "trap '' HUP; echo up; read line; echo late || exit 5",
            5,
        ),
    ] {
        let (mut stdin, mut stdout) = exec(guest, &id, name, script).await;
        until(&mut stdout, "up").await;
        stdin.shutdown().await.expect("shutdown");
        rest_of(&mut stdout).await;
        assert_eq!(guest.wait(&id, name).await, Ok(code), "{name}");
        let refused = guest.resize(&id, name, 1, 1).await.expect_err("hung up");
        assert!(refused.1.contains("was hung up"), "{}", refused.1);
    }
    guest.end(&id).await;
}

pub async fn who_does_not_read_holds_no_hang_up_up(guest: &Guest) {
    let line = "0123456789".repeat(7);
    let script = format!("trap 'exit 6' HUP; echo up; while :; do echo {line}; done");
    let (id, mut stdin, mut stdout) = container(guest, &script, |_| {}).await;
    until(&mut stdout, "up").await;
    stdin.shutdown().await.expect("shutdown");
    assert_eq!(guest.wait(&id, "").await, Ok(6));
    // What was under way is still there, line by line.
    let rest = rest_of(&mut stdout).await;
    let whole = rest.split_inclusive("\r\n").skip(1).all(|shown| {
        shown == format!("{line}\r\n")
            || (!shown.ends_with('\n') && line.starts_with(shown.trim_end()))
    });
    assert!(whole, "{rest}");
    guest.delete(&id).await.expect("delete");
}

pub async fn who_is_left_behind_holds_no_client(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let script = "trap '' HUP; (sleep 3600; echo late) & echo hi; exit 3";
    let (_stdin, mut stdout) = exec(guest, &id, "e", script).await;
    assert_eq!(rest_of(&mut stdout).await, "hi\r\n");
    assert_eq!(guest.wait(&id, "e").await, Ok(3));
    guest.end(&id).await;
}

pub async fn every_byte_up_to_the_end(guest: &Guest) {
    // Each end is a race of the last bytes with the end of the terminal: many ends, not many bytes.
    const ENDS: u32 = 60;
    const NUMBERS: u32 = 4000;
    let expected: String = (1..=NUMBERS).map(|number| format!("{number} ")).collect();
    let id = guest.sleeper(|_| {}).await;
    let mut process = process_json(&["seq", "-s", " ", &NUMBERS.to_string()]);
    process["terminal"] = true.into();
    let (mut short, mut bytes) = (Vec::new(), 0);
    let began = Instant::now();
    for end in 0..ENDS {
        let stdout = guest.port();
        let stdio = proto::Stdio {
            stdout_port: stdout.number,
            ..Default::default()
        };
        let exec = format!("end{end}");
        guest
            .exec_start(&id, &exec, &process, stdio)
            .await
            .expect("exec");
        let mut stdout = within(stdout.accept()).await;
        let shown = rest_of(&mut stdout).await;
        assert_eq!(guest.wait(&id, &exec).await, Ok(0));
        guest.delete_process(&id, &exec).await.expect("delete");
        bytes += shown.len();
        if shown.trim_end() != expected.trim_end() {
            short.push((shown.len(), expected.len()));
        }
    }
    println!(
        "     {bytes} bytes in {ENDS} ends took {:?}",
        began.elapsed()
    );
    assert!(
        short.is_empty(),
        "{} of {ENDS} outputs are short: {short:?}",
        short.len()
    );
    guest.end(&id).await;
}
