//! Kernel modules, which a kernel like Debian's has instead of built-in drivers.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

use crate::error::{Error, Result};

/// Their paths, one a line, in the order of their loading. Absent with a kernel that has everything built in.
const MODULES: &str = "/lib/modules/load-order";

/// Loads them all, and removes their files.
pub fn load() -> Result<()> {
    let list = match fs::read_to_string(MODULES) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::os(format!("cannot read {MODULES}"), error)),
    };
    for path in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        load_module(path)
            .map_err(|error| Error::os(format!("cannot load the kernel module {path}"), error))?;
    }
    // The kernel has its own copy; the initramfs' is memory.
    if let Err(error) = fs::remove_dir_all("/lib/modules") {
        log::debug!("cannot remove /lib/modules: {error}");
    }
    Ok(())
}

fn load_module(path: &str) -> io::Result<()> {
    // MODULE_INIT_COMPRESSED_FILE of linux/module.h.
    const COMPRESSED: i32 = 4;
    let file = File::open(path)?;
    let flags = if path.ends_with(".ko") { 0 } else { COMPRESSED };
    // SAFETY: the parameters are a C string.
    let result = unsafe {
        libc::syscall(
            libc::SYS_finit_module,
            file.as_raw_fd(),
            c"".as_ptr(),
            flags,
        )
    };
    if result == -1 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EEXIST) {
            return Err(error);
        }
    }
    Ok(())
}
