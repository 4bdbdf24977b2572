//! A disk through KVM: its registers, queues, notifications and interrupts by a guest.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use hadron_vmm::config::{Cache, DeviceConfig, RateLimit};
use hadron_vmm::devices::block::{Block, Settings};
use hadron_vmm::devices::vacant::Vacant;
use hadron_vmm::machine::Machine;
use hadron_vmm_process::seccomp::{self, Kind};
use hadron_vmm_process::{launch, session};
use toy::driver::Driver;
use toy::{Event, Toy, readable, writable};
use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_OK, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_IN,
    VIRTIO_BLK_T_OUT,
};
use virtio_bindings::virtio_config::VIRTIO_CONFIG_S_NEEDS_RESET;
use virtio_bindings::virtio_mmio::{VIRTIO_MMIO_CONFIG, VIRTIO_MMIO_DEVICE_ID};
use vm_memory::{Bytes, GuestAddress};

const SECTORS: u64 = 2048;

fn file() -> File {
    let file = rustix::fs::memfd_create("disk", rustix::fs::MemfdFlags::empty()).unwrap();
    let file = File::from(file);
    for sector in 0..SECTORS {
        let bytes = [sector as u8; 512];
        file.write_all_at(&bytes, sector * 512).unwrap();
    }
    file
}

/// A guest whose driver uses a disk.
struct Guest {
    toy: Toy,
    driver: Driver,
    file: File,
}

/// A request's parts in the guest: 16 bytes of header, the status, and a page further on the data.
struct Parts(u64);

impl Parts {
    fn status(&self) -> u64 {
        self.0 + 16
    }
    fn data(&self) -> u64 {
        self.0 + 4096
    }
}

impl Guest {
    /// None: KVM cannot be had here.
    fn start(queues: u16, rate_limit: Option<RateLimit>) -> Option<Guest> {
        let settings = Settings {
            read_only: false,
            serial: String::new(),
            queues,
            cache: Cache::WriteBack,
            rate_limit,
        };
        let file = file();
        let block = Block::new(
            "the disk 0".to_owned(),
            file.try_clone().unwrap(),
            &settings,
            &launch::enter(),
        );
        let mut toy = Toy::start(vec![Box::new(block.unwrap())])?;
        let mut driver = toy.driver(0);
        let offered = driver.offered(&mut toy);
        driver.begin(&mut toy, offered);
        Some(Guest { toy, driver, file })
    }

    fn prepare(&mut self, kind: u32, sector: u64, length: u64) -> Parts {
        let parts = Parts(self.toy.allocate(4096 + length));
        let memory = &self.toy.memory;
        memory.write_obj(kind, GuestAddress(parts.0)).unwrap();
        memory.write_obj(sector, GuestAddress(parts.0 + 8)).unwrap();
        memory
            .write_obj(0xee_u8, GuestAddress(parts.status()))
            .unwrap();
        parts
    }

    fn add(&mut self, queue: usize, parts: &Parts, kind: u32, length: u64) {
        let data = match kind {
            VIRTIO_BLK_T_IN => writable(parts.data(), length as u32),
            _ => readable(parts.data(), length as u32),
        };
        let buffers = [readable(parts.0, 16), data, writable(parts.status(), 1)];
        self.driver.rings[queue].add(&self.toy.memory, &buffers);
    }

    /// One request: its status.
    fn request(&mut self, kind: u32, sector: u64, data: &mut [u8]) -> u32 {
        let parts = self.prepare(kind, sector, data.len() as u64);
        let at = GuestAddress(parts.data());
        self.toy.memory.write_slice(data, at).unwrap();
        self.add(0, &parts, kind, data.len() as u64);
        self.driver.notify(&mut self.toy, 0);
        self.driver.wait_used(&mut self.toy, 0);
        self.toy.memory.read_slice(data, at).unwrap();
        self.status(&parts)
    }

    fn status(&self, parts: &Parts) -> u32 {
        let at = GuestAddress(parts.status());
        self.toy.memory.read_obj::<u8>(at).unwrap().into()
    }

    fn on_disk(&self, sector: u64) -> [u8; 512] {
        let mut bytes = [0; 512];
        self.file.read_exact_at(&mut bytes, sector * 512).unwrap();
        bytes
    }
}

