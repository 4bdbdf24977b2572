//! The balloon through KVM, and what the process has of the guest's memory.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use hadron_vmm::devices::balloon::Balloon;
use hadron_vmm::memory::Backing;
use toy::{Toy, writable};
use vm_memory::{Bytes, GuestAddress};

const REPORTS: usize = 2;
const MIB: usize = 1 << 20;

/// Of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size()
}

#[test]
fn what_the_guest_reports_as_free_the_process_does_not_have_any_more() {
    for backing in [Backing::Anonymous, Backing::Shared] {
        let balloon = Box::new(Balloon::default());
        let Some(mut toy) = Toy::start_on(backing, vec![balloon]) else {
            return;
        };
        let mut device = toy.driver(0);
        let features = device.offered(&mut toy);
        device.begin(&mut toy, features);
        let at = toy.allocate(16 << 20);
        let memory = std::sync::Arc::clone(&toy.memory);
        memory
            .write_slice(&vec![7; 16 * MIB], GuestAddress(at))
            .unwrap();
        let before = resident();
        let used = device.request(&mut toy, REPORTS, &[writable(at, 16 << 20)]);
        assert_eq!(used.length, 0);
        let after = resident();
        assert!(after + 15 * MIB < before, "{backing:?}: {before} {after}");
        // Nothing of the guest is lost that it has not reported: it goes on.
        memory.write_obj(9u64, GuestAddress(at)).unwrap();
        device.request(&mut toy, REPORTS, &[writable(at + 4096, 4096)]);
        assert_eq!(memory.read_obj::<u64>(GuestAddress(at)).unwrap(), 9);
    }
}
