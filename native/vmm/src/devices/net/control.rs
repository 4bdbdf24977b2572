//! The control queue (virtio 1.2, section 5.1.6.5): how many pairs of queues the driver uses, and what may be sent to it.

use virtio_bindings::virtio_net::{
    VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, VIRTIO_NET_CTRL_MQ,
    VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, VIRTIO_NET_ERR, VIRTIO_NET_OK,
};
use virtio_queue::desc::split::Descriptor;

use crate::device::Failure;
use crate::devices::pieces::{Access, Pieces};
use crate::devices::ring::Ring;

/// Entries of the queue; Linux has one command under way.
pub const SIZE: u16 = 64;
/// Commands that are done before others have their turn: each can cost the host the lock of all its network settings.
const BATCH: usize = 4;
/// Descriptors of a command. Linux uses three.
const MAX_DESCRIPTORS: usize = 16;
/// Bytes of the longest command.
const MAX_COMMAND: usize = 10;

/// What a driver can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// From now on it uses so many pairs of queues.
    Pairs(u16),
    /// It can be sent what these features say.
    Offloads(u64),
}

impl Command {
    /// None: one that nobody offered.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (class, rest) = bytes.split_first()?;
        let (command, data) = rest.split_first()?;
        match (u32::from(*class), u32::from(*command)) {
            (VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET) => {
                Some(Command::Pairs(u16::from_le_bytes(data.try_into().ok()?)))
            }
            (VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET) => {
                Some(Command::Offloads(u64::from_le_bytes(data.try_into().ok()?)))
            }
            _ => None,
        }
    }
}

/// Does what is in the queue. `apply`: whether a command could be done. Tells whether there is more.
///
/// # Errors
/// [`Failure::Guest`] when the queue is broken, and those of `apply`.
pub fn run(
    ring: &mut Ring,
    mut apply: impl FnMut(Command) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let mut command = Pieces::new(ring.memory().clone());
    let mut answer = Pieces::new(ring.memory().clone());
    for _ in 0..BATCH {
        let Some(chain) = ring.take()? else {
            ring.tell()?;
            if ring.rearm()? {
                continue;
            }
            return Ok(false);
        };
        let head = chain.head_index();
        let descriptors: Vec<Descriptor> = chain.take(MAX_DESCRIPTORS).collect();
        let (writable, readable): (Vec<_>, Vec<_>) =
            descriptors.into_iter().partition(Descriptor::is_write_only);
        command.clear();
        answer.clear();
        let command_is_there = command.append(readable.into_iter(), Access::Read).is_ok();
        let answer_is_there = answer.append(writable.into_iter(), Access::Write);
        if !command_is_there || answer_is_there.unwrap_or(0) == 0 {
            return Err(Failure::Guest(format!("the chain {head} is no command")));
        }
        // One more, so that a command which is too long is not taken for another one.
        let mut bytes = [0; MAX_COMMAND + 1];
        let length = command.copy_out(0, &mut bytes);
        let done = match bytes.get(..length).and_then(Command::parse) {
            Some(command) => apply(command)?,
            None => false,
        };
        let status = if done { VIRTIO_NET_OK } else { VIRTIO_NET_ERR };
        answer.copy_in(0, &[status as u8]);
        ring.give_back(head, 1)?;
    }
    ring.tell()?;
    Ok(true)
}
