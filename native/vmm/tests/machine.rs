//! The VM as a guest sees it, and as its owner does.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use std::io;
use std::sync::Arc;

use hadron_vmm::arch::Boot;
use hadron_vmm::layout::{GENERATION_GSI, MAX_DEVICES};
use hadron_vmm::machine::{End, Machine, Parts, Thread};
use hadron_vmm::memory::{self, Backing};
use toy::guest::{Command, Operation};
use toy::owner::Heard;
use toy::{Event, Toy};
use vm_memory::{Bytes, GuestAddress};

const GENERATION: GuestAddress = GuestAddress(0xf_f000);

fn endless(operation: Operation, address: u64) -> Command {
    Command {
        operation,
        address,
        value: 0,
        count: u64::MAX,
    }
}

#[test]
fn a_guest_ends_by_the_keyboard_controller_by_acpi_and_by_a_triple_fault() {
    for (operation, port, value, end) in [
        (Operation::Out8, 0x64, 0xfe, End::Reset),
        (Operation::Out8, 0x600, 5 << 2 | 1 << 5, End::PowerOff),
        (Operation::TripleFault, 0, 0, End::TripleFault),
    ] {
        let Some(mut toy) = Toy::start(vec![]) else {
            return;
        };
        toy.send(Command {
            operation,
            address: port,
            value,
            count: 1,
        });
        assert_eq!(toy.next_event(), Event::Ended(end));
        // It stays ended.
        toy.machine.resume();
        toy.machine.pause().unwrap();
        assert_eq!(toy.take_event(), None);
    }
}

#[test]
fn a_guest_that_never_stops_is_paused_goes_on_and_is_dropped() {
    let Some(mut toy) = Toy::start(vec![]) else {
        return;
    };
    toy.send(endless(Operation::In8, 0x80));
    let mut before = 0;
    for _ in 0..20 {
        toy.machine.pause().unwrap();
        let paused = toy.machine.exits().port_reads;
        assert!(paused >= before);
        std::thread::yield_now();
        assert_eq!(toy.machine.exits().port_reads, paused);
        toy.machine.resume();
        while toy.machine.exits().port_reads == paused {
            std::thread::yield_now();
        }
        before = paused + 1;
    }
}

#[test]
fn a_guest_that_never_leaves_is_paused_and_dropped() {
    let Some(mut toy) = Toy::start(vec![]) else {
        return;
    };
    let code = toy.allocate(4096);
    // jmp to itself
    let jump = [0xeb, 0xfe];
    toy.memory.write_slice(&jump, GuestAddress(code)).unwrap();
    toy.send(endless(Operation::Call, code));
    toy.machine.pause().unwrap();
    toy.machine.resume();
    toy.machine.pause().unwrap();
    assert_eq!(toy.take_event(), None);
}

#[test]
fn a_second_cpu_waits_until_the_first_one_starts_it() {
    let Some(mut toy) = Toy::start_with(Backing::Anonymous, 2, vec![]) else {
        return;
    };
    // Parked and running again while it waits.
    toy.machine.pause().unwrap();
    toy.machine.resume();
    // mov al, 3; mov dx, 0x3f8; out dx, al; hlt; jmp to hlt: in 16 bits.
    let code = [
        0xb0,
        toy::guest::OTHER,
        0xba,
        0xf8,
        0x03,
        0xee,
        0xf4,
        0xeb,
        0xfd,
    ];
    toy.memory.write_slice(&code, GuestAddress(0x8000)).unwrap();
    // The other APIC; INIT; SIPI with the number of the page.
    toy.write32(0xfee0_0310, 1 << 24);
    toy.write32(0xfee0_0300, 0x4500);
    toy.write32(0xfee0_0310, 1 << 24);
    toy.write32(0xfee0_0300, 0x4608);
    toy.wait_other();
}

#[test]
fn a_guest_hears_of_its_new_generation() {
    let Some(mut toy) = Toy::start(vec![]) else {
        return;
    };
    let first: [u8; 16] = toy.memory.read_obj(GENERATION).unwrap();
    assert_ne!(first, [0; 16]);
    toy.machine.renew_generation().unwrap();
    toy.wait_line(GENERATION_GSI);
    let second: [u8; 16] = toy.memory.read_obj(GENERATION).unwrap();
    assert_ne!(first, second);
}

#[test]
fn what_kvm_cannot_run_ends_the_vm_with_a_sentence() {
    let Some(mut toy) = Toy::start(vec![]) else {
        return;
    };
    // No instruction can be fetched where no memory is.
    toy.send(Command {
        operation: Operation::Call,
        address: 0xe000_0000,
        value: 0,
        count: 1,
    });
    match toy.next_event() {
        Event::Fatal(sentence) => {
            assert!(sentence.starts_with("CPU 0 cannot go on: "), "{sentence}");
            assert!(sentence.contains("rip=0xe0000000"), "{sentence}");
        }
        // Some KVMs make an exception of it, for which the guest has a handler.
        event => panic!("{event:?}"),
    }
    toy.machine.pause().unwrap();
}

fn parts(vcpus: u8, devices: usize) -> Option<(Parts, std::sync::mpsc::Receiver<Event>)> {
    let (owner, events) = Heard::make();
    let parts = Parts {
        kvm: toy::kvm()?,
        memory: memory::create(32, Backing::Anonymous).unwrap(),
        vcpus,
        devices: (0..devices)
            .map(|_| Box::new(hadron_vmm::devices::rng::Rng::default()) as _)
            .collect(),
        serial: None,
        boot: Boot::Code(0x10_0000),
        owner,
        enter: Arc::new(|_| Ok(())),
    };
    Some((parts, events))
}

#[test]
fn what_no_vm_can_have_is_refused() {
    for (vcpus, devices, sentence) in [
        (0, 0, "a VM cannot have 0 virtual CPUs; 1 to "),
        (255, 0, "a VM cannot have 255 virtual CPUs; 1 to "),
        (
            1,
            MAX_DEVICES + 1,
            "a VM cannot have 20 virtio devices; 19 are possible",
        ),
    ] {
        let Some((parts, _)) = parts(vcpus, devices) else {
            return;
        };
        let Err(error) = Machine::new(parts) else {
            panic!("{sentence}");
        };
        assert!(error.to_string().starts_with(sentence), "{error}");
    }
    let Some((mut parts, _)) = parts(1, MAX_DEVICES) else {
        return;
    };
    let (read, _write) = io::pipe().unwrap();
    parts.kvm = read.into();
    let Err(error) = Machine::new(parts) else {
        panic!("a pipe is no KVM");
    };
    assert!(error.to_string().starts_with("KVM cannot "), "{error}");
}

#[test]
fn a_thread_that_cannot_enter_its_jail_ends_the_vm() {
    for (thread, sentence) in [
        (Thread::Worker, "the devices' thread failed: locked"),
        (Thread::Vcpu, "the thread of CPU 0 cannot begin: locked"),
    ] {
        let Some((mut parts, events)) = parts(1, 1) else {
            return;
        };
        parts.enter = Arc::new(move |entering| {
            if entering == thread {
                Err(io::Error::other("locked"))
            } else {
                Ok(())
            }
        });
        let machine = Machine::new(parts).unwrap();
        let event = events.recv_timeout(toy::PATIENCE).unwrap();
        assert_eq!(event, Event::Fatal(sentence.to_owned()));
        machine.pause().unwrap();
    }
}
