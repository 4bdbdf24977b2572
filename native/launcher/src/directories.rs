//! Taking away a directory of the pod without ever taking away anybody's data.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, unlinkat};

use crate::mounts;

/// One fd is open per level; what is nested deeper is not ours.
const MAX_DEPTH: u32 = 64;

/// Removes `directory` with what [`empty`] takes away. A sentence for each thing that stays; none: it is gone.
pub fn remove(directory: &Path) -> Vec<String> {
    let mut left = empty(directory, &[]);
    if left.is_empty()
        && let Err(error) = std::fs::remove_dir(directory)
        && error.kind() != io::ErrorKind::NotFound
    {
        left.push(format!(
            "{} cannot be removed: {error}",
            directory.display()
        ));
    }
    left
}

/// Takes away what Hadron leaves in its directories: empty directories, sockets, FIFOs, and empty regular files (targets of
/// bind mounts). All else stays, and `keep` in the directory itself stays, too.
///
/// Returns a sentence for each thing that stays and was not in `keep`. Symbolic links are never followed. With mounts below it,
/// nothing is touched: they show somebody's data.
pub fn empty(directory: &Path, keep: &[&str]) -> Vec<String> {
    match mounts::below(directory) {
        Ok(below) if below.is_empty() => {}
        Ok(below) => {
            return vec![format!(
                "{} is still mounted, so its directory stays",
                below[0].display()
            )];
        }
        Err(error) => return vec![format!("the mount table cannot be read: {error}")],
    }
    let mut left = Vec::new();
    match open_with_device(directory) {
        Ok((fd, device)) => empty_opened(fd.as_fd(), directory, device, 0, keep, &mut left),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => left.push(format!(
            "{} is no directory that can be opened: {error}",
            directory.display()
        )),
    }
    left
}

/// Opens a directory; a relative path begins at `parent`. A symbolic link as last component is refused.
pub fn open(parent: BorrowedFd<'_>, path: impl rustix::path::Arg) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, path, flags, Mode::empty())
}

/// The directory, and the number of the file system that it is on.
fn open_with_device(path: &Path) -> io::Result<(File, u64)> {
    let file = File::from(open(CWD, path)?);
    let device = file.metadata()?.dev();
    Ok((file, device))
}

fn empty_opened(
    fd: BorrowedFd<'_>,
    path: &Path,
    device: u64,
    depth: u32,
    keep: &[&str],
    left: &mut Vec<String>,
) {
    // Through the descriptor, so that nobody can put a symbolic link in the way meanwhile.
    let through = PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    let entries = match std::fs::read_dir(&through) {
        Ok(entries) => entries,
        Err(error) => return left.push(format!("{} cannot be read: {error}", path.display())),
    };
    for entry in entries {
        let result = entry.and_then(|entry| {
            let name = entry.file_name();
            if depth == 0 && keep.iter().any(|kept| OsStr::new(kept) == name) {
                return Ok(());
            }
            empty_entry(
                fd,
                &name,
                &path.join(&name),
                &through.join(&name),
                device,
                depth,
                left,
            )
        });
        match result {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                left.push(format!(
                    "something in {} cannot be removed: {error}",
                    path.display()
                ));
            }
            _ => {}
        }
    }
}

fn empty_entry(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    path: &Path,
    through: &Path,
    device: u64,
    depth: u32,
    left: &mut Vec<String>,
) -> io::Result<()> {
    let metadata = std::fs::symlink_metadata(through)?;
    let kind = metadata.file_type();
    if !kind.is_dir() {
        if kind.is_socket() || kind.is_fifo() || (kind.is_file() && metadata.len() == 0) {
            return Ok(unlinkat(parent, name, AtFlags::empty())?);
        }
        left.push(format!(
            "{} stays: it is not empty, so it is not Hadron's",
            path.display()
        ));
        return Ok(());
    }
    if metadata.dev() != device || depth >= MAX_DEPTH {
        left.push(format!(
            "{} stays: it is another file system, or nested too deeply",
            path.display()
        ));
        return Ok(());
    }
    // Most are empty; and a cgroup is removed while it still shows its files.
    if unlinkat(parent, name, AtFlags::REMOVEDIR).is_ok() {
        return Ok(());
    }
    let before = left.len();
    let directory = open(parent, name)?;
    empty_opened(directory.as_fd(), path, device, depth + 1, &[], left);
    match unlinkat(parent, name, AtFlags::REMOVEDIR) {
        // What is in it has been named already.
        Err(errno) if left.len() == before => Err(errno.into()),
        _ => Ok(()),
    }
}
