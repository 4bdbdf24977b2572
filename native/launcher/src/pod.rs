//! A pod as the host sees it: its socket, its directory, and the lock over what becomes of both.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Instant;

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use thiserror::Error;

use crate::directories;
use crate::failure::{Context, Result};

/// Where containerd's shims put their sockets, unless containerd 2.3 or later names another directory.
pub const SOCKET_DIRECTORY: &str = "/run/containerd/s";
/// Where the pods' directories are.
pub const STATE_DIRECTORY: &str = "/run/hadron";
/// containerd's limit for the path of a shim's socket, in bytes.
const MAX_SOCKET_PATH: usize = 106;

/// Why there cannot be such a pod.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the directory for sockets '{}' must be an absolute path", .0.display())]
    RelativeDirectory(PathBuf),
    #[error(
        "the directory for sockets '{}' is too long: with the name of the socket it may have at most {MAX_SOCKET_PATH} bytes",
        .0.display()
    )]
    LongDirectory(PathBuf),
    #[error("the pod's directory {} is made and removed again and again", .0.display())]
    Restless(PathBuf),
    #[error("{} is in the way: it is not a socket; remove it", .0.display())]
    NoSocket(PathBuf),
    #[error("the directory {} cannot be made: {source}{}", .path.display(), remedy(source))]
    NoDirectory { path: PathBuf, source: io::Error },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => " (Hadron needs to run as root)",
        _ => "",
    }
}

/// The places of one pod. Made from a hash; nothing needs to exist.
#[derive(Debug, PartialEq, Eq)]
pub struct Pod {
    pub socket: PathBuf,
    /// The pod's directory, with the journal in it.
    pub state: PathBuf,
}

/// Held while it is decided whether the pod is there, is made or is undone. The lock is on the pod's directory itself,
/// so that nothing but the pod's directory is left behind, and not even that once the pod is gone.
pub struct Lock {
    directory: File,
}

/// Whether this is the name of a pod: a hash (group::hash).
pub fn is_name(name: &str) -> bool {
    name.len() == 64
        && name
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Pod {
    /// The pod with this hash, with its socket in `socket_directory`.
    pub fn new(hash: &str, socket_directory: &Path) -> Result<Self> {
        let socket = socket_directory.join(hash);
        if !socket_directory.is_absolute() {
            return Err(Error::RelativeDirectory(socket_directory.to_owned()).into());
        }
        if socket.as_os_str().len() > MAX_SOCKET_PATH {
            return Err(Error::LongDirectory(socket_directory.to_owned()).into());
        }
        Ok(Self {
            socket,
            state: Path::new(STATE_DIRECTORY).join(hash),
        })
    }

    /// The pod whose daemon answers at `address`. `None` if that is no address that this launcher gives out.
    pub fn at_address(address: &str) -> Option<Self> {
        let socket = Path::new(address.strip_prefix("unix://")?);
        let hash = socket.file_name()?.to_str()?;
        if !is_name(hash) {
            return None;
        }
        let pod = Self::new(hash, socket.parent()?).ok()?;
        (pod.address() == address).then_some(pod)
    }

    /// The hash.
    pub fn name(&self) -> &str {
        self.state
            .file_name()
            .and_then(OsStr::to_str)
            .unwrap_or_default()
    }

    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    pub fn journal(&self) -> PathBuf {
        self.state.join("journal")
    }

    /// Whether there is anything on the host for the pod.
    pub fn has_traces(&self) -> bool {
        [&self.socket, &self.state]
            .iter()
            .any(|path| path.symlink_metadata().is_ok())
    }

    /// Takes the pod's lock; makes the pod's directory (0700) if it is not there.
    pub fn lock(&self, deadline: Instant) -> Result<Lock> {
        make_directory(Path::new(STATE_DIRECTORY), 0o711)?;
        loop {
            make_directory(&self.state, 0o700)?;
            let directory = match self.open() {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                opened => opened.context(|| {
                    format!(
                        "the pod's directory {} cannot be opened",
                        self.state.display()
                    )
                })?,
            };
            let directory = lock_until(directory, deadline).context(|| {
                format!(
                    "the pod's directory {} cannot be locked",
                    self.state.display()
                )
            })?;
            // Whoever held the lock before may have removed the directory.
            match self
                .is_at(&directory)
                .context(|| self.state.display().to_string())?
            {
                true => {
                    return Ok(Lock { directory });
                }
                false if Instant::now() >= deadline => {
                    return Err(Error::Restless(self.state.clone()).into());
                }
                false => {}
            }
        }
    }

    /// Takes the pod's lock if nobody has it and there is a directory; makes nothing.
    pub fn try_lock(&self) -> Option<Lock> {
        let directory = self.open().ok()?;
        directory.try_lock().ok()?;
        self.is_at(&directory)
            .unwrap_or(false)
            .then_some(Lock { directory })
    }

    fn open(&self) -> io::Result<File> {
        Ok(directories::open(rustix::fs::CWD, &self.state)?.into())
    }

    /// Whether the pod's directory is still the one that is locked. Who removes it holds the lock, the pod's daemon, too
    /// (libhadron's `removeDirectory`); but what is killed and removed by its journal is worth a second look.
    pub fn is_locked_by(&self, lock: &Lock) -> bool {
        self.is_at(&lock.directory).unwrap_or(false)
    }

    /// Whether that is what the pod's directory is now.
    fn is_at(&self, directory: &File) -> io::Result<bool> {
        let opened = directory.metadata()?;
        Ok(self
            .state
            .symlink_metadata()
            .is_ok_and(|there| (there.dev(), there.ino()) == (opened.dev(), opened.ino())))
    }

    /// Whether a daemon listens on the socket. To be asked with the lock held.
    pub fn is_live(&self) -> Result<bool> {
        is_listening(&self.socket)
    }

    /// Removes the socket file of a daemon that is gone. To be called with the lock held.
    pub fn remove_stale_socket(&self) -> Result<()> {
        let socket = self.socket.display();
        let metadata = match self.socket.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            metadata => metadata.context(|| format!("the socket {socket} cannot be looked at"))?,
        };
        if !metadata.file_type().is_socket() {
            return Err(Error::NoSocket(self.socket.clone()).into());
        }
        match std::fs::remove_file(&self.socket) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.context(|| format!("the stale socket {socket} cannot be removed")),
        }
    }

    /// Whether the pod's directory holds nothing, so that there is nothing to undo.
    pub fn is_clean(&self) -> Result<bool> {
        let mut entries = std::fs::read_dir(&self.state).context(|| {
            format!(
                "the pod's directory {} cannot be read",
                self.state.display()
            )
        })?;
        Ok(entries.next().is_none())
    }

    /// Makes the listening socket (0600); `None` if there is one already. To be called with the lock held, after
    /// `remove_stale_socket`.
    pub fn listen(&self) -> Result<Option<UnixListener>> {
        if let Some(directory) = self.socket.parent() {
            // The mode of containerd's state directory, and that of `s` as containerd's own shims make it.
            directory
                .parent()
                .map_or(Ok(()), |parent| make_directory(parent, 0o711))?;
            make_directory(directory, 0o700)?;
        }
        // With the mask, the socket has its mode from the first moment on.
        let mask = rustix::process::umask(Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(&self.socket);
        rustix::process::umask(mask);
        match listener {
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
            listener => listener
                .map(Some)
                .context(|| format!("the socket {} cannot be made", self.socket.display())),
        }
    }
}

