//! The VM as a guest sees it, and as its owner does.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use hadron_vmm::machine::End;
use toy::guest::{Command, Operation};
use toy::{Event, Toy};

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