#[test]
fn a_guest_reads_writes_flushes_and_discards() {
    let Some(mut guest) = Guest::start(1, None) else {
        return;
    };
    let (toy, driver) = (&mut guest.toy, &guest.driver);
    assert_eq!(driver.read(toy, VIRTIO_MMIO_DEVICE_ID), 2);
    assert_eq!(u64::from(driver.read(toy, VIRTIO_MMIO_CONFIG)), SECTORS);
    let mut data = [0; 1024];
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 7, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!((data[0], data[1023]), (7, 8));
    data.fill(0xa5);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_OUT, 9, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.on_disk(10), [0xa5; 512]);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_FLUSH, 0, &mut []),
        VIRTIO_BLK_S_OK
    );
    let mut range = [0; 16];
    range[0] = 16;
    range[8] = 8;
    let status = guest.request(VIRTIO_BLK_T_DISCARD, 0, &mut range);
    assert_eq!(status, VIRTIO_BLK_S_OK);
    assert_eq!(guest.on_disk(16), [0; 512]);
    // Notifications and data did not come by the VMM's registers.
    let before = guest.toy.machine.exits().memory_writes;
    guest.request(VIRTIO_BLK_T_FLUSH, 0, &mut []);
    assert_eq!(guest.toy.machine.exits().memory_writes, before);
    assert_eq!(guest.toy.take_event(), None);
}

#[test]
fn errors_of_requests_and_of_the_disk_are_told_and_it_goes_on() {
    let Some(mut guest) = Guest::start(1, None) else {
        return;
    };
    let mut data = [1; 512];
    let error = VIRTIO_BLK_S_IOERR;
    assert_eq!(guest.request(VIRTIO_BLK_T_OUT, SECTORS, &mut data), error);
    assert_eq!(guest.request(VIRTIO_BLK_T_IN, u64::MAX, &mut data), error);
    guest.file.set_len(SECTORS * 256).unwrap();
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, SECTORS - 1, &mut data),
        error
    );
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 1, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.toy.take_event(), None);
    // A request that nobody can answer is another matter.
    let parts = guest.prepare(VIRTIO_BLK_T_IN, 0, 0);
    guest.driver.rings[0].add(&guest.toy.memory, &[readable(parts.0, 16)]);
    guest.driver.notify(&mut guest.toy, 0);
    guest.toy.wait_interrupt(0);
    let Event::Complaint(sentence) = guest.toy.next_event() else {
        panic!("no complaint");
    };
    assert!(sentence.contains("no place for its status"), "{sentence}");
    let status = guest.driver.status(&mut guest.toy);
    assert_eq!(
        status & VIRTIO_CONFIG_S_NEEDS_RESET,
        VIRTIO_CONFIG_S_NEEDS_RESET
    );
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver.begin(&mut guest.toy, offered);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 1, &mut data),
        VIRTIO_BLK_S_OK
    );
}

#[test]
fn many_queues_are_served_and_a_reset_comes_in_between() {
    let Some(mut guest) = Guest::start(2, None) else {
        return;
    };
    let offered = guest.driver.offered(&mut guest.toy);
    let length = 0x1_0000;
    for round in 0..8_u64 {
        let parts: Vec<Parts> = (0..16)
            .map(|_| guest.prepare(VIRTIO_BLK_T_IN, 256, length))
            .collect();
        for (index, parts) in parts.iter().enumerate() {
            guest.add(index % 2, parts, VIRTIO_BLK_T_IN, length);
        }
        guest.driver.notify(&mut guest.toy, 0);
        guest.driver.notify(&mut guest.toy, 1);
        if round % 2 == 0 {
            for index in 0..parts.len() {
                guest.driver.wait_used(&mut guest.toy, index % 2);
            }
            let told: Vec<_> = parts.iter().map(|parts| guest.status(parts)).collect();
            assert_eq!(told, vec![VIRTIO_BLK_S_OK; parts.len()]);
            continue;
        }
        guest.driver.reset(&mut guest.toy);
        assert_eq!(guest.driver.status(&mut guest.toy), 0);
        // What the device had is the guest's again.
        let memory = std::sync::Arc::clone(&guest.toy.memory);
        let mine = vec![0x11; length as usize];
        for parts in &parts {
            memory
                .write_slice(&mine, GuestAddress(parts.data()))
                .unwrap();
            memory
                .write_obj(0x22_u8, GuestAddress(parts.status()))
                .unwrap();
        }
        guest.driver.begin(&mut guest.toy, offered);
        let mut data = [0; 512];
        assert_eq!(
            guest.request(VIRTIO_BLK_T_IN, 3, &mut data),
            VIRTIO_BLK_S_OK
        );
        for parts in &parts {
            assert_eq!(guest.status(parts), 0x22);
            let mut after = vec![0; length as usize];
            memory
                .read_slice(&mut after, GuestAddress(parts.data()))
                .unwrap();
            assert_eq!(after, mine);
        }
    }
    assert_eq!(guest.toy.take_event(), None);
}

