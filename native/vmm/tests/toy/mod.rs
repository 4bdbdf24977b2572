//! A guest for tests, of a few hundred bytes, which runs wherever /dev/kvm opens: it needs no Linux.
//!
//! It does for the test what only a guest can do (reads and writes registers, takes interrupts); what a driver keeps in memory
//! the test writes itself. So a test drives its device through real queues, real notifications and real interrupts:
//!
//! ```ignore
//! mod toy;
//!
//! #[test]
//! fn it_answers() {
//!     let Some(mut toy) = toy::Toy::start(vec![Box::new(Rng::new()?)]) else { return };
//!     let mut device = toy.driver(0);
//!     let features = device.offered(&mut toy);
//!     device.begin(&mut toy, features);               // negotiates, sets all queues up, DRIVER_OK
//!     let buffer = toy.allocate(64);
//!     let used = device.request(&mut toy, 0, &[toy::writable(buffer, 64)]);
//!     assert_eq!(used.length, 64);
//! }
//! ```
//!
//! What is hostile goes below that: [`Toy::command`] does any access anywhere, [`driver::Ring`] writes any descriptor.
//! What the VMM tells its owner is in [`Toy::next_event`].

#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(dead_code, reason = "no test uses all of it")]

pub mod counter;
pub mod disk;
pub mod driver;
pub mod guest;
pub mod owner;

use std::fs::OpenOptions;
use std::io::{PipeReader, Read};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use hadron_vmm::arch::Boot;
use hadron_vmm::device::Device;
use hadron_vmm::layout::FIRST_GSI;
use hadron_vmm::machine::{Machine, Parts};
use hadron_vmm::memory::{self, Backing, Memory};
use hadron_vmm_process::{launch, seccomp};
use rustix::event::{PollFd, PollFlags, Timespec};
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

#[allow(unused_imports, reason = "as above")]
pub use driver::{Buffer, Driver, readable, writable};
use guest::{Command, Operation};
pub use owner::Event;
use owner::Heard;

/// How long a test waits for what has to come. The machine may be very slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

const MEMORY_MIB: u64 = 32;

/// A running guest.
pub struct Toy {
    pub machine: Machine,
    pub memory: Arc<Memory>,
    command: EventFd,
    told: PipeReader,
    /// Interrupts that were told and nobody has waited for, by their lines.
    interrupts: [u32; 24],
    /// [`guest::OTHER`] was told.
    other: bool,
    events: Receiver<Event>,
    free: u64,
}

/// None: KVM cannot be had here, which was said.
pub fn kvm() -> Option<std::os::fd::OwnedFd> {
    match OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        Ok(file) => Some(file.into()),
        Err(error) => {
            eprintln!("skipped: /dev/kvm does not open: {error}");
            None
        }
    }
}

/// The threads of a test have heaps of their own, other than those in the jail: before one of these gave memory back, the GNU C library
/// would open a file of /proc, in whichever thread frees something.
fn keep_what_is_freed() {
    // SAFETY: it sets a number.
    let set = unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX) };
    assert_eq!(set, 1);
}

impl Toy {
    /// With these devices, and one CPU. None: KVM cannot be had here.
    pub fn start(devices: Vec<Box<dyn Device>>) -> Option<Toy> {
        Self::start_on(Backing::Anonymous, devices)
    }

    /// As [`Self::start`].
    pub fn start_on(backing: Backing, devices: Vec<Box<dyn Device>>) -> Option<Toy> {
        Self::start_with(backing, 1, devices)
    }

