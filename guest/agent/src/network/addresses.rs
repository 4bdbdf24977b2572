//! Addresses of interfaces.

use std::net::IpAddr;

use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressScope, CacheInfo,
};

use super::netlink::{Netlink, Refusal};
use super::wanted::Address;

/// Those that are somebody's to say; the others tell of what the kernel has found out.
const FLAGS: AddressFlags = AddressFlags::Homeaddress
    .union(AddressFlags::Noprefixroute)
    .union(AddressFlags::Mcautojoin);

/// Makes it, or gives the one that is there the lifetimes.
pub fn add(netlink: &mut Netlink, address: &Address, index: u32) -> Result<(), Refusal> {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
    netlink.change(libc::RTM_NEWADDR, flags, &message(address, index))
}

pub fn remove(netlink: &mut Netlink, address: &Address, index: u32) -> Result<(), Refusal> {
    netlink.change(libc::RTM_DELADDR, 0, &message(address, index))
}

fn message(address: &Address, index: u32) -> AddressMessage {
    let mut flags = AddressFlags::from_bits_retain(address.flags) & FLAGS;
    let family = match address.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => {
            // It is in use on the host, where whoever made it has looked for another one.
            flags |= AddressFlags::Nodad;
            AddressFamily::Inet6
        }
    };
    let mut lifetimes = CacheInfo::default();
    lifetimes.ifa_preferred = address.preferred_s;
    lifetimes.ifa_valid = address.valid_s;
    let mut message = AddressMessage::default();
    message.header.family = family;
    message.header.prefix_len = address.prefix_length;
    message.header.scope = AddressScope::from(address.scope);
    message.header.index = index;
    message.attributes = vec![
        AddressAttribute::Local(address.address),
        AddressAttribute::Address(address.far_end()),
        AddressAttribute::Flags(flags),
        AddressAttribute::CacheInfo(lifetimes),
    ];
    let attributes = &mut message.attributes;
    attributes.extend(address.broadcast.map(AddressAttribute::Broadcast));
    attributes.extend(address.label.clone().map(AddressAttribute::Label));
    if address.metric != 0 {
        attributes.push(AddressAttribute::RoutePriority(address.metric));
    }
    message
}
