//! Permanent neighbours.

use std::net::IpAddr;

use netlink_packet_route::AddressFamily;
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};

use super::netlink::{Netlink, Refusal};
use super::wanted::Neighbour;

/// Makes it, or changes the one that is there.
pub fn add(netlink: &mut Netlink, neighbour: &Neighbour, index: u32) -> Result<(), Refusal> {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
    netlink.change(libc::RTM_NEWNEIGH, flags, &message(neighbour, index))
}

pub fn remove(netlink: &mut Netlink, neighbour: &Neighbour, index: u32) -> Result<(), Refusal> {
    netlink.change(libc::RTM_DELNEIGH, 0, &message(neighbour, index))
}

fn message(neighbour: &Neighbour, index: u32) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    let (family, address) = match neighbour.address {
        IpAddr::V4(address) => (AddressFamily::Inet, NeighbourAddress::Inet(address)),
        IpAddr::V6(address) => (AddressFamily::Inet6, NeighbourAddress::Inet6(address)),
    };
    message.header.family = family;
    message.header.ifindex = index;
    message.header.state = NeighbourState::Permanent;
    message
        .attributes
        .push(NeighbourAttribute::Destination(address));
    match neighbour.hardware_address {
        Some(hardware_address) => {
            let bytes = hardware_address.0.to_vec();
            let attribute = NeighbourAttribute::LinkLayerAddress(bytes);
            message.attributes.push(attribute);
        }
        None => message.header.flags |= NeighbourFlags::Proxy,
    }
    if neighbour.router {
        message.header.flags |= NeighbourFlags::Router;
    }
    message
}
