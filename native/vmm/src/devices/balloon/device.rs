//! The device.

use std::io;
use std::sync::Arc;

use virtio_bindings::virtio_ids::VIRTIO_ID_BALLOON;

use super::discard::discard;
use super::requests::{Inflate, Reports, next_chain};
use crate::device::{AGAIN, Activation, Description, Device, Failure, Progress, QUEUE_FEATURES};
use crate::devices::ring::Ring;
use crate::worker::Poll;

/// The guest may take pages back when it is short, without being allowed to (virtio 1.2, section 5.5.3).
const DEFLATE_ON_OOM: u64 = 1 << 2;
/// It reports free pages.
const REPORTING: u64 = 1 << 5;

/// Entries of each queue; Linux has one request under way in each.
const QUEUE_SIZE: u16 = 128;
/// Bytes that are given back until others have their turn: some milliseconds, if all of their pages were there.
const TURN: u64 = 16 << 20;
/// Requests until others have their turn.
const BATCH: usize = 16;

// Tokens, and the numbers of the queues: those of features that a driver did not take are left out.
const INFLATE: u32 = 0;
const DEFLATE: u32 = 1;
const REPORTS: u32 = 2;

/// The guest's balloon.
#[derive(Default)]
pub struct Balloon {
    active: Option<Active>,
}

struct Active {
    inflate: Inflate,
    deflate: Ring,
    reports: Option<Reports>,
    /// The tokens of queues that have more.
    more: [bool; 3],
}

impl Device for Balloon {
    fn description(&self) -> Description {
        Description {
            name: "the balloon".to_owned(),
            device_type: VIRTIO_ID_BALLOON,
            queue_sizes: vec![QUEUE_SIZE; 3],
            features: QUEUE_FEATURES | DEFLATE_ON_OOM | REPORTING,
            // Zeros: the target, and what the driver says it has given up, which nobody wants to know.
            configuration: Arc::default(),
        }
    }

    fn activate(&mut self, mut activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let queues = [activation.take(0)?, activation.take(1)?];
        let reports = if activation.features & REPORTING != 0 {
            Some(activation.take(2)?)
        } else {
            None
        };
        let (memory, interrupt) = (activation.memory, activation.interrupt);
        let ring = |queue| Ring::new(queue, Arc::clone(&memory), interrupt.clone());
        let [inflate, deflate] = queues.map(ring);
        let active = self.active.insert(Active {
            inflate: Inflate::new(inflate),
            deflate,
            reports: reports.map(ring).map(Reports::new),
            more: [false; 3],
        });
        for (token, ring) in (0..).zip(active.rings()) {
            ring.watch(token, poll)?;
        }
        Ok(())
    }

    fn handle(&mut self, token: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
        match &mut self.active {
            Some(active) => active.run(token),
            None => Ok(Progress::Done),
        }
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        if let Some(mut active) = self.active.take() {
            for ring in active.rings() {
                ring.unwatch(poll);
            }
        }
        Ok(())
    }
}

impl Active {
    fn rings(&mut self) -> impl Iterator<Item = &mut Ring> {
        let reports = self.reports.as_mut().map(Reports::ring);
        [self.inflate.ring(), &mut self.deflate]
            .into_iter()
            .chain(reports)
    }

    fn run(&mut self, token: u32) -> Result<Progress, Failure> {
        let [inflate, deflate, reports] =
            [INFLATE, DEFLATE, REPORTS].map(|queue| token == queue || token == AGAIN);
        if inflate && (token != AGAIN || self.more[0]) {
            self.more[0] = self.inflate()?;
        }
        if deflate && (token != AGAIN || self.more[1]) {
            self.more[1] = self.deflate()?;
        }
        if reports && (token != AGAIN || self.more[2]) {
            self.more[2] = self.report()?;
        }
        let more = self.more.contains(&true);
        Ok(if more { Progress::More } else { Progress::Done })
    }

    fn inflate(&mut self) -> Result<bool, Failure> {
        let memory = Arc::clone(self.inflate.ring().memory());
        for _ in 0..BATCH {
            let Some(ranges) = self.inflate.next()? else {
                return Ok(false);
            };
            for (begin, length) in ranges {
                discard(&memory, begin, length);
            }
        }
        self.inflate.ring().tell()?;
        Ok(true)
    }

    /// A page that the guest uses again is there at once: there is nothing to do.
    fn deflate(&mut self) -> Result<bool, Failure> {
        for _ in 0..BATCH {
            let Some((head, _)) = next_chain(&mut self.deflate)? else {
                return Ok(false);
            };
            self.deflate.give_back(head, 0)?;
        }
        self.deflate.tell()?;
        Ok(true)
    }

    fn report(&mut self) -> Result<bool, Failure> {
        let Some(reports) = &mut self.reports else {
            return Ok(false);
        };
        let memory = Arc::clone(reports.ring().memory());
        let mut left = TURN;
        for _ in 0..BATCH {
            let Some((begin, length)) = reports.next(left)? else {
                return Ok(false);
            };
            discard(&memory, begin, length);
            left -= length;
            if left == 0 {
                break;
            }
        }
        reports.ring().tell()?;
        Ok(true)
    }
}
