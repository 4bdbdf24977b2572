//! What a request to a disk costs, beside what the host's own calls cost: `cargo bench -p hadron-vmm-core --bench disk [-- FILE]`.
//!
//! A toy guest on /dev/kvm rings the doorbell and watches the used ring, so a request's way is whole but for the interrupt. FILE, by default one in
//! the current directory, is made, 256 MiB large, and removed again.

#![allow(clippy::unwrap_used)] // A bench may panic.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/toy/mod.rs"]
mod toy;

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use common::disk::{FLUSH, GET_ID, IN, OUT, settings};
use common::host::{Host, PATIENCE};
use common::ring::{INDIRECT, NEXT, WRITE};
use hadron_vmm::config::Cache;
use hadron_vmm::device::Device;
use hadron_vmm::devices::block::engine::Engines;
use hadron_vmm::devices::block::{Block, Disk, Settings};
use hadron_vmm_process::launch;
use io_uring::{IoUring, opcode, types::Fd};
use toy::Toy;
use toy::driver::Driver;
use toy::guest::{Command, Operation};
use virtio_bindings::virtio_mmio::VIRTIO_MMIO_QUEUE_NOTIFY;
use vm_memory::{Bytes, GuestAddress};

const FILE: u64 = 256 << 20;
const BLOCK: usize = 4096;
/// Of what is measured with more than one request under way.
const DEPTH: u64 = 32;
/// Requests that are prepared at a time: as many as the ring has entries.
const ENTRIES: u64 = 256;
/// Of how many of those the median is.
const ROUNDS: usize = 40;

/// Guest code: publishes so many requests, rings, waits until all are used, and that rcx times. rax points to the addresses of the
/// available and the used ring's index and of the doorbell, how many at a time, and the index at which to begin.
const LOOP: [u8; 46] = [
    0x4c, 0x8b, 0x10, // mov r10, [rax]
    0x4c, 0x8b, 0x58, 0x08, // mov r11, [rax + 8]
    0x48, 0x8b, 0x78, 0x10, // mov rdi, [rax + 16]
    0x4c, 0x8b, 0x40, 0x18, // mov r8, [rax + 24]
    0x4c, 0x8b, 0x48, 0x20, // mov r9, [rax + 32]
    0x4d, 0x01, 0xc1, // 1: add r9, r8
    0x66, 0x45, 0x89, 0x0a, // mov [r10], r9w
    0xc7, 0x07, 0x00, 0x00, 0x00, 0x00, // mov dword ptr [rdi], 0
    0x66, 0x45, 0x39, 0x0b, // 2: cmp [r11], r9w
    0x75, 0xfa, // jne 2b
    0x48, 0xff, 0xc9, // dec rcx
    0x75, 0xe8, // jnz 1b
    0xc3, 0x90, 0x90, // ret
];

fn main() {
    let path = std::env::args()
        .nth(1)
        .filter(|argument| !argument.starts_with('-'));
    let path = path.unwrap_or_else(|| format!("disk-bench-{}", std::process::id()));
    let path = Path::new(&path);
    make(path);
    println!(
        "{:<44} {:>10} {:>10}",
        "microseconds a request (median)", "guest", "host"
    );
    without_guest(path);
    without_guest_at_depth(path);
    for (cache, flags) in [("page cache", 0), ("O_DIRECT", libc::O_DIRECT)] {
        let file = open(path, flags);
        let Some(mut guest) = Guest::start(&file) else {
            break;
        };
        if flags == 0 {
            for depth in [1, DEPTH] {
                let cost = guest.measure(GET_ID, depth);
                row(&format!("nothing but the queue, depth {depth}"), cost, None);
            }
        }
        for (kind, name) in [(IN, "read"), (OUT, "write")] {
            for depth in [1, DEPTH] {
                let cost = guest.measure(kind, depth);
                let host = match depth {
                    1 => calls(&file, kind),
                    _ => ring(&file, kind, depth as u32),
                };
                row(
                    &format!("4k random {name}, {cache}, depth {depth}"),
                    cost,
                    Some(host),
                );
            }
        }
    }
    std::fs::remove_file(path).unwrap();
}

fn row(name: &str, guest: Duration, host: Option<Duration>) {
    let microseconds = |time: Duration| format!("{:.1}", time.as_nanos() as f64 / 1000.0);
    let host = host.map_or_else(|| "-".to_owned(), microseconds);
    println!("{name:<44} {:>10} {host:>10}", microseconds(guest));
}

fn make(path: &Path) {
    let file = File::create(path).unwrap();
    let piece: Vec<u8> = (0..1 << 20).map(|at| (at * 7 / 3) as u8).collect();
    for at in (0..FILE).step_by(piece.len()) {
        file.write_all_at(&piece, at).unwrap();
    }
    file.sync_all().unwrap();
}

fn open(path: &Path, flags: i32) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(flags);
    options.open(path).unwrap()
}

