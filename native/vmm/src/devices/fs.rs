//! A directory of the host (virtio 1.2, section 5.11), which virtiofsd serves: a front end of vhost-user.
//!
//! No data comes by here: virtiofsd has the guest's memory, the queues' kicks and the device's interrupt. What this device
//! does is to introduce them to each other, to have virtiofsd let go at a reset, and to notice its end.
//!
//! At activation and reset the worker waits for virtiofsd's answers, and with it all devices that wait so: nothing else tells
//! that virtiofsd has the queues, or has let go of the guest's memory. That takes some round trips to a program of the host's own,
//! and has a deadline, after which the VM ends.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use virtio_bindings::virtio_config::VIRTIO_F_VERSION_1;
use virtio_bindings::virtio_ids::VIRTIO_ID_FS;
use virtio_queue::{Queue, QueueT};
use vm_memory::{Address, GuestMemoryBackend, GuestMemoryRegion};

use crate::device::{
    Activation, Configuration, Description, Device, Failure, Progress, QUEUE_FEATURES, Virtqueue,
    as_fd,
};
use crate::memory::Memory;
use crate::worker::{EventFlags, Poll};

mod back_end;

pub use back_end::{BackEndError, Request};

use back_end::{BackEnd, PROTOCOL_FEATURES};

/// The longest tag, in bytes (virtio 1.2, section 5.11.4).
const TAG: usize = 36;
/// One for requests that must not wait, and one for all others: the virtiofsd in C ends when there are more.
const QUEUES: usize = 2;
/// Entries of each: Linux reads and writes as much at once as fits into the queue, and no more than a MiB.
const QUEUE_SIZES: [u16; QUEUES] = [128, 1024];
/// For an exchange with virtiofsd. It may be starting, and at a reset it first ends what it is at: requests may wait for a disk.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The one token: virtiofsd is gone.
const SOCKET: u32 = 0;

/// Why there is no such device.
#[derive(Debug, thiserror::Error)]
pub enum FsError {
    /// The guest would not find it.
    #[error("a directory's tag has 1 to 36 bytes, none of which is zero, unlike {0:?}")]
    Tag(String),
    /// virtiofsd is of no use.
    #[error("the directory {tag} cannot be shared: {cause}")]
    BackEnd {
        /// Which.
        tag: String,
        /// Why.
        cause: BackEndError,
    },
}

/// A directory of the host.
pub struct Fs {
    name: String,
    back_end: BackEnd,
    features: u64,
    configuration: Arc<Configuration>,
    /// virtiofsd has the guest's memory.
    active: bool,
    patience: Duration,
    /// virtiofsd is of no use any more, and the VM is about to end.
    lost: bool,
}

impl Fs {
    /// `socket`: connected to virtiofsd, which may be starting. This waits for it. `patience`: for each exchange ([`PATIENCE`]).
    ///
    /// # Errors
    /// When the tag is none, or virtiofsd does not answer as it should.
    pub fn new(tag: &str, socket: OwnedFd, patience: Duration) -> Result<Self, FsError> {
        if tag.is_empty() || tag.len() > TAG || tag.contains('\0') {
            return Err(FsError::Tag(tag.to_owned()));
        }
        let (back_end, features) = BackEnd::new(socket, patience)
            .and_then(|(back_end, features)| {
                if features & (1 << VIRTIO_F_VERSION_1) == 0 {
                    return Err(BackEndError::Lacks("virtio 1 (VERSION_1)"));
                }
                Ok((back_end, features))
            })
            .map_err(|cause| FsError::BackEnd {
                tag: tag.to_owned(),
                cause,
            })?;
        let mut configuration = tag.as_bytes().to_vec();
        configuration.resize(TAG, 0);
        configuration.extend((QUEUES as u32 - 1).to_le_bytes());
        Ok(Fs {
            name: format!("the directory {tag}"),
            back_end,
            features: features & QUEUE_FEATURES,
            configuration: Configuration::new(configuration),
            active: false,
            patience,
            lost: false,
        })
    }

