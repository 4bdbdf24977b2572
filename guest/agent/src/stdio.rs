//! Standard streams of container processes, moved between pipes (or a terminal) and the host.
//!
//! A process gets pipes, not sockets: /dev/stdout must be openable by path. One buffer a stream, which
//! is there only while bytes are under way, bounds its memory; a reader that does not read fills buffer
//! and pipe, and then the writer waits, in both directions.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use nix::fcntl::OFlag;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

use crate::error::{Code, Error, Result};
use crate::fd::{null, set_nonblocking};
use crate::transport::{Connector, read, shutdown_write, write};
use crate::watch::watch_fd;

/// Bytes moved at once. A vsock packet has at most 64 KiB.
const BUFFER: usize = 128 << 10;

/// Capacity of a pipe; the kernel takes the pages only as bytes come.
const PIPE: i32 = 256 << 10;

/// How long the host may take to accept a stream.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// How long a stream that was shut down waits for the host to close it as well.
const CLOSE_DEADLINE: Duration = Duration::from_secs(30);

/// Host ports of the three streams; 0 is /dev/null.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// Of standard input.
    pub stdin: u32,
    /// Of standard output, or the terminal's.
    pub stdout: u32,
    /// Of standard error; 0 with a terminal.
    pub stderr: u32,
}

/// Who owns a process' pipes until they are given to its user; the group stays.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// User, as an id of the guest's root user namespace.
    pub uid: u32,
    /// Group, likewise.
    pub gid: u32,
}

/// Connected streams without a process yet. Dropped, they are closed.
pub struct Streams {
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
}

/// Both ends of a process' pipes.
pub struct Pipes {
    child: [OwnedFd; 3],
    ours: [Option<OwnedFd>; 3],
}

/// The agent's ends of a process' pipes.
pub struct OurPipes([Option<OwnedFd>; 3]);

impl Pipes {
    /// What becomes 0, 1 and 2 of the process.
    pub fn child_fds(&self) -> [RawFd; 3] {
        [0, 1, 2].map(|index| self.child[index].as_raw_fd())
    }

    /// To be called after the fork: while the agent has these ends too, no stream comes to its end.
    pub fn close_child(self) -> OurPipes {
        OurPipes(self.ours)
    }
}

impl Streams {
    /// Connects all of them, in no particular order.
    pub async fn connect(connector: &Arc<dyn Connector>, ports: Ports) -> Result<Self> {
        let one = async |name: &str, port: u32| -> Result<Option<OwnedFd>> {
            if port == 0 {
                return Ok(None);
            }
            match timeout(CONNECT_DEADLINE, connector.connect(port)).await {
                Ok(Ok(stream)) => Ok(Some(stream)),
                Ok(Err(error)) => Err(Error::os(
                    format!("cannot connect {name} to port {port} of the host"),
                    error,
                )),
                Err(_) => Err(Error::new(
                    Code::DEADLINE_EXCEEDED,
                    format!("the host did not accept {name} on port {port}"),
                )),
            }
        };
        let (stdin, stdout, stderr) = tokio::try_join!(
            one("stdin", ports.stdin),
            one("stdout", ports.stdout),
            one("stderr", ports.stderr),
        )?;
        Ok(Self {
            stdin,
            stdout,
            stderr,
        })
    }

    /// Pipes for the streams that are connected, /dev/null for the others. They belong to `owner`; crun gives them
    /// to the process' user, so that it may open /dev/stdout again. In a user namespace crun cannot, and the
    /// owner has to be one that is mapped there.
    pub fn pipes(&self, owner: Owner) -> Result<Pipes> {
        let make = |stream: &Option<OwnedFd>, index: usize| -> Result<(OwnedFd, Option<OwnedFd>)> {
            if stream.is_none() {
                let access = if index == 0 {
                    libc::O_RDONLY
                } else {
                    libc::O_WRONLY
                };
                return Ok((null(access)?, None));
            }
            let (reading, writing) =
                pipe(owner).map_err(|error| Error::os("cannot make a pipe", error))?;
            let (child, ours) = if index == 0 {
                (reading, writing)
            } else {
                (writing, reading)
            };
            set_nonblocking(&ours)
                .map_err(|error| Error::os("cannot make a pipe non-blocking", error))?;
            Ok((child, Some(ours)))
        };
        let (stdin, our_stdin) = make(&self.stdin, 0)?;
        let (stdout, our_stdout) = make(&self.stdout, 1)?;
        let (stderr, our_stderr) = make(&self.stderr, 2)?;
        Ok(Pipes {
            child: [stdin, stdout, stderr],
            ours: [our_stdin, our_stdout, our_stderr],
        })
    }

