//! The library as its caller sees it: three functions and a pipe.

use std::fs::File;
use std::io::Read;
use std::os::fd::FromRawFd;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

struct Client {
    handle: i32,
    answers: File,
}

impl Client {
    fn open() -> Self {
        let mut fd = -1;
        let mut message = [0u8; 256];
        // SAFETY: both pointers are to live locals of the sizes given.
        let handle = unsafe { hadron_open(&raw mut fd, message.as_mut_ptr(), message.len()) };
        assert!(handle > 0, "{}", String::from_utf8_lossy(&message));
        // SAFETY: the descriptor was just given to us.
        let answers = unsafe { File::from_raw_fd(fd) };
        Self { handle, answers }
    }

    fn submit(&self, request: &Value) -> i32 {
        self.submit_bytes(request.to_string().as_bytes())
    }

    fn submit_bytes(&self, request: &[u8]) -> i32 {
        // SAFETY: the slice is readable.
        unsafe { hadron_submit(self.handle, request.as_ptr(), request.len()) }
    }

    fn readable(&self, timeout: Duration) -> bool {
        let mut fds = [rustix::event::PollFd::new(
            &self.answers,
            rustix::event::PollFlags::IN,
        )];
        let timeout = rustix::event::Timespec::try_from(timeout).unwrap();
        rustix::event::poll(&mut fds, Some(&timeout)).unwrap() > 0
    }

    fn answer(&mut self) -> Value {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            assert!(self.readable(Duration::from_secs(10)), "no answer");
            let mut byte = [0];
            assert_eq!(self.answers.read(&mut byte).unwrap(), 1, "the pipe's end");
            line.extend(byte);
        }
        serde_json::from_slice(&line).unwrap()
    }
}

#[test]
fn answers_come_with_the_ids_of_their_requests() {
    let mut client = Client::open();
    for id in 0..50 {
        let path = format!("/absent/{id}");
        assert_eq!(
            client.submit(&json!({ "id": id, "op": "removeDirectory", "path": path, "file": "f" })),
            HADRON_OK
        );
    }
    let mut ids: Vec<u64> = (0..50)
        .map(|_| {
            let answer = client.answer();
            assert_eq!(answer["ok"], json!({ "removed": true }));
            answer["id"].as_u64().unwrap()
        })
        .collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0..50));
    client.submit(&json!({ "id": 7, "op": "nonsense" }));
    let answer = client.answer();
    assert_eq!(
        (&answer["id"], &answer["error"]["errno"]),
        (&json!(7), &json!("EINVAL"))
    );
    assert_eq!(hadron_close(client.handle), HADRON_OK);
}

#[test]
fn refuses_what_it_cannot_answer() {
    let client = Client::open();
    for bytes in [&b""[..], b"{}", b"nonsense", &vec![b' '; (1 << 20) + 1]] {
        assert_eq!(client.submit_bytes(bytes), HADRON_MALFORMED);
    }
    // SAFETY: a null pointer is allowed with a length of 0.
    let submitted = unsafe { hadron_submit(client.handle, std::ptr::null(), 0) };
    assert_eq!(submitted, HADRON_MALFORMED);
    assert_eq!(hadron_close(client.handle), HADRON_OK);
    assert_eq!(hadron_close(client.handle), HADRON_CLOSED);
    assert_eq!(
        client.submit(&json!({ "id": 1, "op": "socketpair" })),
        HADRON_CLOSED
    );
    let mut message = [1u8; 10];
    // SAFETY: null is allowed for the descriptor, and the buffer has the size given.
    let opened = unsafe { hadron_open(std::ptr::null_mut(), message.as_mut_ptr(), message.len()) };
    assert_eq!(opened, -1);
    assert_eq!(&message, b"hadron_op\0");
}

