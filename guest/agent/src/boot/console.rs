//! Standard input, output and error of the agent.

use super::root::mount_devices;

/// Descriptors 0, 1 and 2. The kernel opens /dev/console itself if the initramfs has one.
pub fn open() {
    // SAFETY: only looks at the descriptor.
    if unsafe { libc::fcntl(2, libc::F_GETFD) } != -1 {
        return;
    }
    if mount_devices().is_err() {
        return;
    }
    for path in [c"/dev/console", c"/dev/null"] {
        // SAFETY: the path is a C string. Not close-on-exec: these are standard descriptors.
        let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_NOCTTY) };
        if fd == -1 {
            continue;
        }
        for target in 0..3 {
            // SAFETY: no memory is involved.
            unsafe { libc::dup2(fd, target) };
        }
        if fd > 2 {
            // SAFETY: fd is ours.
            unsafe { libc::close(fd) };
        }
        return;
    }
}
