//! The pod's network as the host says it. QEMU's NICs 0 and 1, and 2 and 3, are on one wire; their first hardware addresses
//! end with their number.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hadron_agent::protocol::agent as proto;
use serde_json::json;

use crate::client::{Guest, ROOTFS, read, spec};

const UP: u32 = 0x1;
const MULTICAST: u32 = 0x1000;
const SCOPE_LINK: u32 = 253;
const PROTOCOL_KERNEL: u32 = 2;
const PROTOCOL_STATIC: u32 = 4;

/// Debian's kernel has no virtio-net without its modules.
fn has_nics() -> bool {
    let there = Path::new("/sys/bus/virtio/drivers/virtio_net").exists();
    if !there {
        println!("this kernel has no virtio-net: the network is not tested");
    }
    there
}

fn slot(number: u32) -> String {
    format!("02:00:00:00:00:0{number}")
}

fn interface(number: u32, name: &str) -> proto::Interface {
    proto::Interface {
        slot: slot(number),
        name: name.into(),
        hardware_address: format!("0a:58:0a:01:00:0{number}"),
        mtu: 1500,
        flags: UP | MULTICAST,
        ..Default::default()
    }
}

fn address(text: &str) -> proto::Address {
    let (address, length) = text.split_once('/').expect("a prefix length");
    proto::Address {
        address: address.into(),
        prefix_length: length.parse().expect("number"),
        preferred_s: u32::MAX,
        valid_s: u32::MAX,
        ..Default::default()
    }
}

fn hop(interface: &str, gateway: &str) -> proto::route::NextHop {
    proto::route::NextHop {
        interface: interface.into(),
        gateway: gateway.into(),
        ..Default::default()
    }
}

fn route(destination: &str, next_hops: Vec<proto::route::NextHop>) -> proto::Route {
    proto::Route {
        destination: destination.into(),
        next_hops,
        protocol: PROTOCOL_STATIC,
        ..Default::default()
    }
}

/// All settings of IPv4 but these two are 0, and there are more than the kernel knows.
fn settings(rp_filter: u32, log_martians: u32) -> Vec<u8> {
    let mut settings = [0; 40];
    (settings[7], settings[10]) = (rp_filter, log_martians);
    settings.into_iter().flat_map(u32::to_ne_bytes).collect()
}

