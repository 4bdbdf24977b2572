//! What a request to a virtio device costs beside what the device does, on the KVM of this machine.
//!
//! `cargo bench -p hadron-vmm-core --bench queue`

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/toy/mod.rs"]
mod toy;

use std::arch::global_asm;
use std::time::{Duration, Instant};

use hadron_vmm::device::QUEUE_FEATURES;
use hadron_vmm::vcpu::Exits;
use toy::counter::counter;
use toy::guest::{Command, Operation};
use toy::{Toy, writable};
use virtio_bindings::virtio_mmio::VIRTIO_MMIO_QUEUE_NOTIFY;
use virtio_bindings::virtio_ring::{VIRTIO_RING_F_EVENT_IDX, VRING_AVAIL_F_NO_INTERRUPT};
use vm_memory::{Bytes, GuestAddress};

const ROUNDS: usize = 21;
const REQUESTS: u64 = 500;

// A driver that waits in a loop. rax: where its register for notifications, the indices of available and of used buffers, and the
// number of requests are.
global_asm!(
    "
    .pushsection .rodata
    .globl polling_driver, polling_driver_end
polling_driver:
    mov rdi, [rax]
    mov r10, [rax + 8]
    mov r11, [rax + 16]
    mov rcx, [rax + 24]
    mov dx, [r10]
2:  inc edx
    mov [r10], dx
    mov dword ptr [rdi], 0
3:  cmp [r11], dx
    jne 3b
    dec rcx
    jnz 2b
    ret
polling_driver_end:
    .popsection
    "
);

unsafe extern "C" {
    static polling_driver: u8;
    static polling_driver_end: u8;
}

fn code() -> &'static [u8] {
    let (start, end) = (&raw const polling_driver, &raw const polling_driver_end);
    // SAFETY: the assembler has put both into one section, in this order, of which nothing is ever written.
    unsafe { std::slice::from_raw_parts(start, end as usize - start as usize) }
}

fn main() {
    let Some(mut toy) = Toy::start(counter()) else {
        return;
    };
    let write = |toy: &mut Toy| {
        toy.command(Command {
            operation: Operation::Write32,
            // A device that is not there.
            address: 0xe000_0000,
            value: 0,
            count: REQUESTS,
        });
    };
    report(
        "a write that leaves the guest for the VMM",
        rounds(&mut toy, write),
    );
    report(
        "notification to completion, the driver in a loop",
        polling(&mut toy),
    );
    report(
        "a command to the guest, and its answer",
        rounds(&mut toy, |toy| {
            for _ in 0..REQUESTS {
                toy.once(Operation::Read32, toy::guest::FREE, 0);
            }
        }),
    );
    let (times, exits) = interrupts(&mut toy);
    report("the same with a request and its interrupt", times);
    println!(
        "exits to the VMM for {} such requests: {exits:?}",
        ROUNDS as u64 * REQUESTS
    );
}

fn polling(toy: &mut Toy) -> Vec<Duration> {
    let mut device = toy.driver(0);
    device.begin(toy, QUEUE_FEATURES & !(1 << VIRTIO_RING_F_EVENT_IDX));
    let buffer = toy.allocate(8);
    let ring = &mut device.rings[0];
    let (available, used) = (ring.available, ring.used);
    // The first one is answered before the measurement; then the same descriptor is available again and again.
    ring.add(&toy.memory, &[writable(buffer, 8)]);
    let flags = VRING_AVAIL_F_NO_INTERRUPT as u16;
    toy.memory
        .write_obj(flags, GuestAddress(available))
        .unwrap();
    let at = toy.allocate(4096);
    toy.memory.write_slice(code(), GuestAddress(at)).unwrap();
    let words = toy.allocate(32);
    let notify = device.address + u64::from(VIRTIO_MMIO_QUEUE_NOTIFY);
    toy.memory
        .write_obj(
            [notify, available + 2, used + 2, REQUESTS],
            GuestAddress(words),
        )
        .unwrap();
    device.notify(toy, 0);
    while device.rings[0].take_used(&toy.memory).is_none() {
        std::thread::yield_now();
    }
    rounds(toy, |toy| {
        toy.once(Operation::Call, at, words);
    })
}

fn interrupts(toy: &mut Toy) -> (Vec<Duration>, Exits) {
    let mut device = toy.driver(0);
    device.begin(toy, QUEUE_FEATURES);
    let buffer = toy.allocate(8);
    let before = toy.machine.exits();
    let times = rounds(toy, |toy| {
        for _ in 0..REQUESTS {
            device.request(toy, 0, &[writable(buffer, 8)]);
        }
    });
    let after = toy.machine.exits();
    let exits = Exits {
        memory_reads: after.memory_reads - before.memory_reads,
        memory_writes: after.memory_writes - before.memory_writes,
        port_writes: after.port_writes - before.port_writes,
        ..Exits::default()
    };
    (times, exits)
}

fn rounds(toy: &mut Toy, mut round: impl FnMut(&mut Toy)) -> Vec<Duration> {
    (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            round(toy);
            begun.elapsed()
        })
        .collect()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / REQUESTS as f64;
    let (least, median, most) = (times[0], times[ROUNDS / 2], times[ROUNDS - 1]);
    println!(
        "{what}: {:.1} us (median of {ROUNDS} times {REQUESTS}; {:.1} to {:.1})",
        each(median),
        each(least),
        each(most)
    );
}
