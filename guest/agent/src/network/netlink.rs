//! rtnetlink(7): one change at a time, each acknowledged.

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use netlink_packet_core::{Emitable, NlasIterator};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};

use crate::error::{Error, Result};

/// struct nlmsghdr.
const HEADER: usize = 16;
/// struct nlmsgerr behind it: a number, and the header of what it answers.
const ERROR: usize = 4 + HEADER;
/// Of the kernel's words in an answer.
const NLMSGERR_ATTR_MSG: u16 = 1;
/// An acknowledgement with words is shorter.
const ANSWER: usize = 8192;

/// A socket of rtnetlink. The kernel answers in the call that asks it, so nothing here waits for long.
pub struct Netlink {
    socket: OwnedFd,
    sequence: u32,
}

/// What the kernel did not do.
#[derive(Debug)]
pub struct Refusal {
    pub errno: Errno,
    /// The kernel's own, where it has some.
    words: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.errno.desc())?;
        match &self.words {
            Some(words) => write!(formatter, " ({})", words.trim_end_matches('.')),
            None => Ok(()),
        }
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self { errno, words: None }
    }
}

impl Netlink {
    pub fn open() -> Result<Self> {
        let failed = |errno| Error::os("cannot open a netlink socket", errno);
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkRoute,
        )
        .map_err(failed)?;
        // Words with the errors, and not the whole request in each answer.
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
            let on: libc::c_int = 1;
            // SAFETY: the value is an int that outlives the call.
            let result = unsafe {
                libc::setsockopt(
                    socket.as_raw_fd(),
                    libc::SOL_NETLINK,
                    option,
                    (&raw const on).cast(),
                    size_of_val(&on) as libc::socklen_t,
                )
            };
            if result == -1 {
                return Err(Error::os(
                    "cannot set an option of a netlink socket",
                    io::Error::last_os_error(),
                ));
            }
        }
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Sends a message of the type `kind` (RTM_*) with `flags` (NLM_F_*), and waits for its acknowledgement.
    pub fn change(
        &mut self,
        kind: u16,
        flags: libc::c_int,
        body: &impl Emitable,
    ) -> std::result::Result<(), Refusal> {
        self.sequence = self.sequence.wrapping_add(1);
        let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags) as u16;
        let length = HEADER + body.buffer_len();
        let mut message = vec![0; length];
        message[0..4].copy_from_slice(&(length as u32).to_ne_bytes());
        message[4..6].copy_from_slice(&kind.to_ne_bytes());
        message[6..8].copy_from_slice(&flags.to_ne_bytes());
        message[8..12].copy_from_slice(&self.sequence.to_ne_bytes());
        body.emit(&mut message[HEADER..]);
        send(self.socket.as_raw_fd(), &message, MsgFlags::empty())?;
        let mut answer = vec![0; ANSWER];
        loop {
            let length = recv(self.socket.as_raw_fd(), &mut answer, MsgFlags::empty())?;
            if let Some(result) = acknowledgement(&answer[..length], self.sequence) {
                return result;
            }
        }
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// What the answer says of the message with this number; None if it is about another one.
fn acknowledgement(answer: &[u8], sequence: u32) -> Option<std::result::Result<(), Refusal>> {
    let kind = u16::from_ne_bytes(number(answer, 4)?);
    if i32::from(kind) != libc::NLMSG_ERROR || u32::from_ne_bytes(number(answer, 8)?) != sequence {
        return None;
    }
    let error = i32::from_ne_bytes(number(answer, HEADER)?);
    if error == 0 {
        return Some(Ok(()));
    }
    let words = NlasIterator::new(answer.get(HEADER + ERROR..).unwrap_or_default())
        .map_while(std::result::Result::ok)
        .find(|attribute| attribute.kind() == NLMSGERR_ATTR_MSG)
        .map(|attribute| {
            String::from_utf8_lossy(attribute.value())
                .trim_end_matches('\0')
                .to_string()
        });
    Some(Err(Refusal {
        errno: Errno::from_raw(error.wrapping_neg()),
        words,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(sequence: u32, error: i32, attributes: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER + ERROR];
        bytes[4..6].copy_from_slice(&(libc::NLMSG_ERROR as u16).to_ne_bytes());
        bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
        bytes[HEADER..HEADER + 4].copy_from_slice(&error.to_ne_bytes());
        bytes.extend_from_slice(attributes);
        bytes
    }

    #[test]
    fn answers_of_the_kernel() {
        assert!(matches!(
            acknowledgement(&answer(7, 0, b""), 7),
            Some(Ok(()))
        ));
        assert!(acknowledgement(&answer(7, 0, b""), 8).is_none());
        let said = |bytes: &[u8]| {
            acknowledgement(&answer(7, -libc::EINVAL, bytes), 7)
                .expect("an answer")
                .expect_err("a refusal")
                .to_string()
        };
        assert_eq!(said(b""), "Invalid argument");
        assert_eq!(
            said(b"\x0d\0\x01\0mtu less.\0\0\0\0"),
            "Invalid argument (mtu less)"
        );
        // Attributes that are longer than the answer, and none at all.
        assert_eq!(said(b"\xff\0\x01\0mtu"), "Invalid argument");
        for length in 0..HEADER + 4 {
            assert!(acknowledgement(&answer(7, 0, b"")[..length], 7).is_none());
        }
    }
}