fn block(file: &File) -> Block {
    let settings = Settings {
        cache: Cache::WriteBack,
        ..settings()
    };
    let disk = Disk::open(file.try_clone().unwrap(), settings.read_only).unwrap();
    let engines = Engines::new(1, &launch::enter()).unwrap();
    Block::new("the disk 0".to_owned(), disk, &settings, &engines).unwrap()
}

/// The next of some numbers without an order, the same in every run.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn offsets(state: &mut u64) -> Vec<u64> {
    let blocks = FILE / BLOCK as u64;
    (0..ENTRIES)
        .map(|_| random(state) % blocks * BLOCK as u64)
        .collect()
}

/// Of ROUNDS rounds, for each request.
fn median(mut round: impl FnMut() -> Duration) -> Duration {
    round();
    let mut times: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
    times.sort_unstable();
    times[ROUNDS / 2] / ENTRIES as u32
}

/// From the doorbell's eventfd to the interrupt's, without a guest between.
fn without_guest(path: &Path) {
    let mut host = Host::new(Box::new(block(&open(path, 0))) as Box<dyn Device>);
    assert!(host.activate(256));
    for (kind, name, length) in [
        (FLUSH, "a flush of nothing", 0),
        (IN, "a read in the page cache", BLOCK as u32),
    ] {
        let mut state = 1;
        let cost = median(|| {
            let begin = Instant::now();
            for at in offsets(&mut state) {
                let sector = if length == 0 { 0 } else { at / 512 };
                host.queue(0, 0, kind, sector, length);
                host.kick(0);
                assert!(host.interrupted(PATIENCE));
                host.wait_used(0);
            }
            begin.elapsed()
        });
        row(&format!("doorbell to interrupt, {name}"), cost, None);
    }
}

/// The same with [`DEPTH`] requests under way, another one for each that is done, as a guest does that sleeps in between: the one in the toy
/// guest's loop takes the CPU from who answers it, where there are few.
fn without_guest_at_depth(path: &Path) {
    let mut host = Host::new(Box::new(block(&open(path, libc::O_DIRECT))) as Box<dyn Device>);
    assert!(host.activate(256));
    for (kind, name) in [(IN, "read"), (OUT, "write")] {
        let mut state = 1;
        let cost = median(|| {
            let begin = Instant::now();
            let mut next = offsets(&mut state).into_iter().zip((0..DEPTH).cycle());
            let mut under_way = 0;
            loop {
                let room = (DEPTH - under_way) as usize;
                for (at, slot) in next.by_ref().take(room) {
                    host.queue(0, slot, kind, at / 512, BLOCK as u32);
                    under_way += 1;
                }
                if under_way == 0 {
                    break;
                }
                host.kick(0);
                assert!(host.interrupted(PATIENCE));
                while host.rings[0].used(&host.memory).is_some() {
                    under_way -= 1;
                }
            }
            begin.elapsed()
        });
        row(
            &format!("doorbell to interrupt, random {name}, depth {DEPTH}"),
            cost,
            None,
        );
    }
}

/// A guest whose requests lie in tables of their own, one for each entry of the ring.
struct Guest {
    toy: Toy,
    driver: Driver,
    code: u64,
    parameters: u64,
    requests: u64,
    /// What a command takes that does nothing.
    command: Duration,
    done: u64,
    state: u64,
}

/// Header, status, table; the data lies behind all of them.
const REQUEST: u64 = 128;

impl Guest {
    fn start(file: &File) -> Option<Guest> {
        let mut toy = Toy::start(vec![Box::new(block(file))])?;
        let mut driver = toy.driver(0);
        // Without EVENT_IDX: every notification is meant, and no interrupt is wanted.
        let features = driver.offered(&mut toy) & !(1 << 29);
        driver.begin(&mut toy, features);
        let ring = &driver.rings[0];
        assert_eq!(u64::from(ring.size), ENTRIES);
        toy.memory
            .write_obj(1_u16, GuestAddress(ring.available))
            .unwrap();
        let code = toy.allocate(LOOP.len() as u64);
        toy.memory.write_slice(&LOOP, GuestAddress(code)).unwrap();
        let parameters = toy.allocate(40);
        let requests = toy.allocate(ENTRIES * (REQUEST + BLOCK as u64));
        let mut commands: Vec<_> = (0..ROUNDS)
            .map(|_| {
                let begin = Instant::now();
                toy.once(Operation::Read8, parameters, 0);
                begin.elapsed()
            })
            .collect();
        commands.sort_unstable();
        Some(Guest {
            toy,
            driver,
            code,
            parameters,
            requests,
            command: commands[ROUNDS / 2],
            done: 0,
            state: 1,
        })
    }

    fn measure(&mut self, kind: u32, depth: u64) -> Duration {
        median(|| {
            self.prepare(kind);
            self.run(depth)
        })
    }

