//! A connection to virtiofsd, the back end of vhost-user: requests, and their answers in the same order.
//!
//! Written to the vhost-user protocol of QEMU's docs/interop/vhost-user.rst. The `vhost` crate's front end is not used: it
//! takes a passed deadline of its socket for a reason to read again, so nothing could be waited for with a bound.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recv, sendmsg};

/// VHOST_USER_F_PROTOCOL_FEATURES
pub(super) const PROTOCOL_FEATURES: u64 = 1 << 30;
/// VHOST_USER_PROTOCOL_F_REPLY_ACK
const REPLY_ACK: u64 = 1 << 3;

// A header's flags.
const VERSION: u32 = 1;
const VERSION_MASK: u32 = 3;
const REPLY: u32 = 1 << 2;
const NEED_REPLY: u32 = 1 << 3;

/// Every answer that is asked for is as long: a header of three words, and two more.
const ANSWER: usize = 20;
/// The two, in bytes.
const ANSWER_SIZE: u32 = 8;
/// Descriptors that one request carries: a memory of two regions has the most.
const MAX_FDS: usize = 2;

/// What a back end is asked for.
#[allow(missing_docs)] // The protocol's own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    GetFeatures = 1,
    SetFeatures = 2,
    SetOwner = 3,
    SetMemTable = 5,
    SetVringNum = 8,
    SetVringAddr = 9,
    SetVringBase = 10,
    GetVringBase = 11,
    SetVringKick = 12,
    SetVringCall = 13,
    GetProtocolFeatures = 15,
    SetProtocolFeatures = 16,
    SetVringEnable = 18,
}

impl Request {
    /// What is answered by its nature; all else is acknowledged.
    fn asks(self) -> bool {
        matches!(
            self,
            Request::GetFeatures | Request::GetProtocolFeatures | Request::GetVringBase
        )
    }
}

/// Why a back end is of no use.
#[derive(Debug, thiserror::Error)]
pub enum BackEndError {
    /// The end of its socket.
    #[error("virtiofsd has ended, or closed its socket")]
    Gone,
    /// A deadline passed.
    #[error("virtiofsd has not answered within {0:?}")]
    Silent(Duration),
    /// It does not read what it is told.
    #[error("virtiofsd does not read what it is told")]
    Deaf,
    /// It said no.
    #[error("virtiofsd refuses a request of vhost-user: {0:?}")]
    Refused(Request),
    /// It broke the protocol.
    #[error("virtiofsd answers what it was not asked")]
    Confused,
    /// What it lacks.
    #[error("virtiofsd does not offer {0}, which is needed")]
    Lacks(&'static str),
    /// It was of no use before.
    #[error("virtiofsd has failed, and is not asked again")]
    Lost,
    /// This VM was not made for it.
    #[error("the guest's memory is private, so that virtiofsd cannot map it")]
    PrivateMemory,
    /// The socket.
    #[error("the socket of virtiofsd failed: {0}")]
    Socket(Errno),
}

/// A back end.
pub(super) struct BackEnd {
    socket: OwnedFd,
    input: Vec<u8>,
    /// Requests that are to be answered, oldest first.
    asked: VecDeque<Request>,
    acknowledges: bool,
}

impl BackEnd {
    /// Agrees on the protocol, and asks what features there are for a driver. Waits at most for `patience` at each of two answers.
    pub(super) fn new(socket: OwnedFd, patience: Duration) -> Result<(Self, u64), BackEndError> {
        let mut back_end = BackEnd {
            socket,
            input: Vec::with_capacity(ANSWER),
            asked: VecDeque::new(),
            acknowledges: false,
        };
        back_end.send(Request::SetOwner, &[], &[])?;
        back_end.send(Request::GetFeatures, &[], &[])?;
        let features = back_end.wait(patience)?;
        if features & PROTOCOL_FEATURES == 0 {
            return Err(BackEndError::Lacks("protocol features"));
        }
        back_end.send(Request::GetProtocolFeatures, &[], &[])?;
        let protocol = back_end.wait(patience)?;
        if protocol & REPLY_ACK == 0 {
            return Err(BackEndError::Lacks("acknowledgements (REPLY_ACK)"));
        }
        back_end.send(Request::SetProtocolFeatures, &REPLY_ACK.to_ne_bytes(), &[])?;
        back_end.acknowledges = true;
        Ok((back_end, features))
    }

