//! Random numbers through KVM.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use hadron_vmm::devices::rng::Rng;
use toy::{Toy, writable};
use vm_memory::{Bytes, GuestAddress};

#[test]
fn each_request_gets_other_numbers() {
    let Some(mut toy) = Toy::start(vec![Box::new(Rng::default())]) else {
        return;
    };
    let mut device = toy.driver(0);
    let features = device.offered(&mut toy);
    device.begin(&mut toy, features);
    let at = toy.allocate(4096);
    let mut seen = [[0u8; 64]; 4];
    for numbers in &mut seen {
        let used = device.request(&mut toy, 0, &[writable(at, 64)]);
        assert_eq!(used.length, 64);
        toy.memory.read_slice(numbers, GuestAddress(at)).unwrap();
    }
    for (index, numbers) in seen.iter().enumerate() {
        assert!(!seen[..index].contains(numbers));
    }
}
