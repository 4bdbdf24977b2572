//! Which way bytes flow.

/// Which way the bytes of a join flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the file descriptor to the guest; its end of file shuts the stream down.
    In,
    /// From the guest to the file descriptor; the guest's shutdown closes it.
    Out,
    /// Both; the file descriptor is a stream socket. Each half is closed on its own.
    Both,
    /// Both; the file descriptor is a connected datagram socket. In the stream, its length stands before each datagram
    /// (see [`crate::datagrams`]).
    Datagrams,
}

impl Direction {
    pub(crate) fn reads_fd(self) -> bool {
        self != Direction::Out
    }

    pub(crate) fn writes_fd(self) -> bool {
        self != Direction::In
    }

    pub(crate) fn access(self) -> &'static str {
        match self {
            Direction::In => "reading",
            Direction::Out => "writing",
            Direction::Both | Direction::Datagrams => "reading and writing",
        }
    }

    /// As the control protocol spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::Both => "both",
            Direction::Datagrams => "datagrams",
        }
    }
}
