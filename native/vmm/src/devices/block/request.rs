//! Requests of hostile origin (virtio 1.2, section 5.2.6): a descriptor chain in, something that can be done out.
//!
//! The framing is the driver's (section 2.7.4): header, data and status may lie in any number of descriptors. What the device
//! reads comes before what it writes; the first 16 bytes are the header, the last one is the status.

use std::sync::Arc;

use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_FLUSH,
    VIRTIO_BLK_T_GET_ID, VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_WRITE_ZEROES,
    VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP,
};
use virtio_bindings::virtio_ring::VRING_DESC_F_WRITE;
use virtio_queue::DescriptorChain;
use virtio_queue::desc::split::Descriptor;
use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend};

use super::disk::SECTOR;
use crate::device::Failure;
use crate::devices::pieces::{Access, Pieces};
use crate::memory::Memory;

/// The most pieces of data in a request (seg_max): what a queue's entries leave beside header and status. Linux counts on
/// it for requests in indirect tables, too, whatever size it gave the queue.
pub const MAX_SEGMENTS: u32 = super::QUEUE_SIZE as u32 - 2;
/// The most bytes of a piece of data (size_max). All of them together are less than one readv(2) takes.
pub const MAX_SEGMENT: u32 = 4 << 20;
/// The most bytes that are discarded at once. A reset waits for what the host has begun.
pub const MAX_DISCARD: u64 = 1 << 30;
/// The most bytes that are zeroed at once, which some disks do by writing them.
pub const MAX_ZEROES: u64 = 64 << 20;

const HEADER: usize = 16;
/// A range to discard or to zero. One fits into a request (max_discard_seg, max_write_zeroes_seg).
const RANGE: usize = 16;

type Chain<'m> = DescriptorChain<&'m Memory>;
type Piece = (GuestAddress, u32);

/// A status that is not OK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub u8);

/// The driver or the disk did something wrong.
pub const IO_ERROR: Refusal = Refusal(VIRTIO_BLK_S_IOERR as u8);
/// The device does not know how.
pub const UNSUPPORTED: Refusal = Refusal(VIRTIO_BLK_S_UNSUPP as u8);

/// What a request may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub sectors: u64,
    pub read_only: bool,
    /// As the driver took the features.
    pub flush: bool,
    pub discard: bool,
    pub write_zeroes: bool,
    /// Of one piece of data.
    pub max_segment: u32,
}

/// A checked request.
pub struct Request {
    /// For the used ring.
    pub head: u16,
    /// Where the status goes.
    pub status: GuestAddress,
    /// Bytes that the device can write before the status.
    pub writable: u32,
    pub ask: Result<Ask, Refusal>,
}

/// What is to be done. Positions and lengths are bytes of the disk, and lie in it.
pub enum Ask {
    Read {
        at: u64,
        data: Pieces,
    },
    Write {
        at: u64,
        data: Pieces,
    },
    Flush,
    Discard {
        at: u64,
        length: u64,
    },
    WriteZeroes {
        at: u64,
        length: u64,
        unmap: bool,
    },
    /// Where the serial number goes.
    Id(Vec<Piece>),
}

/// Reads requests; kept between them for its memory.
#[derive(Default)]
pub struct Reader {
    readable: Vec<Piece>,
    writable: Vec<Piece>,
}

impl Reader {
    /// # Errors
    /// When nobody can be answered: the chain does not end, or has no place for a status.
    pub fn read(
        &mut self,
        memory: &Arc<Memory>,
        mut chain: Chain<'_>,
        rules: &Rules,
    ) -> Result<Request, Failure> {
        let head = chain.head_index();
        self.walk(&mut chain)?;
        let status = self.take_status(memory)?;
        Ok(Request {
            head,
            status,
            writable: length(&self.writable) as u32,
            ask: self.ask(memory, rules),
        })
    }

    /// Sorts the pieces of a chain. virtio-queue ends a chain where it is broken without a word, so who says that there is
    /// more must have more.
    fn walk(&mut self, chain: &mut Chain<'_>) -> Result<(), Failure> {
        self.readable.clear();
        self.writable.clear();
        let mut more = true;
        for descriptor in chain.by_ref().take(MAX_SEGMENTS as usize + 2) {
            let piece = (descriptor.addr(), descriptor.len());
            if descriptor.is_write_only() {
                self.writable.push(piece);
            } else if self.writable.is_empty() {
                self.readable.push(piece);
            } else {
                return broken("has something to read behind what is to be written");
            }
            more = descriptor.has_next();
        }
        if more {
            return broken("does not end where it may");
        }
        Ok(())
    }

    fn take_status(&mut self, memory: &Memory) -> Result<GuestAddress, Failure> {
        let mut filled = self.writable.iter_mut().rev();
        let Some((address, length)) = filled.find(|(_, length)| *length > 0) else {
            return broken("has no place for its status");
        };
        *length -= 1;
        match address.0.checked_add(u64::from(*length)).map(GuestAddress) {
            Some(status) if memory.address_in_range(status) => Ok(status),
            _ => broken("wants its status outside of the memory"),
        }
    }

