//! What a helper tells the agent: packets on a SEQPACKET socket, one byte of kind, four of a number
//! (little-endian), the rest text.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::error::{Code, Error};

/// Longest packet; longer text is cut.
const PACKET_MAX: usize = 4096;

/// The child's end of the socket. Close-on-exec.
#[derive(Debug, Clone, Copy)]
pub struct Report(pub(super) RawFd);

pub(super) enum Packet {
    /// The helper has done its work; the container process' pid (0 where there is none).
    Done(i32),
    /// The operation failed.
    Failed(Error),
    /// What a library logged as an error on the way; the first one is the nearest to the cause.
    Diagnostic(String),
}

impl Report {
    fn send(self, tag: u8, code: i32, text: &str) {
        let mut packet = Vec::with_capacity(5 + text.len());
        packet.push(tag);
        packet.extend_from_slice(&code.to_le_bytes());
        packet.extend_from_slice(text.as_bytes());
        packet.truncate(PACKET_MAX);
        // write(2), because seccomp filters that are already in force always allow it. Nobody can be
        // told if it fails: then the agent is gone or has given up.
        // SAFETY: the packet outlives the call.
        unsafe { libc::write(self.0, packet.as_ptr().cast(), packet.len()) };
    }

    /// Ends the operation well.
    pub fn done(self, pid: i32) {
        self.send(b'P', pid, "");
    }

    /// Ends the operation with an error.
    pub fn failed(self, error: &Error) {
        self.send(b'F', error.code as i32, &error.message);
    }

    /// Adds a hint for the error message.
    pub fn diagnostic(self, text: &str) {
        self.send(b'D', 0, text);
    }
}

fn parse(packet: &[u8]) -> Option<Packet> {
    let (&tag, rest) = packet.split_first()?;
    let (number, text) = rest.split_first_chunk::<4>()?;
    let number = i32::from_le_bytes(*number);
    let text = String::from_utf8_lossy(text).into_owned();
    match tag {
        b'P' => Some(Packet::Done(number)),
        b'F' => {
            let code = [
                Code::INVALID_ARGUMENT,
                Code::NOT_FOUND,
                Code::FAILED_PRECONDITION,
                Code::UNIMPLEMENTED,
                Code::DEADLINE_EXCEEDED,
            ]
            .into_iter()
            .find(|code| *code as i32 == number)
            .unwrap_or(Code::INTERNAL);
            Some(Packet::Failed(Error::new(code, text)))
        }
        b'D' => Some(Packet::Diagnostic(text)),
        _ => None,
    }
}

/// The next packet; None when nobody holds the other end any more.
pub(super) fn receive_now(socket: &OwnedFd) -> io::Result<Option<Packet>> {
    let mut buffer = [0u8; PACKET_MAX];
    loop {
        // SAFETY: the buffer is as long as said.
        let length =
            unsafe { libc::read(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
        match length {
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            0 => return Ok(None),
            length => {
                if let Some(packet) = parse(&buffer[..length as usize]) {
                    return Ok(Some(packet));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

    use super::*;

    #[test]
    fn packets_survive_the_way() {
        let (ours, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .expect("socketpair");
        let report = Report(theirs.as_raw_fd());
        report.done(1234);
        report.failed(&Error::precondition("because"));
        report.diagnostic(&"x".repeat(PACKET_MAX * 2));
        assert!(matches!(receive_now(&ours), Ok(Some(Packet::Done(1234)))));
        match receive_now(&ours) {
            Ok(Some(Packet::Failed(error))) => {
                assert_eq!(error.code, Code::FAILED_PRECONDITION);
                assert_eq!(error.message, "because");
            }
            _ => panic!("not a failure"),
        }
        match receive_now(&ours) {
            Ok(Some(Packet::Diagnostic(text))) => assert_eq!(text.len(), PACKET_MAX - 5),
            _ => panic!("not a diagnostic"),
        }
        drop(theirs);
        assert!(matches!(receive_now(&ours), Ok(None)));
    }

    #[test]
    fn garbage_is_no_packet() {
        assert!(parse(b"").is_none());
        assert!(parse(b"P\0\0").is_none());
        assert!(parse(b"?\0\0\0\0").is_none());
    }
}