/// Whether anybody listens on this socket.
pub fn is_listening(socket: &Path) -> Result<bool> {
    match connects(socket) {
        Err(Errno::NOENT | Errno::CONNREFUSED) => Ok(false),
        connected => connected.map(|()| true).context(|| {
            format!(
                "whether the socket {} is alive cannot be found out",
                socket.display()
            )
        }),
    }
}

/// Whether a stream socket listens at `path`: `connect` succeeds, or would have to wait for a place in the backlog.
///
/// Errors: those of connect(2); NOENT if there is nothing, CONNREFUSED if nobody listens any more.
pub fn connects(path: &Path) -> rustix::io::Result<()> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match rustix::net::connect(&socket, &SocketAddrUnix::new(path)?) {
        Err(Errno::AGAIN) => Ok(()),
        connected => connected,
    }
}

/// Makes a directory with exactly this mode, and those above it; one that exists stays as it is.
fn make_directory(path: &Path, mode: u32) -> Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => {
            // The process's umask may have taken bits away.
            std::fs::set_permissions(path, Permissions::from_mode(mode))
                .context(|| format!("the mode of {} cannot be set", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
            Some(parent) => make_directory(parent, 0o711).and_then(|()| make_directory(path, mode)),
            None => {
                Err(error).context(|| format!("the directory {} cannot be made", path.display()))
            }
        },
        Err(source) => {
            let path = path.to_owned();
            Err(Error::NoDirectory { path, source }.into())
        }
    }
}

/// flock(2) has no deadline of its own, so a second thread waits for it; it ends with the process.
fn lock_until(directory: File, deadline: Instant) -> io::Result<File> {
    match directory.try_lock() {
        Ok(()) => return Ok(directory),
        Err(std::fs::TryLockError::WouldBlock) => {}
        Err(std::fs::TryLockError::Error(error)) => return Err(error),
    }
    let (sender, receiver) = mpsc::channel();
    let waiting = File::from(directory.as_fd().try_clone_to_owned()?);
    std::thread::Builder::new().spawn(move || {
        // Nobody listens any more after the deadline; then the lock goes away with the process.
        let _ = sender.send(waiting.lock());
    })?;
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(locked) => locked.map(|()| directory),
        Err(_) => Err(io::Error::new(
            ErrorKind::TimedOut,
            "another start or delete of the same pod does not end",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn places() {
        let pod = Pod::new(HASH, Path::new(SOCKET_DIRECTORY)).unwrap();
        assert_eq!(pod.address(), format!("unix:///run/containerd/s/{HASH}"));
        assert_eq!(
            pod.journal(),
            Path::new("/run/hadron").join(HASH).join("journal")
        );
        assert_eq!(Pod::at_address(&pod.address()), Some(pod));
    }

    #[test]
    fn the_limit_of_a_sockets_path() {
        assert!(Pod::new(HASH, Path::new(&format!("/{}", "x".repeat(40)))).is_ok());
        let long = Pod::new(HASH, Path::new(&format!("/{}", "x".repeat(41)))).unwrap_err();
        assert!(matches!(&long, Failure::Pod(Error::LongDirectory(_))));
        assert!(long.to_string().contains("106"));
        assert!(matches!(
            Pod::new(HASH, Path::new("s")),
            Err(Failure::Pod(Error::RelativeDirectory(_)))
        ));
    }

    #[test]
    fn addresses_of_others_are_not_ours() {
        for address in [
            "",
            "unix://",
            "/run/containerd/s/x",
            "unix:///run/containerd/s/../../../etc",
            &format!("unix:///run/containerd/s/{}", HASH.to_uppercase()),
            &format!("unix:///run/containerd/s/{HASH}/"),
            &format!("vsock://{HASH}"),
            &format!("unix://{HASH}"),
        ] {
            assert_eq!(Pod::at_address(address), None, "{address}");
        }
    }
}
