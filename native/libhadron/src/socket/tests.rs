use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

use super::*;
use crate::testing::PrivateMounts;

/// Takes the descriptors of a reply over, as the caller of the library does.
fn take(reply: Reply, pointer: &str) -> OwnedFd {
    let number = reply.value().pointer(pointer).unwrap().as_i64().unwrap();
    let copy = descriptor::borrow(i32::try_from(number).unwrap())
        .unwrap()
        .try_clone_to_owned()
        .unwrap();
    drop(reply);
    copy
}

fn request(socket: &UnixStream, data: &str, fds: &[i32], timeout_ms: u64) -> SendFds {
    SendFds {
        socket: socket.as_raw_fd(),
        data: data.into(),
        fds: fds.into(),
        timeout_ms,
    }
}

#[test]
fn descriptors_arrive_with_their_data() {
    let (sender, receiver) = UnixStream::pair().unwrap();
    let (mut one, other) = UnixStream::pair().unwrap();
    send_fds(&request(
        &sender,
        "{\"id\":1}\n",
        &[other.as_raw_fd(), 0],
        0,
    ))
    .unwrap();
    drop(other);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut data = [0; 100];
    let mut iov = [rustix::io::IoSliceMut::new(&mut data)];
    let received =
        rustix::net::recvmsg(&receiver, &mut iov, &mut control, RecvFlags::CMSG_CLOEXEC).unwrap();
    let fds: Vec<OwnedFd> = control
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(fds) => Some(fds),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(
        (&data[..received.bytes], fds.len()),
        (&b"{\"id\":1}\n"[..], 2)
    );
    let mut passed = UnixStream::from(fds.into_iter().next().unwrap());
    passed.write_all(b"through").unwrap();
    drop(passed);
    let mut text = String::new();
    one.read_to_string(&mut text).unwrap();
    assert_eq!(text, "through");
}

#[test]
fn a_full_socket_is_waited_for_and_then_an_error() {
    let (sender, receiver) = UnixStream::pair().unwrap();
    let data = "x".repeat(MAX_DATA_BYTES);
    let mut sent = 0;
    let error = loop {
        match send_fds(&request(&sender, &data, &[0], 20)) {
            Ok(_) => sent += data.len(),
            Err(error) => break error,
        }
        assert!(sent < 64 << 20);
    };
    assert_eq!(error.errno, Errno::TIMEDOUT);
    assert!(error.message.contains("20 ms"));
    // Read by another thread, it goes on; not a byte of the refused message is there.
    let mut reader = receiver.try_clone().unwrap();
    let expected = sent + data.len();
    let thread = std::thread::spawn(move || {
        let mut total = 0;
        let mut buffer = [0; 4096];
        while total < expected {
            total += reader.read(&mut buffer).unwrap();
        }
        total
    });
    send_fds(&request(&sender, &data, &[0], 10_000)).unwrap();
    assert_eq!(thread.join().unwrap(), expected);
    // Not by closing it: a child that another test has just forked may hold a copy until its exec.
    receiver.shutdown(std::net::Shutdown::Both).unwrap();
    assert_eq!(
        send_fds(&request(&sender, "x", &[0], 0)).unwrap_err().errno,
        Errno::PIPE
    );
}

#[test]
fn what_cannot_be_sent() {
    let (sender, _receiver) = UnixStream::pair().unwrap();
    let long = "x".repeat(MAX_DATA_BYTES + 1);
    for (data, fds) in [("", &[0][..]), ("x", &[]), ("x", &[0; 254]), (&long, &[0])] {
        assert_eq!(
            send_fds(&request(&sender, data, fds, 0)).unwrap_err().errno,
            Errno::INVAL
        );
    }
    assert_eq!(
        send_fds(&request(&sender, "x", &[-1], 0))
            .unwrap_err()
            .errno,
        Errno::BADF
    );
    assert_eq!(
        send_fds(&request(&sender, "x", &[i32::MAX], 0))
            .unwrap_err()
            .errno,
        Errno::BADF
    );
}

#[test]
fn a_pair_is_connected_and_its_flags_are_right() {
    let reply = socketpair().unwrap();
    let numbers: Vec<i32> = serde_json::from_value(reply.value()["fds"].clone()).unwrap();
    for fd in &numbers {
        let fd = descriptor::borrow(*fd).unwrap();
        assert!(
            rustix::io::fcntl_getfd(fd)
                .unwrap()
                .contains(rustix::io::FdFlags::CLOEXEC)
        );
        assert!(
            rustix::fs::fcntl_getfl(fd)
                .unwrap()
                .contains(rustix::fs::OFlags::NONBLOCK)
        );
    }
    let other = descriptor::borrow(numbers[1])
        .unwrap()
        .try_clone_to_owned()
        .unwrap();
    let mut one = UnixStream::from(take(reply, "/fds/0"));
    one.write_all(b"text").unwrap();
    let mut buffer = [0; 10];
    assert_eq!(UnixStream::from(other).read(&mut buffer).unwrap(), 4);
}

#[test]
fn an_answer_that_nobody_reads_closes_its_descriptors() {
    let reply = socketpair().unwrap();
    let number = i32::try_from(reply.value()["fds"][0].as_i64().unwrap()).unwrap();
    let copy = descriptor::borrow(number)
        .unwrap()
        .try_clone_to_owned()
        .unwrap();
    let numbers = reply.value()["fds"].to_string();
    drop(reply);
    // The other end is closed, whatever the numbers are used for by now.
    let mut stream = UnixStream::from(copy);
    stream.set_nonblocking(false).unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0, "{numbers}");
}

#[test]
fn listens_for_its_owner_only() {
    let mounts = PrivateMounts::new();
    let path = format!("{}/a socket", mounts.root.display());
    let listener = take(
        listen_unix(&ListenUnix {
            path: path.clone(),
            backlog: 5,
        })
        .unwrap(),
        "/fd",
    );
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(b"text").unwrap();
    // SAFETY: a fresh descriptor that nothing else owns.
    let listener = unsafe {
        std::os::unix::net::UnixListener::from_raw_fd(std::os::fd::IntoRawFd::into_raw_fd(listener))
    };
    let mut buffer = [0; 4];
    listener
        .accept()
        .unwrap()
        .0
        .read_exact(&mut buffer)
        .unwrap();
    assert_eq!(&buffer, b"text");
    let error = listen_unix(&ListenUnix {
        path: path.clone(),
        backlog: 5,
    })
    .unwrap_err();
    assert_eq!(error.errno, Errno::ADDRINUSE);
    assert!(error.message.contains(&path));
}

#[test]
fn a_path_that_is_too_long() {
    let mounts = PrivateMounts::new();
    let base = mounts.root.display().to_string();
    let of_length = |length: usize| format!("{base}/{}", "x".repeat(length - base.len() - 1));
    drop(
        listen_unix(&ListenUnix {
            path: of_length(107),
            backlog: 5,
        })
        .unwrap(),
    );
    let error = listen_unix(&ListenUnix {
        path: of_length(108),
        backlog: 5,
    })
    .unwrap_err();
    assert_eq!(error.errno, Errno::NAMETOOLONG);
    assert!(
        error.message.contains("108 bytes") && error.message.contains("107"),
        "{}",
        error.message
    );
}
