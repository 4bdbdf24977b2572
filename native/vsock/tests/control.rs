//! The control protocol, as who embeds the device drives it: one thread, no process, no queue of vhost-user.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use common::guest::{Guest, drain, packet};
use common::pipe;
use hadron_vsock_device::{Control, Header, SHUTDOWN_BOTH, op};
use rustix::event::epoll::EventFlags;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Value, json};

struct Embedder {
    guest: Guest,
    control: Control,
    /// Whoever asks for joins.
    caller: BufReader<UnixStream>,
}

impl Embedder {
    fn new() -> Embedder {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        Embedder {
            guest: Guest::new(),
            control: Control::new(OwnedFd::from(theirs)),
            caller: BufReader::new(ours),
        }
    }

    fn send(&mut self, request: &Value, fd: Option<BorrowedFd<'_>>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = fd.map(|fd| [fd]);
        if let Some(fds) = &fds {
            assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)));
        }
        let line = format!("{request}\n");
        let bytes = [IoSlice::new(line.as_bytes())];
        let socket = self.caller.get_ref();
        sendmsg(socket, &bytes, &mut ancillary, SendFlags::NOSIGNAL).unwrap();
    }

    /// One round of the loop; what the caller reads then.
    fn round(&mut self) -> Vec<Value> {
        let muxer = self.guest.device.muxer();
        assert!(self.control.handle_input(muxer).unwrap());
        assert_eq!(self.control.finish(muxer).unwrap(), Some(EventFlags::IN));
        self.caller
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .map(|line| serde_json::from_str(&line).unwrap())
            .collect()
    }
}

#[test]
fn a_join_from_its_request_to_its_end() {
    let mut embedder = Embedder::new();
    let (mut reader, writer) = pipe();
    let accept = json!({"id": 1, "op": "accept", "port": 7, "direction": "out"});
    embedder.send(&accept, Some(writer.as_fd()));
    drop(writer);
    assert_eq!(
        embedder.round(),
        [json!({"id": 1, "ok": true, "bytes": 0, "port": 7})]
    );
    assert_eq!(embedder.guest.open(7), []);
    embedder.guest.data(7, b"hello");
    embedder.send(&json!({"id": 2, "op": "progress", "port": 7}), None);
    assert_eq!(
        embedder.round(),
        [json!({"id": 2, "ok": true, "bytes": 5, "port": 7})]
    );
    embedder.guest.shutdown(7, SHUTDOWN_BOTH);
    assert_eq!(
        embedder.round(),
        [json!({"event": "ended", "port": 7, "bytes": 5, "error": null})]
    );
    assert_eq!(drain(&mut reader), (b"hello".to_vec(), true));
}

#[test]
fn a_request_has_the_descriptor_that_came_with_it_and_no_other() {
    let mut embedder = Embedder::new();
    let (_reader, writer) = pipe();
    let accept = |port: u32| json!({"id": port, "op": "accept", "port": port, "direction": "out"});
    let progress = json!({"id": 1, "op": "progress", "port": 1});
    for (request, fd) in [
        (accept(7), None),
        (accept(8), Some(writer.as_fd())),
        (progress, Some(writer.as_fd())),
        (accept(9), None),
    ] {
        embedder.send(&request, fd);
    }
    let told = [(); 4].map(|()| embedder.round()).concat();
    let none = "the request must come with one file descriptor";
    assert_eq!(
        told,
        [
            json!({"id": 7, "error": none}),
            json!({"id": 8, "ok": true, "bytes": 0, "port": 8}),
            json!({"id": 1, "error": "there is no join on host port 1"}),
            json!({"id": 9, "error": none}),
        ]
    );
}

