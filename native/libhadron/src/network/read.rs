//! What a network namespace has, as JSON. Numbers are those of rtnetlink(7), addresses are text as ip(8) writes it.

use std::net::IpAddr;

use netlink_packet_core::{DecodeError, Emitable, Nla};
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressProtocol};
use netlink_packet_route::link::{
    AfSpecInet, AfSpecInet6, AfSpecUnspec, LinkAttribute, LinkInfo, LinkMessage,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteMetric, RouteNextHop,
    RouteNextHopFlags, RouteType, RouteVia,
};
use netlink_packet_route::rule::{RuleAttribute, RuleFlags, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;
use serde::Serialize;

use super::netlink::{Failed, Netlink};
use crate::answers::Reply;
use crate::descriptor;
use crate::error::{OpError, OpResult};
use crate::request::Descriptor;

/// What the kernel fills by itself, from the addresses.
const RT_TABLE_LOCAL: u32 = 255;
/// Of the rules that every namespace has: local, main, default.
const DEFAULT_RULES: [u32; 3] = [0, 32_766, 32_767];
const FOR_EVER: u32 = u32::MAX;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    links: Vec<Link>,
    addresses: Vec<Address>,
    /// Of all tables but the local one.
    routes: Vec<Route>,
    /// Of policy routing, beside those that every namespace has: messages of RTM_NEWRULE in hexadecimal. They name interfaces and
    /// tables, so that they mean the same in another namespace.
    rules: Vec<String>,
    /// Permanent ones.
    neighbours: Vec<Neighbour>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    index: u32,
    name: String,
    /// "veth"; empty for a physical device.
    kind: String,
    /// ARPHRD_*: Ethernet is 1.
    layer: u16,
    hardware_address: String,
    mtu: u32,
    flags: u32,
    /// The bridge or bond that it is part of; 0 for none.
    master: u32,
    /// The bus of the device below ("pci"); empty for none.
    bus: String,
    /// net.ipv4.conf.NAME.* as IFLA_INET_CONF has them, in hexadecimal; empty where there is no IPv4.
    ipv4_settings: String,
    /// It listens to routers.
    accept_ra: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    link: u32,
    address: String,
    prefix_length: u8,
    peer: String,
    broadcast: String,
    label: String,
    scope: u8,
    flags: u32,
    metric: u32,
    preferred_s: u32,
    valid_s: u32,
    /// The kernel made it of a router's advertisement.
    of_router: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    table: u32,
    destination: String,
    next_hops: Vec<NextHop>,
    source: String,
    #[serde(rename = "type")]
    kind: u8,
    scope: u8,
    protocol: u8,
    metric: u32,
    metrics: Vec<Metric>,
    preference: u8,
    tos: u8,
    /// It has what no field here says: an encapsulation, or the prefix of a source.
    more: bool,
}

#[derive(Debug, Serialize)]
struct NextHop {
    /// 0 for none.
    link: u32,
    gateway: String,
    onlink: bool,
    weight: u32,
}

#[derive(Debug, Serialize)]
struct Metric {
    kind: u16,
    value: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Neighbour {
    link: u32,
    address: String,
    hardware_address: String,
    proxy: bool,
    router: bool,
}

pub fn read(request: &Descriptor) -> OpResult<Reply> {
    let state = state(Netlink::new(descriptor::borrow(request.fd)?)).map_err(|failed| {
        let what = "the network namespace cannot be read";
        match failed {
            Failed::System(errno) => OpError::os(errno, what),
            Failed::Malformed(why) => OpError::new(Errno::PROTO, format!("{what}: {why}")),
        }
    })?;
    let value = serde_json::to_value(state)
        .map_err(|error| OpError::new(Errno::PROTO, error.to_string()))?;
    Ok(Reply::of(serde_json::json!({ "network": value })))
}

fn state(mut netlink: Netlink<'_>) -> Result<State, Failed> {
    use RouteNetlinkMessage::{
        GetAddress, GetLink, GetNeighbour, GetRoute, GetRule, NewAddress, NewLink, NewNeighbour,
        NewRoute, NewRule,
    };

    let mut links = Vec::new();
    for message in netlink.dump(&GetLink(LinkMessage::default()))? {
        if let NewLink(message) = message {
            links.push(link(message));
        }
    }
    let mut addresses = Vec::new();
    for message in netlink.dump(&GetAddress(AddressMessage::default()))? {
        if let NewAddress(message) = message {
            addresses.extend(address(&message));
        }
    }
    let mut routes = Vec::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut get = RouteMessage::default();
        get.header.address_family = family;
        for message in netlink.dump(&GetRoute(get))? {
            let NewRoute(message) = message else { continue };
            if message.header.flags.contains(RouteFlags::Cloned) {
                continue;
            }
            routes.extend(route(&message)?.filter(|route| route.table != RT_TABLE_LOCAL));
        }
    }
    let mut rules = Vec::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut get = RuleMessage::default();
        get.header.family = family;
        let messages = match netlink.dump(&GetRule(get)) {
            // A kernel without such rules.
            Err(Failed::System(Errno::OPNOTSUPP | Errno::AFNOSUPPORT)) => continue,
            other => other?,
        };
        for message in messages {
            if let NewRule(message) = message
                && !is_default(&message)
            {
                rules.push(rule(message));
            }
        }
    }
    let mut neighbours = Vec::new();
    for flags in [NeighbourFlags::empty(), NeighbourFlags::Proxy] {
        let mut get = NeighbourMessage::default();
        get.header.flags = flags;
        for message in netlink.dump(&GetNeighbour(get))? {
            if let NewNeighbour(message) = message {
                neighbours.extend(neighbour(&message));
            }
        }
    }
    Ok(State {
        links,
        addresses,
        routes,
        rules,
        neighbours,
    })
}