    /// Hands all of it to virtiofsd.
    fn introduce(
        &mut self,
        activation: &Activation,
        queues: &[Virtqueue; QUEUES],
    ) -> Result<(), BackEndError> {
        let features = activation.features | PROTOCOL_FEATURES;
        let back_end = &mut self.back_end;
        back_end.send(Request::SetFeatures, &features.to_ne_bytes(), &[])?;
        let (table, files) = memory_table(&activation.memory).ok_or(BackEndError::PrivateMemory)?;
        back_end.send(Request::SetMemTable, &table, &files)?;
        for (index, Virtqueue { queue, kick }) in (0..).zip(queues) {
            let number = u64::from(index).to_ne_bytes();
            let line = activation.interrupt.line();
            back_end.send(
                Request::SetVringNum,
                &state(index, queue.size().into()),
                &[],
            )?;
            back_end.send(Request::SetVringBase, &state(index, 0), &[])?;
            back_end.send(Request::SetVringAddr, &addresses(index, queue), &[])?;
            back_end.send(Request::SetVringCall, &number, &[line])?;
            back_end.send(Request::SetVringKick, &number, &[as_fd(kick)])?;
            back_end.send(Request::SetVringEnable, &state(index, 1), &[])?;
        }
        back_end.wait(self.patience)?;
        Ok(())
    }

    /// virtiofsd is of no use: the VM ends.
    fn lose(&mut self, error: &BackEndError, poll: &mut Poll<'_>) -> Failure {
        self.lost = true;
        // A socket at its end is ready for ever. The second time it is not watched any more.
        let _ = poll.remove(&self.back_end);
        Failure::Host(error.to_string())
    }
}

impl Device for Fs {
    fn description(&self) -> Description {
        Description {
            name: self.name.clone(),
            device_type: VIRTIO_ID_FS,
            queue_sizes: QUEUE_SIZES.to_vec(),
            features: self.features,
            configuration: Arc::clone(&self.configuration),
        }
    }

    fn waits(&self) -> bool {
        true
    }

    fn attach(&mut self, poll: &mut Poll<'_>) -> Result<(), Failure> {
        poll.add(&self.back_end, SOCKET, EventFlags::IN)
            .map_err(|error| Failure::Host(format!("virtiofsd cannot be watched: {error}")))
    }

    fn activate(&mut self, mut activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let queues = [activation.take(0)?, activation.take(1)?];
        if self.lost {
            // It may have the queues of before.
            return Err(Failure::Host(BackEndError::Lost.to_string()));
        }
        self.active = true;
        if let Err(error) = self.introduce(&activation, &queues) {
            return Err(self.lose(&error, poll));
        }
        for queue in &queues {
            // The driver may have filled it before.
            let _ = queue.kick.write(1);
        }
        Ok(())
    }

    fn handle(&mut self, _: u32, poll: &mut Poll<'_>) -> Result<Progress, Failure> {
        match self.back_end.listen() {
            Ok(()) => Ok(Progress::Done),
            Err(error) => Err(self.lose(&error, poll)),
        }
    }

    fn reset(&mut self, _: &mut Poll<'_>) -> io::Result<()> {
        if !std::mem::take(&mut self.active) || self.lost {
            return Ok(());
        }
        let mut stop = || {
            // Before all else: the virtiofsd in Rust turns for ever when it takes a kick of a queue that it has to stop.
            for (request, value) in [(Request::SetVringEnable, 0), (Request::GetVringBase, 0)] {
                for index in 0..QUEUES as u32 {
                    self.back_end.send(request, &state(index, value), &[])?;
                }
            }
            self.back_end.wait(self.patience)
        };
        stop().map(|_| ()).map_err(|error: BackEndError| {
            self.lost = true;
            io::Error::other(error)
        })
    }
}

/// The guest's memory, each region with its file; `None`: one has none. In place of this process's addresses, which only serve
/// to name rings by, it has the guest's: ours are nobody's business.
fn memory_table(memory: &Memory) -> Option<(Vec<u8>, Vec<BorrowedFd<'_>>)> {
    let mut files = Vec::new();
    let mut regions = Vec::new();
    for region in memory.iter() {
        let file = region.file_offset()?;
        let start = region.start_addr().raw_value();
        for value in [start, region.len(), start, file.start()] {
            regions.extend(value.to_ne_bytes());
        }
        files.push(file.file().as_fd());
    }
    let mut table = (files.len() as u32).to_ne_bytes().to_vec();
    table.extend([0; 4]);
    table.extend(regions);
    Some((table, files))
}

fn addresses(index: u32, queue: &Queue) -> Vec<u8> {
    let mut bytes = state(index, 0);
    for address in [queue.desc_table(), queue.used_ring(), queue.avail_ring(), 0] {
        bytes.extend(address.to_ne_bytes());
    }
    bytes
}

/// A queue's number and a value of it.
fn state(index: u32, value: u32) -> Vec<u8> {
    [index, value].map(u32::to_ne_bytes).concat()
}

#[cfg(test)]
mod tests;
