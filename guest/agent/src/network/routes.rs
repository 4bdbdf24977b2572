//! Routes, of any table.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::DefaultNla;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::AddressFlags;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteMetric, RouteNextHop,
    RouteNextHopFlags, RoutePreference, RouteProtocol, RouteScope, RouteType, RouteVia,
};
use nix::errno::Errno;

use super::netlink::{Netlink, Refusal};
use super::wanted::{Address, Device, NextHop, Route};

/// Makes it beside others to the same destination; the very same one may be there.
pub fn add(netlink: &mut Netlink, route: &Route, indexes: &[u32]) -> Result<(), Refusal> {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_APPEND;
    match netlink.change(libc::RTM_NEWROUTE, flags, &message(route, indexes)) {
        Err(refusal) if refusal.errno == Errno::EEXIST => Ok(()),
        result => result,
    }
}

pub fn remove(netlink: &mut Netlink, route: &Route, indexes: &[u32]) -> Result<(), Refusal> {
    netlink.change(libc::RTM_DELROUTE, 0, &message(route, indexes))
}

/// Whether its gateway must be within reach when it is made: by a route that leads to a link, which is made before.
pub fn is_far(route: &Route) -> bool {
    let mut hops = route.next_hops.iter();
    hops.any(|hop| hop.gateway.is_some() && !hop.onlink)
}

/// The route that the kernel makes with an address, if the network shall be without it. Who makes a pod's network may have
/// taken it away, and made others in its place.
pub fn unwanted(address: &Address, routes: &[Route]) -> Option<Route> {
    if AddressFlags::from_bits_retain(address.flags).contains(AddressFlags::Noprefixroute) {
        return None;
    }
    let made = Route {
        destination: network(address.far_end(), address.prefix_length),
        prefix_length: address.prefix_length,
        next_hops: vec![NextHop {
            device: address.device,
            gateway: None,
            onlink: false,
            weight: 0,
        }],
        source: None,
        kind: libc::RTN_UNICAST,
        scope: match address.address {
            IpAddr::V4(_) => libc::RT_SCOPE_LINK,
            IpAddr::V6(_) => libc::RT_SCOPE_UNIVERSE,
        },
        protocol: libc::RTPROT_KERNEL,
        metric: address.metric,
        metrics: Vec::new(),
        preference: 0,
        tos: 0,
        table: RouteHeader::RT_TABLE_MAIN.into(),
    };
    let is_made = |route: &Route| {
        let [hop] = route.next_hops.as_slice() else {
            return false;
        };
        route.destination == made.destination
            && route.prefix_length == made.prefix_length
            && route.protocol == made.protocol
            && route.table == made.table
            && hop.gateway.is_none()
            && hop.device == address.device
    };
    (!routes.iter().any(is_made)).then_some(made)
}

fn network(address: IpAddr, prefix_length: u8) -> IpAddr {
    let cut = |bits: u32| bits.saturating_sub(prefix_length.into());
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(cut(32)).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(cut(128)).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

/// `indexes`: of the next hops' interfaces.
fn message(route: &Route, indexes: &[u32]) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: match route.destination {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        },
        destination_prefix_length: route.prefix_length,
        tos: route.tos,
        // Those with larger numbers are in an attribute alone.
        table: u8::try_from(route.table).unwrap_or(RouteHeader::RT_TABLE_UNSPEC),
        protocol: RouteProtocol::from(route.protocol),
        scope: RouteScope::from(route.scope),
        kind: RouteType::from(route.kind),
        ..RouteHeader::default()
    };
    let mut attributes = vec![RouteAttribute::Table(route.table)];
    if route.prefix_length > 0 {
        attributes.push(RouteAttribute::Destination(any(route.destination)));
    }
    attributes.extend(
        route
            .source
            .map(|source| RouteAttribute::PrefSource(any(source))),
    );
    if route.metric != 0 {
        attributes.push(RouteAttribute::Priority(route.metric));
    }
    if !route.metrics.is_empty() {
        let metric = |&(kind, value): &(u16, u32)| {
            RouteMetric::Other(DefaultNla::new(kind, value.to_ne_bytes().to_vec()))
        };
        attributes.push(RouteAttribute::Metrics(
            route.metrics.iter().map(metric).collect(),
        ));
    }
    if route.preference != 0 {
        let preference = RoutePreference::from(route.preference);
        attributes.push(RouteAttribute::Preference(preference));
    }
    let hops = || route.next_hops.iter().zip(indexes);
    match route.next_hops.as_slice() {
        [hop] => {
            if hop.onlink {
                message.header.flags = RouteFlags::Onlink;
            }
            attributes.extend(hops().map(|(_, index)| RouteAttribute::Oif(*index)));
            attributes.extend(gateway(hop, route));
        }
        [] => (),
        [_, _, ..] => {
            let paths = hops().map(|(hop, index)| path(hop, *index, route));
            attributes.push(RouteAttribute::MultiPath(paths.collect()));
        }
    }
    message.attributes = attributes;
    message
}

fn path(hop: &NextHop, index: u32, route: &Route) -> RouteNextHop {
    let mut path = RouteNextHop::default();
    if hop.onlink {
        path.flags = RouteNextHopFlags::Onlink;
    }
    path.hops = hop.weight;
    path.interface_index = index;
    path.attributes.extend(gateway(hop, route));
    path
}

fn gateway(hop: &NextHop, route: &Route) -> Option<RouteAttribute> {
    Some(match (hop.gateway?, route.destination) {
        (IpAddr::V6(gateway), IpAddr::V4(_)) => RouteAttribute::Via(RouteVia::Inet6(gateway)),
        (gateway, _) => RouteAttribute::Gateway(any(gateway)),
    })
}

fn any(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    }
}

/// The interfaces that it goes by.
pub fn devices(route: &Route) -> impl Iterator<Item = Device> {
    route.next_hops.iter().map(|hop| hop.device)
}