fn link(message: LinkMessage) -> Link {
    let mut link = Link {
        index: message.header.index,
        name: String::new(),
        kind: String::new(),
        layer: message.header.link_layer_type.into(),
        hardware_address: String::new(),
        mtu: 0,
        flags: message.header.flags.bits(),
        master: 0,
        bus: String::new(),
        ipv4_settings: String::new(),
        accept_ra: false,
    };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Address(bytes) => link.hardware_address = hardware_address(&bytes),
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::Controller(index) => link.master = index,
            LinkAttribute::ParentDevBusName(bus) => link.bus = bus,
            LinkAttribute::AfSpecUnspec(families) => settings(&families, &mut link),
            LinkAttribute::LinkInfo(infos) => {
                for info in infos {
                    if let LinkInfo::Kind(kind) = info {
                        link.kind = kind.to_string();
                    }
                }
            }
            _ => {}
        }
    }
    link
}

fn settings(families: &[AfSpecUnspec], link: &mut Link) {
    for family in families {
        match family {
            AfSpecUnspec::Inet(attributes) => {
                for attribute in attributes {
                    if let AfSpecInet::DevConf(settings) = attribute {
                        link.ipv4_settings = hexadecimal(settings);
                    }
                }
            }
            AfSpecUnspec::Inet6(attributes) => {
                for attribute in attributes {
                    if let AfSpecInet6::DevConf(settings) = attribute {
                        // A router itself listens to others when it is told so twice.
                        link.accept_ra = settings.accept_ra > i32::from(settings.forwarding != 0);
                    }
                }
            }
            _ => {}
        }
    }
}

fn address(message: &AddressMessage) -> Option<Address> {
    let header = &message.header;
    let mut address = Address {
        link: header.index,
        address: String::new(),
        prefix_length: header.prefix_len,
        peer: String::new(),
        broadcast: String::new(),
        label: String::new(),
        scope: header.scope.into(),
        flags: header.flags.bits().into(),
        metric: 0,
        preferred_s: FOR_EVER,
        valid_s: FOR_EVER,
        of_router: false,
    };
    let (mut local, mut of_prefix) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(ip) => local = Some(*ip),
            AddressAttribute::Address(ip) => of_prefix = Some(*ip),
            AddressAttribute::Broadcast(ip) => address.broadcast = ip.to_string(),
            AddressAttribute::Label(label) => address.label.clone_from(label),
            AddressAttribute::Flags(flags) => address.flags = flags.bits(),
            AddressAttribute::Protocol(protocol) => {
                address.of_router = *protocol == AddressProtocol::RouterAnnouncement;
            }
            AddressAttribute::RoutePriority(metric) => address.metric = *metric,
            AddressAttribute::CacheInfo(info) => {
                address.preferred_s = info.ifa_preferred;
                address.valid_s = info.ifa_valid;
            }
            _ => {}
        }
    }
    // The address of the prefix is the other end's where there is one.
    let own: IpAddr = local.or(of_prefix)?;
    address.address = own.to_string();
    if let Some(peer) = of_prefix.filter(|ip| *ip != own) {
        address.peer = peer.to_string();
    }
    Some(address)
}

