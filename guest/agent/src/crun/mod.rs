//! crun, the program that makes containers: how it is called and what it says.
//!
//! Each call is a child. Its log is a pipe that crun's own processes hold until the user's program is
//! executed (guest/crun/patches): an error comes as a line of it, and its end is the news that the program runs.

mod call;
mod log;
mod message;

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};

pub use call::{Call, Stdio};

use crate::error::{Error, Result};

/// crun in the agent's hands.
pub struct Crun {
    program: OwnedFd,
    /// Where crun keeps what it knows of its containers: a directory each, and compiled seccomp filters.
    root: PathBuf,
}

impl Crun {
    /// Takes the program `file` out of the file system. `root` is a path on a tmpfs; crun makes it.
    ///
    /// It becomes a sealed memory file, which no container can write to (/proc/PID/exe): crun knows that it need
    /// not make a copy of itself at every call. And its pages stay the same, so that without KVM the
    /// code is translated once.
    pub fn take(file: &Path, root: PathBuf) -> Result<Self> {
        let program = seal(file)
            .map_err(|error| Error::os(format!("cannot take {}", file.display()), error))?;
        // The initramfs is memory too.
        let _ = fs::remove_file(file);
        Ok(Self { program, root })
    }

    /// Where crun has what it knows of a container.
    pub fn state(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }
}

fn seal(file: &Path) -> io::Result<OwnedFd> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // SAFETY: the name is a C string.
    let fd = unsafe { libc::memfd_create(c"crun".as_ptr(), flags) };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fd is a new descriptor that nobody else owns.
    let mut program = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    io::copy(&mut File::open(file)?, &mut program)?;
    let seals = libc::F_SEAL_SEAL | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;
    // SAFETY: no memory is involved.
    if unsafe { libc::fcntl(program.as_raw_fd(), libc::F_ADD_SEALS, seals) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(program.into())
}
