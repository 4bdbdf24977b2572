//! Loop devices: a file as a block device (loop(4)).

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::error::{OpError, OpResult};

const LOOP_CONFIGURE: libc::Ioctl = 0x4C0A;
const LOOP_CTL_GET_FREE: libc::Ioctl = 0x4C82;
const LO_FLAGS_READ_ONLY: u32 = 1;
const LO_FLAGS_AUTOCLEAR: u32 = 4;
/// Other programs may take the free device between the two calls; so many times in a row is no chance.
const ATTEMPTS: usize = 16;

/// struct loop_info64 of linux/loop.h.
#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// struct loop_config of linux/loop.h.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

const _: () = assert!(size_of::<LoopInfo>() == 232 && size_of::<LoopConfig>() == 304);

/// An attached loop device. It detaches itself when the last user has closed it: after this object is
/// dropped, that is the file system mounted from it.
#[derive(Debug)]
pub struct LoopDevice {
    pub path: String,
    _device: OwnedFd,
}

pub fn attach(file: &str, readonly: bool) -> OpResult<LoopDevice> {
    let access = if readonly {
        OFlags::RDONLY
    } else {
        OFlags::RDWR
    };
    let backing =
        rustix::fs::open(file, access | OFlags::CLOEXEC, Mode::empty()).map_err(|errno| {
            OpError::os(
                errno,
                format!("the file {file:?} for a loop device cannot be opened"),
            )
        })?;
    let control = rustix::fs::open(
        "/dev/loop-control",
        OFlags::RDWR | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(|errno| {
        OpError::os(
            errno,
            "loop devices are not available (/dev/loop-control; is the loop module loaded?)",
        )
    })?;
    for _ in 0..ATTEMPTS {
        // SAFETY: this request has no argument and returns a number.
        let number = unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) };
        if number < 0 {
            return Err(OpError::os(
                last_errno(),
                format!("there is no free loop device for {file:?}"),
            ));
        }
        let path = format!("/dev/loop{number}");
        let device =
            rustix::fs::open(&path, access | OFlags::CLOEXEC, Mode::empty()).map_err(|errno| {
                OpError::os(
                    errno,
                    format!("the loop device {path} for {file:?} cannot be opened"),
                )
            })?;
        match configure(&device, &backing, readonly) {
            Ok(()) => {
                return Ok(LoopDevice {
                    path,
                    _device: device,
                });
            }
            Err(Errno::BUSY) => {}
            Err(errno) => {
                return Err(OpError::os(
                    errno,
                    format!("the file {file:?} cannot become the loop device {path}"),
                ));
            }
        }
    }
    Err(OpError::new(
        Errno::BUSY,
        format!("no loop device for {file:?}: others were faster {ATTEMPTS} times; try again"),
    ))
}

fn configure(device: &OwnedFd, backing: &OwnedFd, readonly: bool) -> Result<(), Errno> {
    let config = LoopConfig {
        fd: backing.as_raw_fd().cast_unsigned(),
        block_size: 0,
        info: LoopInfo {
            device: 0,
            inode: 0,
            rdevice: 0,
            offset: 0,
            size_limit: 0,
            number: 0,
            encrypt_type: 0,
            encrypt_key_size: 0,
            flags: LO_FLAGS_AUTOCLEAR | if readonly { LO_FLAGS_READ_ONLY } else { 0 },
            file_name: [0; 64],
            crypt_name: [0; 64],
            encrypt_key: [0; 32],
            init: [0; 2],
        },
        reserved: [0; 8],
    };
    // SAFETY: the request reads a struct loop_config, whose layout LoopConfig has, during the call.
    if unsafe {
        libc::ioctl(
            device.as_raw_fd(),
            LOOP_CONFIGURE,
            std::ptr::from_ref(&config),
        )
    } == -1
    {
        return Err(last_errno());
    }
    Ok(())
}

fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}