    /// Starts to move bytes, in tasks that end with their streams.
    pub fn run(self, pipes: OurPipes) -> Result<()> {
        let [stdin, stdout, stderr] = pipes.0;
        if let (Some(stream), Some(pipe)) = (self.stdin, stdin) {
            let (stream, pipe) = (watch(stream)?, watch(pipe)?);
            tokio::spawn(input(stream, pipe));
        }
        for (stream, pipe) in [(self.stdout, stdout), (self.stderr, stderr)] {
            if let (Some(stream), Some(pipe)) = (stream, pipe) {
                let (pipe, stream) = (watch(pipe)?, watch(stream)?);
                tokio::spawn(output(pipe, stream));
            }
        }
        Ok(())
    }

    /// As `run`, with a terminal's master at the process' end.
    pub fn run_terminal(self, master: &OwnedFd) -> Result<()> {
        set_nonblocking(master)
            .map_err(|error| Error::os("cannot make the terminal non-blocking", error))?;
        let copy = || {
            master
                .try_clone()
                .map_err(|error| Error::os("cannot duplicate the terminal", error))
                .and_then(watch)
        };
        let (shown, typed) = (copy()?, copy()?);
        let (stdin, stdout) = (
            self.stdin.map(watch).transpose()?,
            self.stdout.map(watch).transpose()?,
        );
        tokio::spawn(async move {
            let show = async {
                match stdout {
                    Some(stream) => output(shown, stream).await,
                    // Somebody must read what the terminal shows, or the process stops when it is full.
                    None => discard(&shown).await,
                }
            };
            let take = async {
                if let Some(stream) = stdin {
                    input(stream, typed).await;
                }
                std::future::pending::<()>().await;
            };
            // The terminal's end is the end of both.
            tokio::select! {
                () = show => {}
                () = take => {}
            }
        });
        Ok(())
    }
}

fn watch(fd: OwnedFd) -> Result<AsyncFd<OwnedFd>> {
    watch_fd(fd).map_err(|error| Error::os("cannot watch a stream", error))
}

