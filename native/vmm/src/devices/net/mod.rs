//! Network devices (virtio 1.2, section 5.1): [`Net`] on a tap, [`StreamNet`] on a stream socket.
//!
//! Packets go between guest memory and descriptors by readv(2) and writev(2), one for each packet, or by vhost-net
//! without this process. What a packet's header says about checksums and segments is between the guest and the
//! host's kernel, which checks it; this process does not look at it.

mod active;
mod address;
mod buffers;
mod carrier;
mod control;
mod counters;
mod device;
mod header;
mod host;
mod offloads;
mod pair;
mod pairs;
mod stream;
mod tap;
mod vhost;
mod watch;
mod wire;

pub use address::{BadAddress, HardwareAddress};
pub use counters::{Counters, Figures};
pub use device::{Net, NetError};
pub use stream::StreamNet;
pub use tap::Tap;

#[cfg(test)]
pub(in crate::devices) use tests::namespace;
#[cfg(test)]
mod tests;