/// None for what is not of IP.
fn route(message: &RouteMessage) -> Result<Option<Route>, Failed> {
    let header = &message.header;
    let any = match header.address_family {
        AddressFamily::Inet => "0.0.0.0",
        AddressFamily::Inet6 => "::",
        _ => return Ok(None),
    };
    let mut destination = any.to_owned();
    let mut route = Route {
        table: header.table.into(),
        destination: String::new(),
        next_hops: Vec::new(),
        source: String::new(),
        kind: header.kind.into(),
        scope: header.scope.into(),
        protocol: header.protocol.into(),
        metric: 0,
        metrics: Vec::new(),
        preference: 0,
        tos: header.tos,
        more: header.source_prefix_length != 0,
    };
    let mut single = NextHop {
        link: 0,
        gateway: String::new(),
        onlink: header.flags.contains(RouteFlags::Onlink),
        weight: 1,
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(ip) => destination = route_address(ip),
            RouteAttribute::Table(table) => route.table = *table,
            RouteAttribute::Oif(index) => single.link = *index,
            RouteAttribute::MultiPath(hops) => {
                route.next_hops = hops.iter().map(next_hop).collect();
                route.more |= hops.iter().any(|hop| has_more(&hop.attributes));
            }
            RouteAttribute::PrefSource(ip) => route.source = route_address(ip),
            RouteAttribute::Priority(metric) => route.metric = *metric,
            RouteAttribute::Preference(preference) => route.preference = (*preference).into(),
            RouteAttribute::Metrics(metrics) => {
                for metric in metrics {
                    route.metrics.extend(number(metric).map_err(|error| {
                        Failed::Malformed(format!("a metric of a route: {error}"))
                    })?);
                }
            }
            _ => {}
        }
    }
    single.gateway = gateway(&message.attributes);
    route.more |= has_more(&message.attributes);
    route.destination = format!("{destination}/{}", header.destination_prefix_length);
    // Others, blackhole and the like, have none, though IPv6 names lo.
    let takes_hops = matches!(
        header.kind,
        RouteType::Unicast | RouteType::Local | RouteType::Multicast
    );
    if route.next_hops.is_empty() && takes_hops {
        route.next_hops.push(single);
    }
    Ok(Some(route))
}

fn next_hop(hop: &RouteNextHop) -> NextHop {
    NextHop {
        link: hop.interface_index,
        gateway: gateway(&hop.attributes),
        onlink: hop.flags.contains(RouteNextHopFlags::Onlink),
        weight: u32::from(hop.hops) + 1,
    }
}

fn gateway(attributes: &[RouteAttribute]) -> String {
    attributes
        .iter()
        .find_map(|attribute| match attribute {
            RouteAttribute::Gateway(ip) => Some(route_address(ip)),
            RouteAttribute::Via(RouteVia::Inet(ip)) => Some(ip.to_string()),
            RouteAttribute::Via(RouteVia::Inet6(ip)) => Some(ip.to_string()),
            _ => None,
        })
        .unwrap_or_default()
}

fn has_more(attributes: &[RouteAttribute]) -> bool {
    attributes.iter().any(|attribute| {
        matches!(
            attribute,
            RouteAttribute::EncapType(_) | RouteAttribute::Encap(_)
        )
    })
}

/// None for the one that is a name (congestion control).
fn number(metric: &RouteMetric) -> Result<Option<Metric>, DecodeError> {
    let mut value = [0; 4];
    if metric.value_len() != value.len() {
        return Ok(None);
    }
    metric.emit_value(&mut value);
    Ok(Some(Metric {
        kind: metric.kind(),
        value: u32::from_ne_bytes(value),
    }))
}

fn route_address(address: &RouteAddress) -> String {
    match address {
        RouteAddress::Inet(ip) => ip.to_string(),
        RouteAddress::Inet6(ip) => ip.to_string(),
        _ => String::new(),
    }
}

fn rule(mut message: RuleMessage) -> String {
    // The others say how it is doing.
    message.header.flags &= RuleFlags::Invert;
    hexadecimal(&message)
}

fn hexadecimal(message: &impl Emitable) -> String {
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_default(rule: &RuleMessage) -> bool {
    let priority = rule
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            RuleAttribute::Priority(priority) => Some(*priority),
            _ => None,
        });
    // That of the local table has none.
    DEFAULT_RULES.contains(&priority.unwrap_or(0))
}

fn neighbour(message: &NeighbourMessage) -> Option<Neighbour> {
    let header = &message.header;
    let proxy = header.flags.contains(NeighbourFlags::Proxy);
    if !proxy && header.state != NeighbourState::Permanent {
        return None;
    }
    let mut address = None;
    let mut hardware = String::new();
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(ip)) => {
                address = Some(ip.to_string());
            }
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(ip)) => {
                address = Some(ip.to_string());
            }
            NeighbourAttribute::LinkLayerAddress(bytes) => hardware = hardware_address(bytes),
            _ => {}
        }
    }
    Some(Neighbour {
        link: header.ifindex,
        address: address?,
        hardware_address: hardware,
        proxy,
        router: header.flags.contains(NeighbourFlags::Router),
    })
}

fn hardware_address(bytes: &[u8]) -> String {
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    parts.join(":")
}
