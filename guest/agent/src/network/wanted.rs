//! What the host wants, checked: text has become numbers, and every name means something.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use crate::protocol::agent as proto;

/// The network as it shall be.
#[derive(Default)]
pub struct Wanted {
    pub interfaces: Vec<Interface>,
    pub addresses: Vec<Address>,
    pub routes: Vec<Route>,
    pub neighbours: Vec<Neighbour>,
    pub rules: Vec<Rule>,
}

/// "02:00:00:00:00:01".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HardwareAddress(pub [u8; 6]);

/// What addresses and routes are on. A NIC is the same one under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    Loopback,
    /// By the hardware address with which it was made.
    Nic(HardwareAddress),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    pub slot: HardwareAddress,
    pub name: String,
    pub hardware_address: HardwareAddress,
    pub mtu: u32,
    /// IFF_*.
    pub flags: u32,
    /// By IPV4_DEVCONF_*, from the first one on.
    pub ipv4_settings: Vec<u32>,
    pub accept_ra: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub device: Device,
    pub address: IpAddr,
    pub prefix_length: u8,
    pub peer: Option<IpAddr>,
    pub broadcast: Option<Ipv4Addr>,
    pub label: Option<String>,
    pub scope: u8,
    /// IFA_F_*.
    pub flags: u32,
    pub metric: u32,
    pub preferred_s: u32,
    pub valid_s: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub destination: IpAddr,
    pub prefix_length: u8,
    pub next_hops: Vec<NextHop>,
    pub source: Option<IpAddr>,
    /// RTN_*.
    pub kind: u8,
    pub scope: u8,
    pub protocol: u8,
    pub metric: u32,
    /// RTAX_*, value.
    pub metrics: Vec<(u16, u32)>,
    pub preference: u8,
    pub tos: u8,
    pub table: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    pub device: Device,
    pub gateway: Option<IpAddr>,
    pub onlink: bool,
    pub weight: u8,
}

/// A message of RTM_NEWRULE, from the header of a rule on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(pub Vec<u8>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    pub device: Device,
    pub address: IpAddr,
    /// None: the guest answers for the address.
    pub hardware_address: Option<HardwareAddress>,
    pub router: bool,
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(formatter, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

impl FromStr for HardwareAddress {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(':');
        let mut bytes = [0; 6];
        for byte in &mut bytes {
            let part = parts.next().ok_or(())?;
            if part.len() != 2 || !part.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(());
            }
            *byte = u8::from_str_radix(part, 16).map_err(|_| ())?;
        }
        parts.next().is_none().then_some(Self(bytes)).ok_or(())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix_length)
    }
}

impl Address {
    /// But for what the kernel changes of an address that is there.
    pub fn is(&self, other: &Self) -> bool {
        let lasting = |address: &Self| Self {
            metric: 0,
            preferred_s: 0,
            valid_s: 0,
            ..address.clone()
        };
        lasting(self) == lasting(other)
    }

    /// What its prefix belongs to.
    pub fn far_end(&self) -> IpAddr {
        self.peer.unwrap_or(self.address)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.destination, self.prefix_length)?;
        match self.next_hops.as_slice() {
            [
                NextHop {
                    gateway: Some(gateway),
                    ..
                },
            ] => write!(formatter, " via {gateway}"),
            _ => Ok(()),
        }
    }
}

/// What is wrong is left out, and a sentence in `problems`.
pub fn read(network: proto::Network, problems: &mut Vec<String>) -> Wanted {
    let mut wanted = Wanted::default();
    let mut devices = HashMap::from([("lo".to_string(), Device::Loopback)]);
    let mut keep = |sentence: String| problems.push(sentence);
    for message in network.interfaces {
        match interface(&message) {
            Ok(interface) if devices.contains_key(&interface.name) => keep(format!(
                "the interface {} cannot be made: there are two of that name",
                interface.name
            )),
            Ok(interface) if wanted.interfaces.iter().any(|it| it.slot == interface.slot) => {
                keep(format!(
                    "the interface {} cannot be made: another one has its NIC {}",
                    interface.name, interface.slot
                ));
            }
            Ok(interface) => {
                let device = Device::Nic(interface.slot);
                devices.insert(interface.name.clone(), device);
                for given in &message.addresses {
                    match address(given, device) {
                        Ok(address) => wanted.addresses.push(address),
                        Err(why) => keep(format!(
                            "the address {:?} of {} cannot be set: {why}",
                            given.address, interface.name
                        )),
                    }
                }
                wanted.interfaces.push(interface);
            }
            Err(why) => keep(format!(
                "the interface {:?} cannot be made: {why}",
                message.name
            )),
        }
    }
    for message in &network.routes {
        match route(message, &devices) {
            Ok(route) => wanted.routes.push(route),
            Err(why) => keep(format!(
                "the route to {:?} cannot be made: {why}",
                message.destination
            )),
        }
    }
    wanted.rules = network.rules.into_iter().map(Rule).collect();
    for message in &network.neighbours {
        match neighbour(message, &devices) {
            Ok(neighbour) => wanted.neighbours.push(neighbour),
            Err(why) => keep(format!(
                "the neighbour {:?} cannot be made: {why}",
                message.address
            )),
        }
    }
    wanted
}

