//! Disks that come and go while a guest runs, through KVM.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;
mod toy;

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use common::stuck::Stuck;
use hadron_vmm::config::{Cache, DeviceConfig, RateLimit};
use hadron_vmm::devices::block::engine::{Engines, Ring};
use hadron_vmm::devices::vacant::Vacant;
use hadron_vmm::machine::Machine;
use hadron_vmm_process::launch;
use hadron_vmm_process::seccomp::{self, Kind};
use rustix::fs::{FlockOperation, flock};
use toy::Toy;
use toy::disk::{Guest, Parts, file};
use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_OK, VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT,
};
use virtio_bindings::virtio_mmio::VIRTIO_MMIO_DEVICE_ID;
use vm_memory::{Bytes, GuestAddress};

fn disk(read_only: bool, rate_limit: Option<RateLimit>) -> DeviceConfig {
    DeviceConfig::Block {
        file: 0,
        read_only,
        serial: "late".to_owned(),
        queues: 1,
        cache: Cache::WriteBack,
        rate_limit,
    }
}

/// As the thread does that talks with the daemon, which is bound to what it may do. An error is a sentence.
fn as_main<E: ToString>(work: impl FnOnce() -> Result<(), E> + Send) -> Result<(), String> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            seccomp::enter(Kind::Main).unwrap();
            work().map_err(|error| error.to_string())
        });
        thread.join().unwrap()
    })
}

fn insert(
    machine: &Machine,
    engines: &Engines,
    file: &File,
    device: DeviceConfig,
) -> Result<(), String> {
    let descriptors = vec![file.try_clone().unwrap().into()];
    as_main(|| launch::insert(machine, engines, 0, device, descriptors))
}

fn eject(machine: &Machine, place: usize) -> Result<(), String> {
    as_main(|| machine.eject(place))
}

fn a_ring() -> Engines {
    Engines::of(vec![Box::new(Ring::new().unwrap())])
}

/// What there is on a host that forbids io_uring.
fn no_ring() -> Engines {
    let host = std::thread::spawn(|| {
        refuse(libc::SYS_io_uring_setup);
        let error = Ring::new().err().unwrap();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        Engines::new(1, &launch::enter()).unwrap()
    });
    host.join().unwrap()
}

/// The calling thread gets EPERM of a system call from now on, and so do those that it starts.
fn refuse(call: libc::c_long) {
    let step = |code: u32, jf, k| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let mut steps = [
        // The number, at the beginning of struct seccomp_data.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, call as u32),
        step(
            libc::BPF_RET,
            0,
            libc::SECCOMP_RET_ERRNO | libc::EPERM as u32,
        ),
        step(libc::BPF_RET, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: 4,
        filter: steps.as_mut_ptr(),
    };
    // SAFETY: the program and its four steps live longer than the calls.
    let done = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &raw const program,
            ) == 0
    };
    assert!(done, "{}", std::io::Error::last_os_error());
}

