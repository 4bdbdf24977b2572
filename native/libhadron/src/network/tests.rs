//! In a namespace of the test's own thread, with a veth pair `v0`, `p0` in it.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, Parseable};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourMessage, NeighbourState};
use netlink_packet_route::route::{RouteAttribute, RouteMessage, RouteProtocol, RouteType};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleFlags, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage, address};
use rustix::io::Errno;
use rustix::thread::UnshareFlags;
use serde_json::{Value, json};

use super::loopback;
use super::netlink::Netlink;
use super::tcp;
use super::{join, open, open_tap, read, separate};
use crate::descriptor;
use crate::request::{Descriptor, JoinLinks, ListenTcp, OpenTap, Path, SeparateLinks};
use crate::testing::soon;

const HERE: &str = "/proc/thread-self/ns/net";
const VETH: [u8; 6] = [2, 0, 0, 0, 0, 0x0f];
const PEER: [u8; 6] = [2, 0, 0, 0, 0, 0x10];
/// struct virtio_net_hdr, which is before each packet of a tap.
const HEADER: usize = 10;

struct Namespace {
    requests: RawFd,
    changes: RawFd,
}

impl Namespace {
    fn new() -> Self {
        // SAFETY: only UnshareFlags::FILES could harm other threads.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET).expect("needs root") };
        let reply = open(&Path { path: HERE.into() }).unwrap();
        assert_eq!(reply.value()["own"], true);
        let fds = reply.into_fds();
        let namespace = Self {
            requests: fds[0],
            changes: fds[1],
        };
        namespace.make_veth();
        namespace
    }

    fn change(&self, message: RouteNetlinkMessage) {
        let mut netlink = Netlink::new(descriptor::borrow(self.requests).unwrap());
        netlink.change(message, NLM_F_CREATE | NLM_F_EXCL).unwrap();
    }