    /// As [`Self::start`].
    pub fn start_with(backing: Backing, vcpus: u8, devices: Vec<Box<dyn Device>>) -> Option<Toy> {
        let kvm = kvm()?;
        let memory = memory::create(MEMORY_MIB, backing).unwrap();
        guest::load(&memory);
        // Its threads are bound to what they may do in the jail: a call that is not listed there kills the test, after its name.
        seccomp::report_violations().unwrap();
        keep_what_is_freed();
        let (told, serial) = std::io::pipe().unwrap();
        let (owner, events) = Heard::make();
        let machine = Machine::new(Parts {
            kvm,
            memory: Arc::clone(&memory),
            vcpus,
            devices,
            serial: Some(serial.into()),
            boot: Boot::Code(guest::CODE),
            owner,
            enter: launch::enter(),
        })
        .unwrap();
        let command = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).unwrap();
        machine.vm().connect(&command, guest::COMMAND_GSI).unwrap();
        machine.resume();
        let mut toy = Toy {
            machine,
            memory,
            command,
            told,
            interrupts: [0; 24],
            other: false,
            events,
            free: guest::FREE,
        };
        toy.wait_for("its beginning", |_, byte| byte == guest::READY);
        Some(toy)
    }

    /// Has the guest do something, and waits until it has. What it read last is the answer.
    pub fn command(&mut self, command: Command) -> u64 {
        self.send(command);
        self.wait_done();
        guest::result(&self.memory)
    }

    /// Has the guest do something, without waiting for it.
    pub fn send(&mut self, command: Command) {
        command.write(&self.memory);
        self.command.write(1).unwrap();
    }

    /// Waits until the guest has done what it was sent.
    pub fn wait_done(&mut self) {
        self.wait_for("the end of a command", |_, byte| byte == guest::DONE);
    }

    pub fn read32(&mut self, address: u64) -> u32 {
        self.once(Operation::Read32, address, 0) as u32
    }

    pub fn write32(&mut self, address: u64, value: u32) {
        self.once(Operation::Write32, address, value.into());
    }

    /// An operation, once.
    pub fn once(&mut self, operation: Operation, address: u64, value: u64) -> u64 {
        self.command(Command {
            operation,
            address,
            value,
            count: 1,
        })
    }

    /// The registers of a device, by its number.
    pub fn driver(&self, device: usize) -> Driver {
        Driver::new(device)
    }

    /// Memory that nobody else uses, aligned to a page, with zeros.
    pub fn allocate(&mut self, length: u64) -> u64 {
        let address = self.free;
        self.free += length.next_multiple_of(4096);
        let zeros = vec![0; length as usize];
        self.memory
            .write_slice(&zeros, GuestAddress(address))
            .unwrap();
        address
    }

    /// Waits for an interrupt of a device, unless one has come since the last one was waited for.
    /// Those that come together are one.
    pub fn wait_interrupt(&mut self, device: usize) {
        self.wait_line(FIRST_GSI + device as u32);
    }

    /// The same, by the interrupt's line.
    pub fn wait_line(&mut self, line: u32) {
        let line = line as usize;
        if self.interrupts[line] == 0 {
            self.wait_for("an interrupt", |toy, _| toy.interrupts[line] > 0);
        }
        self.interrupts[line] = 0;
    }

    /// Waits for [`guest::OTHER`].
    pub fn wait_other(&mut self) {
        if !self.other {
            self.wait_for("another CPU", |toy, _| toy.other);
        }
        self.other = false;
    }

    /// Interrupts of a device that nobody has waited for, of those that were seen while something else was waited for.
    pub fn interrupts(&self, device: usize) -> u32 {
        self.interrupts[FIRST_GSI as usize + device]
    }

    /// What the VMM tells next.
    pub fn next_event(&self) -> Event {
        self.events
            .recv_timeout(PATIENCE)
            .expect("the VMM tells nothing")
    }

    /// What the VMM has told already.
    pub fn take_event(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    fn wait_for(&mut self, what: &str, is_it: impl Fn(&Self, u8) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let byte = self.next_byte(what, deadline);
            assert!(
                byte & guest::EXCEPTION == 0,
                "the guest has exception {} instead of {what}",
                byte & !guest::EXCEPTION
            );
            if let Some(line) = byte.checked_sub(guest::FIRST_VECTOR) {
                self.interrupts[usize::from(line)] += 1;
            }
            self.other |= byte == guest::OTHER;
            if is_it(self, byte) {
                return;
            }
        }
    }

    fn next_byte(&mut self, what: &str, deadline: Instant) -> u8 {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).unwrap();
        let mut fds = [PollFd::new(&self.told, PollFlags::IN)];
        if rustix::event::poll(&mut fds, Some(&left)).unwrap() == 0 {
            let events: Vec<_> = self.events.try_iter().collect();
            panic!("the guest does not tell {what}; the VMM told {events:?}");
        }
        let mut byte = [0];
        self.told.read_exact(&mut byte).unwrap();
        byte[0]
    }
}
