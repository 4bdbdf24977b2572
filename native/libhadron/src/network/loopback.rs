//! Connections to the loopback of a pod's network namespace, whose servers are in the guest.
//!
//! A program that the kernel asks who a connection is for (BPF_PROG_TYPE_SK_LOOKUP) gives all TCP connections to 127.0.0.1 and
//! ::1, whatever their port, to one listener. No rule of a packet filter is needed, and the program is gone with its descriptor.
//! Other addresses of the loopback are left alone: Docker has a resolver on one of them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult};
use crate::netns;
use crate::network::tcp;
use crate::request::Path;

/// A listener for all of them and the program that sends them there, which works for as long as its descriptor is open.
pub fn open(request: &Path) -> OpResult<Reply> {
    let (listener, program) = netns::inside(&request.path, || {
        let listener = listen()
            .map_err(|errno| OpError::os(errno, "the pod's loopback cannot be listened on"))?;
        let program = attach(listener.as_fd()).map_err(|errno| {
            OpError::os(
                errno,
                "no program can be attached to the pod's network namespace (BPF_SK_LOOKUP)",
            )
        })?;
        Ok((listener, program))
    })?;
    let numbers = [listener.as_raw_fd(), program.as_raw_fd()];
    Ok(Reply::with_fds(
        json!({ "fds": numbers }),
        vec![listener, program],
    ))
}

/// For both families, unless the host has no IPv6: a socket of IPv6 that is not for that alone may be given connections of IPv4.
fn listen() -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let open = |family| rustix::net::socket_with(family, SocketType::STREAM, flags, None);
    let (socket, address) = match open(AddressFamily::INET6) {
        Ok(socket) => {
            sockopt::set_ipv6_v6only(&socket, false)?;
            // With another address it would be for IPv6 alone; whoever takes the connections looks for whom they are.
            (socket, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)))
        }
        Err(Errno::AFNOSUPPORT) => {
            let socket = open(AddressFamily::INET)?;
            (socket, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        }
        Err(errno) => return Err(errno),
    };
    // While lo is down it has no address.
    sockopt::set_ip_freebind(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, tcp::BACKLOG)?;
    Ok(socket)
}

// linux/bpf.h.
const BPF_MAP_CREATE: u32 = 0;
const BPF_MAP_UPDATE_ELEM: u32 = 2;
const BPF_PROG_LOAD: u32 = 5;
const BPF_LINK_CREATE: u32 = 28;
const BPF_MAP_TYPE_SOCKMAP: u32 = 15;
const BPF_PROG_TYPE_SK_LOOKUP: u32 = 30;
const BPF_SK_LOOKUP: u32 = 36;
const BPF_FUNC_MAP_LOOKUP_ELEM: i32 = 1;
const BPF_FUNC_SK_RELEASE: i32 = 86;
const BPF_FUNC_SK_ASSIGN: i32 = 124;
const BPF_PSEUDO_MAP_FD: u8 = 1;
const SK_PASS: i32 = 1;

// Offsets in struct bpf_sk_lookup.
const FAMILY: i16 = 8;
const PROTOCOL: i16 = 12;
const LOCAL_IP4: i16 = 40;
const LOCAL_IP6: i16 = 44;

#[repr(C)]
#[derive(Default)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
}

