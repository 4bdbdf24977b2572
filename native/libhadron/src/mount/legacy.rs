//! mount(2), for what the new interface cannot say: strings above 255 bytes, old kernels' overlay.

use std::ffi::CString;
use std::os::fd::AsFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::UnmountFlags;

use super::attach::{open_target, proc_path, set_attributes, set_propagation};
use super::options::{Attributes, Depth, MountOptions, Propagation};
use crate::error::{OpError, OpResult};

/// The kernel copies one page; its last byte is the final zero.
pub const MAX_DATA: usize = 4095;

pub fn mount(kind: &str, source: &str, target: &str, options: &MountOptions) -> OpResult<()> {
    let (_, words) = options.legacy();
    let mut data = Vec::new();
    for (key, value) in words {
        match value {
            Some(value) if value.contains(',') => {
                let message = format!(
                    "the option {key:?} of the {kind} file system for {target:?} has a comma in it, and some option is \
                     longer than 255 bytes: mount(2) cannot say both; use shorter paths"
                );
                return Err(OpError::invalid(message));
            }
            Some(value) => data.push(format!("{key}={value}")),
            None => data.push(key.to_owned()),
        }
    }
    mount_data(kind, source, target, options, &data.join(","))
}

/// `data` is what mount(2) takes, already quoted.
pub fn mount_data(
    kind: &str,
    source: &str,
    target: &str,
    options: &MountOptions,
    data: &str,
) -> OpResult<()> {
    if data.len() > MAX_DATA {
        let message = format!(
            "the options of the {kind} file system for {target:?} are {} bytes long, and mount(2) takes {MAX_DATA}: \
             use shorter paths",
            data.len(),
        );
        return Err(OpError::invalid(message));
    }
    let failed = |errno| {
        let hint = match errno {
            Errno::INVAL => " (dmesg may say why)",
            _ => "",
        };
        OpError::os(
            errno,
            format!("the {kind} file system cannot be mounted on {target:?}{hint}"),
        )
    };
    let data =
        CString::new(data).map_err(|_| OpError::invalid("a mount option contains a zero byte"))?;
    let (flags, _) = options.legacy();
    let place = open_target(target)?;
    rustix::mount::mount(
        source,
        proc_path(place.as_fd()),
        kind,
        flags,
        data.as_c_str(),
    )
    .map_err(failed)?;

    // What was opened before is below the mount by now.
    let finish = || {
        let root = rustix::fs::open(
            target,
            OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let private = Propagation {
            kind: libc::MS_PRIVATE,
            depth: Depth::Recursive,
        };
        set_propagation(&root, options.propagation.unwrap_or(private))?;
        // Without this, "atime" and "rw" would be whatever mount(2) makes of the missing flag.
        set_attributes(
            &root,
            &Attributes {
                set: options.attributes.set,
                clear: options.attributes.clear,
            },
            Depth::Top,
        )
    };
    finish().map_err(|errno| {
        let _ = rustix::mount::unmount(target, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
        failed(errno)
    })
}