/// "from SOURCE lookup TABLE", with that number: struct fib_rule_hdr, FRA_SRC, FRA_PRIORITY, FRA_TABLE.
fn rule(source: &str, number: u32, table: u32) -> Vec<u8> {
    const FR_ACT_TO_TBL: u8 = 1;
    let source: Ipv4Addr = source.parse().expect("an address");
    let family = libc::AF_INET as u8;
    let mut bytes = vec![family, 0, 32, 0, 0, 0, 0, FR_ACT_TO_TBL, 0, 0, 0, 0];
    let attributes = [
        (2_u16, source.octets()),
        (6, number.to_ne_bytes()),
        (15, table.to_ne_bytes()),
    ];
    for (kind, value) in attributes {
        bytes.extend(8_u16.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
    }
    bytes
}

/// The kernel's own for an address.
fn link_route(destination: &str, interface: &str, source: &str) -> proto::Route {
    proto::Route {
        source: source.into(),
        protocol: PROTOCOL_KERNEL,
        scope: if source.is_empty() { 0 } else { SCOPE_LINK },
        metric: if source.is_empty() { 256 } else { 0 },
        ..route(destination, vec![hop(interface, "")])
    }
}

/// What the kernel makes with the first address of each prefix.
fn kernel_routes(interface: &proto::Interface) -> Vec<proto::Route> {
    let mut routes: Vec<proto::Route> = Vec::new();
    for address in &interface.addresses {
        let (network, source) = match address.address.rsplit_once("::") {
            Some((network, _)) => (format!("{network}::/64"), ""),
            None => {
                let (network, _) = address.address.rsplit_once('.').expect("an address");
                (format!("{network}.0/24"), address.address.as_str())
            }
        };
        if routes.iter().all(|route| route.destination != network) {
            routes.push(link_route(&network, &interface.name, source));
        }
    }
    routes
}

async fn set(guest: &Guest, network: proto::Network) -> Vec<String> {
    guest.set_network(network).await.expect("answer").problems
}

fn busybox(args: &[&str]) -> Command {
    let mut command = Command::new(format!("{ROOTFS}/bin/busybox"));
    command.args(args);
    command
}

/// What ip(8) says, without spaces at the ends of lines.
fn ip(args: &str) -> String {
    let words: Vec<_> = ["ip"].into_iter().chain(args.split(' ')).collect();
    let output = busybox(&words).output().expect("ip");
    assert!(output.status.success(), "ip {args}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Interfaces that the guest's containers see.
fn shown() -> BTreeSet<String> {
    std::fs::read_dir("/sys/class/net")
        .expect("interfaces")
        .flatten()
        .map(|entry| entry.file_name().into_string().expect("text"))
        .collect()
}

/// What has no interface any more goes after the answer; no container starts before it is gone.
async fn shows<const N: usize>(names: [&str; N]) {
    let expected = BTreeSet::from(names.map(String::from));
    let deadline = Instant::now() + Duration::from_secs(10);
    while shown() != expected && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(shown(), expected);
}

fn about(name: &str, attribute: &str) -> String {
    read(format!("/sys/class/net/{name}/{attribute}"))
}

/// Of the route there, which busybox does not print.
fn mtu_to(address: &str) -> libc::c_int {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("socket");
    socket.connect((address, 9)).expect("a route");
    let mut mtu: libc::c_int = 0;
    let mut length = size_of_val(&mtu) as libc::socklen_t;
    // SAFETY: value and length are an int's and outlive the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_MTU,
            (&raw mut mtu).cast(),
            &raw mut length,
        )
    };
    assert_eq!(result, 0);
    mtu
}

fn has_lines(text: &str, lines: &[&str]) {
    for line in lines {
        let there = text.lines().any(|there| there.trim() == *line);
        assert!(there, "{line:?} is not in\n{text}");
    }
}

const ODD_NAME: &str = "a.b-c_d@1{}|é#";

pub async fn all_that_the_host_says(guest: &Guest) {
    if !has_nics() {
        return;
    }
    let mut eth0 = interface(0, "eth0");
    eth0.mtu = 1400;
    (eth0.ipv4_settings, eth0.accept_ra) = (settings(2, 7), true);
    eth0.addresses = vec![
        proto::Address {
            broadcast: "10.1.0.255".into(),
            ..address("10.1.0.2/24")
        },
        address("10.1.0.3/24"),
        proto::Address {
            peer: "10.7.0.9".into(),
            label: "eth0:p".into(),
            scope: SCOPE_LINK,
            ..address("10.7.0.1/32")
        },
        proto::Address {
            preferred_s: 0,
            valid_s: 5000,
            ..address("fd00:1::2/64")
        },
        proto::Address {
            scope: SCOPE_LINK,
            ..address("fe80::858:aff:fe01:2/64")
        },
    ];
    let mut odd = interface(2, ODD_NAME);
    odd.mtu = 65535;
    let mut down = interface(3, "down0");
    (down.mtu, down.flags) = (68, MULTICAST);
    let onlink = proto::route::NextHop {
        onlink: true,
        ..hop("eth0", "192.168.77.1")
    };
    let weighty = proto::route::NextHop {
        weight: 3,
        ..hop("eth0", "fe80::1")
    };
    let small = proto::route::Metric {
        kind: 2,
        value: 1300,
        ..Default::default()
    };
    // Those by a gateway before those that it is reached by.
    let routes = vec![
        proto::Route {
            metric: 100,
            metrics: vec![small],
            source: "10.1.0.3".into(),
            ..route("0.0.0.0/0", vec![hop("eth0", "10.1.0.1")])
        },
        // By IPv6, whose kernel needs no option for it.
        proto::Route {
            metric: 200,
            ..route("fd00:5::/64", vec![weighty, hop("eth0", "fe80::5")])
        },
        proto::Route {
            metric: 1024,
            ..route("::/0", vec![hop("eth0", "fe80::1")])
        },
        route("10.8.0.0/16", vec![onlink]),
        proto::Route {
            type_: 6,
            ..route("10.9.0.0/16", vec![])
        },
        proto::Route {
            metric: 77,
            ..route("fd00:1::1/128", vec![hop("eth0", "")])
        },
        route("10.6.0.0/16", vec![hop("eth0", "fe80::1")]),
        proto::Route {
            table: 1000,
            ..route("0.0.0.0/0", vec![hop("eth0", "10.1.0.9")])
        },
        // That of fd00:1::/64 and that of the peer are not wanted.
        link_route("10.1.0.0/24", "eth0", "10.1.0.2"),
        link_route("fe80::/64", "eth0", ""),
    ];
    let neighbour = |address: &str, hardware_address: &str| proto::Neighbour {
        interface: "eth0".into(),
        address: address.into(),
        hardware_address: hardware_address.into(),
        proxy: hardware_address.is_empty(),
        ..Default::default()
    };
    let network = proto::Network {
        interfaces: vec![eth0, odd, down],
        routes,
        neighbours: vec![
            neighbour("10.1.0.1", "0a:58:0a:01:00:01"),
            neighbour("fd00:1::1", "0a:58:0a:01:00:01"),
            neighbour("10.1.0.77", ""),
        ],
        rules: vec![rule("10.7.0.1", 100, 1000)],
        ..Default::default()
    };
    assert_eq!(set(guest, network.clone()).await, [""; 0]);

    shows(["lo", "eth0", ODD_NAME, "down0"]).await;
    let facts = |name| ["address", "mtu", "flags"].map(|fact| about(name, fact));
    assert_eq!(facts("eth0"), ["0a:58:0a:01:00:00", "1400", "0x1003"]);
    assert_eq!(facts(ODD_NAME), ["0a:58:0a:01:00:02", "65535", "0x1003"]);
    assert_eq!(facts("down0"), ["0a:58:0a:01:00:03", "68", "0x1002"]);

    let addresses = ip("addr show dev eth0");
    has_lines(
        &addresses,
        &[
            "inet 10.1.0.2/24 brd 10.1.0.255 scope global eth0",
            "inet 10.1.0.3/24 scope global secondary eth0",
            "inet 10.7.0.1 peer 10.7.0.9/32 scope link eth0:p",
        ],
    );
    let found = read("/proc/net/if_inet6");
    let flags = |address: &str| {
        let line = found.lines().find(|line| line.starts_with(address));
        line.map(|line| line.split_whitespace().nth(4).expect("flags"))
    };
    // NODAD and, as it has lifetimes, DEPRECATED; NODAD and PERMANENT. Neither is tentative.
    assert_eq!(flags("fd000001000000000000000000000002"), Some("22"));
    assert_eq!(flags("fe8000000000000008580afffe010002"), Some("82"));
    assert_eq!(
        found.lines().filter(|line| !line.ends_with(" lo")).count(),
        2,
        "{found}"
    );

    let routes = ip("route show");
    has_lines(
        &routes,
        &[
            "default via 10.1.0.1 dev eth0  src 10.1.0.3  metric 100",
            "10.8.0.0/16 via 192.168.77.1 dev eth0 onlink",
            "blackhole 10.9.0.0/16",
            "10.1.0.0/24 dev eth0 scope link  src 10.1.0.2",
        ],
    );
    assert_eq!((mtu_to("10.1.0.9"), mtu_to("198.51.100.1")), (1400, 1300));
    // Whoever has the address of the rule goes by the routes of its table.
    assert!(ip("rule show").contains("100:\tfrom 10.7.0.1 lookup 1000"));
    assert_eq!(
        ip("route get 198.51.100.1 from 10.7.0.1"),
        "198.51.100.1 from 10.7.0.1 via 10.1.0.9 dev eth0"
    );
    let routes6 = ip("-6 route show");
    has_lines(
        &routes6,
        &[
            "fd00:1::1 dev eth0  metric 77",
            "fe80::/64 dev eth0  metric 256",
            "default via fe80::1 dev eth0  metric 1024",
        ],
    );
    assert!(!routes6.contains("fd00:1::/64"), "{routes6}");
    assert!(!routes.contains("10.7.0.9"), "{routes}");
    let neighbours = ip("neigh show");
    has_lines(
        &neighbours,
        &[
            "10.1.0.1 dev eth0 lladdr 0a:58:0a:01:00:01 used 0/0/0 probes 0 PERMANENT",
            "fd00:1::1 dev eth0 lladdr 0a:58:0a:01:00:01 used 0/0/0 probes 0 PERMANENT",
        ],
    );

    // The same again changes nothing.
    let everything = || {
        let files = ["if_inet6", "route", "ipv6_route", "fib_trie"];
        let files = files.map(|file| read(format!("/proc/net/{file}")));
        (ip("addr show"), files, about("eth0", "ifindex"))
    };
    let before = everything();
    assert_eq!(set(guest, network.clone()).await, [""; 0]);
    // Lifetimes pass.
    assert_eq!(before.1[1..], everything().1[1..]);
    assert_eq!(before.2, everything().2);

    let settings = || {
        [
            "ipv4/conf/eth0/log_martians",
            "ipv4/conf/eth0/rp_filter",
            "ipv6/conf/eth0/accept_ra",
        ]
        .map(|setting| read(format!("/proc/sys/net/{setting}")))
    };
    assert_eq!(settings(), ["7", "2", "1"]);
    // It is the containers' own, with its settings, which stay until the host's change.
    let mut container = spec(&[
        "sh",
        "-c",
        "cat /proc/sys/net/ipv4/conf/eth0/rp_filter /sys/class/net/eth0/address",
    ]);
    container["linux"]["sysctl"] = json!({ "net.ipv4.conf.eth0.rp_filter": "1" });
    let output = guest.run(&container, None).await;
    assert_eq!(output.text(), "1\n0a:58:0a:01:00:00");
    let mut network = network;
    network.interfaces[0].accept_ra = false;
    assert_eq!(set(guest, network.clone()).await, [""; 0]);
    assert_eq!(settings(), ["7", "1", "0"]);
    network.interfaces[0].ipv4_settings = self::settings(0, 7);
    assert_eq!(set(guest, network).await, [""; 0]);
    assert_eq!(settings(), ["7", "0", "0"]);

    assert_eq!(set(guest, proto::Network::new()).await, [""; 0]);
    shows(["lo"]).await;
    assert_eq!(ip("route show"), "");
    assert_eq!(ip("-6 route show"), "");
    assert!(!ip("rule show").contains("1000"));
    assert_eq!(ip("route show table 1000"), "");
}

pub async fn changes(guest: &Guest) {
    if !has_nics() {
        return;
    }
    let with = |number, name: &str, addresses: &[&str]| proto::Interface {
        addresses: addresses.iter().map(|text| address(text)).collect(),
        ..interface(number, name)
    };
    let network = |interfaces: Vec<proto::Interface>, gateway: &str| {
        let mut routes: Vec<_> = interfaces
            .iter()
            .filter(|interface| interface.name == "eth0")
            .map(|_| route("10.5.0.0/16", vec![hop("eth0", gateway)]))
            .collect();
        routes.extend(interfaces.iter().flat_map(kernel_routes));
        proto::Network {
            interfaces,
            routes,
            ..Default::default()
        }
    };
    let first = vec![
        with(0, "eth0", &["10.0.0.2/24"]),
        with(1, "eth1", &["10.1.0.2/24", "10.1.0.4/24"]),
        with(2, "net2", &["10.2.0.2/24"]),
    ];
    assert_eq!(set(guest, network(first, "10.0.0.1")).await, [""; 0]);
    has_lines(
        &ip("route show"),
        &[
            "10.5.0.0/16 via 10.0.0.1 dev eth0",
            "10.1.0.0/24 dev eth1 scope link  src 10.1.0.2",
        ],
    );
    // Two exchange their names, one is another NIC's, and one comes. The pod has a route of its own meanwhile.
    ip("route add 10.77.0.0/16 dev net2");
    let second = vec![
        with(0, "eth1", &["10.0.0.2/24"]),
        with(1, "eth0", &["10.1.0.4/24"]),
        with(2, "net2", &["10.2.0.2/24", "10.2.0.3/24"]),
        with(3, "net3", &["10.3.0.2/24"]),
    ];
    let second = network(second, "10.1.0.1");
    assert_eq!(set(guest, second.clone()).await, [""; 0]);
    shows(["lo", "eth0", "eth1", "net2", "net3"]).await;
    for (name, number) in [("eth1", 0), ("eth0", 1), ("net2", 2), ("net3", 3)] {
        assert_eq!(about(name, "address"), format!("0a:58:0a:01:00:0{number}"));
    }
    let routes = ip("route show");
    has_lines(
        &routes,
        &[
            "10.5.0.0/16 via 10.1.0.1 dev eth0",
            "10.0.0.0/24 dev eth1 scope link  src 10.0.0.2",
            "10.77.0.0/16 dev net2 scope link",
        ],
    );
    assert_eq!(routes.matches("10.5.0.0/16").count(), 1, "{routes}");
    let addresses = ip("addr show");
    assert!(!addresses.contains("10.1.0.2"), "{addresses}");
    // What a program of the pod has taken away comes back.
    ip("link set dev eth1 down");
    ip("addr del 10.3.0.2/24 dev net3");
    assert_eq!(set(guest, second).await, [""; 0]);
    assert_eq!(about("eth1", "flags"), "0x1003");
    has_lines(
        &ip("route show"),
        &[
            "10.0.0.0/24 dev eth1 scope link  src 10.0.0.2",
            "10.3.0.0/24 dev net3 scope link  src 10.3.0.2",
        ],
    );
    // IPv6 goes with a small MTU and comes back with a larger one, with no address but what was asked for.
    for (mtu, there) in [(68, 0), (1280, 1), (9000, 1)] {
        let mut last = with(3, "net3", if mtu < 1280 { &[] } else { &["fd00:3::2/64"] });
        last.mtu = mtu;
        assert_eq!(set(guest, network(vec![last], "")).await, [""; 0]);
        let found = read("/proc/net/if_inet6");
        assert_eq!(
            found.lines().filter(|line| line.ends_with("net3")).count(),
            there,
            "{mtu}: {found}"
        );
    }
    shows(["lo", "net3"]).await;
    assert_eq!(set(guest, proto::Network::new()).await, [""; 0]);
}

/// A NIC without an interface is nowhere, and comes with its first address again.
pub async fn idle_nics(guest: &Guest) {
    if !has_nics() {
        return;
    }
    assert_eq!(set(guest, proto::Network::new()).await, [""; 0]);
    let seen = guest
        .shell("cat /proc/net/dev; ls /sys/class/net; ip link")
        .await;
    for number in 0..4 {
        assert!(
            !seen.text().contains(&format!("eth{number}")),
            "{}",
            seen.text()
        );
    }
    let network = |name: &str| proto::Network {
        interfaces: vec![interface(3, name)],
        ..Default::default()
    };
    for name in ["eth0", "eth3", "eth0"] {
        let began = Instant::now();
        assert_eq!(set(guest, network(name)).await, [""; 0]);
        let came = began.elapsed();
        shows(["lo", name]).await;
        assert_eq!(set(guest, proto::Network::new()).await, [""; 0]);
        println!(
            "a NIC came in {came:?} and went in {:?}",
            began.elapsed() - came
        );
    }
}

/// Something else on the wire: one of the guest's own NICs in another network namespace.
struct Peer(Child);

impl Peer {
    async fn on(guest: &Guest, eth0: proto::Interface, far: proto::Interface) -> Self {
        let name = far.name.clone();
        let network = proto::Network {
            routes: kernel_routes(&eth0),
            interfaces: vec![eth0, far],
            ..Default::default()
        };
        assert_eq!(set(guest, network).await, [""; 0]);
        let busybox_path = format!("{ROOTFS}/bin/busybox");
        let script = format!("echo; exec {busybox_path} sleep 1000");
        let mut child = busybox(&["unshare", "-n", &busybox_path, "sh", "-c", &script])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a namespace");
        let mut line = [0; 1];
        let mut output = child.stdout.take().expect("output");
        std::io::Read::read_exact(&mut output, &mut line).expect("it holds the namespace");
        ip(&format!("link set dev {name} netns {}", child.id()));
        Self(child)
    }

    fn command(&self, script: &str) -> Command {
        let pid = self.0.id().to_string();
        let mut command = busybox(&["nsenter", "-t", &pid, "-n", "--"]);
        let shell = format!("{ROOTFS}/bin/busybox");
        command.args([&shell, "sh", "-c", script]);
        command.env("PATH", format!("{ROOTFS}/bin"));
        command
    }

    fn run(&self, script: &str) -> String {
        let output = self.command(script).output().expect("run");
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn listens(file: &str, port: &str) -> bool {
    let table = read(format!("/proc/net/{file}"));
    table.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (local, _, state) = (words.next(), words.next(), words.next());
        local.is_some_and(|local| local.ends_with(port)) && state == Some("0A")
    })
}

pub async fn packets_pass(guest: &Guest) {
    if !has_nics() {
        return;
    }
    let mut eth0 = interface(0, "eth0");
    eth0.mtu = 9000;
    eth0.addresses = vec![address("10.1.0.2/24"), address("fd00:1::2/64")];
    let mut far = interface(1, "far");
    far.mtu = 9000;
    let peer = Peer::on(guest, eth0.clone(), far.clone()).await;
    peer.run(
        "ip addr add 10.1.0.1/24 dev far && ip addr add fd00:1::1/64 dev far && ip link set dev far up",
    );
    // At once: nobody waits for duplicate address detection on this side.
    let ping = guest.shell("ping -c 2 -s 8000 10.1.0.1").await;
    assert_eq!(ping.status, 0, "{}", ping.text());
    let seen = peer.run("ip neigh show");
    assert!(
        seen.contains("10.1.0.2 dev far lladdr 0a:58:0a:01:00:00"),
        "{seen}"
    );
    // A stream with its checksums, towards the pod.
    let bytes: Vec<u8> = (0..2_000_000_u32)
        .map(|number| (number % 251) as u8)
        .collect();
    let server = guest.shell("nc -l -p 80 -e md5sum");
    let client = async {
        let port = ":0050";
        while !["tcp", "tcp6"].iter().any(|file| listens(file, port)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let path = "/run/test/bytes";
        std::fs::write(path, &bytes).expect("bytes");
        let sum = peer.run(&format!("nc 10.1.0.2 80 < {path}"));
        std::fs::remove_file(path).expect("remove");
        sum
    };
    let (_, received) = futures::join!(server, client);
    let sum = guest.run(&spec(&["md5sum"]), Some(&bytes)).await;
    assert_eq!(received.trim_end(), sum.text());
    // What was taken into another namespace is not the agent's to find; what the host takes away is gone there too.
    let network = |interfaces: Vec<proto::Interface>| proto::Network {
        interfaces,
        ..Default::default()
    };
    let problems = set(guest, network(vec![eth0.clone(), far])).await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains(
            "the interface far cannot be made: its NIC 02:00:00:00:00:01 is out of reach"
        ),
        "{problems:?}"
    );
    assert_eq!(set(guest, network(vec![eth0])).await, [""; 0]);
    // No container starts before it is gone.
    guest.shell("true").await;
    assert!(!peer.run("ip link").contains("far"));
    assert_eq!(set(guest, proto::Network::new()).await, [""; 0]);
}

pub async fn what_cannot_be_done_is_told(guest: &Guest) {
    if !has_nics() {
        return;
    }
    ip("link add dev taken type dummy");
    let mut eth0 = interface(0, "eth0");
    eth0.addresses = vec![address("10.1.0.2/24"), address("ff02::1/64")];
    let mut small = interface(1, "small");
    small.mtu = 68;
    small.addresses = vec![address("fd00::1/64")];
    let mut tiny = interface(2, "tiny");
    (tiny.mtu, tiny.hardware_address) = (67, "01:00:00:00:00:01".into());
    let network = proto::Network {
        interfaces: vec![
            eth0,
            small,
            tiny,
            interface(3, "taken"),
            interface(9, "nic9"),
            interface(4, "a/b"),
            proto::Interface {
                ipv4_settings: vec![0; 5],
                ..interface(4, "half")
            },
        ],
        routes: vec![
            link_route("10.1.0.0/24", "eth0", "10.1.0.2"),
            route("10.2.0.0/16", vec![hop("eth0", "10.9.0.1")]),
            route("10.3.0.1/16", vec![hop("eth0", "10.1.0.1")]),
            route("10.4.0.0/16", vec![hop("eth0", "10.1.0.1")]),
            route("10.4.0.0/16", vec![hop("eth5", "10.1.0.1")]),
        ],
        neighbours: vec![proto::Neighbour {
            interface: "nic9".into(),
            address: "10.1.0.1".into(),
            proxy: true,
            ..Default::default()
        }],
        // Nothing that is a rule, and one whose prefix is longer than its address.
        rules: vec![vec![2], {
            let mut long = rule("10.1.0.2", 50, 1000);
            long[2] = 33;
            long
        }],
        ..Default::default()
    };
    let problems = set(guest, network).await;
    let expected = [
        "the interface \"a/b\" cannot be made: a name has 1 to 15 bytes",
        "the interface \"half\" cannot be made: its settings of IPv4 are not whole",
        "the route to \"10.4.0.0/16\" cannot be made: there is no interface \"eth5\"",
        "the interface nic9 cannot be made: the guest has no NIC 02:00:00:00:00:09",
        "the interface taken cannot be called taken: File exists",
        "the interface tiny cannot get the hardware address 01:00:00:00:00:01: ",
        "the interface tiny cannot get an MTU of 67: Invalid argument (mtu less than device minimum)",
        "the address ff02::1/64 of eth0 cannot be set: ",
        "the address fd00::1/64 of small cannot be set: ",
        "the route to 10.3.0.1/16 via 10.1.0.1 cannot be made: Invalid argument (Invalid prefix for given prefix length)",
        "the rule 0 of IPv4's policy routing cannot be made: Invalid argument",
        "the rule 50 of IPv4's policy routing cannot be made: Invalid argument",
        "the route to 10.2.0.0/16 via 10.9.0.1 cannot be made: Network is unreachable (Nexthop has invalid gateway)",
    ];
    for words in expected {
        assert!(
            problems.iter().any(|problem| problem.starts_with(words)),
            "{words:?} is not in {problems:#?}"
        );
    }
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    // The rest is there.
    has_lines(&ip("route show"), &["10.4.0.0/16 via 10.1.0.1 dev eth0"]);
    ip("link del dev taken");
    assert_eq!(set(guest, proto::Network::new()).await, [""; 0]);
    shows(["lo"]).await;
}
