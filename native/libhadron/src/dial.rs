//! Connections to servers of the host, on behalf of a guest.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrAny, SocketAddrUnix, SocketFlags, SocketType};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::netns;
use crate::request::Dial;

/// A non-blocking socket, connected or, if a server of TCP lets one wait, about to be.
pub fn dial(request: &Dial) -> OpResult<Reply> {
    let socket = match request {
        Dial::Unix { path } => unix(path)?,
        Dial::Tcp {
            netns,
            address,
            port,
        } => netns::inside(netns, || ip(SocketType::STREAM, *address, *port))?,
        Dial::Udp {
            netns,
            address,
            port,
        } => netns::inside(netns, || ip(SocketType::DGRAM, *address, *port))?,
    };
    let number = socket.as_raw_fd();
    Ok(Reply::with_fds(json!({ "fd": number }), vec![socket]))
}

/// On a loopback it takes microseconds.
const SETTLE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};
const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);

/// No symbolic link is followed: who may write somewhere along the path, as a guest may, leads nobody to another socket of the host. By a
/// descriptor, since a path may be longer than a socket's address.
fn unix(path: &str) -> OpResult<OwnedFd> {
    check_path("socket path", path)?;
    let failed = |errno| OpError::os(errno, format!("the socket {path:?} cannot be connected to"));
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let place = rustix::fs::openat2(CWD, path, flags, Mode::empty(), resolve).map_err(failed)?;
    let address =
        SocketAddrUnix::new(format!("/proc/self/fd/{}", place.as_raw_fd())).map_err(failed)?;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)
        .map_err(failed)?;
    // A server whose backlog is full is EAGAIN here, as for any client that does not wait.
    rustix::net::connect(&socket, &address).map_err(failed)?;
    Ok(socket)
}

/// From and to the loopback of the calling thread's network namespace, and never anywhere else.
fn ip(kind: SocketType, address: IpAddr, port: u16) -> OpResult<OwnedFd> {
    let address = SocketAddr::from((address, port));
    if !address.ip().is_loopback() {
        let message = format!("{address} is not an address of a loopback; no other is dialled");
        return Err(OpError::invalid(message));
    }
    let failed = |errno| OpError::os(errno, format!("nobody can be reached at {address}"));
    let family = SocketAddrAny::from(address).address_family();
    let socket = rustix::net::socket_with(family, kind, FLAGS, None).map_err(failed)?;
    if kind == SocketType::STREAM {
        // Who dials decides how bytes are gathered; failing that costs time, not bytes.
        let _ = rustix::net::sockopt::set_tcp_nodelay(&socket, true);
    }
    match rustix::net::connect(&socket, &address) {
        Err(Errno::INPROGRESS) => settled(&socket).map_err(failed)?,
        result => result.map_err(failed)?,
    }
    Ok(socket)
}

