//! /etc/passwd of a container, without the C library's name services: those would load the image's own
//! shared objects into this static program.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};

/// More than any real one; what comes after is not looked at.
const PASSWD_MAX: u64 = 1 << 20;

/// The home directory of `uid` as `passwd` (a passwd(5) file) says; "/" as runc has it otherwise.
pub fn home(passwd: &str, uid: u32) -> String {
    passwd
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':').skip(2);
            let entry: u32 = fields.next()?.parse().ok()?;
            let home = fields.nth(2)?;
            (entry == uid && !home.is_empty()).then(|| home.to_string())
        })
        .next()
        .unwrap_or_else(|| "/".to_string())
}

/// etc/passwd below the directory `root`, symbolic links resolved as if `root` were "/". Empty when
/// there is none: images without users are common.
pub fn passwd_below(root: &str) -> String {
    let mut text = Vec::new();
    match open_passwd(root).and_then(|file| file.take(PASSWD_MAX).read_to_end(&mut text)) {
        Ok(_) => String::from_utf8_lossy(&text).into_owned(),
        Err(_) => String::new(),
    }
}

fn open_passwd(root: &str) -> io::Result<File> {
    // O_NONBLOCK: the image may have a FIFO there.
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = File::from(open_below(Path::new(root), Path::new("etc/passwd"), flags)?);
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(file)
}

/// Opens `path` with symbolic links resolved as if the directory `root` were "/" (openat2(2)).
pub fn open_below(root: &Path, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
    let root = File::open(root)?;
    let how = OpenHow::new()
        .flags(flags | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let fd = openat2(root.as_raw_fd(), path, how)?;
    // SAFETY: fd is a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nbroken\nuser:x:1000:1000::/home/user:/bin/sh\nno:x:5:5:::\n";

    #[test]
    fn the_home_directory_is_the_sixth_field() {
        assert_eq!(home(PASSWD, 0), "/root");
        assert_eq!(home(PASSWD, 1000), "/home/user");
    }

    #[test]
    fn an_unknown_user_lives_in_the_root_directory() {
        assert_eq!(home(PASSWD, 7), "/");
        assert_eq!(home(PASSWD, 5), "/");
        assert_eq!(home("", 0), "/");
    }

    #[test]
    fn links_do_not_lead_out_of_the_root() {
        let root = std::env::temp_dir().join(format!("hadron-passwd-{}", std::process::id()));
        std::fs::create_dir_all(root.join("etc")).expect("mkdir");
        std::os::unix::fs::symlink("/proc/self/status", root.join("etc/passwd")).expect("symlink");
        let text = passwd_below(root.to_str().expect("utf-8"));
        std::fs::remove_dir_all(&root).expect("rm");
        assert_eq!(text, "");
    }
}