type Checked<T> = Result<T, String>;

fn interface(message: &proto::Interface) -> Checked<Interface> {
    if !is_name(&message.name) {
        return Err("a name has 1 to 15 bytes, and none of them is a space, \"/\" or \":\"".into());
    }
    Ok(Interface {
        slot: hardware_address(&message.slot)?,
        name: message.name.clone(),
        hardware_address: hardware_address(&message.hardware_address)?,
        mtu: message.mtu,
        flags: message.flags,
        ipv4_settings: words(&message.ipv4_settings)?,
        accept_ra: message.accept_ra,
    })
}

fn words(bytes: &[u8]) -> Checked<Vec<u32>> {
    let (words, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err("its settings of IPv4 are not whole".into());
    }
    Ok(words.iter().map(|word| u32::from_ne_bytes(*word)).collect())
}

/// As the kernel's dev_valid_name(); names become parts of paths here.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| !matches!(byte, b'/' | b':' | b' ' | b'\t'..=b'\r' | 0 | 0xa0);
    (1..=15).contains(&name.len()) && name != "." && name != ".." && name.bytes().all(plain)
}

fn address(message: &proto::Address, device: Device) -> Checked<Address> {
    let address = ip(&message.address)?;
    let peer = optional(&message.peer, ip)?;
    if peer.is_some_and(|peer| peer.is_ipv4() != address.is_ipv4()) {
        return Err(format!("{:?} is of another family", message.peer));
    }
    let (preferred_s, valid_s) = match (message.preferred_s, message.valid_s) {
        (_, 0) => (u32::MAX, u32::MAX),
        given => given,
    };
    Ok(Address {
        device,
        address,
        prefix_length: prefix_length(message.prefix_length, address)?,
        peer,
        broadcast: optional(&message.broadcast, |text| {
            text.parse()
                .map_err(|_| format!("{text:?} is not an IPv4 address"))
        })?,
        label: optional(&message.label, |text| Ok(text.to_string()))?,
        scope: byte("scope", message.scope)?,
        flags: message.flags,
        metric: message.metric,
        preferred_s,
        valid_s,
    })
}

fn route(message: &proto::Route, devices: &HashMap<String, Device>) -> Checked<Route> {
    let (destination, length) = message
        .destination
        .split_once('/')
        .ok_or("its destination has no prefix length")?;
    let destination = ip(destination)?;
    let length = length
        .parse()
        .map_err(|_| "its prefix length is not a number")?;
    let source = optional(&message.source, ip)?;
    if source.is_some_and(|source| source.is_ipv4() != destination.is_ipv4()) {
        return Err(format!("{:?} is of another family", message.source));
    }
    let kind = match byte("type", message.type_)? {
        libc::RTN_UNSPEC => libc::RTN_UNICAST,
        kind => kind,
    };
    let next_hops: Vec<NextHop> = message
        .next_hops
        .iter()
        .map(|hop| next_hop(hop, destination, devices))
        .collect::<Checked<_>>()?;
    if kind == libc::RTN_UNICAST && next_hops.is_empty() {
        return Err("it leads nowhere".into());
    }
    Ok(Route {
        destination,
        prefix_length: prefix_length(length, destination)?,
        next_hops,
        source,
        kind,
        scope: byte("scope", message.scope)?,
        protocol: byte("protocol", message.protocol)?,
        metric: message.metric,
        metrics: message
            .metrics
            .iter()
            .map(|metric| Ok((u16::from(byte("metric", metric.kind)?), metric.value)))
            .collect::<Checked<_>>()?,
        preference: byte("preference", message.preference)?,
        tos: byte("type of service", message.tos)?,
        table: match message.table {
            0 => libc::RT_TABLE_MAIN.into(),
            table => table,
        },
    })
}