    fn make_veth(&self) {
        let end = |name: &str, hardware: [u8; 6]| {
            let mut message = LinkMessage::default();
            message.attributes = vec![
                LinkAttribute::IfName(name.to_owned()),
                LinkAttribute::Address(hardware.to_vec()),
                LinkAttribute::Mtu(1400),
            ];
            message
        };
        let mut message = end("v0", VETH);
        message.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(end("p0", PEER)))),
        ]));
        self.change(RouteNetlinkMessage::NewLink(message));
        for name in ["lo", "v0", "p0"] {
            let mut message = LinkMessage::default();
            message.header.index = self.index(name);
            message.header.flags = LinkFlags::Up;
            message.header.change_mask = LinkFlags::Up;
            self.change(RouteNetlinkMessage::SetLink(message));
        }
        let mut message = address::AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = 24;
        message.header.index = self.index("p0");
        let ip = "10.9.0.1".parse().unwrap();
        message.attributes = vec![
            address::AddressAttribute::Local(ip),
            address::AddressAttribute::Address(ip),
        ];
        self.change(RouteNetlinkMessage::NewAddress(message));
        let mut message = NeighbourMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.ifindex = self.index("p0");
        message.header.state = NeighbourState::Permanent;
        message.attributes = vec![
            NeighbourAttribute::Destination(
                "10.9.0.2".parse::<std::net::Ipv4Addr>().unwrap().into(),
            ),
            NeighbourAttribute::LinkLayerAddress(VETH.to_vec()),
        ];
        self.change(RouteNetlinkMessage::NewNeighbour(message));
    }

    fn add_routes(&self) {
        let route = |kind, destination: [u8; 4], attributes: Vec<RouteAttribute>| {
            let mut message = RouteMessage::default();
            message.header.address_family = AddressFamily::Inet;
            message.header.destination_prefix_length = 16;
            message.header.table = 254;
            message.header.protocol = RouteProtocol::Static;
            message.header.kind = kind;
            message.attributes = attributes;
            let destination = std::net::IpAddr::from(destination);
            message
                .attributes
                .push(RouteAttribute::Destination(destination.into()));
            self.change(RouteNetlinkMessage::NewRoute(message));
        };
        let gateway: std::net::IpAddr = "10.9.0.2".parse().unwrap();
        route(
            RouteType::Unicast,
            [10, 20, 0, 0],
            vec![
                RouteAttribute::Gateway(gateway.into()),
                RouteAttribute::Priority(7),
                RouteAttribute::Metrics(vec![netlink_packet_route::route::RouteMetric::Mtu(1300)]),
            ],
        );
        route(RouteType::BlackHole, [10, 30, 0, 0], vec![]);
        route(
            RouteType::Unicast,
            [10, 40, 0, 0],
            vec![
                RouteAttribute::Gateway(gateway.into()),
                RouteAttribute::Table(1000),
            ],
        );
    }

    /// "not from all iif v0 lookup 1000", with the number 100.
    fn add_rule(&self) {
        let mut message = RuleMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.action = RuleAction::ToTable;
        message.header.flags = RuleFlags::Invert;
        message.attributes = vec![
            RuleAttribute::Priority(100),
            RuleAttribute::Table(1000),
            RuleAttribute::Iifname("v0".into()),
        ];
        self.change(RouteNetlinkMessage::NewRule(message));
    }

    fn read(&self) -> Value {
        read(&Descriptor { fd: self.requests }).unwrap().value()["network"].clone()
    }

    fn link(&self, name: &str) -> Value {
        let state = self.read();
        let links = state["links"].as_array().unwrap();
        links
            .iter()
            .find(|link| link["name"] == name)
            .unwrap_or(&Value::Null)
            .clone()
    }

    fn index(&self, name: &str) -> u32 {
        self.link(name)["index"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap()
    }

    fn has_changed(&self) -> bool {
        super::netlink::drain(descriptor::borrow(self.changes).unwrap())
    }

    fn join(&self, tap: u32) -> Result<(), Errno> {
        let (fd, link) = (self.requests, self.index("v0"));
        join(&JoinLinks {
            fd,
            link,
            tap,
            mtu: 1400,
        })
        .map(|_| ())
        .map_err(|error| error.errno)
    }

    fn separate(&self, tap: u32) {
        let (fd, link) = (self.requests, self.index("v0"));
        separate(&SeparateLinks { fd, link, tap }).unwrap();
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        for fd in [self.requests, self.changes] {
            // SAFETY: they are this object's own.
            drop(unsafe { File::from_raw_fd(fd) });
        }
    }
}

fn tap(queues: usize) -> (u32, Vec<File>) {
    let reply = open_tap(&OpenTap {
        netns: HERE.into(),
        queues,
    })
    .unwrap();
    let index = reply.value()["index"].as_u64().unwrap().try_into().unwrap();
    // SAFETY: they were given to us.
    let files = reply
        .into_fds()
        .into_iter()
        .map(|fd| unsafe { File::from_raw_fd(fd) });
    (index, files.collect())
}

/// The next UDP packet with its header, within ten seconds.
fn next_udp(queue: &mut File) -> Vec<u8> {
    loop {
        let mut fds = [rustix::event::PollFd::new(
            queue,
            rustix::event::PollFlags::IN,
        )];
        let timeout = rustix::event::Timespec::try_from(Duration::from_secs(10)).unwrap();
        assert_eq!(
            rustix::event::poll(&mut fds, Some(&timeout)).unwrap(),
            1,
            "no packet"
        );
        let mut packet = vec![0; 2048];
        let length = queue.read(&mut packet).unwrap();
        packet.truncate(length);
        // IPv4, and in it UDP.
        if packet[HEADER + 12..HEADER + 14] == [8, 0] && packet[HEADER + 23] == 17 {
            return packet;
        }
    }
}

/// The answer with the same content: the checksums are the same when both ends are exchanged.
fn turn_round(packet: &mut [u8]) {
    for (from, to, length) in [(0, 6, 6), (26, 30, 4), (34, 36, 2)] {
        for offset in HEADER..HEADER + length {
            packet.swap(from + offset, to + offset);
        }
    }
}

