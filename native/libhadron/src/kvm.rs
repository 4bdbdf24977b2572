//! Whether KVM makes a virtual machine here. That its device opens says little: its module may have nothing to run on, another
//! hypervisor may hold the CPU, a device cgroup or a seccomp filter may forbid the rest.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::Path;

/// KVM API: `_IO(KVMIO, 0x00)`, of which the answer has been this for ever, and `_IO(KVMIO, 0x01)`.
const GET_API_VERSION: libc::Ioctl = 0xae00;
const API_VERSION: i32 = 12;
const CREATE_VM: libc::Ioctl = 0xae01;

/// Makes one and ends it.
pub fn check(request: &Path) -> OpResult<Reply> {
    let path = &request.path;
    check_path("device", path)?;
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let device = rustix::fs::open(path, flags, Mode::empty())
        .map_err(|errno| OpError::os(errno, format!("{path} cannot be opened")))?;
    let version = call(&device, GET_API_VERSION)
        .map_err(|errno| OpError::os(errno, format!("{path} is not KVM's")))?;
    if version != API_VERSION {
        let message = format!("{path} has the interface {version}, not {API_VERSION}");
        return Err(OpError::new(Errno::NOSYS, message));
    }
    let machine = call(&device, CREATE_VM)
        .map_err(|errno| OpError::os(errno, format!("{path} makes no virtual machine")))?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    drop(unsafe { OwnedFd::from_raw_fd(machine) });
    Ok(Reply::empty())
}

fn call(device: &OwnedFd, request: libc::Ioctl) -> Result<i32, Errno> {
    // SAFETY: neither of the two takes more than a number, for which 0 is the plain one, and neither touches memory of this process.
    match unsafe { libc::ioctl(device.as_raw_fd(), request, 0) } {
        -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
        answer => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(path: &str) -> OpResult<Reply> {
        check(&Path {
            path: path.to_owned(),
        })
    }

    #[test]
    fn what_is_not_kvm_is_named() {
        for (path, errno, words) in [
            ("/dev/no-kvm", Errno::NOENT, "/dev/no-kvm cannot be opened"),
            ("/dev/null", Errno::NOTTY, "/dev/null is not KVM's"),
            ("kvm", Errno::INVAL, "must be an absolute path"),
        ] {
            let error = checked(path).unwrap_err();
            assert_eq!(error.errno, errno, "{path}");
            assert!(error.message.contains(words), "{}", error.message);
        }
    }

    #[test]
    fn a_machine_is_made_where_there_is_kvm() {
        if std::fs::exists("/dev/kvm").unwrap() {
            checked("/dev/kvm").unwrap();
        }
    }
}