fn next_hop(
    message: &proto::route::NextHop,
    destination: IpAddr,
    devices: &HashMap<String, Device>,
) -> Checked<NextHop> {
    let gateway = optional(&message.gateway, ip)?;
    if destination.is_ipv6() && gateway.is_some_and(|gateway| gateway.is_ipv4()) {
        return Err(format!(
            "the IPv4 address {} is no gateway for IPv6",
            message.gateway
        ));
    }
    Ok(NextHop {
        device: device(&message.interface, devices)?,
        gateway,
        onlink: message.onlink,
        weight: match message.weight {
            0 => 0,
            weight => byte("weight", weight - 1)?,
        },
    })
}

fn neighbour(message: &proto::Neighbour, devices: &HashMap<String, Device>) -> Checked<Neighbour> {
    let hardware_address = if message.proxy {
        None
    } else {
        Some(hardware_address(&message.hardware_address)?)
    };
    Ok(Neighbour {
        device: device(&message.interface, devices)?,
        address: ip(&message.address)?,
        hardware_address,
        router: message.router,
    })
}

fn device(name: &str, devices: &HashMap<String, Device>) -> Checked<Device> {
    let device = devices.get(name).copied();
    device.ok_or_else(|| format!("there is no interface {name:?}"))
}

fn hardware_address(text: &str) -> Checked<HardwareAddress> {
    text.parse()
        .map_err(|()| format!("{text:?} is not a hardware address of Ethernet"))
}

fn ip(text: &str) -> Checked<IpAddr> {
    text.parse()
        .map_err(|_| format!("{text:?} is not an IP address"))
}

fn optional<T>(text: &str, read: impl FnOnce(&str) -> Checked<T>) -> Checked<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some)
}

fn prefix_length(length: u32, address: IpAddr) -> Checked<u8> {
    let longest = if address.is_ipv4() { 32 } else { 128 };
    match u8::try_from(length) {
        Ok(length) if length <= longest => Ok(length),
        _ => Err(format!(
            "a prefix of {length} bits is longer than the {longest} of an address"
        )),
    }
}

