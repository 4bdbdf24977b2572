//! A running hadron-vsock.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Value, json};

/// No answer may take longer.
const DEADLINE: Duration = Duration::from_secs(60);

pub struct Process {
    pub child: Child,
    pub socket: PathBuf,
    control: Option<BufReader<UnixStream>>,
    events: VecDeque<Value>,
    next_id: u64,
}

impl Process {
    /// Starts the process on a socket in `directory`, by itself or inherited as fd 4.
    pub fn start(directory: &Path, listen_fd: bool) -> Process {
        let socket = directory.join("vsock.sock");
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hadron-vsock"));
        command.args(["--guest-cid", "3"]).stdin(Stdio::null());
        let mut inherited = vec![(OwnedFd::from(theirs), 3)];
        if listen_fd {
            let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
            command.args(["--listen-fd", "4"]);
            inherited.push((OwnedFd::from(listener), 4));
        } else {
            command.arg("--socket").arg(&socket);
        }
        // Away from the numbers that are to be replaced.
        let inherited: Vec<_> = inherited
            .iter()
            .map(|(fd, number)| (rustix::io::fcntl_dupfd_cloexec(fd, 10).unwrap(), *number))
            .collect();
        let numbers: Vec<_> = inherited
            .iter()
            .map(|(fd, n)| (fd.as_raw_fd(), *n))
            .collect();
        // SAFETY: only dup2 is called between fork and exec.
        unsafe {
            command.pre_exec(move || {
                for (from, to) in &numbers {
                    if libc::dup2(*from, *to) < 0 {
                        return Err(std::io::Error::last_os_error());
                    }
                }
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        let mut process = Process {
            child,
            socket,
            control: Some(BufReader::new(ours)),
            events: VecDeque::new(),
            next_id: 1,
        };
        // Its answer says that it listens.
        process
            .request(json!({"op": "close", "port": 0}), None)
            .unwrap();
        process
    }

    pub fn send_raw(&mut self, bytes: &[u8], fd: Option<&dyn AsFd>) {
        let socket = self.control.as_ref().unwrap().get_ref();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = fd.map(|fd| [fd.as_fd()]);
        if let Some(fds) = &fds {
            assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)));
        }
        let sent = sendmsg(
            socket,
            &[IoSlice::new(bytes)],
            &mut ancillary,
            SendFlags::NOSIGNAL,
        );
        assert_eq!(sent, Ok(bytes.len()));
    }

    pub fn control_socket(&self) -> UnixStream {
        self.control
            .as_ref()
            .unwrap()
            .get_ref()
            .try_clone()
            .unwrap()
    }

    pub fn read_line(&mut self) -> Value {
        let mut line = String::new();
        self.control
            .as_mut()
            .unwrap()
            .read_line(&mut line)
            .expect("an answer in time");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    /// The answer to a request, or the sentence of its error.
    pub fn request(&mut self, mut body: Value, fd: Option<&dyn AsFd>) -> Result<Value, String> {
        let id = self.next_id;
        self.next_id += 1;
        body["id"] = id.into();
        self.send_raw(format!("{body}\n").as_bytes(), fd);
        loop {
            let answer = self.read_line();
            if answer.get("event").is_some() {
                self.events.push_back(answer);
                continue;
            }
            assert_eq!(answer["id"], id, "{answer}");
            return match answer.get("error") {
                Some(error) => Err(error.as_str().unwrap().to_owned()),
                None => Ok(answer),
            };
        }
    }

    pub fn accept(&mut self, port: u32, direction: &str, fd: &dyn AsFd) {
        let body = json!({"op": "accept", "port": port, "direction": direction});
        self.request(body, Some(fd)).unwrap();
    }

    pub fn progress(&mut self, port: u32) -> u64 {
        let body = json!({"op": "progress", "port": port});
        self.request(body, None).unwrap()["bytes"].as_u64().unwrap()
    }

    /// Waits for the end of a join: its bytes, and the error if there is one.
    pub fn ended(&mut self, port: u64) -> (u64, Option<String>) {
        let event = loop {
            if let Some(at) = self.events.iter().position(|event| event["port"] == port) {
                break self.events.remove(at).unwrap();
            }
            let line = self.read_line();
            assert!(line.get("event").is_some(), "{line}");
            self.events.push_back(line);
        };
        assert_eq!(event["event"], "ended");
        (
            event["bytes"].as_u64().unwrap(),
            event["error"].as_str().map(str::to_owned),
        )
    }

    /// Closes the control socket, which ends the process, and awaits that.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        self.control = None;
        self.child.wait().unwrap()
    }

    /// Value in KiB of a line of /proc/PID/smaps_rollup.
    pub fn memory(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
