//! Guests that do anything, by chance: whatever it is, their devices go on or stop with a sentence, and work after a reset.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::device::Device;
use crate::devices::balloon::Balloon;
use crate::devices::driver::{Driver, RINGS, WRITE};
use crate::devices::net::{HardwareAddress, Net, StreamNet};
use crate::devices::rng::Rng;

/// Of the guest, in bytes.
const MEMORY: u64 = 32 << 20;
/// Another one on each of so many runs, and so many steps in each.
const GUESTS: u64 = 60;
const STEPS: u64 = 300;

/// Numbers that look like chance, and are the same in each run (xorshift64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// Where buffers are, at borders, in the rings, or nowhere.
    fn address(&mut self) -> u64 {
        let near = self.below(64);
        match self.below(8) {
            0 => self.next(),
            1 => (MEMORY - 32).wrapping_add(near),
            2 => u64::MAX - near,
            3 => RINGS + self.below(0x2_0000),
            _ => 0x10_0000 + self.below(0x80_0000),
        }
    }

    fn length(&mut self) -> u32 {
        let any = self.next() as u32;
        match self.below(3) {
            0 => self.of(&[0, 1, 2, 11, 12, 13, 26, 1526, 4096, 65_562, 65_563, 1 << 20]),
            1 => any % 3000,
            _ => self.of(&[any, any % 100, u32::MAX, 1 << 31]),
        }
    }

    fn pieces(&mut self, most: u64) -> Vec<(u64, u32, u16)> {
        let count = 1 + self.below(most);
        // Most chains are of one kind.
        let kind = self.of(&[0, WRITE]);
        let piece = |_| {
            let flags = if self.below(20) == 0 {
                WRITE - kind
            } else {
                kind
            };
            (self.address(), self.length(), flags)
        };
        (0..count).map(piece).collect()
    }
}

/// Good for a device that takes or gives 64 bytes.
const BUFFER: u64 = 0x1000;

fn step(driver: &mut Driver, offered: u64, chance: &mut Chance) {
    let ring = chance.below(driver.rings.len() as u64) as usize;
    match chance.below(16) {
        0..4 => {
            driver.offer(ring, &chance.pieces(4));
        }
        4 => {
            let table = 0x10_0000 + chance.below(0x1000) * 16;
            driver.offer_indirect(ring, table, &chance.pieces(40));
        }
        5 => {
            // A table within a table, a loop, a next one that is not there.
            let (index, next) = (chance.below(256) as u16, chance.below(300) as u16);
            let piece = (chance.address(), chance.length(), chance.below(8) as u16);
            driver.descriptor(ring, index, piece, next);
            driver.push(ring, chance.of(&[index, next, u16::MAX]));
        }
        6 => {
            let (at, length) = (chance.below(0x2_0000), chance.below(64));
            driver.write(RINGS + at, &chance.bytes(length));
        }
        7 if chance.below(8) == 0 => {
            driver.lie(ring, chance.next() as u16);
        }
        8 => {
            let offset = chance.of(&[0, 4, 6, 8, 4095, u64::MAX]);
            driver.configure(offset, &chance.bytes(4));
        }
        9 if chance.below(8) == 0 => {
            driver.reset();
            let features = offered & (chance.next() | chance.next());
            if !driver.activate(features) {
                driver.reset();
                assert!(driver.activate(0));
            }
        }
        10 => {
            // Something that could be a command, or page numbers.
            let at = 0x10_0000 + chance.below(0x1000) * 16;
            let command = chance.of(&[[4, 0, 1, 0], [4, 0, 2, 0], [5, 0, 0, 0], [0x80, 3, 0, 0]]);
            driver.write(at, &command);
            let length = chance.of(&[3, 4, 10]);
            driver.offer(ring, &[(at, length, 0), (BUFFER, 1, WRITE)]);
        }
        _ => driver.kick(ring),
    }
}

/// `host`: what the other side does meanwhile. `works`: that the device does what it is for.
fn survives(
    make: impl Fn() -> Box<dyn Device>,
    mut host: impl FnMut(&mut Chance),
    works: impl Fn(&mut Driver),
) {
    for seed in 1..=GUESTS {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let device = make();
        let offered = device.description().features;
        let mut driver = Driver::new_boxed(device);
        assert!(driver.activate(0));
        for _ in 0..STEPS {
            step(&mut driver, offered, &mut chance);
            if chance.below(4) == 0 {
                host(&mut chance);
            }
        }
        driver.reset();
        for sentence in driver.complaints() {
            assert!(!sentence.starts_with("fatal"), "{seed}: {sentence}");
        }
        assert!(driver.activate(0), "{seed}");
        works(&mut driver);
    }
}

#[test]
fn a_source_of_random_numbers_survives_any_guest() {
    survives(
        || Box::new(Rng::default()),
        |_| (),
        |driver| assert_eq!(driver.request(0, &[(BUFFER, 64, WRITE)]), 64),
    );
}

#[test]
fn a_balloon_survives_any_guest() {
    survives(
        || Box::new(Balloon::default()),
        |_| (),
        |driver| {
            driver.write(BUFFER, &[7; 4096]);
            driver.write(0x3000, &1u32.to_le_bytes());
            assert_eq!(driver.request(0, &[(0x3000, 4, 0)]), 0);
            assert_eq!(driver.read(BUFFER, 4096), [0; 4096]);
        },
    );
}

#[test]
fn a_nic_on_a_tap_survives_any_guest() {
    use crate::devices::net::namespace::Namespace;

    let current = std::cell::RefCell::new(None);
    survives(
        || {
            let namespace = Namespace::new();
            let taps = namespace.tap(2);
            *current.borrow_mut() = Some(namespace.packets(false));
            Box::new(Net::new(HardwareAddress([2; 6]), taps, Vec::new(), None).unwrap())
        },
        |chance| {
            if let Some(packets) = &*current.borrow() {
                let length = 60 + chance.below(1400);
                packets.send(&chance.bytes(length));
                while packets.try_receive().is_some() {}
            }
        },
        |driver| {
            driver.write(BUFFER, &[0; 12]);
            driver.write(BUFFER + 12, &[0xff; 60]);
            driver.request(1, &[(BUFFER, 72, 0)]);
        },
    );
}

#[test]
fn a_nic_on_a_socket_survives_any_guest() {
    let current = std::cell::RefCell::new(None);
    survives(
        || {
            let (own, peer) = UnixStream::pair().unwrap();
            peer.set_nonblocking(true).unwrap();
            *current.borrow_mut() = Some(peer);
            Box::new(StreamNet::new(HardwareAddress([2; 6]), own.into()))
        },
        |chance| {
            if let Some(peer) = &mut *current.borrow_mut() {
                let length = 14 + chance.below(3000);
                let mut packet = (length as u32).to_be_bytes().to_vec();
                packet.extend(chance.bytes(length));
                // It may be full: then a part of a packet is lost, and the rest is no stream of packets any more.
                let _ = peer.write(&packet);
                let _ = peer.read(&mut [0; 10_000]);
            }
        },
        |driver| {
            driver.request(1, &[(BUFFER, 72, 0)]);
        },
    );
}
