//! Standard streams of container processes, moved between pipes (or a terminal) and the host.
//!
//! A process gets pipes, not sockets: /dev/stdout must be openable by path. One buffer a stream, which
//! is there only while bytes are under way, bounds its memory; a reader that does not read fills buffer
//! and pipe, and then the writer waits, in both directions.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nix::fcntl::OFlag;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

use crate::error::{Code, Error, Result};
use crate::fd::{null, set_nonblocking};
use crate::reaper::{ExitReceiver, exited};
use crate::terminal::Master;
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
            tokio::spawn(async move { input(stream, pipe).await });
        }
        for (stream, pipe) in [(self.stdout, stdout), (self.stderr, stderr)] {
            if let (Some(stream), Some(pipe)) = (stream, pipe) {
                let (pipe, stream) = (watch(pipe)?, watch(stream)?);
                tokio::spawn(output(pipe, stream));
            }
        }
        Ok(())
    }

    /// As `run`, with a terminal's master at the process' end. What the terminal has shown by the exit of its process is all that the host
    /// gets, whoever else has the terminal open; and who ends its input hangs up. Both as with runc's shim: a client is not kept by what
    /// a shell has left behind, nor a shell by a client that is gone.
    pub fn run_terminal(self, master: &Master, exit: ExitReceiver) -> Result<()> {
        let [shown, typed] = master.copies()?;
        set_nonblocking(&shown)
            .map_err(|error| Error::os("cannot make the terminal non-blocking", error))?;
        let (shown, typed) = (watch(shown)?, watch(typed)?);
        let (stdin, stdout) = (
            self.stdin.map(watch).transpose()?,
            self.stdout.map(watch).transpose()?,
        );
        let master = master.clone();
        let ended = async move {
            let input_ended = async {
                let by_host = match stdin {
                    Some(stream) => input(stream, typed).await,
                    None => false,
                };
                if !by_host {
                    pending::<()>().await;
                }
            };
            tokio::select! {
                _ = exited(exit) => End::Exit,
                () = input_ended => End::Input,
            }
        };
        tokio::spawn(async move {
            let copied = match &stdout {
                Some(stream) => copy_until(&shown, stream, ended).await,
                // Somebody must read what the terminal shows, or the process stops when it is full.
                None => tokio::select! {
                    () = discard(&shown) => Ok(None),
                    end = ended => Ok(Some((end, Vec::new()))),
                },
            };
            let copied = copied.map(|early| {
                // A host that does not read holds no hang-up up, so what is there is taken before.
                early.map(|(end, left)| (end, [left, take(shown.get_ref())].concat()))
            });
            drop(shown);
            if matches!(copied, Ok(Some((End::Input, _)))) {
                master.hang_up();
            }
            drop(master);
            if let Some(stream) = stdout {
                let result = match copied {
                    Ok(Some((_, left))) => write_all(&stream, &mut &left[..]).await,
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                };
                finish(stream, result).await;
            }
        });
        Ok(())
    }
}

/// What ends a terminal's output before the terminal ends.
enum End {
    /// Its process has exited.
    Exit,
    /// The host has ended its input.
    Input,
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
    finish(stream, result).await;
}

/// The end of what goes to the host: `result` of the copying.
async fn finish(stream: AsyncFd<OwnedFd>, result: io::Result<()>) {
    if let Err(error) = result {
        log::debug!("an output stream broke: {error}");
    } else if shutdown_write(stream.as_raw_fd()).is_ok() {
        // A close now could overtake bytes that the host has not taken yet.
        let _ = timeout(CLOSE_DEADLINE, discard(&stream)).await;
    }
}

/// Host to process, until the host's end of file; the process sees it when it has read everything. False when it was the process that
/// ended it.
async fn input(stream: AsyncFd<OwnedFd>, target: AsyncFd<OwnedFd>) -> bool {
    tokio::select! {
        result = copy(&stream, &target) => {
            if let Err(error) = result {
                log::debug!("an input stream ended: {error}");
            }
            true
        }
        // Nobody reads the pipe any more; without this the host would learn of it only when it has
        // something to say.
        () = hung_up(&target) => false,
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
    copy_until(source, target, pending::<Infallible>()).await?;
    Ok(())
}

/// Until the end of `source`, which is `None`, or until `end`: then at once, with what was read and is not written yet.
async fn copy_until<E>(
    source: &AsyncFd<OwnedFd>,
    target: &AsyncFd<OwnedFd>,
    end: impl Future<Output = E>,
) -> io::Result<Option<(E, Vec<u8>)>> {
    let read_once = |fd: &OwnedFd, buffer: &mut [u8]| read(fd.as_raw_fd(), buffer);
    copy_read(source, target, end, read_once).await
}

/// [`copy_until`] by a `read_once` of the caller's.
async fn copy_read<E>(
    source: &AsyncFd<OwnedFd>,
    target: &AsyncFd<OwnedFd>,
    end: impl Future<Output = E>,
    read_once: impl Fn(&OwnedFd, &mut [u8]) -> io::Result<usize>,
) -> io::Result<Option<(E, Vec<u8>)>> {
    let mut end = pin!(end);
    let mut closed = false;
    loop {
        let mut ready = tokio::select! {
            guard = source.readable() => guard?,
            by = &mut end => return Ok(Some((by, Vec::new()))),
        };
        // Only taken when there is something to read: an idle stream has no buffer.
        let mut buffer = vec![0; BUFFER];
        loop {
            let (length, stop) = fill(&mut buffer, &mut closed, |part| {
                ready.try_io(|fd| read_once(fd.get_ref(), part)).ok()
            });
            let mut left = &buffer[..length];
            tokio::select! {
                result = write_all(target, &mut left) => result?,
                by = &mut end => return Ok(Some((by, left.to_vec()))),
            }
            match stop {
                // Streams that never pause must leave the thread to others now and then.
                Stop::Full => tokio::task::yield_now().await,
                Stop::Empty => break,
                Stop::End(result) => return result.map(|()| None),
            }
        }
    }
}

/// What is in `source` now: more than a terminal holds.
fn take(source: &OwnedFd) -> Vec<u8> {
    let mut buffer = vec![0; BUFFER];
    let read_now = |part: &mut [u8]| match read(source.as_raw_fd(), part) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        result => Some(result),
    };
    let (length, _) = fill(&mut buffer, &mut false, read_now);
    buffer.truncate(length);
    buffer
}

