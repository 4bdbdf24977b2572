//! A disk through KVM: its registers, queues, notifications and interrupts by a guest.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use std::time::{Duration, Instant};

use hadron_vmm::config::RateLimit;
use toy::disk::{Guest, Parts, SECTORS};
use toy::{Event, readable};
use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_OK, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_IN,
    VIRTIO_BLK_T_OUT,
};
use virtio_bindings::virtio_config::VIRTIO_CONFIG_S_NEEDS_RESET;
use virtio_bindings::virtio_mmio::{VIRTIO_MMIO_CONFIG, VIRTIO_MMIO_DEVICE_ID};
use vm_memory::{Bytes, GuestAddress};

#[test]
fn a_guest_reads_writes_flushes_and_discards() {
    let Some(mut guest) = Guest::start(1, None) else {
        return;
    };
    let (toy, driver) = (&mut guest.toy, &guest.driver);
    assert_eq!(driver.read(toy, VIRTIO_MMIO_DEVICE_ID), 2);
    assert_eq!(u64::from(driver.read(toy, VIRTIO_MMIO_CONFIG)), SECTORS);
    let mut data = [0; 1024];
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 7, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!((data[0], data[1023]), (7, 8));
    data.fill(0xa5);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_OUT, 9, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.on_disk(10), [0xa5; 512]);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_FLUSH, 0, &mut []),
        VIRTIO_BLK_S_OK
    );
    let mut range = [0; 16];
    range[0] = 16;
    range[8] = 8;
    let status = guest.request(VIRTIO_BLK_T_DISCARD, 0, &mut range);
    assert_eq!(status, VIRTIO_BLK_S_OK);
    assert_eq!(guest.on_disk(16), [0; 512]);
    // Notifications and data did not come by the VMM's registers.
    let before = guest.toy.machine.exits().memory_writes;
    guest.request(VIRTIO_BLK_T_FLUSH, 0, &mut []);
    assert_eq!(guest.toy.machine.exits().memory_writes, before);
    assert_eq!(guest.toy.take_event(), None);
}

#[test]
fn errors_of_requests_and_of_the_disk_are_told_and_it_goes_on() {
    let Some(mut guest) = Guest::start(1, None) else {
        return;
    };
    let mut data = [1; 512];
    let error = VIRTIO_BLK_S_IOERR;
    assert_eq!(guest.request(VIRTIO_BLK_T_OUT, SECTORS, &mut data), error);
    assert_eq!(guest.request(VIRTIO_BLK_T_IN, u64::MAX, &mut data), error);
    guest.file.set_len(SECTORS * 256).unwrap();
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, SECTORS - 1, &mut data),
        error
    );
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 1, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.toy.take_event(), None);
    // A request that nobody can answer is another matter.
    let parts = guest.prepare(VIRTIO_BLK_T_IN, 0, 0);
    guest.driver.rings[0].add(&guest.toy.memory, &[readable(parts.0, 16)]);
    guest.driver.notify(&mut guest.toy, 0);
    let Event::Complaint(sentence) = guest.toy.next_event() else {
        panic!("no complaint");
    };
    assert!(sentence.contains("no place for its status"), "{sentence}");
    // The first interrupt may be one of the requests before.
    while guest.driver.status(&mut guest.toy) & VIRTIO_CONFIG_S_NEEDS_RESET == 0 {
        guest.toy.wait_interrupt(0);
    }
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver.begin(&mut guest.toy, offered);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 1, &mut data),
        VIRTIO_BLK_S_OK
    );
}

#[test]
fn many_queues_are_served_and_a_reset_comes_in_between() {
    let Some(mut guest) = Guest::start(2, None) else {
        return;
    };
    let offered = guest.driver.offered(&mut guest.toy);
    let length = 0x1_0000;
    for round in 0..8_u64 {
        let parts: Vec<Parts> = (0..16)
            .map(|_| guest.prepare(VIRTIO_BLK_T_IN, 256, length))
            .collect();
        for (index, parts) in parts.iter().enumerate() {
            guest.add(index % 2, parts, VIRTIO_BLK_T_IN, length);
        }
        guest.driver.notify(&mut guest.toy, 0);
        guest.driver.notify(&mut guest.toy, 1);
        if round % 2 == 0 {
            for index in 0..parts.len() {
                guest.driver.wait_used(&mut guest.toy, index % 2);
            }
            let told: Vec<_> = parts.iter().map(|parts| guest.status(parts)).collect();
            assert_eq!(told, vec![VIRTIO_BLK_S_OK; parts.len()]);
            continue;
        }
        guest.driver.reset(&mut guest.toy);
        assert_eq!(guest.driver.status(&mut guest.toy), 0);
        // What the device had is the guest's again.
        let memory = std::sync::Arc::clone(&guest.toy.memory);
        let mine = vec![0x11; length as usize];
        for parts in &parts {
            memory
                .write_slice(&mine, GuestAddress(parts.data()))
                .unwrap();
            memory
                .write_obj(0x22_u8, GuestAddress(parts.status()))
                .unwrap();
        }
        guest.driver.begin(&mut guest.toy, offered);
        let mut data = [0; 512];
        assert_eq!(
            guest.request(VIRTIO_BLK_T_IN, 3, &mut data),
            VIRTIO_BLK_S_OK
        );
        for parts in &parts {
            assert_eq!(guest.status(parts), 0x22);
            let mut after = vec![0; length as usize];
            memory
                .read_slice(&mut after, GuestAddress(parts.data()))
                .unwrap();
            assert_eq!(after, mine);
        }
    }
    assert_eq!(guest.toy.take_event(), None);
}

#[test]
fn a_rate_limit_holds_for_a_guest() {
    let limit = RateLimit {
        bytes_per_second: 1 << 20,
        operations_per_second: 0,
    };
    let Some(mut guest) = Guest::start(1, Some(limit)) else {
        return;
    };
    let length = 0x8000;
    let parts: Vec<Parts> = (0..12)
        .map(|_| guest.prepare(VIRTIO_BLK_T_IN, 0, length))
        .collect();
    for parts in &parts {
        guest.add(0, parts, VIRTIO_BLK_T_IN, length);
    }
    let begin = Instant::now();
    guest.driver.notify(&mut guest.toy, 0);
    for _ in &parts {
        guest.driver.wait_used(&mut guest.toy, 0);
    }
    // 384 KiB, of which a tenth of a second's pass at once, and the last one is owed.
    assert!(begin.elapsed() >= Duration::from_millis(240));
}
