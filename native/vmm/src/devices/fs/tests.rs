//! With a real virtiofsd, in C and in Rust, and with one that is played by the test. The real ones want to be root, for chroot(2).

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use super::*;
use crate::devices::driver::Driver;
use crate::memory::{Backing, create};

mod fuse;
mod server;

use fuse::{Guest, REQUESTS};
use server::{Kind, Server};

const KINDS: [Kind; 2] = [Kind::C, Kind::Rust];

fn device_of(server: &Server) -> Fs {
    Fs::new("share", server.socket(), PATIENCE).unwrap()
}

/// Of a device whose virtiofsd the test plays.
fn driver_of(device: Result<Fs, FsError>) -> Driver {
    Driver::with_memory(device.unwrap(), create(32, Backing::Shared).unwrap())
}

#[test]
fn a_file_is_read_by_the_guest() {
    for kind in KINDS {
        let server = Server::start(kind, "hello from the host");
        let mut guest = Guest::new(device_of(&server));
        assert!(guest.driver.activate(0));
        guest.init();
        assert_eq!(guest.read_file("file"), b"hello from the host", "{kind:?}");
        assert_eq!(guest.lookup("no-such-file"), Err(-libc::ENOENT));
        assert!(guest.driver.is_content());
    }
}

/// A megabyte goes through memory that virtiofsd has mapped, in one request.
#[test]
fn a_megabyte_at_once() {
    let content = "0123456789abcdef".repeat(1 << 16);
    for kind in KINDS {
        let server = Server::start(kind, &content);
        let mut guest = Guest::new(device_of(&server));
        assert!(guest.driver.activate(0));
        guest.init();
        assert!(guest.read_file("file") == content.as_bytes(), "{kind:?}");
    }
}

#[test]
fn after_a_reset_the_queues_are_the_drivers_and_begin_anew() {
    for kind in KINDS {
        let server = Server::start(kind, "again");
        let mut guest = Guest::new(device_of(&server));
        for _ in 0..5 {
            assert!(guest.driver.activate(0));
            guest.init();
            assert_eq!(guest.read_file("file"), b"again", "{kind:?}");
            guest.destroy();
            guest.driver.reset();
        }
        assert!(guest.driver.is_content());
    }
}

/// Requests are under way when the driver resets the device: whatever of them is answered is answered before the reset is over.
#[test]
fn a_reset_in_flight() {
    for kind in KINDS {
        let server = Server::start(kind, &"x".repeat(1 << 20));
        let mut guest = Guest::new(device_of(&server));
        for _ in 0..20 {
            assert!(guest.driver.activate(0));
            guest.init();
            let open = guest.open("file");
            for _ in 0..50 {
                guest.begin_read(open);
            }
            assert!(guest.driver.try_reset());
            let before = guest.driver.used_index(REQUESTS);
            guest.wipe_buffers();
            guest.driver.kick(REQUESTS);
            guest.settle();
            assert_eq!(guest.driver.used_index(REQUESTS), before, "{kind:?}");
            assert!(guest.buffers_are_wiped(), "{kind:?}");
            guest.driver.reset();
        }
        assert!(guest.driver.is_content());
    }
}

#[test]
fn the_death_of_virtiofsd_ends_the_vm() {
    for kind in KINDS {
        let mut server = Server::start(kind, "short");
        let mut guest = Guest::new(device_of(&server));
        assert!(guest.driver.activate(0));
        guest.init();
        server.kill();
        guest.ask_and_leave();
        let sentence = "the directory share stops: virtiofsd has ended, or closed its socket";
        assert_eq!(guest.driver.complaint(), format!("fatal: {sentence}"));
        assert!(guest.driver.try_reset());
        assert!(guest.driver.is_content());
    }
}

/// Also without a driver that would miss it.
#[test]
fn the_death_of_virtiofsd_is_noticed_before_there_is_a_driver() {
    let mut server = Server::start(Kind::C, "unread");
    let guest = Guest::new(device_of(&server));
    server.kill();
    assert!(guest.driver.complaint().starts_with("fatal: "));
}

/// What the guest's rings say is virtiofsd's matter: the one in C ends, the one in Rust turns for ever, if it has seen the kick
/// before it is told to stop. Either ends the VM with a sentence, and no reset hangs.
#[test]
fn rings_that_lie() {
    for kind in KINDS {
        let server = Server::start(kind, "unread");
        let mut device = device_of(&server);
        device.patience = Duration::from_secs(1);
        let mut guest = Guest::new(device);
        assert!(guest.driver.activate(0));
        guest.init();
        guest.driver.lie(REQUESTS, 0x7000);
        guest.driver.kick(REQUESTS);
        if !guest.driver.try_reset() || !guest.driver.is_content() {
            assert!(guest.driver.try_reset());
        }
    }
}

/// The other end of the socket, as the test plays it.
fn played() -> (UnixStream, OwnedFd) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (ours, theirs.into())
}

fn answer(mut socket: &UnixStream, code: u32, value: u64) {
    let header = [code, 5, 8].map(u32::to_ne_bytes).concat();
    socket
        .write_all(&[&header[..], &value.to_ne_bytes()].concat())
        .unwrap();
}

const FEATURES: u64 = 1 << VIRTIO_F_VERSION_1 | PROTOCOL_FEATURES;
const MOMENT: Duration = Duration::from_millis(100);

fn making(features: u64, protocol: u64) -> (UnixStream, Result<Fs, FsError>) {
    let (ours, theirs) = played();
    answer(&ours, 1, features);
    answer(&ours, 15, protocol);
    (ours, Fs::new("share", theirs, MOMENT))
}