    fn ask(&mut self, memory: &Arc<Memory>, rules: &Rules) -> Result<Ask, Refusal> {
        let header: [u8; HEADER] = take(memory, &mut self.readable).ok_or(IO_ERROR)?;
        let (kind, sector) = (word(&header, 0), long(&header, 8));
        match kind {
            VIRTIO_BLK_T_IN if length(&self.readable) == 0 => {
                let (at, data) = data(memory, &self.writable, Access::Write, sector, rules)?;
                Ok(Ask::Read { at, data })
            }
            VIRTIO_BLK_T_OUT if length(&self.writable) == 0 && !rules.read_only => {
                let (at, data) = data(memory, &self.readable, Access::Read, sector, rules)?;
                Ok(Ask::Write { at, data })
            }
            VIRTIO_BLK_T_IN | VIRTIO_BLK_T_OUT => Err(IO_ERROR),
            VIRTIO_BLK_T_FLUSH if rules.flush => Ok(Ask::Flush),
            VIRTIO_BLK_T_GET_ID => Ok(Ask::Id(self.writable.clone())),
            VIRTIO_BLK_T_DISCARD | VIRTIO_BLK_T_WRITE_ZEROES if rules.read_only => Err(IO_ERROR),
            VIRTIO_BLK_T_DISCARD if rules.discard => self.discard(memory, rules),
            VIRTIO_BLK_T_WRITE_ZEROES if rules.write_zeroes => self.write_zeroes(memory, rules),
            _ => Err(UNSUPPORTED),
        }
    }

    fn discard(&mut self, memory: &Memory, rules: &Rules) -> Result<Ask, Refusal> {
        let (at, length, flags) = self.range(memory, MAX_DISCARD, rules)?;
        if flags != 0 {
            return Err(UNSUPPORTED);
        }
        Ok(Ask::Discard { at, length })
    }

    fn write_zeroes(&mut self, memory: &Memory, rules: &Rules) -> Result<Ask, Refusal> {
        let (at, length, flags) = self.range(memory, MAX_ZEROES, rules)?;
        if flags & !VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP != 0 {
            return Err(UNSUPPORTED);
        }
        let unmap = flags != 0;
        Ok(Ask::WriteZeroes { at, length, unmap })
    }

    /// Position, length and flags.
    fn range(
        &mut self,
        memory: &Memory,
        most: u64,
        rules: &Rules,
    ) -> Result<(u64, u64, u32), Refusal> {
        let range: [u8; RANGE] = take(memory, &mut self.readable).ok_or(IO_ERROR)?;
        let bytes = u64::from(word(&range, 8)) * SECTOR;
        if length(&self.readable) > 0 || bytes > most {
            return Err(IO_ERROR);
        }
        let at = place(long(&range, 0), bytes, rules)?;
        Ok((at, bytes, word(&range, 12)))
    }
}

fn data(
    memory: &Arc<Memory>,
    pieces: &[Piece],
    access: Access,
    sector: u64,
    rules: &Rules,
) -> Result<(u64, Pieces), Refusal> {
    let bytes = length(pieces);
    let too_large = |(_, length): &Piece| *length > rules.max_segment;
    if !bytes.is_multiple_of(SECTOR) || pieces.iter().any(too_large) {
        return Err(IO_ERROR);
    }
    let at = place(sector, bytes, rules)?;
    let flags = match access {
        Access::Read => 0,
        Access::Write => VRING_DESC_F_WRITE as u16,
    };
    let filled = pieces.iter().filter(|(_, length)| *length > 0);
    let chain = filled.map(|(address, length)| Descriptor::new(address.0, *length, flags, 0));
    let mut data = Pieces::new(Arc::clone(memory));
    data.append(chain, access).map_err(|_| IO_ERROR)?;
    Ok((at, data))
}

/// Where on the disk that is.
fn place(sector: u64, bytes: u64, rules: &Rules) -> Result<u64, Refusal> {
    match sector.checked_add(bytes / SECTOR) {
        Some(end) if end <= rules.sectors => sector.checked_mul(SECTOR).ok_or(IO_ERROR),
        _ => Err(IO_ERROR),
    }
}

/// Reads the first bytes, once, and leaves the rest.
fn take<const N: usize>(memory: &Memory, pieces: &mut [Piece]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let mut missing = &mut bytes[..];
    for (address, length) in pieces {
        let count = missing.len().min(*length as usize);
        let (part, rest) = std::mem::take(&mut missing).split_at_mut(count);
        memory.read_slice(part, *address).ok()?;
        // What was read lies in the memory, so there is no address beyond the last one.
        address.0 += count as u64;
        *length -= count as u32;
        missing = rest;
        if missing.is_empty() {
            return Some(bytes);
        }
    }
    None
}

/// A chain is no longer than 2^32 bytes: virtio-queue sees to it.
fn length(pieces: &[Piece]) -> u64 {
    pieces.iter().map(|(_, length)| u64::from(*length)).sum()
}

fn word(bytes: &[u8; 16], at: usize) -> u32 {
    let field = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    u32::from_le_bytes(field.copied().unwrap_or_default())
}

fn long(bytes: &[u8; 16], at: usize) -> u64 {
    let field = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    u64::from_le_bytes(field.copied().unwrap_or_default())
}

fn broken<T>(how: &str) -> Result<T, Failure> {
    Err(Failure::Guest(format!("a request {how}")))
}