    fn prepare(&mut self, kind: u32) {
        let memory = &self.toy.memory;
        let ring = &self.driver.rings[0];
        for (index, at) in (0..ENTRIES).zip(offsets(&mut self.state)) {
            let request = self.requests + index * REQUEST;
            let data = self.requests + ENTRIES * REQUEST + index * BLOCK as u64;
            memory
                .write_obj(u64::from(kind), GuestAddress(request))
                .unwrap();
            memory
                .write_obj(at / 512, GuestAddress(request + 8))
                .unwrap();
            memory
                .write_obj(0xee_u8, GuestAddress(request + 16))
                .unwrap();
            let (length, flags) = match kind {
                IN => (BLOCK as u32, WRITE),
                GET_ID => (20, WRITE),
                _ => (BLOCK as u32, 0),
            };
            let table = request + 32;
            for (at, (address, length, flags), next) in [
                (table, (request, 16, NEXT), 1),
                (table + 16, (data, length, flags | NEXT), 2),
                (table + 32, (request + 16, 1, WRITE), 0),
                (ring.descriptors + 16 * index, (table, 48, INDIRECT), 0),
            ] {
                describe(memory, at, (address, length, flags), next);
            }
            let entry = GuestAddress(ring.available + 4 + 2 * index);
            memory.write_obj(index as u16, entry).unwrap();
        }
    }

    fn run(&mut self, depth: u64) -> Duration {
        let ring = &self.driver.rings[0];
        let doorbell = self.driver.address + u64::from(VIRTIO_MMIO_QUEUE_NOTIFY);
        let words = [
            ring.available + 2,
            ring.used + 2,
            doorbell,
            depth,
            self.done,
        ];
        for (at, word) in (self.parameters..).step_by(8).zip(words) {
            self.toy.memory.write_obj(word, GuestAddress(at)).unwrap();
        }
        let begin = Instant::now();
        self.toy.command(Command {
            operation: Operation::Call,
            address: self.code,
            value: self.parameters,
            count: ENTRIES / depth,
        });
        let time = begin.elapsed().saturating_sub(self.command);
        self.done += ENTRIES;
        for index in 0..ENTRIES {
            let at = GuestAddress(self.requests + index * REQUEST + 16);
            assert_eq!(self.toy.memory.read_obj::<u8>(at).unwrap(), 0, "a status");
        }
        time
    }
}

fn describe(memory: &hadron_vmm::memory::Memory, at: u64, piece: (u64, u32, u16), next: u16) {
    let (address, length, flags) = piece;
    memory.write_obj(address, GuestAddress(at)).unwrap();
    memory.write_obj(length, GuestAddress(at + 8)).unwrap();
    memory.write_obj(flags, GuestAddress(at + 12)).unwrap();
    memory.write_obj(next, GuestAddress(at + 14)).unwrap();
}

/// Memory as O_DIRECT wants it.
struct Aligned(Vec<u8>, usize);

impl Aligned {
    fn new(length: usize) -> Aligned {
        let bytes = vec![0; length + BLOCK];
        let skip = bytes.as_ptr().align_offset(BLOCK);
        Aligned(bytes, skip)
    }

    fn block(&mut self, index: usize) -> &mut [u8] {
        let at = self.1 + index * BLOCK;
        &mut self.0[at..at + BLOCK]
    }
}

/// pread(2) or pwrite(2), one after the other.
fn calls(file: &File, kind: u32) -> Duration {
    let mut memory = Aligned::new(BLOCK);
    let mut state = 1;
    median(|| {
        let offsets = offsets(&mut state);
        let begin = Instant::now();
        for at in offsets {
            match kind {
                IN => file.read_exact_at(memory.block(0), at).unwrap(),
                _ => file.write_all_at(memory.block(0), at).unwrap(),
            }
        }
        begin.elapsed()
    })
}

/// io_uring, so many at a time.
fn ring(file: &File, kind: u32, depth: u32) -> Duration {
    let mut ring: IoUring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .build(depth)
        .unwrap();
    let mut memory = Aligned::new(depth as usize * BLOCK);
    let fd = Fd(file.as_raw_fd());
    let mut state = 1;
    median(|| {
        let offsets = offsets(&mut state);
        let begin = Instant::now();
        for some in offsets.chunks(depth as usize) {
            for (index, at) in some.iter().enumerate() {
                let (block, length) = (memory.block(index).as_mut_ptr(), BLOCK as u32);
                let entry = match kind {
                    IN => opcode::Read::new(fd, block, length).offset(*at).build(),
                    _ => opcode::Write::new(fd, block, length).offset(*at).build(),
                };
                // SAFETY: the memory outlives the requests, all of which are waited for below.
                unsafe { ring.submission().push(&entry) }.unwrap();
            }
            ring.submit_and_wait(some.len()).unwrap();
            for entry in ring.completion() {
                assert_eq!(entry.result(), BLOCK as i32);
            }
        }
        begin.elapsed()
    })
}