#[test]
fn a_rate_limit_holds_for_a_guest() {
    let limit = RateLimit {
        bytes_per_second: 1 << 20,
        operations_per_second: 0,
    };
    let Some(mut guest) = Guest::start(1, Some(limit)) else {
        return;
    };
    let length = 0x8000;
    let parts: Vec<Parts> = (0..12)
        .map(|_| guest.prepare(VIRTIO_BLK_T_IN, 0, length))
        .collect();
    for parts in &parts {
        guest.add(0, parts, VIRTIO_BLK_T_IN, length);
    }
    let begin = Instant::now();
    guest.driver.notify(&mut guest.toy, 0);
    for _ in &parts {
        guest.driver.wait_used(&mut guest.toy, 0);
    }
    // 384 KiB, of which a tenth of a second's pass at once, and the last one is owed.
    assert!(begin.elapsed() >= Duration::from_millis(240));
}

/// As the thread does that talks with the daemon, which is bound to what it may do.
fn insert(machine: &Machine, file: &File, read_only: bool) -> Result<(), String> {
    let device = DeviceConfig::Block {
        file: 0,
        read_only,
        serial: "late".to_owned(),
        queues: 1,
        cache: Cache::WriteBack,
        rate_limit: None,
    };
    let descriptors = vec![file.try_clone().unwrap().into()];
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            seccomp::enter(Kind::Main).unwrap();
            session::Machine::insert(machine, 0, device, descriptors)
        });
        thread.join().unwrap()
    })
}

#[test]
fn a_disk_comes_and_goes_while_the_guest_runs() {
    let Some(mut toy) = Toy::start(vec![Box::new(Vacant)]) else {
        return;
    };
    let driver = toy.driver(0);
    assert_eq!(driver.read(&mut toy, VIRTIO_MMIO_DEVICE_ID), 0);
    let file = file();
    insert(&toy.machine, &file, false).unwrap();
    assert_eq!(driver.read(&mut toy, VIRTIO_MMIO_DEVICE_ID), 2);
    let sentence = insert(&toy.machine, &file, false).unwrap_err();
    assert!(sentence.contains("in the place 0 already"), "{sentence}");

    let mut guest = Guest { toy, driver, file };
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver.begin(&mut guest.toy, offered);
    let mut data = [0x5a; 512];
    assert_eq!(
        guest.request(VIRTIO_BLK_T_OUT, 3, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.on_disk(3), [0x5a; 512]);

    // Its driver still has it.
    session::Machine::eject(&guest.toy.machine, 0).unwrap();
    let status = guest.driver.status(&mut guest.toy);
    assert_eq!(status, 0);
    let sentence = session::Machine::eject(&guest.toy.machine, 0).unwrap_err();
    assert!(sentence.contains("no disk is in the place 0"), "{sentence}");
    assert!(session::Machine::eject(&guest.toy.machine, 1).is_err());

    insert(&guest.toy.machine, &guest.file, true).unwrap();
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver = guest.toy.driver(0);
    guest.driver.begin(&mut guest.toy, offered);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_OUT, 3, &mut data),
        VIRTIO_BLK_S_IOERR
    );
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 3, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.toy.take_event(), None);
}