/// Reads all that is there, as far as it fits, before it is written on: a terminal gives at most 4 KiB at once, and each
/// write is a packet that the host is woken for. `read_now`: None for nothing.
///
/// A terminal's end is EIO, twice in a row (`closed`: the one before was the last read): n_tty_read() of the kernel waits for what is on its
/// way, looks whether anything has come, and then whether the other side is closed. If the other side writes its last bytes and is closed
/// after that wait, then EIO comes before them; the next read waits for them. EAGAIN comes after that wait as well.
fn fill(
    buffer: &mut [u8],
    closed: &mut bool,
    mut read_now: impl FnMut(&mut [u8]) -> Option<io::Result<usize>>,
) -> (usize, Stop) {
    let mut length = 0;
    let stop = loop {
        if length == buffer.len() {
            break Stop::Full;
        }
        match read_now(&mut buffer[length..]) {
            None => break Stop::Empty,
            Some(Ok(0)) => break Stop::End(Ok(())),
            Some(Ok(read)) => {
                length += read;
                *closed = false;
            }
            Some(Err(error)) if error.raw_os_error() == Some(libc::EIO) => {
                if *closed {
                    break Stop::End(Ok(()));
                }
                *closed = true;
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Some(Err(error)) => break Stop::End(Err(error)),
        }
    };
    (length, stop)
}

/// Why no more was read at once.
enum Stop {
    Full,
    Empty,
    End(io::Result<()>),
}

/// `bytes` is what is left of it, at any time.
async fn write_all(target: &AsyncFd<OwnedFd>, bytes: &mut &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let mut ready = target.writable().await?;
        match ready.try_io(|fd| write(fd.as_raw_fd(), bytes)) {
            Ok(Ok(length)) => *bytes = &bytes[length..],
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

    /// One end as a stream, and the other one.
    fn pair() -> (AsyncFd<OwnedFd>, OwnedFd) {
        let (one, other) = UnixStream::pair().expect("socketpair");
        for end in [&one, &other] {
            end.set_nonblocking(true).expect("nonblocking");
        }
        (watch(one.into()).expect("watch"), OwnedFd::from(other))
    }

    /// What is shown of a terminal whose reads give these: bytes, or EIO.
    async fn shown(reads: &[Option<&str>]) -> String {
        let (source, source_end) = pair();
        let (target, target_end) = pair();
        // A source that is always ready, whatever is read.
        write(source_end.as_raw_fd(), b".").expect("write");
        let script = RefCell::new(reads.iter().collect::<VecDeque<_>>());
        copy_read(&source, &target, pending::<Infallible>(), |_, buffer| {
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

    #[tokio::test]
    async fn who_does_not_read_does_not_hold_the_end_up() {
        let (source, source_end) = pair();
        let (target, _target_end) = pair();
        while write(target.as_raw_fd(), &[0; 4096]).is_ok() {}
        write(source_end.as_raw_fd(), b"held").expect("write");
        let (say, heard) = tokio::sync::oneshot::channel();
        let copied = copy_until(&source, &target, heard);
        let said = async {
            // Until it was read: then there is nothing to do but to write it.
            while take_would_find(source.get_ref()) {
                tokio::task::yield_now().await;
            }
            write(source_end.as_raw_fd(), b" and new").expect("write");
            say.send(()).expect("somebody listens");
        };
        let (copied, ()) = tokio::join!(copied, said);
        let (end, left) = copied.expect("copy").expect("not the end of the source");
        assert_eq!((end, &left[..]), (Ok(()), &b"held"[..]));
        assert_eq!(take(source.get_ref()), b" and new");
        assert_eq!(take(source.get_ref()), b"");
    }

    fn take_would_find(fd: &OwnedFd) -> bool {
        let mut poll = [nix::poll::PollFd::new(
            std::os::fd::AsFd::as_fd(fd),
            nix::poll::PollFlags::POLLIN,
        )];
        nix::poll::poll(&mut poll, nix::poll::PollTimeout::ZERO).expect("poll") > 0
    }
}
