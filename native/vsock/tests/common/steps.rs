//! What a guest and its host can do to a device, and that the device survives it.

use std::fs::File;
use std::os::fd::OwnedFd;

use hadron_vsock_device::{Direction, Header};
use vm_memory::{Bytes, GuestAddress};

use super::guest::{Guest, drain};
use super::pipe;

/// Descriptors of a chain: address, length, flags.
pub type Pieces = Vec<(u64, u32, u16)>;

/// Host ports that are joined.
pub const PORTS: u32 = 5;
/// Payload that fits into a guest's buffer.
pub const PAYLOAD: usize = 69_000;

/// Something to do. What is out of the guest's own ring or memory cannot be said.
#[derive(Clone, Debug)]
pub enum Step {
    /// A packet with that many bytes of payload, whatever its header says.
    Packet(Header, usize),
    /// At most three descriptors in the transmit queue.
    Chain(Pieces),
    /// The same in the receive queue.
    Buffer(Pieces),
    /// So many good receive buffers.
    Offer(u16),
    /// Bytes from 0x1_0000 to 0x3_0000, where the rings are.
    Garbage(u64, Vec<u8>),
    /// An index for the available ring of the transmit (true) or the receive queue.
    Index(bool, u16),
    /// The host reads what has come.
    Read,
    /// The host joins a port: a pipe out of the guest (0), into it (1), or a socket.
    Accept(u32, u8),
    /// The host closes the join of a port.
    Close(u32),
}

/// Does it all. Whatever that is: no panic, no endless work.
/// Returns how many joins were made and how many have ended, which are to be the same.
pub fn run(steps: impl IntoIterator<Item = Step>) -> (usize, usize) {
    let mut guest = Guest::new();
    let mut files = Vec::new();
    let (mut made, mut ended) = (0, 0);
    for step in steps {
        match step {
            Step::Packet(header, size) => guest.queue_packet(header, &vec![0xaa; size]),
            Step::Chain(pieces) => {
                guest.tx.offer(&guest.memory, &pieces);
            }
            Step::Buffer(pieces) => {
                guest.rx.offer(&guest.memory, &pieces);
            }
            Step::Offer(count) => guest.offer_buffers(count),
            Step::Garbage(at, bytes) => {
                guest
                    .memory
                    .write_slice(&bytes, GuestAddress(at))
                    .expect("it is in memory");
            }
            Step::Index(tx, index) => {
                let ring = if tx { &guest.tx } else { &guest.rx };
                ring.publish(&guest.memory, index);
            }
            Step::Read => files.iter_mut().for_each(|file| {
                drain(file);
            }),
            Step::Accept(port, way) => {
                let free = guest.device.muxer().progress(port).is_none();
                files.extend(accept(&mut guest, port, way));
                made += usize::from(free);
            }
            Step::Close(port) => {
                guest.device.muxer().close(port);
            }
        }
        // A queue that the guest has broken is an error, and nothing worse.
        if guest.try_run().is_err() {
            guest.restart();
        }
        while guest.ended().is_some() {
            ended += 1;
        }
    }
    guest.device.muxer().guest_gone();
    for port in 0..PORTS {
        guest.device.muxer().close(port);
    }
    while guest.ended().is_some() {
        ended += 1;
    }
    (made, ended)
}

/// The host's end of what was joined, if it reads there.
fn accept(guest: &mut Guest, port: u32, way: u8) -> Option<File> {
    let (ours, theirs, direction) = match way {
        0 => {
            let (reader, writer) = pipe();
            (reader, writer, Direction::Out)
        }
        1 => {
            let (reader, mut writer) = pipe();
            std::io::Write::write_all(&mut writer, &[7; 20_000]).expect("a pipe has room");
            (writer, reader, Direction::In)
        }
        _ => {
            let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
            let files = [OwnedFd::from(ours), OwnedFd::from(theirs)].map(File::from);
            let [ours, theirs] = files;
            (ours, theirs, Direction::Both)
        }
    };
    let result = guest
        .device
        .muxer()
        .accept(port, direction, OwnedFd::from(theirs));
    (result.is_ok() && way != 1).then_some(ours)
}
