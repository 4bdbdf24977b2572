//! Streams to the host: vsock in a VM; tests bring Unix sockets.

use std::future::Future;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use crate::watch::watch_fd;

/// The port of the host on which the shim daemon waits for the agent.
pub const AGENT_PORT: u32 = 1024;

/// The host, as every guest addresses it.
const HOST_CID: u32 = libc::VMADDR_CID_HOST;

/// How long the kernel waits for the host's answer; its own default of 2 s is short for a busy host.
const CONNECT_SECONDS: i64 = 20;

/// What [`Connector::connect`] answers.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<OwnedFd>> + Send + 'a>>;

/// Opens streams to ports of the host.
pub trait Connector: Send + Sync + 'static {
    /// A connected, non-blocking, close-on-exec stream socket. Has a deadline of its own.
    fn connect(&self, port: u32) -> Connecting<'_>;
}

/// The connector of a real guest.
pub struct Vsock;

impl Connector for Vsock {
    fn connect(&self, port: u32) -> Connecting<'_> {
        Box::pin(connect_vsock(port))
    }
}

async fn connect_vsock(port: u32) -> io::Result<OwnedFd> {
    let flags = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: makes a new descriptor.
    let fd = unsafe { libc::socket(libc::AF_VSOCK, flags, 0) };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fd is a new descriptor that nobody else owns.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    let limit = libc::timeval {
        tv_sec: CONNECT_SECONDS,
        tv_usec: 0,
    };
    // SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD of linux/vm_sockets.h; on 64 bit the layouts are the same.
    const CONNECT_TIMEOUT: i32 = 6;
    // SAFETY: limit is as long as said.
    let result = unsafe {
        libc::setsockopt(
            fd,
            libc::AF_VSOCK,
            CONNECT_TIMEOUT,
            (&raw const limit).cast(),
            size_of::<libc::timeval>() as u32,
        )
    };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all-zero is a valid sockaddr_vm.
    let mut address: libc::sockaddr_vm = unsafe { std::mem::zeroed() };
    address.svm_family = libc::AF_VSOCK as libc::sa_family_t;
    address.svm_cid = HOST_CID;
    address.svm_port = port;
    // SAFETY: the address is as long as said.
    let result = unsafe {
        libc::connect(
            fd,
            (&raw const address).cast(),
            size_of::<libc::sockaddr_vm>() as u32,
        )
    };
    if result == -1 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINPROGRESS) {
            return Err(error);
        }
    }
    let socket = watch_fd(socket)?;
    let _ready = socket.writable().await?;
    let errno = nix::sys::socket::getsockopt(&socket, nix::sys::socket::sockopt::SocketError)?;
    if errno != 0 {
        return Err(io::Error::from_raw_os_error(errno));
    }
    Ok(socket.into_inner())
}

/// A stream socket of any family for tokio, which has no type for vsock.
pub struct Stream {
    socket: AsyncFd<OwnedFd>,
    ended: Arc<Notify>,
}

impl Stream {
    /// `socket` must be non-blocking. `ended` is notified when the peer has closed it.
    pub fn new(socket: OwnedFd, ended: Arc<Notify>) -> io::Result<Self> {
        Ok(Self {
            socket: watch_fd(socket)?,
            ended,
        })
    }
}

impl Stream {
    /// A socket of TCP that is closed now tells the other side that there is nobody; for others it makes no difference.
    pub fn reset_at_close(&self) {
        let now = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        // Without it the other side sees an end in place of a refusal.
        let _ = nix::sys::socket::setsockopt(&self.socket, nix::sys::socket::sockopt::Linger, &now);
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut guard = ready!(self.socket.poll_read_ready(context))?;
            let Ok(result) =
                guard.try_io(|socket| read(socket.as_raw_fd(), buffer.initialize_unfilled()))
            else {
                continue;
            };
            if !matches!(result, Ok(length) if length > 0) {
                self.ended.notify_one();
            }
            return Poll::Ready(result.map(|length| buffer.advance(length)));
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.socket.poll_write_ready(context))?;
            if let Ok(result) = guard.try_io(|socket| write(socket.as_raw_fd(), bytes)) {
                return Poll::Ready(result);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(shutdown_write(self.socket.as_raw_fd()))
    }
}

/// read(2).
pub fn read(fd: RawFd, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer is as long as said.
    let length = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

/// write(2).
pub fn write(fd: RawFd, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the bytes are as many as said.
    let length = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

/// shutdown(2) of the writing side.
pub fn shutdown_write(socket: RawFd) -> io::Result<()> {
    // SAFETY: no memory is involved.
    if unsafe { libc::shutdown(socket, libc::SHUT_WR) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
