//! Random numbers of the host (virtio 1.2, section 5.4).

use std::io;
use std::sync::Arc;

use rustix::rand::{GetRandomFlags, getrandom};
use virtio_bindings::virtio_ids::VIRTIO_ID_RNG;

use crate::device::{Activation, Description, Device, Failure, Progress, QUEUE_FEATURES};
use crate::devices::pieces::{Access, Pieces};
use crate::devices::ring::Ring;
use crate::worker::Poll;

/// Linux has one request under way.
const QUEUE_SIZE: u16 = 64;
/// What one request gets at most: the device may give less than was asked for (virtio 1.2, section 5.4.6.1), and Linux asks
/// for 64 bytes or a few hundred.
const MAX_ANSWER: usize = 1024;
/// Requests that are answered before others have their turn.
const BATCH: usize = 16;

/// The device.
#[derive(Default)]
pub struct Rng {
    active: Option<Active>,
}

struct Active {
    ring: Ring,
    pieces: Pieces,
}

impl Device for Rng {
    fn description(&self) -> Description {
        Description {
            name: "the source of random numbers".to_owned(),
            device_type: VIRTIO_ID_RNG,
            queue_sizes: vec![QUEUE_SIZE],
            features: QUEUE_FEATURES,
            configuration: Arc::default(),
        }
    }

    fn activate(&mut self, mut activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let queue = activation.take(0)?;
        let pieces = Pieces::new(Arc::clone(&activation.memory));
        let ring = Ring::new(queue, activation.memory, activation.interrupt);
        ring.watch(0, poll)?;
        self.active = Some(Active { ring, pieces });
        Ok(())
    }

    fn handle(&mut self, _: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
        match &mut self.active {
            Some(active) => active.answer(),
            None => Ok(Progress::Done),
        }
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        if let Some(active) = self.active.take() {
            active.ring.unwatch(poll);
        }
        Ok(())
    }
}

impl Active {
    fn answer(&mut self) -> Result<Progress, Failure> {
        for _ in 0..BATCH {
            let Some(chain) = self.ring.take()? else {
                self.ring.tell()?;
                if self.ring.rearm()? {
                    continue;
                }
                return Ok(Progress::Done);
            };
            let head = chain.head_index();
            self.pieces.clear();
            // A request that is none is answered with nothing.
            let room = self.pieces.append(chain, Access::Write).unwrap_or(0);
            let mut random = [0; MAX_ANSWER];
            let (random, _) = random.split_at_mut(room.min(MAX_ANSWER));
            fill(random)?;
            let written = self.pieces.copy_in(0, random);
            self.ring.give_back(head, written as u32)?;
        }
        self.ring.tell()?;
        Ok(Progress::More)
    }
}

/// By getrandom(2), which gives up to 256 bytes as one.
fn fill(bytes: &mut [u8]) -> Result<(), Failure> {
    for part in bytes.chunks_mut(256) {
        // A host that is not ready to give any has just begun to boot, and does not run VMs.
        getrandom(part, GetRandomFlags::NONBLOCK)
            .map_err(|error| Failure::Host(format!("the host gives no random numbers: {error}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