#[test]
fn a_closed_join_is_told_of_before_the_answer_and_the_callers_end_is_seen() {
    let mut embedder = Embedder::new();
    let (_reader, writer) = pipe();
    let accept = json!({"id": 1, "op": "accept", "port": 7, "direction": "out"});
    embedder.send(&accept, Some(writer.as_fd()));
    embedder.send(&json!({"id": 2, "op": "close", "port": 7}), None);
    let mut told = embedder.round();
    while told.len() < 3 {
        told.extend(embedder.round());
    }
    assert_eq!(told[1]["event"], "ended");
    assert_eq!(told[2], json!({"id": 2, "ok": true, "bytes": 0, "port": 7}));
    let Embedder {
        mut guest,
        mut control,
        caller,
    } = embedder;
    drop(caller);
    assert!(!control.handle_input(guest.device.muxer()).unwrap());
}

#[test]
fn a_door_from_its_request_to_its_end() {
    let mut embedder = Embedder::new();
    let listen = json!({"id": 1, "op": "listen", "port": 9, "limit": 2});
    embedder.send(&listen, None);
    assert_eq!(
        embedder.round(),
        [json!({"id": 1, "ok": true, "bytes": 0, "port": 9})]
    );
    for src_port in [50, 51] {
        let header = Header {
            src_port,
            ..packet(9, op::REQUEST)
        };
        embedder.guest.send(header, &[]);
    }
    assert_eq!(
        embedder.round(),
        [1, 2].map(|knock| json!({"event": "knock", "port": 9, "knock": knock}))
    );
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let answer = json!({"id": 2, "op": "answer", "knock": 1, "port": 100, "direction": "both"});
    embedder.send(&answer, Some(theirs.as_fd()));
    embedder.send(&json!({"id": 3, "op": "refuse", "knock": 2}), None);
    embedder.send(&answer, Some(theirs.as_fd()));
    let sentence = "no stream waits with the number 1 any more";
    // Each request is a round.
    let answers = [(); 3].map(|()| embedder.round()).concat();
    assert_eq!(
        answers,
        [
            json!({"id": 2, "ok": true, "bytes": 0, "port": 100}),
            json!({"id": 3, "ok": true, "bytes": 0, "port": 0}),
            json!({"id": 2, "error": sentence}),
        ]
    );
    embedder.guest.run();
    assert_eq!(
        embedder.guest.operations(),
        [(op::RESPONSE, 0), (op::RST, 0)]
    );
}

/// Who knocks and gives up all the time while nobody answers costs no memory.
#[test]
fn news_that_nobody_answers_does_not_pile_up() {
    let mut embedder = Embedder::new();
    let listen = json!({"id": 1, "op": "listen", "port": 9, "limit": 1});
    embedder.send(&listen, None);
    embedder.round();
    let mut written = 0;
    for _ in 0..5_000 {
        embedder.guest.send(packet(9, op::REQUEST), &[]);
        written += embedder.round().len();
        embedder.guest.send(packet(9, op::RST), &[]);
    }
    assert_eq!(written, 64);
    // Each answer makes room for other news, though nobody waits for that answer.
    embedder.send(&json!({"id": 2, "op": "refuse", "knock": 1}), None);
    embedder.guest.send(packet(9, op::REQUEST), &[]);
    let news = embedder.round();
    assert_eq!((news.len(), &news[0]["event"]), (2, &json!("knock")));
}

/// Who asks and does not read is asked to wait, and its end is seen all the same.
#[test]
fn answers_that_nobody_reads_do_not_pile_up() {
    let mut embedder = Embedder::new();
    let muxer = embedder.guest.device.muxer();
    let lines = "no request\n".repeat(100);
    let mut rounds = 0;
    loop {
        // It may be full when the device takes nothing any more.
        let _ = embedder.caller.get_ref().write(lines.as_bytes());
        assert!(embedder.control.handle_input(muxer).unwrap());
        let interest = embedder.control.finish(muxer).unwrap().unwrap();
        if interest == EventFlags::OUT {
            break;
        }
        // Each takes one request, whose answer has some hundred bytes.
        rounds += 1;
        assert!(rounds < 20_000, "the answers pile up");
    }
    drop(embedder.caller);
    assert!(embedder.control.handle_input(muxer).unwrap());
    assert_eq!(embedder.control.finish(muxer).unwrap(), None);
}
