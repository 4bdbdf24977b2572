//! Standard streams without a terminal.

use std::time::{Duration, Instant};

use hadron_agent::protocol::agent as proto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::client::{Guest, process_json, spec, within};

pub async fn stdout_and_stderr_stay_apart(guest: &Guest) {
    let output = guest.shell("echo out; echo err >&2; printf end").await;
    assert_eq!(output.stdout, b"out\nend");
    assert_eq!(output.stderr, b"err\n");
}

pub async fn many_bytes_arrive_in_order(guest: &Guest) {
    const MIB: usize = 64;
    let began = Instant::now();
    let output = guest
        .shell(&format!(
            "dd if=/dev/zero bs=1M count={MIB} 2>/dev/null; echo end"
        ))
        .await;
    let rate = MIB as f64 / began.elapsed().as_secs_f64();
    println!("     stdout: {rate:.0} MiB/s");
    assert_eq!(output.stdout.len(), (MIB << 20) + 4);
    assert!(output.stdout.ends_with(b"\0end\n"));
    let output = guest.shell("seq 1 300000").await;
    let expected: String = (1..=300_000).map(|number| format!("{number}\n")).collect();
    assert!(output.stdout == expected.as_bytes());
}

pub async fn a_hundred_short_lines(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let process = process_json(&["echo", "line"]);
    for _ in 0..100 {
        assert_eq!(guest.exec(&id, &process, None).await.stdout, b"line\n");
    }
    guest.end(&id).await;
}

pub async fn stdin_to_its_end(guest: &Guest) {
    let output = guest.run(&spec(&["cat"]), Some(b"all of it")).await;
    assert_eq!(output.stdout, b"all of it");
    let many: Vec<u8> = (0..8 << 20)
        .map(|index: u32| (index * 7 / 5) as u8)
        .collect();
    let began = Instant::now();
    let output = guest.run(&spec(&["cat"]), Some(&many)).await;
    println!(
        "     stdin to stdout: {:.0} MiB/s",
        8.0 / began.elapsed().as_secs_f64()
    );
    assert!(output.stdout == many);
    assert_eq!(guest.run(&spec(&["cat"]), None).await.stdout, b"");
}

pub async fn stdin_that_nobody_reads(guest: &Guest) {
    let many = vec![b'x'; 4 << 20];
    assert_eq!(guest.run(&spec(&["true"]), Some(&many)).await.status, 0);
    assert_eq!(
        guest
            .run(&spec(&["head", "-c", "1"]), Some(&many))
            .await
            .stdout,
        b"x"
    );
    // Nothing is ever sent: the agent must notice that the pipe has no reader any more.
    let id = guest.id();
    let port = guest.port();
    let mut stdio = proto::Stdio::new();
    stdio.stdin_port = port.number;
    guest
        .create(&id, &spec(&["true"]), stdio)
        .await
        .expect("create");
    let mut stdin = within(port.accept()).await;
    guest.start(&id).await.expect("start");
    assert_eq!(within(stdin.read(&mut [0])).await.expect("end"), 0);
    assert_eq!(guest.wait(&id, "").await, Ok(0));
    guest.delete(&id).await.expect("delete");
}

pub async fn a_slow_reader_slows_the_writer(guest: &Guest) {
    const MIB: usize = 16;
    let id = guest.id();
    let port = guest.port();
    let mut stdio = proto::Stdio::new();
    stdio.stdout_port = port.number;
    let script = format!("dd if=/dev/zero bs=1M count={MIB} 2>/dev/null");
    guest
        .create(&id, &spec(&["sh", "-c", &script]), stdio)
        .await
        .expect("create");
    let mut stdout = within(port.accept()).await;
    guest.start(&id).await.expect("start");
    // Nobody reads, so it cannot come to its end, however long one waits.
    assert!(
        timeout(Duration::from_secs(2), guest.wait(&id, ""))
            .await
            .is_err()
    );
    let mut bytes = Vec::new();
    within(stdout.read_to_end(&mut bytes)).await.expect("read");
    assert_eq!(bytes.len(), MIB << 20);
    assert_eq!(guest.wait(&id, "").await, Ok(0));
    guest.delete(&id).await.expect("delete");
}

pub async fn standard_streams_can_be_opened_again(guest: &Guest) {
    let mut spec = spec(&[
        "sh",
        "-c",
        "echo one > /dev/stdout; echo two > /proc/self/fd/2; cat /dev/stdin",
    ]);
    spec["process"]["user"] = serde_json::json!({ "uid": 1000, "gid": 1000 });
    let output = guest.run(&spec, Some(b"three")).await;
    assert_eq!(
        (output.text().as_str(), output.stderr.as_slice()),
        ("one\nthree", b"two\n".as_slice())
    );
}

pub async fn output_of_a_process_that_outlives_its_container(guest: &Guest) {
    let mut spec = spec(&["sh", "-c", "(sleep 0.5; echo late) & echo early"]);
    spec["linux"]["namespaces"] = serde_json::json!([{ "type": "mount" }]);
    spec.as_object_mut().expect("object").remove("hostname");
    let id = guest.id();
    let streams = guest.streams(None);
    guest
        .create(&id, &spec, streams.stdio.clone())
        .await
        .expect("create");
    guest.start(&id).await.expect("start");
    let status = guest.wait(&id, "").await.expect("wait");
    assert_eq!(streams.end(status).await.text(), "early\nlate");
    guest.delete(&id).await.expect("delete");
}

pub async fn a_reader_that_goes_away(guest: &Guest) {
    let id = guest.id();
    let port = guest.port();
    let mut stdio = proto::Stdio::new();
    stdio.stdout_port = port.number;
    guest
        .create(&id, &spec(&["yes"]), stdio)
        .await
        .expect("create");
    let mut stdout = within(port.accept()).await;
    guest.start(&id).await.expect("start");
    within(stdout.read_exact(&mut [0; 2])).await.expect("read");
    let _ = stdout.shutdown().await;
    drop(stdout);
    // SIGPIPE does not kill PID 1 of a namespace, but the failed write does.
    assert_ne!(guest.wait(&id, "").await.expect("wait"), 0);
    guest.delete(&id).await.expect("delete");
}
