//! A directory that is its own lock (flock(2)): who holds it decides what becomes of what is in it.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::RemoveDirectory;

/// Removes a directory with the one file that may be in it, unless somebody has its lock: then it is left to that one, and
/// nothing is touched. `removed` says which; what is not there is removed.
pub fn remove(request: &RemoveDirectory) -> OpResult<Reply> {
    let RemoveDirectory { path, file } = request;
    check_path("directory", path)?;
    let removed = match remove_locked(path, file) {
        Ok(()) | Err(Errno::NOENT) => true,
        Err(Errno::WOULDBLOCK) => false,
        Err(errno) => {
            return Err(OpError::os(
                errno,
                format!("the directory {path:?} cannot be removed"),
            ));
        }
    };
    Ok(Reply::of(json!({ "removed": removed })))
}

fn remove_locked(path: &str, file: &str) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // The lock goes with the descriptor, when the directory is gone.
    let directory = rustix::fs::open(path, flags, Mode::empty())?;
    rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive)?;
    // Whoever had the lock until now may have removed it, and somebody else made another one.
    let locked = rustix::fs::fstat(&directory)?;
    let there = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
    if (locked.st_dev, locked.st_ino) != (there.st_dev, there.st_ino) {
        return Err(Errno::NOENT);
    }
    match rustix::fs::unlinkat(directory.as_fd(), file, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    rustix::fs::rmdir(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("libhadron-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        path
    }

    fn remove(path: &std::path::Path) -> OpResult<bool> {
        let reply = super::remove(&RemoveDirectory {
            path: path.to_str().unwrap().to_owned(),
            file: "journal".to_owned(),
        });
        reply.map(|reply| reply.value()["removed"].as_bool().unwrap())
    }

    #[test]
    fn goes_with_its_file_or_without() {
        let path = directory("removed");
        std::fs::write(path.join("journal"), "x").unwrap();
        assert!(remove(&path).unwrap());
        assert!(!path.exists());
        assert!(remove(&path).unwrap());
        std::fs::create_dir(&path).unwrap();
        assert!(remove(&path).unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn whose_lock_is_held_is_left_alone() {
        let path = directory("locked");
        std::fs::write(path.join("journal"), "x").unwrap();
        let lock = std::fs::File::open(&path).unwrap();
        lock.lock().unwrap();
        assert!(!remove(&path).unwrap());
        assert_eq!(std::fs::read(path.join("journal")).unwrap(), b"x");
        drop(lock);
        assert!(remove(&path).unwrap());
    }

    #[test]
    fn with_more_in_it_stays() {
        let path = directory("full");
        std::fs::write(path.join("other"), "x").unwrap();
        let error = remove(&path).unwrap_err();
        assert_eq!(error.errno, Errno::NOTEMPTY);
        assert!(error.message.contains("cannot be removed"));
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn neither_a_file_nor_a_link_is_removed() {
        let path = directory("link");
        let link = path.with_extension("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(remove(&link).is_err());
        assert!(path.exists());
        std::fs::remove_file(&link).unwrap();
        std::fs::remove_dir(&path).unwrap();
    }
}
