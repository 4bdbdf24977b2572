//! The jail from inside, and what is left when one of its processes is killed at any step.
//!
//! As root. This program goes into the jail itself (`inside`), since hadron-vmm would not tell what it sees there; so it is no
//! test of Rust's harness, which has threads before it begins. `cargo test --test jail NAME` runs those whose names contain NAME.

#![allow(clippy::unwrap_used)]

mod calls;
mod program;
mod steps;
mod view;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use hadron_vmm_process::{arguments, jail, say, seccomp};

/// What runs in the jail: its name, and its body, which gets the control socket.
type Inside = (&'static str, fn(OwnedFd));
type Test = (&'static str, fn());

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["--inside", name, rest @ ..] = words.as_slice() {
        return inside(name, rest);
    }
    let wanted = words.iter().find(|word| !word.starts_with('-'));
    let tests = [view::TESTS, calls::TESTS, program::TESTS, steps::TESTS].concat();
    for (name, test) in tests {
        if wanted.is_none_or(|wanted| name.contains(wanted)) {
            // What fails panics, which ends this program with a status that cargo takes for a failure.
            println!("test {name} ...");
            test();
            println!("test {name} ... ok");
        }
    }
}

fn inside(name: &str, arguments: &[&str]) {
    let arguments = arguments.iter().map(Into::into);
    let arguments = arguments::parse(arguments).unwrap();
    let all: [&[Inside]; 2] = [view::INSIDE, calls::INSIDE];
    let body = all.concat().into_iter().find(|(each, _)| *each == name);
    match jail::enter(&arguments) {
        Ok(control) => {
            seccomp::report_violations().unwrap();
            body.unwrap().1(control);
        }
        Err(failure) => {
            say(&failure.to_string());
            std::process::exit(1);
        }
    }
}

/// A process with the other end of its standard input, which is a socket.
struct Jailed {
    child: Child,
    control: UnixStream,
}

impl Jailed {
    /// One of this program's `Inside`.
    fn start(name: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--inside", name]);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let (control, theirs) = UnixStream::pair().unwrap();
        let limit = Some(std::time::Duration::from_secs(20));
        control.set_read_timeout(limit).unwrap();
        let parent = std::process::id().to_string();
        let child = command
            .args(["--parent", &parent, "--netns", "new"])
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // `command` has the socket's other end.
        drop(command);
        Jailed { child, control }
    }

    /// The only child of the child.
    fn inner(&self) -> u32 {
        let outer = self.child.id();
        let children = format!("/proc/{outer}/task/{outer}/children");
        let children = std::fs::read_to_string(children).unwrap();
        children.trim().parse().unwrap()
    }

    /// How it ends, and its words.
    fn end(self) -> (ExitStatus, String) {
        let output = self.child.wait_with_output().unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    }
}