    /// Does not block: what virtiofsd has not read yet is little, since a device that was reset has waited for its answers.
    pub(super) fn send(
        &mut self,
        request: Request,
        body: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> Result<(), BackEndError> {
        let mut flags = VERSION;
        if request.asks() {
            self.asked.push_back(request);
        } else if self.acknowledges {
            self.asked.push_back(request);
            flags |= NEED_REPLY;
        }
        let header = [request as u32, flags, body.len() as u32].map(u32::to_ne_bytes);
        let header = header.as_flattened();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(BackEndError::Socket(Errno::TOOBIG));
        }
        let pieces = [IoSlice::new(header), IoSlice::new(body)];
        let how = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            return match sendmsg(&self.socket, &pieces, &mut ancillary, how) {
                Ok(sent) if sent == header.len() + body.len() => Ok(()),
                Ok(_) | Err(Errno::AGAIN) => Err(BackEndError::Deaf),
                Err(Errno::INTR) => continue,
                Err(Errno::PIPE | Errno::CONNRESET) => Err(BackEndError::Gone),
                Err(errno) => Err(BackEndError::Socket(errno)),
            };
        }
    }

    /// Waits until every request is answered, all of them within `patience`; what the last answer said.
    pub(super) fn wait(&mut self, patience: Duration) -> Result<u64, BackEndError> {
        let deadline = Instant::now() + patience;
        let mut last = 0;
        while !self.asked.is_empty() {
            match self.next_answer()? {
                Some(value) => last = value,
                None if self.readable(deadline)? => {}
                None => return Err(BackEndError::Silent(patience)),
            }
        }
        Ok(last)
    }

    /// To be called when the socket is ready while nothing is asked: its end is.
    pub(super) fn listen(&mut self) -> Result<(), BackEndError> {
        self.next_answer()?;
        Ok(())
    }

    /// `None`: none is whole yet.
    fn next_answer(&mut self) -> Result<Option<u64>, BackEndError> {
        while self.input.len() < ANSWER {
            let mut bytes = [0; ANSWER];
            let space = &mut bytes[self.input.len()..];
            match recv(&self.socket, &mut *space, RecvFlags::DONTWAIT) {
                Ok((0, _)) | Err(Errno::CONNRESET) => return Err(BackEndError::Gone),
                Ok((count, _)) => self.input.extend(space.iter().take(count)),
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(BackEndError::Socket(errno)),
            }
        }
        let (words, _) = self.input.as_chunks();
        let &[code, flags, size, low, high] = words else {
            return Err(BackEndError::Confused);
        };
        let [code, flags, size] = [code, flags, size].map(u32::from_ne_bytes);
        let [low, high] = [low, high].map(u32::from_ne_bytes);
        self.input.clear();
        let request = self.asked.pop_front().ok_or(BackEndError::Confused)?;
        if code != request as u32
            || size != ANSWER_SIZE
            || flags & VERSION_MASK != VERSION
            || flags & REPLY == 0
        {
            return Err(BackEndError::Confused);
        }
        let value = u64::from(high) << 32 | u64::from(low);
        if !request.asks() && value != 0 {
            return Err(BackEndError::Refused(request));
        }
        Ok(Some(value))
    }

    /// False: the deadline has passed.
    fn readable(&self, deadline: Instant) -> Result<bool, BackEndError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).map_err(|_| BackEndError::Confused)?;
            let mut fds = [PollFd::new(&self.socket, PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(count) => return Ok(count > 0),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(BackEndError::Socket(errno)),
            }
        }
    }
}

impl AsFd for BackEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
