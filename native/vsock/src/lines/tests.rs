use std::io::{IoSlice, Read, Write};
use std::os::unix::net::UnixStream;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, sendmsg};

use super::*;

const LONGEST: usize = 64 * 1024;

fn pair() -> (UnixStream, Lines) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (ours, Lines::new(theirs.into(), LONGEST))
}

/// In one message, with so many descriptors.
fn send_with(socket: &UnixStream, text: &str, descriptors: usize) {
    let file = std::fs::File::open("/dev/null").unwrap();
    let fds = vec![file.as_fd(); descriptors];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(descriptors == 0 || ancillary.push(SendAncillaryMessage::ScmRights(&fds)));
    let bytes = [IoSlice::new(text.as_bytes())];
    sendmsg(socket, &bytes, &mut ancillary, SendFlags::empty()).unwrap();
}

/// All that is there: lines, and how many descriptors came with each.
fn all(lines: &mut Lines) -> Vec<(String, usize)> {
    let mut all = Vec::new();
    // A call ends with a message that has descriptors, and with a piece of a long line.
    let mut idle = 0;
    while idle < 20 {
        match lines.receive().unwrap() {
            Received::Line(line) => {
                let text = String::from_utf8(line.text).unwrap();
                all.push((text, line.descriptors.unwrap().len()));
            }
            Received::Nothing => idle += 1,
            Received::End => panic!("the end"),
        }
    }
    all
}

fn expected(lines: &[(&str, usize)]) -> Vec<(String, usize)> {
    let own = |(text, count): &(&str, usize)| ((*text).to_owned(), *count);
    lines.iter().map(own).collect()
}

#[test]
fn a_line_comes_whole_and_with_its_descriptors() {
    let (daemon, mut lines) = pair();
    send_with(&daemon, "{\"a\":", 2);
    assert_eq!(all(&mut lines), []);
    send_with(&daemon, "1}\n{}\n", 0);
    let both = expected(&[("{\"a\":1}", 2), ("{}", 0)]);
    assert_eq!(all(&mut lines), both);
    drop(daemon);
    assert!(matches!(lines.receive().unwrap(), Received::End));
}

/// What waits in the socket the kernel reads as one, unless a message with descriptors ends.
#[test]
fn descriptors_are_those_of_the_line_that_they_were_sent_with() {
    let (daemon, mut lines) = pair();
    for (text, descriptors) in [
        ("first\n", 0),
        ("second\n", 1),
        ("third\n", 0),
        ("four", 0),
        ("th\n", 3),
        ("fifth\nsixth\n", 2),
        ("seventh\neigh", 1),
        ("th\n", 0),
    ] {
        send_with(&daemon, text, descriptors);
    }
    let counts = expected(&[
        ("first", 0),
        ("second", 1),
        ("third", 0),
        ("fourth", 3),
        ("fifth", 2),
        ("sixth", 0),
        ("seventh", 1),
        ("eighth", 0),
    ]);
    assert_eq!(all(&mut lines), counts);
}

#[test]
fn a_long_line_with_descriptors_that_many_messages_bring() {
    let (daemon, mut lines) = pair();
    let long = "x".repeat(9000);
    send_with(&daemon, &long, 2);
    send_with(&daemon, &long, 1);
    send_with(&daemon, "\n", 0);
    assert_eq!(all(&mut lines), expected(&[(&long.repeat(2), 3)]));
}

#[test]
fn a_line_without_an_end_is_refused() {
    let (mut daemon, mut lines) = pair();
    daemon.set_nonblocking(true).unwrap();
    let mut taken = 0;
    let error = loop {
        taken += daemon.write(&[b'x'; 4096]).unwrap_or(0);
        match lines.receive() {
            Ok(received) => assert!(matches!(received, Received::Nothing)),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("longer than 65536"), "{error}");
    assert!((LONGEST..2 * LONGEST).contains(&taken), "{taken}");
}

#[test]
fn requests_wait_while_nobody_reads_the_answers() {
    let (mut daemon, mut lines) = pair();
    while lines.wants_input() {
        lines.push(&vec![0; 1024]);
        lines.send().unwrap();
    }
    assert!(lines.wants_output());
    daemon.set_nonblocking(true).unwrap();
    let mut bytes = [0; 65536];
    while lines.wants_output() {
        assert!(daemon.read(&mut bytes).unwrap() > 0);
        lines.send().unwrap();
    }
    assert!(lines.wants_input());
}