/// Waits until it is known whether there is a server. One whose backlog is full does not say.
fn settled(socket: &OwnedFd) -> rustix::io::Result<()> {
    let mut fds = [PollFd::new(socket, PollFlags::OUT)];
    match rustix::event::poll(&mut fds, Some(&SETTLE)) {
        Ok(0) | Err(Errno::INTR) => Ok(()),
        Ok(_) => rustix::net::sockopt::socket_error(socket)?,
        Err(errno) => Err(errno),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
    use std::os::fd::AsFd;
    use std::os::unix::net::{UnixListener, UnixStream};

    use rustix::net::Shutdown;

    use super::*;

    fn dialled(request: &Dial) -> OpResult<OwnedFd> {
        dial(request).map(|reply| {
            let number = reply.value()["fd"].as_i64().unwrap() as i32;
            let fd = crate::descriptor::borrow(number).unwrap();
            fd.try_clone_to_owned().unwrap()
        })
    }

    fn localhost(port: u16) -> (String, IpAddr, u16) {
        let address = Ipv4Addr::LOCALHOST.into();
        ("/proc/thread-self/ns/net".to_owned(), address, port)
    }

    /// Closing it is not enough: a child that another test has just forked may hold a copy until its exec.
    fn end(server: impl AsFd) {
        rustix::net::shutdown(server, Shutdown::Both).unwrap();
    }

    #[test]
    fn each_kind_of_server() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let (netns, address, port) = localhost(server.local_addr().unwrap().port());
        let request = Dial::Tcp {
            netns,
            address,
            port,
        };
        let mut stream = TcpStream::from(dialled(&request).unwrap());
        stream.write_all(b"x").unwrap();
        let mut buffer = [0; 2];
        assert_eq!(server.accept().unwrap().0.read(&mut buffer).unwrap(), 1);
        end(&server);
        let refused = dialled(&request).unwrap_err();
        assert_eq!(refused.errno, Errno::CONNREFUSED);

        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (netns, address, port) = localhost(server.local_addr().unwrap().port());
        let request = Dial::Udp {
            netns,
            address,
            port,
        };
        UdpSocket::from(dialled(&request).unwrap())
            .send(b"x")
            .unwrap();
        assert_eq!(server.recv(&mut buffer).unwrap(), 1);

        let path = format!(
            "{}/libhadron-dial-server-{}",
            std::env::temp_dir().display(),
            std::process::id()
        );
        let request = Dial::Unix { path: path.clone() };
        let server = UnixListener::bind(&path).unwrap();
        let mut stream = UnixStream::from(dialled(&request).unwrap());
        stream.write_all(b"x").unwrap();
        assert_eq!(server.accept().unwrap().0.read(&mut buffer).unwrap(), 1);
        end(&server);
        assert_eq!(dialled(&request).unwrap_err().errno, Errno::CONNREFUSED);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(dialled(&request).unwrap_err().errno, Errno::NOENT);
    }

    #[test]
    fn a_socket_by_its_own_path_however_long() {
        let root = std::env::temp_dir().join(format!("libhadron-dial-{}", std::process::id()));
        let deep = root.join("d".repeat(150));
        std::fs::create_dir_all(&deep).unwrap();
        let (bound, path) = (root.join("bound"), deep.join("socket"));
        let server = UnixListener::bind(&bound).unwrap();
        std::fs::rename(&bound, &path).unwrap();
        let dial = |path: &std::path::Path| {
            dialled(&Dial::Unix {
                path: path.to_str().unwrap().to_owned(),
            })
        };
        drop(dial(&path).unwrap());
        server.accept().unwrap();

        std::os::unix::fs::symlink(&path, root.join("link")).unwrap();
        std::os::unix::fs::symlink(&deep, root.join("way")).unwrap();
        for other in ["link", "way/socket"] {
            assert_eq!(
                dial(&root.join(other)).unwrap_err().errno,
                Errno::LOOP,
                "{other}"
            );
        }
        std::fs::write(root.join("file"), "").unwrap();
        assert_eq!(
            dial(&root.join("file")).unwrap_err().errno,
            Errno::CONNREFUSED
        );
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_namespace_is_another_loopback() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let namespace = netns::create().unwrap();
        let number = namespace.value()["fd"].as_i64().unwrap();
        let request = Dial::Tcp {
            netns: format!("/proc/self/fd/{number}"),
            address: Ipv4Addr::LOCALHOST.into(),
            port,
        };
        // Its lo is down.
        assert_eq!(dialled(&request).unwrap_err().errno, Errno::NETUNREACH);
        drop(namespace);
        assert_eq!(dialled(&request).unwrap_err().errno, Errno::NOENT);
    }

    #[test]
    fn nothing_but_a_loopback() {
        for address in ["10.0.0.1", "0.0.0.0", "169.254.169.254", "fe80::1"] {
            let request = Dial::Tcp {
                netns: "/proc/thread-self/ns/net".to_owned(),
                address: address.parse().unwrap(),
                port: 80,
            };
            assert_eq!(dialled(&request).unwrap_err().errno, Errno::INVAL);
        }
    }
}
