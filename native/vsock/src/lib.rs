//! A virtio-vsock device whose streams are joined to file descriptors of the host.
//!
//! A [`Device`] holds a [`Muxer`] and, while the guest runs, the two queues that carry packets. The
//! transport (vhost-user in native/vhost-user, or a VMM's own) builds the queues and moves them in.
//! The guest opens streams to host ports that were reserved with [`Muxer::accept`]; each is joined to
//! one file descriptor, and bytes flow between guest memory and that descriptor, copied once by the
//! kernel while the descriptor keeps up. [`Control`] lets another process make joins, over a socket.
//!
//! Guest memory is hostile. A header is read once, then checked, then used; a guest that breaks the
//! protocol gets RST; what it can make the host hold is bounded by [`Config`].
//!
//! Nothing here blocks, starts threads or keeps time. The sources of the rules are virtio 1.2,
//! sections 2.7 (split virtqueues) and 5.10 (socket device).

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod chain;
mod control;
mod credit;
mod datagrams;
mod device;
mod direction;
mod door;
mod error;
mod header;
mod join;
mod joined_fd;
pub mod lines;
mod muxer;
mod readiness;
mod receive;
mod send;
mod stream;

pub use control::Control;
pub use device::{DEVICE_TYPE, Device, Interrupt, QUEUE_SIZE, QueueIndex, Queues};
pub use direction::Direction;
pub use door::Knock;
pub use error::{Broken, Refused, Violation};
pub use header::{
    HEADER_SIZE, HOST_CID, Header, SHUTDOWN_BOTH, SHUTDOWN_RECEIVE, SHUTDOWN_SEND, TYPE_STREAM, op,
};
pub use join::Ended;
pub use muxer::{Config, Muxer};
