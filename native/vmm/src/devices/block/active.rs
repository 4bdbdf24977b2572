//! A disk while its driver runs: from the queues to the host and back.

use std::sync::Arc;

use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_F_FLUSH, VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_F_WRITE_ZEROES,
    VIRTIO_BLK_S_OK,
};
use vm_memory::Bytes;

use super::disk::Disk;
use super::engine::{DEPTH, Engine};
use super::pending::{Next, Pending};
use super::request::{Ask, MAX_SEGMENT, Reader, Refusal, Request, Rules};
use super::serial::SerialNumber;
use crate::config::Cache;
use crate::device::{Activation, Failure, Progress};
use crate::devices::ring::Ring;
use crate::memory::Memory;
use crate::rate_limiter::RateLimiter;
use crate::worker::Poll;

/// How many requests and answers a turn has, so that the other devices have theirs.
const TURN: usize = 256;

/// What belongs to the host.
pub struct Host<'a> {
    pub engine: &'a mut dyn Engine,
    pub limiter: &'a mut RateLimiter,
    pub serial: &'a SerialNumber,
}

/// See the module.
pub struct Active {
    memory: Arc<Memory>,
    queues: Vec<Option<Served>>,
    pending: Table,
    reader: Reader,
    rules: Rules,
    /// A write counts as done when it is on the disk.
    durable: bool,
    /// A flush brings something to the disk.
    flushes: bool,
}

struct Served {
    ring: Ring,
    /// There may be requests in it.
    due: bool,
}

impl Active {
    pub fn new(activation: Activation, disk: &Disk, cache: Cache) -> Self {
        let has = |bit: u32| activation.features & (1 << bit) != 0;
        let rules = Rules {
            sectors: disk.sectors,
            read_only: disk.read_only,
            flush: has(VIRTIO_BLK_F_FLUSH),
            discard: has(VIRTIO_BLK_F_DISCARD),
            write_zeroes: has(VIRTIO_BLK_F_WRITE_ZEROES),
            max_segment: if has(VIRTIO_BLK_F_SIZE_MAX) {
                MAX_SEGMENT
            } else {
                u32::MAX
            },
        };
        // A driver that does not flush gets its writes on the disk at once (virtio 1.2, section 5.2.6.2).
        let durable = match cache {
            Cache::WriteBack => !rules.flush,
            Cache::WriteThrough => true,
            Cache::Unsafe => false,
        };
        let serve = |queue| Served {
            ring: Ring::new(
                queue,
                Arc::clone(&activation.memory),
                activation.interrupt.clone(),
            ),
            due: false,
        };
        let queues = activation.queues.into_iter();
        Active {
            queues: queues.map(|queue| queue.map(serve)).collect(),
            memory: activation.memory,
            pending: Table::default(),
            reader: Reader::default(),
            rules,
            durable,
            flushes: cache != Cache::Unsafe,
        }
    }

    /// Has each queue's notifications call the device with its number, and once at first.
    pub fn watch(&self, poll: &mut Poll<'_>) -> Result<(), Failure> {
        for (index, served) in (0..).zip(&self.queues) {
            if let Some(served) = served {
                served.ring.watch(index, poll)?;
            }
        }
        Ok(())
    }

    pub fn unwatch(&self, poll: &mut Poll<'_>) {
        for served in self.queues.iter().flatten() {
            served.ring.unwatch(poll);
        }
    }

    /// The driver has notified.
    pub fn kicked(&mut self, queue: u32) -> Result<(), Failure> {
        if let Some(Some(served)) = self.queues.get_mut(queue as usize) {
            served.due = true;
            served.ring.disarm()?;
        }
        Ok(())
    }

    /// Takes requests and gives answers, as far as there are any, and as far as host and limit allow.
    pub fn work(&mut self, host: &mut Host<'_>) -> Result<Progress, Failure> {
        let mut left = TURN;
        loop {
            let before = left;
            for queue in 0..self.queues.len() {
                self.begin(queue, host, &mut left)?;
            }
            let all = host.engine.submit().map_err(super::host("the disk"))?;
            while left > 0 {
                let Some((tag, result)) = host.engine.done() else {
                    break;
                };
                left -= 1;
                self.end(tag, result, host)?;
            }
            self.tell()?;
            if left == 0 || !all {
                return Ok(Progress::More);
            }
            if left == before && host.engine.rest().map_err(super::host("the disk"))? {
                return Ok(Progress::Done);
            }
        }
    }

