//! The control socket: JSON, one object a line, with descriptors as SCM_RIGHTS.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendFlags, recvmsg, send,
};
use serde::Serialize;

/// The longest request, in bytes. A configuration is a few thousand.
const MAX_LINE: usize = 64 * 1024;
/// When so many bytes wait to be read by the other side, no more requests are taken.
const MAX_BACKLOG: usize = 256 * 1024;
/// The most that one message can bring (unix(7), SCM_RIGHTS).
const MAX_DESCRIPTORS: usize = 253;

/// A request as it came.
#[derive(Debug)]
pub struct Line {
    /// Without its line feed.
    pub text: Vec<u8>,
    /// What came with it.
    pub descriptors: Vec<OwnedFd>,
}

/// This process's end of the socket.
#[derive(Debug)]
pub struct Control {
    socket: OwnedFd,
    input: Vec<u8>,
    descriptors: Vec<OwnedFd>,
    lines: VecDeque<Line>,
    output: VecDeque<u8>,
}

impl Control {
    /// On a connected unix stream socket, whose flags are left alone.
    #[must_use]
    pub fn new(socket: OwnedFd) -> Self {
        Control {
            socket,
            input: Vec::new(),
            descriptors: Vec::new(),
            lines: VecDeque::new(),
            output: VecDeque::new(),
        }
    }

    /// Whether requests may be taken; else the socket is to be polled for writing only.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.output.len() < MAX_BACKLOG
    }

    /// Whether something waits to be written.
    #[must_use]
    pub fn wants_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// The next request that has come whole.
    pub fn next_line(&mut self) -> Option<Line> {
        self.lines.pop_front()
    }

    /// Takes what has come. `false`: the other side is gone.
    ///
    /// # Errors
    /// When the socket fails, or the other side does not keep to the protocol.
    pub fn receive(&mut self) -> io::Result<bool> {
        let mut bytes = [0; 4096];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut ancillary,
            RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC,
        );
        let (count, flags) = match received {
            Ok(message) => (message.bytes, message.flags),
            Err(Errno::AGAIN | Errno::INTR) => return Ok(true),
            Err(Errno::CONNRESET) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        };
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        if flags.contains(ReturnFlags::CTRUNC) {
            return Err(io::Error::other(
                "descriptors of a request were lost: the limit on open files is too low",
            ));
        }
        self.split(bytes.get(..count).unwrap_or(&[]))?;
        Ok(count > 0)
    }

    fn split(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.input.extend_from_slice(piece);
            if self.input.len() > MAX_LINE {
                return Err(io::Error::other(format!(
                    "a request is longer than {MAX_LINE} bytes"
                )));
            }
            if self.input.last() == Some(&b'\n') {
                self.input.pop();
                self.lines.push_back(Line {
                    text: std::mem::take(&mut self.input),
                    descriptors: std::mem::take(&mut self.descriptors),
                });
            }
        }
        Ok(())
    }

    /// Has a message written when the socket takes it.
    pub fn push(&mut self, message: &impl Serialize) {
        // What this process says is numbers and strings, which always serialise.
        if serde_json::to_writer(&mut self.output, message).is_ok() {
            self.output.push_back(b'\n');
        }
    }

    /// Writes what the socket takes.
    ///
    /// # Errors
    /// When the socket fails.
    pub fn send(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            let (first, _) = self.output.as_slices();
            match send(
                &self.socket,
                first,
                SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
            ) {
                Ok(count) => {
                    self.output.drain(..count);
                }
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{IoSlice, Read, Write};
    use std::os::unix::net::UnixStream;

    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, sendmsg};

    use super::*;

    fn pair() -> (UnixStream, Control) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (ours, Control::new(theirs.into()))
    }

    fn send_with(socket: &UnixStream, text: &str, descriptors: &[BorrowedFd<'_>]) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(descriptors)));
        let bytes = [IoSlice::new(text.as_bytes())];
        sendmsg(socket, &bytes, &mut ancillary, SendFlags::empty()).unwrap();
    }

    #[test]
    fn a_line_comes_whole_and_with_its_descriptors() {
        let (mut daemon, mut control) = pair();
        let file = std::fs::File::open("/dev/null").unwrap();
        send_with(&daemon, "{\"a\":", &[file.as_fd(), file.as_fd()]);
        assert!(control.receive().unwrap());
        assert!(control.next_line().is_none());
        daemon.write_all(b"1}\n{}\n").unwrap();
        assert!(control.receive().unwrap());
        let line = control.next_line().unwrap();
        assert_eq!(line.text, b"{\"a\":1}");
        assert_eq!(line.descriptors.len(), 2);
        let line = control.next_line().unwrap();
        assert_eq!(
            (line.text.as_slice(), line.descriptors.len()),
            (&b"{}"[..], 0)
        );
        // Nothing there is no end.
        assert!(control.receive().unwrap());
        drop(daemon);
        assert!(!control.receive().unwrap());
    }

    #[test]
    fn a_line_without_an_end_is_refused() {
        let (mut daemon, mut control) = pair();
        daemon.set_nonblocking(true).unwrap();
        let mut taken = 0;
        let error = loop {
            taken += daemon.write(&[b'x'; 4096]).unwrap_or(0);
            match control.receive() {
                Ok(more) => assert!(more),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("longer than 65536"), "{error}");
        assert!((MAX_LINE..2 * MAX_LINE).contains(&taken), "{taken}");
    }

    #[test]
    fn requests_wait_while_nobody_reads_the_answers() {
        let (mut daemon, mut control) = pair();
        while control.wants_input() {
            control.push(&vec![0; 1024]);
            control.send().unwrap();
        }
        assert!(control.wants_output());
        daemon.set_nonblocking(true).unwrap();
        let mut bytes = [0; 65536];
        while control.wants_output() {
            assert!(daemon.read(&mut bytes).unwrap() > 0);
            control.send().unwrap();
        }
        assert!(control.wants_input());
    }
}
