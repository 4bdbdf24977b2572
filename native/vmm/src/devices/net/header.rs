//! What stands before each packet in a queue (virtio 1.2, section 5.1.6): `struct virtio_net_hdr`.

/// Its length, which is the same for all features that are offered here.
pub const HEADER: usize = 12;
/// Where it says of how many buffers a received packet consists, 2 bytes.
pub const BUFFER_COUNT: usize = 10;
/// An Ethernet header, which every packet has.
pub const ETHERNET: usize = 14;
/// The longest packet with its header: 64 KiB behind an Ethernet header (virtio 1.2, section 5.1.6.3.1).
pub const MAX_PACKET: usize = HEADER + ETHERNET + (1 << 16);
/// A usual one, with a VLAN tag.
pub const USUAL_PACKET: usize = HEADER + ETHERNET + 4 + 1500;