#[test]
fn reads_what_is_there() {
    let namespace = Namespace::new();
    namespace.add_routes();
    let state = namespace.read();
    let (v0, p0) = (namespace.index("v0"), namespace.index("p0"));
    let link = namespace.link("v0");
    assert_eq!(
        (
            &link["kind"],
            &link["layer"],
            &link["hardwareAddress"],
            &link["mtu"],
            &link["master"],
            &link["bus"]
        ),
        (
            &json!("veth"),
            &json!(1),
            &json!("02:00:00:00:00:0f"),
            &json!(1400),
            &json!(0),
            &json!("")
        )
    );
    assert_eq!(link["flags"].as_u64().unwrap() & 1, 1);
    // Those that a Linux of 2022 has.
    assert_eq!(link["ipv4Settings"].as_str().unwrap().len(), 33 * 8);
    assert_eq!(link["acceptRa"], true);
    let addresses = state["addresses"].as_array().unwrap();
    assert_eq!(
        addresses
            .iter()
            .filter(|each| each["link"] == v0 && each["broadcast"] != "")
            .count(),
        0
    );
    let own = addresses
        .iter()
        .find(|each| each["address"] == "10.9.0.1")
        .unwrap();
    assert_eq!(
        own,
        &json!({
            "link": p0, "address": "10.9.0.1", "prefixLength": 24, "peer": "", "broadcast": "", "label": "p0", "scope": 0,
            "flags": 0x80, "metric": 0, "preferredS": u32::MAX, "validS": u32::MAX, "ofRouter": false,
        })
    );
    let routes = state["routes"].as_array().unwrap();
    let route = |destination: &str| {
        routes
            .iter()
            .find(|each| each["destination"] == destination)
            .unwrap()
    };
    assert_eq!(
        route("10.20.0.0/16"),
        &json!({
            "table": 254, "destination": "10.20.0.0/16",
            "nextHops": [{ "link": p0, "gateway": "10.9.0.2", "onlink": false, "weight": 1 }],
            "source": "", "type": 1, "scope": 0, "protocol": 4, "metric": 7,
            "metrics": [{ "kind": 2, "value": 1300 }], "preference": 0, "tos": 0, "more": false,
        })
    );
    assert_eq!(route("10.9.0.0/24")["source"], "10.9.0.1");
    assert_eq!(
        (
            &route("10.30.0.0/16")["type"],
            &route("10.30.0.0/16")["nextHops"]
        ),
        (&json!(6), &json!([]))
    );
    assert_eq!(route("10.40.0.0/16")["table"], 1000);
    assert_eq!(state["rules"], json!([]));
    assert_eq!(
        state["neighbours"],
        json!([{ "link": p0, "address": "10.9.0.2", "hardwareAddress": "02:00:00:00:00:0f", "proxy": false, "router": false }])
    );
}

