//! Both ends of a stream: the guest's packets, and who makes the host's joins. Tests of two kinds share it.

use std::fs::File;
use std::io::{BufRead, BufReader, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use hadron_vsock_device::{HOST_CID, Header, TYPE_STREAM, op};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Value, json};

pub const CID: u32 = 3;

/// Who makes joins.
pub struct Caller(BufReader<UnixStream>);

impl Caller {
    /// With the device's end of the control socket.
    pub fn new() -> (Caller, OwnedFd) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        (Caller(BufReader::new(ours)), theirs.into())
    }

    pub fn ask(&mut self, request: &Value, fd: Option<BorrowedFd<'_>>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = fd.map(|fd| [fd]);
        if let Some(fds) = &fds {
            assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)));
        }
        let line = format!("{request}\n");
        let bytes = [IoSlice::new(line.as_bytes())];
        let socket = self.0.get_ref();
        sendmsg(socket, &bytes, &mut ancillary, SendFlags::NOSIGNAL).unwrap();
    }

    /// The next line from the device.
    pub fn news(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Joins a port.
    pub fn accept(&mut self, port: u32, direction: &str, fd: impl AsFd) {
        let request = json!({"id": port, "op": "accept", "port": port, "direction": direction});
        self.ask(&request, Some(fd.as_fd()));
        let done = json!({"id": port, "ok": true, "bytes": 0, "port": port});
        assert_eq!(self.news(), done);
    }
}

/// From guest port 50, which promises room for 1 MiB.
pub fn packet(port: u32, op: u16) -> Header {
    Header {
        src_cid: CID.into(),
        dst_cid: HOST_CID,
        src_port: 50,
        dst_port: port,
        kind: TYPE_STREAM,
        op,
        buf_alloc: 1 << 20,
        ..Header::default()
    }
}

pub fn data(port: u32, payload: &[u8]) -> Header {
    Header {
        len: payload.len() as u32,
        ..packet(port, op::RW)
    }
}

/// (reading end, writing end).
pub fn pipe() -> (File, File) {
    let (reader, writer) = std::io::pipe().unwrap();
    let file = |fd: OwnedFd| File::from(fd);
    (file(reader.into()), file(writer.into()))
}