#[repr(C)]
#[derive(Default)]
struct MapUpdate {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
#[derive(Default)]
struct ProgramLoad {
    program_type: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buffer: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
    interface: u32,
    expected_attach_type: u32,
}

#[repr(C)]
#[derive(Default)]
struct LinkCreate {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
}

/// struct bpf_insn.
#[repr(C)]
#[derive(Clone, Copy)]
struct Instruction {
    code: u8,
    /// The destination's number in the lower half, the source's in the upper one.
    registers: u8,
    offset: i16,
    value: i32,
}

/// bpf(2). `attributes` must be what the command takes; pointers in it must be to what lives during the call.
unsafe fn bpf<T>(command: u32, attributes: &T) -> rustix::io::Result<RawFd> {
    // SAFETY: the attributes are as long as said; the rest is the caller's promise.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attributes, size_of::<T>()) };
    RawFd::try_from(result)
        .ok()
        .filter(|result| *result >= 0)
        .ok_or_else(|| Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
}

/// As `bpf`, for a command that makes a descriptor.
unsafe fn bpf_open<T>(command: u32, attributes: &T) -> rustix::io::Result<OwnedFd> {
    // SAFETY: the caller's promise; the descriptor is new, and nobody else's.
    unsafe { bpf(command, attributes).map(|fd| OwnedFd::from_raw_fd(fd)) }
}

/// To the calling thread's network namespace.
fn attach(listener: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    let create = MapCreate {
        map_type: BPF_MAP_TYPE_SOCKMAP,
        key_size: 4,
        value_size: 8,
        max_entries: 1,
    };
    // SAFETY: no pointers.
    let map = unsafe { bpf_open(BPF_MAP_CREATE, &create)? };
    let (key, value) = (0_u32, listener.as_raw_fd() as u64);
    let update = MapUpdate {
        map: map.as_raw_fd() as u32,
        key: (&raw const key).addr() as u64,
        value: (&raw const value).addr() as u64,
        ..MapUpdate::default()
    };
    // SAFETY: key and value are as long as the map says and outlive the call.
    unsafe { bpf(BPF_MAP_UPDATE_ELEM, &update)? };
    let instructions = program(map.as_raw_fd());
    let license = c"Apache-2.0";
    let mut load = ProgramLoad {
        program_type: BPF_PROG_TYPE_SK_LOOKUP,
        count: instructions.len() as u32,
        instructions: instructions.as_ptr().addr() as u64,
        license: license.as_ptr().addr() as u64,
        expected_attach_type: BPF_SK_LOOKUP,
        ..ProgramLoad::default()
    };
    load.name[..6].copy_from_slice(b"hadron");
    // SAFETY: instructions and license outlive the call, and are as long as said and ended by a zero.
    let program = unsafe { bpf_open(BPF_PROG_LOAD, &load)? };
    let namespace = rustix::fs::open(
        "/proc/thread-self/ns/net",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let link = LinkCreate {
        program: program.as_raw_fd() as u32,
        target: namespace.as_raw_fd() as u32,
        attach_type: BPF_SK_LOOKUP,
        flags: 0,
    };
    // SAFETY: no pointers.
    unsafe { bpf_open(BPF_LINK_CREATE, &link) }
}

/// "TCP to 127.0.0.1 or ::1 is for the map's socket."
fn program(map: RawFd) -> [Instruction; 32] {
    const LOAD_WORD: u8 = 0x61;
    const ALWAYS: u8 = 0x05;
    const LOAD_DOUBLE: u8 = 0x18;
    const STORE_WORD: u8 = 0x62;
    const MOVE: u8 = 0xb7;
    const MOVE_REGISTER: u8 = 0xbf;
    const ADD: u8 = 0x07;
    const IF_EQUAL: u8 = 0x15;
    const UNLESS_EQUAL: u8 = 0x55;
    const CALL: u8 = 0x85;
    const EXIT: u8 = 0x95;
    let one = |code, destination: u8, source: u8, offset, value| Instruction {
        code,
        registers: destination | source << 4,
        offset,
        value,
    };
    let field = |offset| one(LOAD_WORD, 2, 6, offset, 0);
    let local = i32::from_ne_bytes(Ipv4Addr::LOCALHOST.octets());
    let last = 1_i32.to_be();
    [
        one(MOVE_REGISTER, 6, 1, 0, 0),
        field(PROTOCOL),
        one(UNLESS_EQUAL, 2, 0, 27, libc::IPPROTO_TCP),
        field(FAMILY),
        one(IF_EQUAL, 2, 0, 3, libc::AF_INET6),
        field(LOCAL_IP4),
        one(UNLESS_EQUAL, 2, 0, 23, local),
        one(ALWAYS, 0, 0, 8, 0),
        // IPv6.
        field(LOCAL_IP6),
        one(UNLESS_EQUAL, 2, 0, 20, 0),
        field(LOCAL_IP6 + 4),
        one(UNLESS_EQUAL, 2, 0, 18, 0),
        field(LOCAL_IP6 + 8),
        one(UNLESS_EQUAL, 2, 0, 16, 0),
        field(LOCAL_IP6 + 12),
        one(UNLESS_EQUAL, 2, 0, 14, last),
        // The key, 0, on the stack.
        one(STORE_WORD, 10, 0, -4, 0),
        one(MOVE_REGISTER, 2, 10, 0, 0),
        one(ADD, 2, 0, 0, -4),
        one(LOAD_DOUBLE, 1, BPF_PSEUDO_MAP_FD, 0, map),
        one(0, 0, 0, 0, 0),
        one(CALL, 0, 0, 0, BPF_FUNC_MAP_LOOKUP_ELEM),
        one(IF_EQUAL, 0, 0, 7, 0),
        one(MOVE_REGISTER, 7, 0, 0, 0),
        one(MOVE_REGISTER, 1, 6, 0, 0),
        one(MOVE_REGISTER, 2, 7, 0, 0),
        one(MOVE, 3, 0, 0, 0),
        one(CALL, 0, 0, 0, BPF_FUNC_SK_ASSIGN),
        one(MOVE_REGISTER, 1, 7, 0, 0),
        one(CALL, 0, 0, 0, BPF_FUNC_SK_RELEASE),
        // Whoever is found otherwise, if nobody was assigned.
        one(MOVE, 0, 0, 0, SK_PASS),
        one(EXIT, 0, 0, 0, 0),
    ]
}
