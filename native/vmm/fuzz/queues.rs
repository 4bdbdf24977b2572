//! What a driver can do to the queues of the devices that are not fuzzed by themselves: `make fuzz`.

#![no_main]

mod any;
#[path = "../tests/common/mod.rs"]
mod common;

use std::cell::RefCell;
use std::io::Read;
use std::os::unix::net::UnixStream;

use common::host::Host;
use common::steps;
use hadron_vmm::device::Device;
use hadron_vmm::devices::balloon::Balloon;
use hadron_vmm::devices::net::{HardwareAddress, StreamNet};
use hadron_vmm::devices::rng::Rng;
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;

thread_local! {
    /// They live on, so that what one input leaves behind is the next one's.
    static GUESTS: RefCell<Vec<Host>> = RefCell::new(guests());
}

fn guests() -> Vec<Host> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    drain(theirs);
    let devices: [Box<dyn Device>; 3] = [
        Box::new(Rng::default()),
        Box::new(Balloon::default()),
        Box::new(StreamNet::new(
            HardwareAddress([2, 0, 0, 0, 0, 1]),
            ours.into(),
        )),
    ];
    devices.map(Host::new).into()
}

/// The other end of the wire: what comes is sent back, as it is.
fn drain(mut wire: UnixStream) {
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while wire.read(&mut bytes).is_ok_and(|count| count > 0) {}
    });
}

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    let Ok(choice) = input.arbitrary::<u8>() else {
        return;
    };
    GUESTS.with_borrow_mut(|guests| {
        let guest = &mut guests[usize::from(choice % 3)];
        let all = guest.features;
        if choice & 0x10 != 0 {
            guest.features &= !(1 << 29);
        }
        let size = if choice & 0x40 != 0 { 4 } else { 64 };
        steps::run(guest, size, any::steps(&mut input, any::queue_step));
        guest.features = all;
    });
});
