//! A guest whose driver uses a disk.

use std::fs::File;
use std::os::unix::fs::FileExt;

use hadron_vmm::config::{Cache, RateLimit};
use hadron_vmm::devices::block::engine::Engines;
use hadron_vmm::devices::block::{Block, Disk, Settings};
use hadron_vmm_process::launch;
use virtio_bindings::virtio_blk::VIRTIO_BLK_T_IN;
use vm_memory::{Bytes, GuestAddress};

use super::driver::Driver;
use super::{Toy, readable, writable};

pub const SECTORS: u64 = 2048;

pub fn file() -> File {
    let file = rustix::fs::memfd_create("disk", rustix::fs::MemfdFlags::empty()).unwrap();
    let file = File::from(file);
    for sector in 0..SECTORS {
        let bytes = [sector as u8; 512];
        file.write_all_at(&bytes, sector * 512).unwrap();
    }
    file
}

/// See the module.
pub struct Guest {
    pub toy: Toy,
    pub driver: Driver,
    pub file: File,
}

/// A request's parts in the guest: 16 bytes of header, the status, and a page further on the data.
pub struct Parts(pub u64);

impl Parts {
    pub fn status(&self) -> u64 {
        self.0 + 16
    }
    pub fn data(&self) -> u64 {
        self.0 + 4096
    }
}

impl Guest {
    /// None: KVM cannot be had here.
    pub fn start(queues: u16, rate_limit: Option<RateLimit>) -> Option<Guest> {
        let settings = Settings {
            read_only: false,
            serial: String::new(),
            queues,
            cache: Cache::WriteBack,
            rate_limit,
        };
        let file = file();
        let disk = Disk::open(file.try_clone().unwrap(), settings.read_only).unwrap();
        let engines = Engines::new(1, &launch::enter()).unwrap();
        let block = Block::new("the disk 0".to_owned(), disk, &settings, &engines);
        let mut toy = Toy::start(vec![Box::new(block.unwrap())])?;
        let mut driver = toy.driver(0);
        let offered = driver.offered(&mut toy);
        driver.begin(&mut toy, offered);
        Some(Guest { toy, driver, file })
    }

    pub fn prepare(&mut self, kind: u32, sector: u64, length: u64) -> Parts {
        let parts = Parts(self.toy.allocate(4096 + length));
        let memory = &self.toy.memory;
        memory.write_obj(kind, GuestAddress(parts.0)).unwrap();
        memory.write_obj(sector, GuestAddress(parts.0 + 8)).unwrap();
        memory
            .write_obj(0xee_u8, GuestAddress(parts.status()))
            .unwrap();
        parts
    }

    pub fn add(&mut self, queue: usize, parts: &Parts, kind: u32, length: u64) {
        let data = match kind {
            VIRTIO_BLK_T_IN => writable(parts.data(), length as u32),
            _ => readable(parts.data(), length as u32),
        };
        let buffers = [readable(parts.0, 16), data, writable(parts.status(), 1)];
        self.driver.rings[queue].add(&self.toy.memory, &buffers);
    }

    /// One request: its status.
    pub fn request(&mut self, kind: u32, sector: u64, data: &mut [u8]) -> u32 {
        let parts = self.prepare(kind, sector, data.len() as u64);
        let at = GuestAddress(parts.data());
        self.toy.memory.write_slice(data, at).unwrap();
        self.add(0, &parts, kind, data.len() as u64);
        self.driver.notify(&mut self.toy, 0);
        self.driver.wait_used(&mut self.toy, 0);
        self.toy.memory.read_slice(data, at).unwrap();
        self.status(&parts)
    }

    pub fn status(&self, parts: &Parts) -> u32 {
        let at = GuestAddress(parts.status());
        self.toy.memory.read_obj::<u8>(at).unwrap().into()
    }

    pub fn on_disk(&self, sector: u64) -> [u8; 512] {
        let mut bytes = [0; 512];
        self.file.read_exact_at(&mut bytes, sector * 512).unwrap();
        bytes
    }
}
