//! What can go wrong with a join: kinds to match, each with its sentence.

use rustix::io::Errno;
use thiserror::Error;

use crate::direction::Direction;

/// Why there cannot be such a join.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// VMADDR_PORT_ANY of vsock(7).
    #[error("host port {} cannot be reserved; ports from 0 to {} can", u32::MAX, u32::MAX - 1)]
    AnyPort,
    /// Streams to this host port go elsewhere.
    #[error("host port {0} has a join already; take another one, or close that first")]
    PortTaken(u32),
    /// As many as the configuration allows.
    #[error("there are {0} joins already, which is the limit; close some first")]
    TooManyJoins(usize),
    /// The file descriptor cannot be read, or written, as the direction wants it.
    #[error(
        "the file descriptor must be open for {}, as direction \"{}\" needs it",
        .0.access(),
        .0.name()
    )]
    Access(Direction),
    /// Only a socket has two halves that end one after the other.
    #[error("direction \"both\" takes a stream socket; join other files with \"in\" or \"out\"")]
    NoStreamSocket,
    /// What comes in pieces has to go out in the same ones.
    #[error("direction \"datagrams\" takes a datagram socket; join other files with another one")]
    NoDatagramSocket,
    /// It was answered before, or the guest has given up.
    #[error("no stream waits with the number {0} any more")]
    NotWaiting(u64),
    /// The kernel refused.
    #[error("{what}: {errno}")]
    Descriptor {
        /// What could not be done with the file descriptor.
        what: &'static str,
        /// Why not.
        errno: Errno,
    },
}

/// Why a join did not come to its ordinary end.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Broken {
    /// By [`Muxer::close`](crate::Muxer::close).
    #[error("the join was closed by the host")]
    Closed,
    /// It rebooted, or its driver reset the device.
    #[error("the guest was reset before it had shut the stream down")]
    GuestReset,
    /// The stream was open.
    #[error("the virtual machine went away before it had shut the stream down")]
    GuestGone,
    /// No stream had come.
    #[error("the virtual machine went away before it had opened the stream")]
    NeverOpened,
    /// The guest sent RST.
    #[error("the guest broke the stream off before it had shut it down")]
    BrokenOff,
    /// The guest broke the protocol.
    #[error("the guest sent {0}")]
    Violated(Violation),
    /// Whoever read the file descriptor's other end is gone.
    #[error("nobody reads what the guest sends to port {0} any more ({errno})", errno = Errno::PIPE)]
    Unread(u32),
    /// write(2) failed.
    #[error("what the guest sent to port {port} could not be written: {errno}")]
    Write {
        /// The host port.
        port: u32,
        /// Why not.
        errno: Errno,
    },
    /// read(2) failed.
    #[error("what was to be sent to the guest on port {port} could not be read: {errno}")]
    Read {
        /// The host port.
        port: u32,
        /// Why not.
        errno: Errno,
    },
}

impl Broken {
    /// For a write that failed.
    pub(crate) fn write(port: u32, errno: Errno) -> Self {
        match errno {
            Errno::PIPE => Broken::Unread(port),
            errno => Broken::Write { port, errno },
        }
    }
}

/// What a guest sends that breaks the protocol of virtio 1.2, section 5.10.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Violation {
    /// The descriptor chain ends before the packet does.
    #[error("a packet that is shorter than it says")]
    ShortPacket,
    /// Its operation is none for an open stream.
    #[error("a packet that does not belong there")]
    Misplaced,
    /// After VIRTIO_VSOCK_SHUTDOWN_SEND.
    #[error("bytes after it had shut the stream down")]
    AfterShutdown,
    /// More than `buf_alloc` lets it.
    #[error("more bytes than it had been granted")]
    NoCredit,
}