#[test]
fn a_wait_ends_with_the_child_and_can_be_cancelled() {
    let mut client = Client::open();
    #[expect(clippy::zombie_processes, reason = "the library is to reap it")]
    let child = Command::new("sleep").arg("60").spawn().unwrap();
    client.submit(&json!({ "id": 1, "op": "reapChild", "pid": child.id() }));
    client.submit(&json!({ "id": 2, "op": "waitClockSet" }));
    client.submit(&json!({ "id": 2, "op": "waitClockSet" }));
    assert_eq!(client.answer()["error"]["errno"], "EEXIST");
    client.submit(&json!({ "id": 4, "op": "cancel", "request": 2 }));
    assert_eq!(client.answer()["error"]["errno"], "ECANCELED");
    assert_eq!(
        client.answer(),
        json!({ "id": 4, "ok": { "cancelled": true } })
    );
    client.submit(&json!({ "id": 5, "op": "cancel", "request": 2 }));
    assert_eq!(
        client.answer(),
        json!({ "id": 5, "ok": { "cancelled": false } })
    );
    assert!(!client.readable(Duration::ZERO));
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    assert_eq!(
        client.answer(),
        json!({ "id": 1, "ok": { "code": null, "signal": 9 } })
    );
    client.submit(&json!({ "id": 6, "op": "reapChild", "pid": child.id() }));
    assert_eq!(client.answer()["error"]["errno"], "ECHILD");
    hadron_close(client.handle);
}

#[test]
fn waits_are_bounded() {
    let mut client = Client::open();
    let mut id = 0;
    loop {
        id += 1;
        match client.submit(&json!({ "id": id, "op": "waitClockSet" })) {
            HADRON_OK => {}
            HADRON_FULL => std::thread::yield_now(),
            other => panic!("{other}"),
        }
        if client.readable(Duration::ZERO) {
            break;
        }
        assert!(id < 1_000_000);
    }
    assert_eq!(client.answer()["error"]["errno"], "ENOMEM");
    hadron_close(client.handle);
}

#[test]
fn nothing_hangs_when_the_answers_are_not_read() {
    let client = Client::open();
    let deadline = Instant::now() + Duration::from_secs(20);
    // The pipe fills, then the queues; submitting stays possible and says so.
    let mut full = 0;
    while full < 1000 {
        let request = json!({ "id": 1, "op": "removeDirectory", "path": "/absent", "file": "f" });
        match client.submit(&request) {
            HADRON_OK => full = 0,
            HADRON_FULL => full += 1,
            other => panic!("{other}"),
        }
        assert!(Instant::now() < deadline);
    }
    assert_eq!(hadron_close(client.handle), HADRON_OK);
    // Its threads have let go of the pipe: it ends.
    let mut answers = client.answers;
    let mut rest = Vec::new();
    while Instant::now() < deadline {
        match answers.read_to_end(&mut rest) {
            Ok(_) => return,
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
    }
    panic!("the pipe did not end");
}

#[test]
fn nothing_hangs_when_the_reader_is_gone() {
    let Client { handle, answers } = Client::open();
    drop(answers);
    let request =
        json!({ "id": 1, "op": "removeDirectory", "path": "/absent", "file": "f" }).to_string();
    for _ in 0..1000 {
        // SAFETY: the bytes are readable.
        let result = unsafe { hadron_submit(handle, request.as_ptr(), request.len()) };
        assert!(result == HADRON_OK || result == HADRON_FULL);
    }
    assert_eq!(hadron_close(handle), HADRON_OK);
}

#[test]
fn descriptors_become_the_callers() {
    let mut client = Client::open();
    client.submit(&json!({ "id": 1, "op": "socketpair" }));
    let answer = client.answer();
    let fd = |index: usize| i32::try_from(answer["ok"]["fds"][index].as_i64().unwrap()).unwrap();
    // SAFETY: the descriptors are ours with the answer.
    let (mut one, other) = unsafe { (File::from_raw_fd(fd(0)), File::from_raw_fd(fd(1))) };
    let error = one.read(&mut [0; 1]).unwrap_err();
    assert_eq!(
        error.kind(),
        std::io::ErrorKind::WouldBlock,
        "the other end is open"
    );
    drop(other);
    assert_eq!(one.read(&mut [0; 1]).unwrap(), 0);
    hadron_close(client.handle);
}
