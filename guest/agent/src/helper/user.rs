//! /etc/passwd of a container, without the C library's name services: those would load the image's own
//! shared objects into this static program.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

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
    match open_below(root).and_then(|file| file.take(PASSWD_MAX).read_to_end(&mut text)) {
        Ok(_) => String::from_utf8_lossy(&text).into_owned(),
        Err(_) => String::new(),
    }
}

fn open_below(root: &str) -> io::Result<File> {
    let root = File::open(root)?;
    // SAFETY: all-zero is a valid open_how.
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    // O_NONBLOCK: the image may have a FIFO there.
    how.flags = (libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY) as u64;
    how.resolve = libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS;
    // SAFETY: the path is a C string and `how` is as long as said.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_openat2,
            root.as_raw_fd(),
            c"etc/passwd".as_ptr(),
            &raw const how,
            size_of::<libc::open_how>(),
        )
    };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fd is a new descriptor that nobody else owns.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(fd as i32) });
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(file)
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
