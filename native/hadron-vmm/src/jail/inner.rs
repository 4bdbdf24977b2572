//! The inner process's way into the jail.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::Resource;

use super::{
    Failure, INNER_ID, Step, descriptors, die_with, drop_bounding_capabilities, drop_capabilities,
    limit, root, set_ids,
};

/// 0 to 2 are the standard ones.
const FIRST_DESCRIPTOR: i32 = 3;
/// Of a process that has little but vCPUs. Not of the outer one, which as root counts with all of root's.
const MAX_THREADS: u64 = 1024;

/// `pipe`: the outer process writes a byte when this one is to go on. Returns the control socket.
pub fn enter(pipe: OwnedFd) -> Result<OwnedFd, Failure> {
    die_with(pipe.as_fd())?;
    let control = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), FIRST_DESCRIPTOR)
        .step("standard input, which is to be the control socket, cannot be used")?;
    let count = loop {
        match rustix::io::read(&pipe, &mut [0]) {
            Err(Errno::INTR) => {}
            count => break count.step("the outer process cannot be heard")?,
        }
    };
    if count == 0 {
        return Err(Failure::Alone);
    }
    set_ids(INNER_ID)?;
    // Another uid has undone it.
    die_with(pipe.as_fd())?;
    rustix::system::sethostname(b"hadron-vmm").step("the host's name cannot be hidden")?;
    root::leave().step("the host's files cannot be left")?;
    limit(Resource::Nproc, MAX_THREADS)?;
    drop_bounding_capabilities()?;
    drop_capabilities()?;
    descriptors::keep_only(&[control.as_fd(), pipe.as_fd()])?;
    Ok(control)
}
