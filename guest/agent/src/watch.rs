//! Descriptors that tokio tells of. The only place that promises tokio that a descriptor stays open.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// `fd` must not block.
pub fn watch_fd(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is its descriptor's only owner and always names the same one.
    Ok(unsafe { AsyncFd::register(fd) }?)
}

/// As [`watch_fd`], for a file, and only for one kind of news.
pub fn watch_file(file: File, interest: Interest) -> io::Result<AsyncFd<File>> {
    // SAFETY: a File is its descriptor's only owner and always names the same one.
    Ok(unsafe { AsyncFd::register_with_interest(file, interest) }?)
}