fn byte(what: &str, number: u32) -> Checked<u8> {
    u8::try_from(number).map_err(|_| format!("its {what} {number} is more than 255"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, slot: &str) -> proto::Interface {
        proto::Interface {
            name: name.into(),
            slot: slot.into(),
            hardware_address: "0a:58:0a:01:00:02".into(),
            ..Default::default()
        }
    }

    fn network(
        interfaces: Vec<proto::Interface>,
        routes: Vec<proto::Route>,
        neighbours: Vec<proto::Neighbour>,
    ) -> (Wanted, Vec<String>) {
        let mut problems = Vec::new();
        let message = proto::Network {
            interfaces,
            routes,
            neighbours,
            ..Default::default()
        };
        (read(message, &mut problems), problems)
    }

    fn hop(interface: &str, gateway: &str) -> proto::route::NextHop {
        proto::route::NextHop {
            interface: interface.into(),
            gateway: gateway.into(),
            ..Default::default()
        }
    }

    const SLOT: &str = "02:00:00:00:00:01";

    #[test]
    fn hardware_addresses() {
        let address: HardwareAddress = "0A:58:0a:01:00:fF".parse().expect("address");
        assert_eq!(address.to_string(), "0a:58:0a:01:00:ff");
        for text in [
            "",
            "0a:58:0a:01:00",
            "0a:58:0a:01:00:02:03",
            "0a:58:0a:01:00:2",
            "0a:58:0a:01:00:+2",
            "0a-58-0a-01-00-02",
        ] {
            assert!(text.parse::<HardwareAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_interfaces() {
        for name in ["a", "eth0", "a.b-c_d@1{}|é", "123456789012345", "..."] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "1234567890123456",
            "a/b",
            "a b",
            "a:1",
            "a\n",
            "a\0",
            "ààààààààà",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_stays() {
        let mut eth0 = named("eth0", SLOT);
        let given = |address: &str, prefix_length, peer: &str| proto::Address {
            address: address.into(),
            prefix_length,
            peer: peer.into(),
            ..Default::default()
        };
        eth0.addresses = vec![
            given("10.1.0.2", 24, ""),
            given("10.1.0.2", 33, ""),
            given("fd00::2", 129, ""),
            given("10.1.0", 24, ""),
            given("10.1.0.2", 32, "fd00::1"),
        ];
        let mut interfaces = vec![
            eth0,
            named("eth0", "02:00:00:00:00:02"),
            named("eth1", SLOT),
        ];
        interfaces.extend([
            named("lo", "02:00:00:00:00:03"),
            named("a/b", SLOT),
            named("x", ""),
        ]);
        let (wanted, problems) = network(interfaces, vec![], vec![]);
        assert_eq!(wanted.interfaces.len(), 1);
        assert_eq!(wanted.addresses.len(), 1);
        assert_eq!(wanted.addresses[0].valid_s, u32::MAX);
        let expected = [
            "\"10.1.0.2\" of eth0 cannot be set: a prefix of 33 bits is longer than the 32",
            "\"fd00::2\" of eth0 cannot be set: a prefix of 129 bits is longer than the 128",
            "\"10.1.0\" is not an IP address",
            "\"fd00::1\" is of another family",
            "the interface eth0 cannot be made: there are two",
            "the interface eth1 cannot be made: another one has its NIC 02:00:00:00:00:01",
            "the interface lo cannot be made",
            "the interface \"a/b\" cannot be made: a name has 1 to 15 bytes",
            "the interface \"x\" cannot be made: \"\" is not a hardware address",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, words) in problems.iter().zip(expected) {
            assert!(problem.contains(words), "{problem}: {words}");
        }
    }

    #[test]
    fn routes() {
        let route = |destination: &str, next_hops: Vec<proto::route::NextHop>| proto::Route {
            destination: destination.into(),
            next_hops,
            ..Default::default()
        };
        let mut blackhole = route("10.9.0.0/16", vec![]);
        blackhole.type_ = libc::RTN_BLACKHOLE.into();
        let mut odd = route("::/0", vec![hop("eth0", "fe80::1")]);
        odd.metric = 7;
        odd.scope = 256;
        let given = vec![
            route("0.0.0.0/0", vec![hop("eth0", "10.1.0.1")]),
            route("10.2.0.0/16", vec![hop("eth0", "fe80::1")]),
            route("127.1.0.0/16", vec![hop("lo", "")]),
            blackhole,
            route("10.3.0.0/16", vec![]),
            route("10.3.0.0", vec![hop("eth0", "")]),
            route("10.3.0.0/x", vec![hop("eth0", "")]),
            route("10.3.0.0/33", vec![hop("eth0", "")]),
            route("10.3.0.0/16", vec![hop("eth7", "")]),
            route("::/0", vec![hop("eth0", "10.1.0.1")]),
            odd,
        ];
        let (wanted, problems) = network(vec![named("eth0", SLOT)], given, vec![]);
        assert_eq!(wanted.routes.len(), 4);
        assert_eq!(wanted.routes[0].to_string(), "0.0.0.0/0 via 10.1.0.1");
        assert_eq!(wanted.routes[0].kind, libc::RTN_UNICAST);
        assert_eq!(wanted.routes[2].next_hops[0].device, Device::Loopback);
        let expected = [
            "leads nowhere",
            "no prefix length",
            "not a number",
            "a prefix of 33 bits",
            "there is no interface \"eth7\"",
            "10.1.0.1 is no gateway for IPv6",
            "its scope 256 is more than 255",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, words) in problems.iter().zip(expected) {
            assert!(problem.contains(words), "{problem}: {words}");
        }
    }

    #[test]
    fn neighbours() {
        let given = |interface: &str, hardware_address: &str, proxy| proto::Neighbour {
            interface: interface.into(),
            address: "10.1.0.1".into(),
            hardware_address: hardware_address.into(),
            proxy,
            ..Default::default()
        };
        let all = vec![
            given("eth0", "0a:58:0a:01:00:01", false),
            given("eth0", "", true),
            given("eth0", "", false),
            given("eth1", "", true),
        ];
        let (wanted, problems) = network(vec![named("eth0", SLOT)], vec![], all);
        assert_eq!(wanted.neighbours.len(), 2);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
