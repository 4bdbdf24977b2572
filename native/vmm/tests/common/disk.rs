//! A guest with a disk.

use std::fs::File;

use hadron_vmm::config::Cache;
use hadron_vmm::devices::block::engine::{Engine, Engines, Ring, Thread};
use hadron_vmm::devices::block::{Block, Disk, Settings};
use hadron_vmm_process::launch;
use vm_memory::{Bytes, GuestAddress};

use super::host::Host;
use super::ring::{Piece, WRITE};

pub const IN: u32 = 0;
pub const OUT: u32 = 1;
pub const FLUSH: u32 = 4;
pub const GET_ID: u32 = 8;
pub const DISCARD: u32 = 11;
pub const WRITE_ZEROES: u32 = 13;

pub const OK: u8 = 0;
pub const IOERR: u8 = 1;
pub const UNSUPP: u8 = 2;
/// What is in a status that the device has not written.
pub const UNANSWERED: u8 = 0xee;

/// Bytes of the disk.
pub const DISK: u64 = 1 << 20;
pub const SECTORS: u64 = DISK / 512;

/// Where a request's parts are in the guest, one after the other for each slot.
pub const BUFFERS: u64 = 0x40_0000;
const SLOT: u64 = 0x2_0000;
const STATUS: u64 = 0x100;
pub const DATA: u64 = 0x1000;

pub fn header(slot: u64) -> u64 {
    BUFFERS + slot * SLOT
}

pub fn status(slot: u64) -> u64 {
    header(slot) + STATUS
}

pub fn data(slot: u64) -> u64 {
    header(slot) + DATA
}

pub fn settings() -> Settings {
    Settings {
        read_only: false,
        serial: "disk-1".to_owned(),
        queues: 1,
        cache: Cache::WriteBack,
        rate_limit: None,
    }
}

/// A file in memory, of which each sector has another content.
pub fn file() -> File {
    let file = rustix::fs::memfd_create("disk", rustix::fs::MemfdFlags::ALLOW_SEALING).unwrap();
    let file = File::from(file);
    std::os::unix::fs::FileExt::write_all_at(&file, &pattern(0, DISK as usize), 0).unwrap();
    file
}

/// What is on the disk from `at` on.
pub fn pattern(at: u64, length: usize) -> Vec<u8> {
    (at..)
        .take(length)
        .map(|at| (at / 512 * 7 + at % 251) as u8)
        .collect()
}

/// Each engine that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ring,
    Thread,
}

pub const KINDS: [Kind; 2] = [Kind::Ring, Kind::Thread];

pub fn engine(kind: Kind) -> Box<dyn Engine> {
    match kind {
        Kind::Ring => Box::new(Ring::new().unwrap()),
        Kind::Thread => Box::new(Thread::new(&launch::enter()).unwrap()),
    }
}

pub fn block(kind: Kind, file: &File, settings: &Settings) -> Block {
    let disk = Disk::open(file.try_clone().unwrap(), settings.read_only).unwrap();
    let engines = Engines::of(vec![engine(kind)]);
    Block::new("the disk 0".to_owned(), disk, settings, &engines).unwrap()
}

/// A guest whose disk runs.
pub fn guest(kind: Kind, file: &File, settings: &Settings) -> Host {
    let mut host = Host::new(Box::new(block(kind, file, settings)));
    assert!(host.activate(256));
    host
}

impl Host {
    /// Writes a request's header, and a status that nobody has given.
    pub fn prepare(&self, slot: u64, kind: u32, sector: u64) {
        let at = GuestAddress(header(slot));
        self.memory.write_obj(kind, at).unwrap();
        self.memory.write_obj(0u32, GuestAddress(at.0 + 4)).unwrap();
        self.memory
            .write_obj(sector, GuestAddress(at.0 + 8))
            .unwrap();
        self.memory
            .write_obj(UNANSWERED, GuestAddress(status(slot)))
            .unwrap();
    }

    pub fn status(&self, slot: u64) -> u8 {
        self.memory.read_obj(GuestAddress(status(slot))).unwrap()
    }

    pub fn bytes(&self, slot: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.memory
            .read_slice(&mut bytes, GuestAddress(data(slot)))
            .unwrap();
        bytes
    }

    pub fn set_bytes(&self, slot: u64, bytes: &[u8]) {
        self.memory
            .write_slice(bytes, GuestAddress(data(slot)))
            .unwrap();
    }

    /// Puts a request with one piece of data into a queue, without a word; returns its head.
    pub fn queue(&mut self, queue: usize, slot: u64, kind: u32, sector: u64, length: u32) -> u16 {
        self.prepare(slot, kind, sector);
        let flags = if matches!(kind, IN | GET_ID) {
            WRITE
        } else {
            0
        };
        let mut pieces: Vec<Piece> = vec![(header(slot), 16, 0)];
        if length > 0 {
            pieces.push((data(slot), length, flags));
        }
        pieces.push((status(slot), 1, WRITE));
        self.rings[queue].offer(&self.memory, &pieces)
    }

    /// Has a chain of the test's own done; the status of slot 0 and the used length.
    pub fn chain(&mut self, pieces: &[Piece]) -> (u8, u32) {
        let head = self.rings[0].offer(&self.memory, pieces);
        self.kick(0);
        let (used, length) = self.wait_used(0);
        assert_eq!(used, u32::from(head));
        (self.status(0), length)
    }

    /// One request, start to end: its status and the used length.
    pub fn request(&mut self, kind: u32, sector: u64, length: u32) -> (u8, u32) {
        let head = self.queue(0, 0, kind, sector, length);
        self.kick(0);
        let (used, length) = self.wait_used(0);
        assert_eq!(used, u32::from(head));
        (self.status(0), length)
    }

    pub fn write(&mut self, sector: u64, bytes: &[u8]) -> u8 {
        self.set_bytes(0, bytes);
        self.request(OUT, sector, bytes.len() as u32).0
    }

    /// A request with a range: DISCARD or WRITE_ZEROES.
    pub fn range(&mut self, kind: u32, sector: u64, sectors: u32, flags: u32) -> u8 {
        let mut range = sector.to_le_bytes().to_vec();
        range.extend(sectors.to_le_bytes());
        range.extend(flags.to_le_bytes());
        self.set_bytes(0, &range);
        self.request(kind, 0, 16).0
    }
}
