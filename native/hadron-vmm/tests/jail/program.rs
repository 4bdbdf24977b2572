//! hadron-vmm itself: its words and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::UnshareFlags;

use crate::{Jailed, Test};

pub const TESTS: &[Test] = &[
    ("a_session_in_the_jail", a_session_in_the_jail),
    (
        "the_outer_process_ends_as_the_inner_one",
        the_outer_process_ends_as_the_inner_one,
    ),
    (
        "what_cannot_be_is_refused_by_a_sentence",
        what_cannot_be_is_refused_by_a_sentence,
    ),
    (
        "a_host_without_namespaces_is_named",
        a_host_without_namespaces_is_named,
    ),
];

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_hadron-vmm");

/// One that has said that it is ready.
fn start() -> Jailed {
    let mut jailed = Jailed::spawn(Command::new(PROGRAM));
    jailed
        .control
        .write_all(b"{\"id\":1,\"op\":\"pause\"}\n")
        .unwrap();
    let mut line = String::new();
    BufReader::new(&jailed.control)
        .read_line(&mut line)
        .unwrap();
    assert_eq!(
        line,
        "{\"id\":1,\"error\":\"there is no VM yet: start it first\"}\n"
    );
    jailed
}

fn a_session_in_the_jail() {
    // The daemon goes away.
    let jailed = start();
    jailed.control.shutdown(std::net::Shutdown::Both).unwrap();
    let (status, words) = jailed.end();
    assert_eq!((status.code(), words.as_str()), (Some(0), ""));
    // It does not keep to the protocol.
    let mut jailed = start();
    let _ = jailed.control.write_all(&vec![b'x'; 100_000]);
    let (status, words) = jailed.end();
    assert_eq!(status.code(), Some(1));
    assert_eq!(words, "hadron-vmm: a request is longer than 65536 bytes\n");
}

fn the_outer_process_ends_as_the_inner_one() {
    let jailed = start();
    let inner = Pid::from_raw(jailed.inner().cast_signed()).unwrap();
    kill_process(inner, Signal::KILL).unwrap();
    let (status, words) = jailed.end();
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{words}");
}

/// Standard error and exit status of what cannot begin.
fn refused(arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

fn what_cannot_be_is_refused_by_a_sentence() {
    let parent = std::process::id().to_string();
    for (arguments, words, status) in [
        (
            &["--parent", &parent][..],
            "--netns needs 'new' or a path; usage: ",
            2,
        ),
        (
            &["--parent", "1", "--netns", "new"],
            "the parent is no longer 1 but ",
            1,
        ),
        (
            &["--parent", &parent, "--netns", "/absent"],
            "the network namespace /absent cannot be entered: No such file",
            1,
        ),
        (
            &["--parent", &parent, "--netns", "/dev/null"],
            "the network namespace /dev/null cannot be entered: Invalid",
            1,
        ),
    ] {
        let (said, code) = refused(arguments);
        assert!(said.starts_with(&format!("hadron-vmm: {words}")), "{said}");
        assert_eq!((said.lines().count(), code), (1, Some(status)), "{said}");
    }
}

fn a_host_without_namespaces_is_named() {
    // The limits are those of a user namespace: this one is the test's own.
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    // SAFETY: the test has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(ours);
        // SAFETY: of all flags only UnshareFlags::FILES could harm other threads.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) }.unwrap();
        theirs.write_all(&[0]).unwrap();
        // Its users are the host's now.
        theirs.read_exact(&mut [0]).unwrap();
        for kind in ["user", "uts"] {
            without_namespaces(kind);
        }
        std::process::exit(0);
    }
    drop(theirs);
    ours.read_exact(&mut [0]).unwrap();
    for map in ["uid_map", "gid_map"] {
        std::fs::write(format!("/proc/{child}/{map}"), "0 0 4294967295").unwrap();
    }
    ours.write_all(&[0]).unwrap();
    let child = Pid::from_raw(child).unwrap();
    let status = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty());
    assert_eq!(status.unwrap().unwrap().1.exit_status(), Some(0));
}

fn without_namespaces(kind: &str) {
    let limit = format!("/proc/sys/user/max_{kind}_namespaces");
    let before = std::fs::read_to_string(&limit).unwrap();
    std::fs::write(&limit, "0").unwrap();
    let parent = std::process::id().to_string();
    let (said, code) = refused(&["--parent", &parent, "--netns", "new"]);
    let words = format!(
        "hadron-vmm: the host allows no more namespaces, which the jail consists of: raise user.max_{kind}_namespaces, which is 0\n"
    );
    assert_eq!((said, code), (words, Some(1)));
    std::fs::write(&limit, before).unwrap();
}