fn pipe(owner: Owner) -> io::Result<(OwnedFd, OwnedFd)> {
    let (reading, writing) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: no memory is involved. A smaller pipe works as well, only slower.
    unsafe { libc::fcntl(writing.as_raw_fd(), libc::F_SETPIPE_SZ, PIPE) };
    // Both ends are one inode.
    // SAFETY: no memory is involved.
    if unsafe { libc::fchown(writing.as_raw_fd(), owner.uid, owner.gid) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok((reading, writing))
}

/// Process to host, until the process' end is closed.
async fn output(source: AsyncFd<OwnedFd>, stream: AsyncFd<OwnedFd>) {
    let result = copy(&source, &stream).await;
    // Also tells a process that still writes that nobody reads.
    drop(source);
    if let Err(error) = result {
        log::debug!("an output stream broke: {error}");
    } else if shutdown_write(stream.as_raw_fd()).is_ok() {
        // A close now could overtake bytes that the host has not taken yet.
        let _ = timeout(CLOSE_DEADLINE, discard(&stream)).await;
    }
}

/// Host to process, until the host's end of file; the process sees it when it has read everything.
async fn input(stream: AsyncFd<OwnedFd>, target: AsyncFd<OwnedFd>) {
    tokio::select! {
        result = copy(&stream, &target) => {
            if let Err(error) = result {
                log::debug!("an input stream ended: {error}");
            }
        }
        // Nobody reads the pipe any more; without this the host would learn of it only when it has
        // something to say.
        () = hung_up(&target) => {}
    }
}

/// Until the other end of a pipe is closed.
async fn hung_up(target: &AsyncFd<OwnedFd>) {
    loop {
        match target.ready(Interest::ERROR).await {
            Ok(guard) if guard.ready().is_error() => return,
            Ok(mut guard) => guard.clear_ready(),
            Err(_) => return,
        }
    }
}

/// Until the end of `source`.
async fn copy(source: &AsyncFd<OwnedFd>, target: &AsyncFd<OwnedFd>) -> io::Result<()> {
    copy_read(source, target, |fd, buffer| read(fd.as_raw_fd(), buffer)).await
}

/// [`copy`] by a `read_once` of the caller's.
///
/// All that is there is read before it is written on, as far as it fits: a terminal gives at most 4 KiB at once, and each
/// write is a packet that the host is woken for.
///
/// A terminal's end is EIO, twice in a row: n_tty_read() of the kernel waits for what is on its way, looks whether
/// anything has come, and then whether the other side is closed. If the other side writes its last bytes and is closed
/// after that wait, then EIO comes before them; the next read waits for them.
async fn copy_read(
    source: &AsyncFd<OwnedFd>,
    target: &AsyncFd<OwnedFd>,
    read_once: impl Fn(&OwnedFd, &mut [u8]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut closed = false;
    loop {
        // Only taken when there is something to read: an idle stream has no buffer.
        let mut ready = source.readable().await?;
        let mut buffer = vec![0; BUFFER];
        loop {
            let mut length = 0;
            let stop = loop {
                if length == buffer.len() {
                    break Stop::Full;
                }
                match ready.try_io(|fd| read_once(fd.get_ref(), &mut buffer[length..])) {
                    Err(_would_block) => break Stop::Empty,
                    Ok(Ok(0)) => break Stop::End(Ok(())),
                    Ok(Ok(read)) => {
                        length += read;
                        closed = false;
                    }
                    Ok(Err(error)) if error.raw_os_error() == Some(libc::EIO) => {
                        if closed {
                            break Stop::End(Ok(()));
                        }
                        closed = true;
                    }
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(Err(error)) => break Stop::End(Err(error)),
                }
            };
            write_all(target, &buffer[..length]).await?;
            match stop {
                // Streams that never pause must leave the thread to others now and then.
                Stop::Full => tokio::task::yield_now().await,
                Stop::Empty => break,
                Stop::End(result) => return result,
            }
        }
    }
}

/// Why no more was read at once.
enum Stop {
    Full,
    Empty,
    End(io::Result<()>),
}

async fn write_all(target: &AsyncFd<OwnedFd>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let mut ready = target.writable().await?;
        match ready.try_io(|fd| write(fd.as_raw_fd(), bytes)) {
            Ok(Ok(length)) => bytes = &bytes[length..],
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(Err(error)) => return Err(error),
            Err(_would_block) => {}
        }
    }
    Ok(())
}

/// Until the end of `source`, whatever it is.
async fn discard(source: &AsyncFd<OwnedFd>) {
    let mut buffer = [0; 4096];
    while let Ok(mut ready) = source.readable().await {
        let result = ready.try_io(|fd| read(fd.as_raw_fd(), &mut buffer));
        if matches!(result, Ok(Ok(0) | Err(_))) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// What is shown of a terminal whose reads give these: bytes, or EIO.
    async fn shown(reads: &[Option<&str>]) -> String {
        let pair = || {
            let (one, other) = UnixStream::pair().expect("socketpair");
            for end in [&one, &other] {
                end.set_nonblocking(true).expect("nonblocking");
            }
            (watch(one.into()).expect("watch"), OwnedFd::from(other))
        };
        let (source, source_end) = pair();
        let (target, target_end) = pair();
        // A source that is always ready, whatever is read.
        write(source_end.as_raw_fd(), b".").expect("write");
        let script = RefCell::new(reads.iter().collect::<VecDeque<_>>());
        copy_read(&source, &target, |_, buffer| {
            let next = script.borrow_mut().pop_front();
            let Some(bytes) = next.expect("a read after the end") else {
                return Err(io::Error::from_raw_os_error(libc::EIO));
            };
            buffer[..bytes.len()].copy_from_slice(bytes.as_bytes());
            Ok(bytes.len())
        })
        .await
        .expect("copy");
        assert!(script.into_inner().is_empty(), "reads are left");
        let mut buffer = [0; 64];
        let length = read(target_end.as_raw_fd(), &mut buffer).unwrap_or(0);
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[tokio::test]
    async fn the_last_bytes_of_a_terminal_may_come_after_an_eio() {
        assert_eq!(shown(&[Some("first"), None, None]).await, "first");
        let late = [
            Some("first "),
            None,
            Some("last "),
            None,
            Some("end"),
            None,
            None,
        ];
        assert_eq!(shown(&late).await, "first last end");
        assert_eq!(shown(&[None, None]).await, "");
    }
}
