//! A network namespace of the test's own, with a tap in it and a socket that sees every packet of the tap.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{RecvFlags, SendFlags};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};

pub struct Namespace {
    file: File,
}

impl Namespace {
    /// In which nobody sends anything by himself.
    pub fn new() -> Self {
        let make = || {
            // SAFETY: a new network namespace for this thread changes no memory and no descriptor.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }.unwrap();
            for of in ["all", "default"] {
                let path = format!("/proc/sys/net/ipv6/conf/{of}/disable_ipv6");
                std::fs::write(path, "1").unwrap();
            }
            File::open("/proc/thread-self/ns/net").unwrap()
        };
        let file = std::thread::spawn(make).join().unwrap();
        Namespace { file }
    }

    fn inside<T: Send>(&self, run: impl FnOnce() -> T + Send) -> T {
        let enter = || {
            move_into_link_name_space(
                std::os::fd::AsFd::as_fd(&self.file),
                Some(LinkNameSpaceType::Network),
            )
            .unwrap();
            run()
        };
        std::thread::scope(|scope| scope.spawn(enter).join().unwrap())
    }

    /// A program of iproute2, which must succeed.
    pub fn run(&self, words: &str) {
        let mut words = words.split(' ');
        let mut command = Command::new(words.next().unwrap());
        let status = self.inside(|| command.args(words).status().unwrap());
        assert!(status.success());
    }

    /// Descriptors of a tap named "tap" that is up.
    pub fn tap(&self, queues: usize) -> Vec<OwnedFd> {
        let flags = libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
        let several = if queues > 1 { libc::IFF_MULTI_QUEUE } else { 0 };
        let taps = (0..queues)
            .map(|_| self.inside(|| open_tun("tap", flags | several).unwrap()))
            .collect();
        self.run("ip link set tap up");
        taps
    }

    /// Another one with these flags.
    pub fn open_tun(&self, flags: libc::c_int) -> OwnedFd {
        self.inside(|| open_tun("other", flags).unwrap())
    }

    /// What comes to another interface.
    pub fn packets_of(&self, interface: &str) -> Packets {
        self.socket(interface, false)
    }

    /// What the host does with the tap. `headers`: as virtio has them, 10 bytes before each packet.
    pub fn packets(&self, headers: bool) -> Packets {
        self.socket("tap", headers)
    }

    fn socket(&self, interface: &str, headers: bool) -> Packets {
        let name = std::ffi::CString::new(interface).unwrap();
        let socket = self.inside(|| {
            // SAFETY: these calls read what lives until they return; socket(2) gives a descriptor of our own.
            unsafe {
                let protocol = libc::c_int::from((libc::ETH_P_ALL as u16).to_be());
                let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
                let fd = libc::socket(libc::AF_PACKET, kind, protocol);
                assert!(fd >= 0, "{}", io::Error::last_os_error());
                let socket = OwnedFd::from_raw_fd(fd);
                if headers {
                    set(fd, libc::PACKET_VNET_HDR, 1);
                }
                // What it sends itself it does not want to hear.
                set(fd, libc::PACKET_IGNORE_OUTGOING, 1);
                let mut address: libc::sockaddr_ll = std::mem::zeroed();
                address.sll_family = libc::AF_PACKET as u16;
                address.sll_protocol = protocol as u16;
                address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
                let length = size_of::<libc::sockaddr_ll>() as u32;
                let bound = libc::bind(fd, (&raw const address).cast(), length);
                assert_eq!(bound, 0, "{}", io::Error::last_os_error());
                socket
            }
        });
        Packets(socket)
    }
}

unsafe fn set(fd: i32, option: libc::c_int, value: libc::c_int) {
    let length = size_of::<libc::c_int>() as u32;
    // SAFETY: an int that lives until the call returns.
    let set = unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_PACKET,
            option,
            (&raw const value).cast(),
            length,
        )
    };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
}

/// A tun or tap as its opener wants it, in the thread's namespace.
fn open_tun(name: &str, flags: libc::c_int) -> io::Result<OwnedFd> {
    let open =
        rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
    let fd = rustix::fs::open("/dev/net/tun", open, rustix::fs::Mode::empty())?;
    // SAFETY: an ifreq is plain data.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = flags as libc::c_short;
    // SAFETY: TUNSETIFF reads and writes one ifreq.
    match unsafe { libc::ioctl(fd.as_raw_fd(), libc::TUNSETIFF, &raw mut request) } {
        0 => Ok(fd),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Descriptors of /dev/vhost-net. None: it cannot be had here, which was said.
pub fn open_vhost(count: usize) -> Option<Vec<OwnedFd>> {
    let mut options = File::options();
    let options = options.read(true).write(true);
    let open = |_| options.open("/dev/vhost-net").map(OwnedFd::from);
    match (0..count).map(open).collect() {
        Ok(opened) => Some(opened),
        Err(error) => {
            let error: io::Error = error;
            eprintln!("skipped: /dev/vhost-net does not open: {error}");
            None
        }
    }
}

/// Packets that the host sends to the tap and gets from it.
pub struct Packets(OwnedFd);

impl Packets {
    pub fn send(&self, packet: &[u8]) {
        let sent = rustix::net::send(&self.0, packet, SendFlags::empty()).unwrap();
        assert_eq!(sent, packet.len());
    }

    /// The next one that the guest has sent.
    pub fn receive(&self) -> Vec<u8> {
        let patience = rustix::event::Timespec {
            tv_sec: 20,
            tv_nsec: 0,
        };
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        assert_eq!(poll(&mut fds, Some(&patience)).unwrap(), 1, "nothing comes");
        self.try_receive().unwrap()
    }

    pub fn try_receive(&self) -> Option<Vec<u8>> {
        let mut packet = vec![0; 1 << 17];
        let (length, _) =
            rustix::net::recv(&self.0, packet.as_mut_slice(), RecvFlags::DONTWAIT).ok()?;
        packet.truncate(length);
        Some(packet)
    }
}
