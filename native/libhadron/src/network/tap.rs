//! Taps: what a hypervisor's NIC sends and receives through. A tap lives as long as its descriptors.

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult};
use crate::netns;
use crate::request::OpenTap;

/// The kernel puts the first free number in its place.
const NAME: &[u8] = b"hadron%d";
/// tun.c: MAX_TAP_QUEUES.
const MAX_QUEUES: usize = 256;

/// Makes a tap in a namespace, with virtio-net's headers before its packets.
pub fn open(request: &OpenTap) -> OpResult<Reply> {
    if !(1..=MAX_QUEUES).contains(&request.queues) {
        return Err(OpError::invalid(format!(
            "a tap cannot have {} queues; 1 to {MAX_QUEUES} are possible",
            request.queues
        )));
    }
    let (index, queues) = netns::inside(&request.netns, || {
        make(request.queues).map_err(|errno| {
            let what = format!(
                "a tap cannot be made in {:?}; check that the kernel's module tun is loaded",
                request.netns
            );
            OpError::os(errno, what)
        })
    })?;
    let numbers: Vec<_> = queues.iter().map(AsRawFd::as_raw_fd).collect();
    Ok(Reply::with_fds(
        json!({ "index": index, "fds": numbers }),
        queues,
    ))
}

fn make(count: usize) -> Result<(u32, Vec<OwnedFd>), Errno> {
    let mut flags = libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
    if count > 1 {
        flags |= libc::IFF_MULTI_QUEUE;
    }
    // SAFETY: an ifreq is a name and a union of plain data, for which all zeros are valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(NAME) {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    // The flags have 16 bits, and the highest of them is none of these.
    request.ifr_ifru.ifru_flags = libc::c_short::try_from(flags).map_err(|_| Errno::INVAL)?;
    let mut queues = Vec::with_capacity(count);
    for _ in 0..count {
        // Non-blocking, as a hypervisor needs it.
        let open = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let queue = rustix::fs::open("/dev/net/tun", open, Mode::empty())?;
        // SAFETY: TUNSETIFF reads and writes one ifreq, which lives until it returns. It writes the name that the first
        // queue got, by which the others join it.
        let set = unsafe { libc::ioctl(queue.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
        if set != 0 {
            return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO));
        }
        queues.push(queue);
    }
    // Nobody else has this name while the descriptors are open.
    let name: Vec<u8> = request
        .ifr_name
        .iter()
        .take_while(|byte| **byte != 0)
        .flat_map(|byte| byte.to_ne_bytes())
        .collect();
    let name = std::str::from_utf8(&name).map_err(|_| Errno::INVAL)?;
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
    let index = rustix::net::netdevice::name_to_index(&socket, name)?;
    Ok((index, queues))
}