    /// Takes the requests of a queue.
    fn begin(
        &mut self,
        index: usize,
        host: &mut Host<'_>,
        left: &mut usize,
    ) -> Result<(), Failure> {
        while *left > 0 && !self.pending.is_full() {
            let Some(Some(served)) = self.queues.get_mut(index) else {
                return Ok(());
            };
            if !served.due
                || !host
                    .limiter
                    .ready()
                    .map_err(super::host("the disk's timer"))?
            {
                return Ok(());
            }
            let Some(chain) = served.ring.take()? else {
                served.due = served.ring.rearm()?;
                continue;
            };
            *left -= 1;
            let request = self.reader.read(&self.memory, chain, &self.rules)?;
            host.limiter.charge(match &request.ask {
                Ok(Ask::Read { data, .. } | Ask::Write { data, .. }) => data.bytes() as u64,
                // Some disks write them.
                Ok(Ask::WriteZeroes { length, .. }) => *length,
                _ => 0,
            });
            self.start(index, request, host)?;
        }
        Ok(())
    }

    fn start(
        &mut self,
        queue: usize,
        request: Request,
        host: &mut Host<'_>,
    ) -> Result<(), Failure> {
        match &request.ask {
            Err(refusal) => return self.answer(queue, &request, Err(*refusal)),
            Ok(Ask::Id(places)) => {
                let written = host.serial.write(&self.memory, places);
                return self.answer(queue, &request, written);
            }
            Ok(Ask::Flush) if !self.flushes => return self.answer(queue, &request, Ok(0)),
            Ok(_) => {}
        }
        let tag = self.pending.insert(Pending::new(queue, request));
        self.push(tag.ok_or_else(lost)?, host)
    }

    /// Has the host do what comes next for a request, or answers it when there is nothing.
    fn push(&mut self, tag: u16, host: &mut Host<'_>) -> Result<(), Failure> {
        let pending = self.pending.get(tag).ok_or_else(lost)?;
        let Some(operation) = pending.operation(self.durable) else {
            return self.finish(tag, Ok(()));
        };
        // SAFETY: the operation points to data of `pending`, which stays in the table until the engine has named its tag,
        // and to guest memory, which stays mapped as long as `self.memory`. Whoever drops this has the engine cancel everything before.
        let pushed = unsafe { host.engine.push(tag, operation) };
        pushed.map_err(super::host("the disk"))
    }

    /// The host has done what was pushed.
    fn end(&mut self, tag: u16, result: i32, host: &mut Host<'_>) -> Result<(), Failure> {
        let pending = self.pending.get(tag).ok_or_else(lost)?;
        match pending.done(result, self.durable) {
            Next::Operation => self.push(tag, host),
            Next::Answer(outcome) => self.finish(tag, outcome),
        }
    }

    fn finish(&mut self, tag: u16, outcome: Result<(), Refusal>) -> Result<(), Failure> {
        let Pending { queue, request, .. } = self.pending.remove(tag).ok_or_else(lost)?;
        let written = match request.ask {
            Ok(Ask::Read { .. }) => request.writable,
            _ => 0,
        };
        self.answer(queue, &request, outcome.map(|()| written))
    }

    /// `outcome`: bytes of data that were written for the driver, from the first one on.
    fn answer(
        &mut self,
        queue: usize,
        request: &Request,
        outcome: Result<u32, Refusal>,
    ) -> Result<(), Failure> {
        let (status, written) = match outcome {
            Ok(written) => (VIRTIO_BLK_S_OK as u8, written),
            Err(Refusal(status)) => (status, 0),
        };
        // The status counts when nothing is left out before it (virtio 1.2, section 2.7.8.2).
        let used = if written == request.writable {
            written.saturating_add(1)
        } else {
            written
        };
        self.memory
            .write_obj(status, request.status)
            .map_err(virtio_queue::Error::GuestMemory)?;
        if let Some(Some(served)) = self.queues.get_mut(queue) {
            if let (VIRTIO_BLK_S_OK, Ok(Ask::Write { data, .. })) = (status.into(), &request.ask) {
                served.ring.count_read(data.bytes());
            }
            served.ring.give_back(request.head, used)?;
        }
        Ok(())
    }

    /// Tells the driver of what was answered.
    fn tell(&mut self) -> Result<(), Failure> {
        for served in self.queues.iter_mut().flatten() {
            served.ring.tell()?;
        }
        Ok(())
    }
}

fn lost() -> Failure {
    Failure::Host("the disk has lost a request".to_owned())
}

/// The requests that are with the engine, by tag.
#[derive(Default)]
struct Table {
    slots: Vec<Option<Pending>>,
    free: Vec<u16>,
}

impl Table {
    fn is_full(&self) -> bool {
        self.free.is_empty() && self.slots.len() >= DEPTH.into()
    }

    /// None when it is full.
    fn insert(&mut self, pending: Pending) -> Option<u16> {
        if self.is_full() {
            return None;
        }
        let tag = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u16
        });
        *self.slots.get_mut(usize::from(tag))? = Some(pending);
        Some(tag)
    }

    fn get(&mut self, tag: u16) -> Option<&mut Pending> {
        self.slots.get_mut(usize::from(tag))?.as_mut()
    }

    fn remove(&mut self, tag: u16) -> Option<Pending> {
        let pending = self.slots.get_mut(usize::from(tag))?.take()?;
        self.free.push(tag);
        Some(pending)
    }
}
