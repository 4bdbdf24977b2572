//! What a guest and its host can do to a device, and that the device survives it.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};

use hadron_vsock_device::{Direction, Header, Knock};
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
    /// The host joins a port: a pipe out of the guest (0), into it (1), a socket (2), or one of datagrams.
    Accept(u32, u8),
    /// The host closes the join of a port, or shuts the door.
    Close(u32),
    /// The host makes a door of a port, for so many streams.
    Listen(u32, usize),
    /// The host joins the next stream that waits, as with `Accept`, or turns it away.
    Answer(Option<(u32, u8)>),
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
                let (ours, theirs, direction) = descriptor(way);
                let muxer = guest.device.muxer();
                if muxer.accept(port, direction, theirs).is_ok() {
                    made += 1;
                    files.extend((way != 1).then_some(ours));
                }
            }
            Step::Listen(port, limit) => {
                let _ = guest.device.muxer().listen(port, limit);
            }
            Step::Answer(how) => {
                let muxer = guest.device.muxer();
                let Some(Knock { number, .. }) = muxer.next_knock() else {
                    continue;
                };
                let Some((port, way)) = how else {
                    muxer.turn_away(number);
                    continue;
                };
                let (ours, theirs, direction) = descriptor(way);
                if muxer.answer(number, port, direction, theirs).is_ok() {
                    made += 1;
                    files.extend((way != 1).then_some(ours));
                }
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
    // Also those by which streams through doors are known.
    for port in 0..2 * PORTS {
        guest.device.muxer().close(port);
    }
    while guest.ended().is_some() {
        ended += 1;
    }
    (made, ended)
}

/// The host's end, and what is joined.
fn descriptor(way: u8) -> (File, OwnedFd, Direction) {
    match way {
        0 => {
            let (reader, writer) = pipe();
            (reader, writer.into(), Direction::Out)
        }
        1 => {
            let (reader, mut writer) = pipe();
            std::io::Write::write_all(&mut writer, &[7; 20_000]).expect("a pipe has room");
            (writer, reader.into(), Direction::In)
        }
        2 => {
            let (ours, theirs) = UnixStream::pair().expect("a pair");
            (OwnedFd::from(ours).into(), theirs.into(), Direction::Both)
        }
        _ => {
            let (ours, theirs) = UnixDatagram::pair().expect("a pair");
            ours.send(&[7; 20_000]).expect("it has room");
            ours.send(&[]).expect("it has room");
            let file = OwnedFd::from(ours).into();
            (file, theirs.into(), Direction::Datagrams)
        }
    }
}
