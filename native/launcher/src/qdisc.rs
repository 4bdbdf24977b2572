//! Takes a pod's qdisc off an interface of its network namespace, by one message of rtnetlink(7).

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::thread::LinkNameSpaceType;

const RTM_DELQDISC: u16 = 37;
const NLM_F_REQUEST_ACK: u16 = 1 | 4;
const NLMSG_ERROR: u16 = 2;
const TC_H_INGRESS: u32 = 0xffff_fff1;
const INGRESS_HANDLE: u32 = 0xffff_0000;
const TCA_KIND: u16 = 1;
/// The kernel answers while it is asked.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Where the answer has its errno, negative: behind the header.
const ERROR: std::ops::Range<usize> = 16..20;

/// What is gone, with its interface or its namespace, is no error.
pub fn remove(link: i32, netns: &Path) -> io::Result<()> {
    let namespace = match File::open(netns) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(());
        }
        other => other?,
    };
    // A thread can leave its namespace but has no simple way back; this one ends right after.
    let thread = std::thread::spawn(move || {
        let kind = Some(LinkNameSpaceType::Network);
        match rustix::thread::move_into_link_name_space(namespace.as_fd(), kind) {
            Ok(()) => delete(link),
            // The file is there still, and nothing is mounted on it.
            Err(Errno::INVAL) => Ok(()),
            Err(errno) => Err(errno),
        }
    });
    let removed = thread.join().unwrap_or(Err(Errno::IO));
    Ok(removed?)
}

fn delete(link: i32) -> rustix::io::Result<()> {
    // NETLINK_ROUTE is 0, which is no protocol to rustix.
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(TIMEOUT))?;
    rustix::net::connect(&socket, &SocketAddrNetlink::new(0, 0))?;
    rustix::net::send(&socket, &message(link), SendFlags::NOSIGNAL)?;
    let mut answer = [0; 256];
    let (_, length) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
    let code = answer
        .get(ERROR)
        .filter(|_| length >= ERROR.end && answer[4..6] == NLMSG_ERROR.to_ne_bytes());
    let code: [u8; 4] = code
        .and_then(|code| code.try_into().ok())
        .ok_or(Errno::PROTO)?;
    let code = i32::from_ne_bytes(code);
    if code == 0 {
        return Ok(());
    }
    match Errno::from_raw_os_error(code.wrapping_neg()) {
        // There is no such interface, or it has no such qdisc.
        Errno::NODEV | Errno::NOENT | Errno::INVAL => Ok(()),
        errno => Err(errno),
    }
}

/// struct nlmsghdr, struct tcmsg, and one attribute: "ingress".
fn message(link: i32) -> Vec<u8> {
    let mut body = Vec::with_capacity(64);
    body.extend([0; 4]);
    body.extend(link.to_ne_bytes());
    body.extend(INGRESS_HANDLE.to_ne_bytes());
    body.extend(TC_H_INGRESS.to_ne_bytes());
    body.extend([0; 4]);
    body.extend(12_u16.to_ne_bytes());
    body.extend(TCA_KIND.to_ne_bytes());
    body.extend(b"ingress\0");
    let mut message = Vec::with_capacity(64);
    message.extend((16 + body.len() as u32).to_ne_bytes());
    message.extend(RTM_DELQDISC.to_ne_bytes());
    message.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    message.extend(body);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "/proc/thread-self/ns/net";

    #[test]
    fn what_is_gone_is_no_error() {
        // SAFETY: only UnshareFlags::FILES could harm other threads.
        unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }
            .expect("this test needs root");
        remove(1, Path::new(HERE)).unwrap();
        remove(i32::MAX, Path::new(HERE)).unwrap();
        remove(1, Path::new("/absent/netns")).unwrap();
        remove(1, Path::new("/dev/null/netns")).unwrap();
        remove(1, Path::new("/dev/null")).unwrap();
    }

    #[test]
    fn takes_it_off() {
        // SAFETY: as above.
        unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }
            .expect("this test needs root");
        let tc = |arguments: &[&str]| {
            let output = std::process::Command::new("tc")
                .args(arguments)
                .output()
                .expect("tc of iproute2");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8(output.stdout).unwrap()
        };
        tc(&["qdisc", "add", "dev", "lo", "ingress"]);
        assert!(tc(&["qdisc", "show", "dev", "lo"]).contains("ingress"));
        remove(1, Path::new(HERE)).unwrap();
        assert!(!tc(&["qdisc", "show", "dev", "lo"]).contains("ingress"));
    }
}