#[test]
fn a_disk_comes_and_goes_while_the_guest_runs() {
    let Some(mut toy) = Toy::start(vec![Box::new(Vacant)]) else {
        return;
    };
    let engines = a_ring();
    let driver = toy.driver(0);
    assert_eq!(driver.read(&mut toy, VIRTIO_MMIO_DEVICE_ID), 0);
    let file = file();
    insert(&toy.machine, &engines, &file, disk(false, None)).unwrap();
    assert_eq!(driver.read(&mut toy, VIRTIO_MMIO_DEVICE_ID), 2);
    let sentence = insert(&toy.machine, &engines, &file, disk(false, None)).unwrap_err();
    assert!(sentence.contains("in the place 0 already"), "{sentence}");

    let mut guest = Guest { toy, driver, file };
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver.begin(&mut guest.toy, offered);
    let mut data = [0x5a; 512];
    assert_eq!(
        guest.request(VIRTIO_BLK_T_OUT, 3, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.on_disk(3), [0x5a; 512]);

    // Its driver still has it.
    eject(&guest.toy.machine, 0).unwrap();
    let status = guest.driver.status(&mut guest.toy);
    assert_eq!(status, 0);
    let sentence = eject(&guest.toy.machine, 0).unwrap_err();
    assert!(sentence.contains("no disk is in the place 0"), "{sentence}");
    assert!(eject(&guest.toy.machine, 1).is_err());

    insert(&guest.toy.machine, &engines, &guest.file, disk(true, None)).unwrap();
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver = guest.toy.driver(0);
    guest.driver.begin(&mut guest.toy, offered);
    assert_eq!(
        guest.request(VIRTIO_BLK_T_OUT, 3, &mut data),
        VIRTIO_BLK_S_IOERR
    );
    assert_eq!(
        guest.request(VIRTIO_BLK_T_IN, 3, &mut data),
        VIRTIO_BLK_S_OK
    );
    assert_eq!(guest.toy.take_event(), None);
}

/// A file, and another open file description of it, on whose lock one sees whether anybody has it open.
fn watched() -> (File, File) {
    let file = file();
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let open = || {
        let mut options = OpenOptions::new();
        options.read(true).write(true).open(&path).unwrap()
    };
    let disk = open();
    flock(&disk, FlockOperation::NonBlockingLockExclusive).unwrap();
    (disk, open())
}

fn is_open(watch: &File) -> bool {
    flock(watch, FlockOperation::NonBlockingLockExclusive).is_err()
}

#[test]
fn an_engine_has_one_disk_after_the_other_and_holds_none_that_is_gone() {
    let length = 0x1_0000;
    for engines in [a_ring(), no_ring()] {
        let Some(toy) = Toy::start(vec![Box::new(Vacant)]) else {
            return;
        };
        let driver = toy.driver(0);
        let file = file();
        let mut guest = Guest { toy, driver, file };
        let memory = std::sync::Arc::clone(&guest.toy.memory);
        for round in 0..6_u8 {
            let (medium, watch) = watched();
            medium.write_all_at(&[0x80 | round; 512], 7 * 512).unwrap();
            insert(&guest.toy.machine, &engines, &medium, disk(false, None)).unwrap();
            drop(medium);
            guest.driver = guest.toy.driver(0);
            let offered = guest.driver.offered(&mut guest.toy);
            guest.driver.begin(&mut guest.toy, offered);
            let mut data = [0; 512];
            let status = guest.request(VIRTIO_BLK_T_IN, 7, &mut data);
            assert_eq!((status, data), (VIRTIO_BLK_S_OK, [0x80 | round; 512]));
            assert!(is_open(&watch));

            let parts: Vec<Parts> = (0..16)
                .map(|_| guest.prepare(VIRTIO_BLK_T_IN, 256, length))
                .collect();
            if round % 2 == 1 {
                for parts in &parts {
                    guest.add(0, parts, VIRTIO_BLK_T_IN, length);
                }
                guest.driver.notify(&mut guest.toy, 0);
            } else {
                // Its driver lets go of it first.
                guest.driver.reset(&mut guest.toy);
            }
            eject(&guest.toy.machine, 0).unwrap();
            assert!(!is_open(&watch));
            // What it had of the guest's is the guest's again.
            let mine = vec![0x11; length as usize];
            for parts in &parts {
                let at = GuestAddress(parts.data());
                memory.write_slice(&mine, at).unwrap();
            }
            insert(&guest.toy.machine, &engines, &guest.file, disk(false, None)).unwrap();
            guest.driver = guest.toy.driver(0);
            guest.driver.begin(&mut guest.toy, offered);
            let status = guest.request(VIRTIO_BLK_T_IN, 7, &mut data);
            assert_eq!((status, data), (VIRTIO_BLK_S_OK, [7; 512]));
            for parts in &parts {
                let mut after = vec![0; length as usize];
                let at = GuestAddress(parts.data());
                memory.read_slice(&mut after, at).unwrap();
                assert_eq!(after, mine);
            }
            eject(&guest.toy.machine, 0).unwrap();
        }
        assert_eq!(guest.toy.take_event(), None);
    }
}

#[test]
fn a_rate_limit_holds_for_a_disk_that_comes_later() {
    let Some(toy) = Toy::start(vec![Box::new(Vacant)]) else {
        return;
    };
    let (driver, file) = (toy.driver(0), file());
    let mut guest = Guest { toy, driver, file };
    let limit = RateLimit {
        bytes_per_second: 0,
        operations_per_second: 50,
    };
    let device = disk(false, Some(limit));
    insert(&guest.toy.machine, &a_ring(), &guest.file, device).unwrap();
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver.begin(&mut guest.toy, offered);
    let begin = Instant::now();
    for _ in 0..15 {
        let status = guest.request(VIRTIO_BLK_T_IN, 7, &mut [0; 512]);
        assert_eq!(status, VIRTIO_BLK_S_OK);
    }
    // 15, of which a tenth of a second's pass at once, and the last one is owed.
    assert!(begin.elapsed() >= Duration::from_millis(175));
}

#[test]
fn a_disk_whose_host_does_not_answer_holds_neither_the_guest_nor_the_daemon() {
    let Some(toy) = Toy::start(vec![Box::new(Vacant), Box::new(Vacant)]) else {
        return;
    };
    let (stuck, hand) = Stuck::new();
    let engines = Engines::of(vec![Box::new(Ring::new().unwrap()), Box::new(stuck)]);
    let (driver, file) = (toy.driver(0), file());
    let mut guest = Guest { toy, driver, file };
    insert(&guest.toy.machine, &engines, &guest.file, disk(false, None)).unwrap();
    let offered = guest.driver.offered(&mut guest.toy);
    guest.driver.begin(&mut guest.toy, offered);
    let parts = guest.prepare(VIRTIO_BLK_T_IN, 7, 512);
    guest.add(0, &parts, VIRTIO_BLK_T_IN, 512);
    guest.driver.notify(&mut guest.toy, 0);
    hand.wait_waiting(1);

    let Guest { toy, driver, .. } = &mut guest;
    let sentence = eject(&toy.machine, 0).unwrap_err();
    assert!(sentence.contains("has not ended within 10 s"), "{sentence}");
    // Its driver sees it as before, whatever it does.
    assert_eq!(driver.status(toy), 15);
    driver.reset(toy);
    assert_eq!(driver.status(toy), 15);
    assert_eq!(driver.read(toy, VIRTIO_MMIO_DEVICE_ID), 2);
    // Another one would wait behind it.
    let (other, watch) = watched();
    let descriptors = vec![other.into()];
    let machine = &toy.machine;
    let late = as_main(|| launch::insert(machine, &engines, 1, disk(false, None), descriptors));
    let sentence = late.unwrap_err();
    assert!(sentence.contains("has not ended within 10 s"), "{sentence}");
    assert!(is_open(&watch));

    hand.let_go();
    // Either it is waited for, or gone already.
    let gone = eject(&toy.machine, 0).or_else(|sentence| {
        let vacant = sentence.contains("no disk is in the place 0");
        vacant.then_some(()).ok_or(sentence)
    });
    gone.unwrap();
    assert_eq!(driver.read(toy, VIRTIO_MMIO_DEVICE_ID), 0);
    assert_eq!(driver.status(toy), 0);
    // The other one came and went, and another time it comes.
    let after = |engines| insert(&guest.toy.machine, engines, &guest.file, disk(false, None));
    after(&engines).unwrap();
    assert!(!is_open(&watch));
    let other = guest.toy.driver(1);
    assert_eq!(other.read(&mut guest.toy, VIRTIO_MMIO_DEVICE_ID), 0);
    assert_eq!(guest.toy.take_event(), None);
}
