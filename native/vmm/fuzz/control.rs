//! What could come over a VMM's control socket: `make fuzz`. The daemon is trusted, but what is wrong is to be answered or refused.

#![no_main]

use std::io::{IoSlice, Read};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use hadron_vmm::config::{Config, DeviceConfig};
use hadron_vmm_process::news::Board;
use hadron_vmm_process::session::{End, Machine, Session};
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// Runs nothing, and counts nothing.
struct Still;

impl Machine for Still {
    fn resume(&self) {}
    fn pause(&self) -> std::io::Result<()> {
        Ok(())
    }
    fn insert(&self, _: usize, _: DeviceConfig, descriptors: Vec<OwnedFd>) -> Result<(), String> {
        few(&descriptors)
    }
    fn eject(&self, _: usize) -> Result<(), String> {
        Ok(())
    }
    fn exits(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

fn make(_: Config, descriptors: Vec<OwnedFd>, _: Arc<Board>) -> Result<Still, String> {
    few(&descriptors).map(|()| Still)
}

fn few(descriptors: &[OwnedFd]) -> Result<(), String> {
    match descriptors.len() {
        0..=2 => Ok(()),
        _ => Err("too many".to_owned()),
    }
}

/// In one message, with that many descriptors. False: the socket is full, and nobody reads yet.
fn send(socket: &UnixStream, bytes: &[u8], descriptors: usize) -> bool {
    let fds = vec![socket.as_fd(); descriptors];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(descriptors == 0 || ancillary.push(SendAncillaryMessage::ScmRights(&fds)));
    let bytes = [IoSlice::new(bytes)];
    match sendmsg(socket, &bytes, &mut ancillary, SendFlags::DONTWAIT) {
        Ok(_) => true,
        Err(errno) => {
            assert_eq!(errno, Errno::AGAIN);
            false
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    let (mut daemon, ours) = UnixStream::pair().unwrap();
    while let Ok(choice) = input.arbitrary::<u8>()
        && !input.is_empty()
    {
        let length = usize::from(choice >> 2).saturating_mul(4).max(1);
        let piece = input.bytes(length.min(input.len())).unwrap_or(&[]);
        if !send(&daemon, piece, (choice & 3).into()) {
            break;
        }
    }
    daemon.shutdown(Shutdown::Write).unwrap();
    let mut session = Session::new(ours.into(), make).unwrap();
    if let Ok(end) = session.run() {
        assert_eq!(end, End::Closed);
    }
    drop(session);
    // Answers are lines of JSON, whatever was asked.
    let mut answers = String::new();
    if daemon.read_to_string(&mut answers).is_ok() {
        for answer in answers.lines() {
            serde_json::from_str::<serde_json::Value>(answer).unwrap();
        }
    }
});
