//! A guest that speaks as much FUSE as it takes to read a file (linux/fuse.h), through real queues.

use std::time::Duration;

use crate::devices::driver::{Driver, WRITE};
use crate::devices::fs::Fs;
use crate::memory::{Backing, create};

const LOOKUP: u32 = 1;
const OPEN: u32 = 14;
const READ: u32 = 15;
const INIT: u32 = 26;
const DESTROY: u32 = 38;

const IN_HEADER: usize = 40;
const OUT_HEADER: usize = 16;
const ROOT: u64 = 1;
/// The request queue.
pub const REQUESTS: usize = 1;
/// For the request itself.
const REQUEST: u64 = 1 << 20;
/// For the header of its answer.
const HEADER: u64 = REQUEST + 0x1_0000;
/// For the rest of the answer.
const ANSWER: u64 = 2 << 20;
/// The most that a file may have.
const MOST: u32 = 2 << 20;

/// A node and its open file.
pub type Open = (u64, u64);

pub struct Guest {
    pub driver: Driver,
    unique: u64,
}

impl Guest {
    pub fn new(device: Fs) -> Guest {
        Guest {
            driver: Driver::with_memory(device, create(32, Backing::Shared).unwrap()),
            unique: 0,
        }
    }

    pub fn init(&mut self) {
        // Version 7.31, no read-ahead, no flags.
        let body = [7u32, 31, 0, 0].map(u32::to_le_bytes).concat();
        let answer = self.ask(INIT, 0, &body).unwrap();
        assert_eq!(answer[..4], 7u32.to_le_bytes());
    }

    pub fn destroy(&mut self) {
        // The one in Rust has no answer to it.
        self.begin(DESTROY, 0, &[]);
    }

    /// The node.
    pub fn lookup(&mut self, name: &str) -> Result<u64, i32> {
        let answer = self.ask(LOOKUP, ROOT, format!("{name}\0").as_bytes())?;
        Ok(u64::from_le_bytes(answer[..8].try_into().unwrap()))
    }

    pub fn open(&mut self, name: &str) -> Open {
        let node = self.lookup(name).unwrap();
        let answer = self.ask(OPEN, node, &[0; 8]).unwrap();
        (node, u64::from_le_bytes(answer[..8].try_into().unwrap()))
    }

    pub fn read_file(&mut self, name: &str) -> Vec<u8> {
        let (node, handle) = self.open(name);
        self.ask(READ, node, &read_body(handle)).unwrap()
    }

    pub fn begin_read(&mut self, (node, handle): Open) {
        self.begin(READ, node, &read_body(handle));
    }

    /// A request whose answer nobody waits for.
    pub fn ask_and_leave(&mut self) {
        self.begin(LOOKUP, ROOT, b"file\0");
    }

    pub fn wipe_buffers(&self) {
        self.driver.write(ANSWER, &vec![0xa5; MOST as usize]);
    }

    pub fn buffers_are_wiped(&self) -> bool {
        let bytes = self.driver.read(ANSWER, MOST as usize);
        bytes.iter().all(|byte| *byte == 0xa5)
    }

    /// Gives time to whoever would still write: that something does not happen cannot be waited for.
    pub fn settle(&self) {
        std::thread::sleep(Duration::from_millis(20));
    }

    fn begin(&mut self, code: u32, node: u64, body: &[u8]) {
        self.unique += 1;
        let length = (IN_HEADER + body.len()) as u32;
        let mut request = [length, code].map(u32::to_le_bytes).concat();
        request.extend([self.unique, node].map(u64::to_le_bytes).concat());
        // Whoever asks is root.
        request.extend([0; 16]);
        request.extend(body);
        self.driver.write(REQUEST, &request);
        let pieces = [
            (REQUEST, length, 0),
            (HEADER, OUT_HEADER as u32, WRITE),
            (ANSWER, MOST, WRITE),
        ];
        self.driver.offer(REQUESTS, &pieces);
        self.driver.kick(REQUESTS);
    }

    /// What comes behind the header; or its error.
    fn ask(&mut self, code: u32, node: u64, body: &[u8]) -> Result<Vec<u8>, i32> {
        self.begin(code, node, body);
        self.driver.used(REQUESTS);
        let header = self.driver.read(HEADER, OUT_HEADER);
        let length = u32::from_le_bytes(header[..4].try_into().unwrap()) as usize;
        let error = i32::from_le_bytes(header[4..8].try_into().unwrap());
        assert_eq!(header[8..], self.unique.to_le_bytes());
        if error != 0 {
            return Err(error);
        }
        Ok(self.driver.read(ANSWER, length - OUT_HEADER))
    }
}

/// From the start, as much as there is.
fn read_body(handle: u64) -> Vec<u8> {
    let mut body = [handle, 0].map(u64::to_le_bytes).concat();
    body.extend(MOST.to_le_bytes());
    body.extend([0; 20]);
    body
}