/// A rule as it was read makes the same rule again, in another namespace too.
#[test]
fn rules_can_be_carried_over() {
    let namespace = Namespace::new();
    let before = namespace.read()["rules"].clone();
    namespace.add_rule();
    assert!(namespace.has_changed());
    let read = namespace.read()["rules"].clone();
    assert_eq!(
        (before, read.as_array().map(Vec::len)),
        (json!([]), Some(1))
    );
    let hexadecimal = read[0].as_str().unwrap();
    let bytes: Vec<u8> = (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect();
    let other = Namespace::new();
    let message = RuleMessage::parse(&bytes[..]).unwrap();
    other.change(RouteNetlinkMessage::NewRule(message));
    assert_eq!(other.read()["rules"], read);
}

#[test]
fn tells_of_changes() {
    let namespace = Namespace::new();
    assert!(namespace.has_changed());
    assert!(!namespace.has_changed());
    // The duplicate sees the same.
    let watched = descriptor::duplicate(namespace.changes, "it cannot be watched").unwrap();
    namespace.add_routes();
    assert!(super::netlink::drain(std::os::fd::AsFd::as_fd(&watched)));
    assert!(!namespace.has_changed());
}

#[test]
fn packets_pass_both_ways_and_past_the_stack() {
    let namespace = Namespace::new();
    let (index, mut queues) = tap(1);
    assert_eq!(namespace.link("hadron0")["kind"], "tun");
    namespace.join(index).unwrap();
    let link = namespace.link("hadron0");
    assert_eq!(
        (link["flags"].as_u64().unwrap() & 1, &link["mtu"]),
        (1, &json!(1400))
    );
    let socket = UdpSocket::bind("10.9.0.1:4000").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    socket.send_to(b"to the guest", "10.9.0.2:5000").unwrap();
    let mut packet = next_udp(&mut queues[0]);
    assert!(packet.ends_with(b"to the guest"));
    turn_round(&mut packet);
    queues[0].write_all(&packet).unwrap();
    let mut answer = [0; 100];
    let (length, from) = socket.recv_from(&mut answer).unwrap();
    assert_eq!(
        (&answer[..length], from.to_string().as_str()),
        (&b"to the guest"[..], "10.9.0.2:5000")
    );

    // Another VM cannot have it.
    let (second, _queues) = tap(1);
    assert_eq!(namespace.join(second).unwrap_err(), Errno::EXIST);
    namespace.separate(index);
    namespace.separate(index);
    namespace.join(second).unwrap();
}

/// A guest writes what it likes before its packets.
#[test]
fn headers_that_make_no_sense_harm_nobody() {
    let namespace = Namespace::new();
    let (index, mut queues) = tap(1);
    namespace.join(index).unwrap();
    let socket = UdpSocket::bind("10.9.0.1:4000").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    socket.send_to(b"before", "10.9.0.2:5000").unwrap();
    let mut packet = next_udp(&mut queues[0]);
    turn_round(&mut packet);
    let mut refused = 0;
    for position in 0..HEADER {
        for value in [1, 2, 3, 5, 0x7f, 0x80, 0xfe, 0xff] {
            let mut wrong = packet.clone();
            wrong[position] = value;
            refused += u32::from(queues[0].write_all(&wrong).is_err());
            // And far less than its header says.
            wrong.truncate(HEADER + 15);
            refused += u32::from(queues[0].write_all(&wrong).is_err());
        }
    }
    queues[0].write_all(&[0xff; HEADER - 1]).unwrap_err();
    assert!(refused > 20, "{refused}");
    // Some of them came through; what is sent after them does, too.
    let end = packet.len();
    packet[end - 6..].copy_from_slice(b"behind");
    // A checksum of 0 is none.
    packet[HEADER + 40..HEADER + 42].fill(0);
    packet[..HEADER].fill(0);
    queues[0].write_all(&packet).unwrap();
    let mut answer = [0; 2048];
    loop {
        let length = socket.recv(&mut answer).unwrap();
        if &answer[..length] == b"behind" {
            break;
        }
    }
}

#[test]
fn a_tap_ends_with_its_descriptors() {
    let namespace = Namespace::new();
    let (index, queues) = tap(3);
    assert_eq!(queues.len(), 3);
    assert_eq!(namespace.index("hadron0"), index);
    namespace.join(index).unwrap();
    drop(queues);
    soon(|| namespace.link("hadron0") == Value::Null);
    namespace.separate(index);
    // Nothing is left: it can be joined anew.
    let (index, _queues) = tap(1);
    namespace.join(index).unwrap();
}

#[test]
fn refusals_leave_nothing() {
    let namespace = Namespace::new();
    let (fd, link) = (namespace.requests, namespace.index("v0"));
    let refused = join(&JoinLinks {
        fd,
        link,
        tap: 9999,
        mtu: 1400,
    })
    .unwrap_err();
    assert_eq!(refused.errno, Errno::NODEV);
    let (index, _queues) = tap(1);
    assert_eq!(
        join(&JoinLinks {
            fd,
            link: 9999,
            tap: index,
            mtu: 1400
        })
        .unwrap_err()
        .errno,
        Errno::NODEV
    );
    // A tap takes less than an interface can have.
    join(&JoinLinks {
        fd,
        link,
        tap: index,
        mtu: 65_535,
    })
    .unwrap();
    assert_eq!(namespace.link("hadron0")["mtu"], 65_521);
    for queues in [0, 257] {
        let error = open_tap(&OpenTap {
            netns: HERE.into(),
            queues,
        })
        .unwrap_err();
        assert!(error.message.contains("1 to 256"), "{}", error.message);
    }
    let error = open(&Path {
        path: "/absent".into(),
    })
    .unwrap_err();
    assert_eq!(error.errno, Errno::NOENT);
    let error = open_tap(&OpenTap {
        netns: "/dev/null".into(),
        queues: 1,
    })
    .unwrap_err();
    assert_eq!(error.errno, Errno::INVAL);
}

#[test]
fn the_loopback_is_answered_for_on_every_port() {
    let _namespace = Namespace::new();
    let fds = loopback::open(&Path { path: HERE.into() })
        .unwrap()
        .into_fds();
    // SAFETY: it is new, and the test's.
    let [listener, program] = [fds[0], fds[1]].map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    let other = TcpListener::bind("127.0.0.11:0").unwrap();
    let ports = [1_u16, 53, 8080, 65535];
    for (address, port) in ports
        .map(|port| [("127.0.0.1", port), ("::1", port)])
        .concat()
    {
        let mut there = TcpStream::connect((address, port)).unwrap();
        let reply = tcp::accept(listener.as_fd()).unwrap();
        assert_eq!(reply.value()["port"], port);
        assert_eq!(reply.value()["address"], address);
        // SAFETY: as above.
        let mut here = unsafe { TcpStream::from_raw_fd(reply.into_fds()[0]) };
        here.write_all(b"here").unwrap();
        let mut bytes = [0; 4];
        there.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"here");
        let fd = here.as_raw_fd();
        tcp::refuse(&Descriptor { fd }).unwrap();
        drop(here);
        let error = there.read(&mut bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    // Nobody came; another address of the loopback, and its servers, are left alone.
    let none = tcp::accept(listener.as_fd()).unwrap();
    assert_eq!(
        none.value(),
        &json!({ "fds": [], "port": 0, "address": "" })
    );
    TcpStream::connect(other.local_addr().unwrap()).unwrap();
    let refused = |address: &str| TcpStream::connect(address).unwrap_err().kind();
    assert_eq!(refused("127.0.0.11:1"), ErrorKind::ConnectionRefused);
    drop(program);
    for address in ["127.0.0.1:8080", "[::1]:8080"] {
        soon(|| TcpStream::connect(address).is_err());
        assert_eq!(refused(address), ErrorKind::ConnectionRefused);
    }
}

#[test]
fn listeners_of_one_family_and_of_both() {
    let _namespace = Namespace::new();
    let listen_at = |address: &str, port, ipv6_only| {
        tcp::listen(&ListenTcp {
            address: address.parse().unwrap(),
            port,
            ipv6_only,
        })
    };
    let listen = |address: &str| listen_at(address, 80, true);
    let listener = listen("0.0.0.0").unwrap();
    let other = listen("::").unwrap();
    let _both = listen_at("::", 81, false).unwrap();
    TcpStream::connect("127.0.0.1:81").unwrap();
    assert_eq!(listen("127.0.0.1").unwrap_err().errno, Errno::ADDRINUSE);
    for (listener, address) in [(&listener, "127.0.0.1"), (&other, "::1")] {
        let _there = TcpStream::connect((address, 80)).unwrap();
        let number = listener.value()["fd"].as_i64().unwrap() as i32;
        let reply = tcp::accept(descriptor::borrow(number).unwrap()).unwrap();
        assert_eq!(reply.value()["address"], address);
        assert_eq!(reply.value()["port"], 80);
    }
}