#[test]
fn a_virtiofsd_that_lacks_something_is_refused_by_name() {
    for (features, protocol, named) in [
        (1 << VIRTIO_F_VERSION_1, 8, "protocol features"),
        (PROTOCOL_FEATURES, 8, "VERSION_1"),
        (FEATURES, 7, "REPLY_ACK"),
    ] {
        let error = making(features, protocol).1.err().unwrap().to_string();
        assert!(
            error.starts_with("the directory share cannot be shared"),
            "{error}"
        );
        assert!(error.contains(named), "{error}");
    }
    assert!(making(FEATURES, 8).1.is_ok());
}

#[test]
fn a_virtiofsd_that_says_nothing_is_not_waited_for() {
    let (_ours, theirs) = played();
    let error = Fs::new("share", theirs, MOMENT).err().unwrap();
    assert!(
        error.to_string().contains("has not answered within"),
        "{error}"
    );
    let (ours, theirs) = played();
    drop(ours);
    let error = Fs::new("share", theirs, PATIENCE).err().unwrap();
    assert!(error.to_string().contains("virtiofsd has ended"), "{error}");
}

/// Acknowledges what it is told, unless that is `refused` or, from it on, `silent`. All that it was told.
fn play(mut socket: UnixStream, refused: u32, silent: u32) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut told = Vec::new();
        let mut talks = true;
        let mut header = [0; 12];
        while socket.read_exact(&mut header).is_ok() {
            let word = |at: usize| u32::from_ne_bytes(header[at..at + 4].try_into().unwrap());
            let mut body = vec![0; word(8) as usize];
            socket.read_exact(&mut body).unwrap();
            told.extend(body);
            talks &= word(0) != silent;
            if talks && word(4) & 8 != 0 {
                answer(&socket, word(0), u64::from(word(0) == refused));
            }
        }
        told
    })
}

#[test]
fn answers_that_nobody_asked_for_or_that_say_no_end_the_vm() {
    let expect = |driver: &Driver, expected: &str| {
        let sentence = format!("fatal: the directory share stops: {expected}");
        assert_eq!(driver.complaint(), sentence);
        assert!(driver.try_reset() && driver.is_content());
    };
    for refused in [Request::SetMemTable, Request::SetVringEnable] {
        let (socket, device) = making(FEATURES, 8);
        let mut driver = driver_of(device);
        play(socket, refused as u32, 0);
        assert!(!driver.activate(0));
        let sentence = format!("virtiofsd refuses a request of vhost-user: {refused:?}");
        expect(&driver, &sentence);
    }
    let (socket, device) = making(FEATURES, 8);
    let mut driver = driver_of(device);
    play(socket.try_clone().unwrap(), 0, 0);
    assert!(driver.activate(0));
    answer(&socket, 18, 0);
    expect(&driver, "virtiofsd answers what it was not asked");
}

/// A guest can be quick, between the end of virtiofsd's use and the VM's.
#[test]
fn a_virtiofsd_that_failed_is_not_told_of_other_queues() {
    let (socket, device) = making(FEATURES, 8);
    let mut driver = driver_of(device);
    let player = play(socket, Request::SetVringEnable as u32, 0);
    assert!(!driver.activate(0));
    driver.complaint();
    assert!(driver.try_reset());
    assert!(!driver.activate(0));
    assert!(driver.complaint().contains("is not asked again"));
    drop(driver);
    // The greeting (8 bytes of it are a body), the features, a table of one region, and six requests for each of two queues.
    assert_eq!(
        player.join().unwrap().len(),
        8 + 8 + 40 + 2 * (8 + 8 + 40 + 8 + 8 + 8)
    );
}

/// One that hangs does not hold a vCPU for ever.
#[test]
fn a_virtiofsd_that_does_not_take_or_let_go_ends_the_vm() {
    let (_socket, device) = making(FEATURES, 8);
    let mut driver = driver_of(device);
    assert!(!driver.activate(0));
    assert!(driver.complaint().contains("not answered"));

    let (socket, device) = making(FEATURES, 8);
    let player = play(socket, 0, Request::GetVringBase as u32);
    let mut driver = driver_of(device);
    assert!(driver.activate(0));
    assert!(!driver.try_reset());
    let sentence = driver.complaint();
    let expected = "fatal: the directory share cannot be reset: virtiofsd has not answered";
    assert!(sentence.starts_with(expected), "{sentence}");
    // It was told of guest memory in the guest's own addresses.
    let ours = driver.memory.iter().next().unwrap().as_ptr() as u64;
    let ours = ours.to_ne_bytes();
    drop(driver);
    let told = player.join().unwrap();
    assert!(!told.windows(8).any(|bytes| bytes == ours));
}

#[test]
fn private_memory_cannot_be_shared() {
    let (_socket, device) = making(FEATURES, 8);
    let memory = create(32, Backing::Anonymous).unwrap();
    let mut driver = Driver::with_memory(device.unwrap(), memory);
    assert!(!driver.activate(0));
    assert!(driver.complaint().contains("is private"));
}

#[test]
fn tags() {
    for tag in ["", "a\0b", &"x".repeat(37)] {
        let error = Fs::new(tag, played().1, PATIENCE).err().unwrap();
        assert!(matches!(error, FsError::Tag(_)), "{error}");
    }
    let description = making(FEATURES, 8).1.unwrap().description();
    let mut read = [9; 44];
    description.configuration.read(0, &mut read);
    assert_eq!(&read[..5], b"share");
    assert_eq!(read[5..36], [0; 31]);
    assert_eq!(read[36..], [1, 0, 0, 0, 0, 0, 0, 0]);
}
