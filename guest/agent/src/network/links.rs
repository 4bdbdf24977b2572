//! Interfaces: which NIC has one, and its name, hardware address, MTU and flags.

use std::fs;
use std::path::Path;

use netlink_packet_core::{DefaultNla, Emitable};
use netlink_packet_route::link::{LinkFlags, LinkHeader};

use super::netlink::{Netlink, Refusal};
use super::nics::{Nics, attribute};
use super::wanted::{Device, Interface};

/// Of an interface, those that are the host's to say.
const FLAGS: LinkFlags = LinkFlags::Up
    .union(LinkFlags::Noarp)
    .union(LinkFlags::Promisc)
    .union(LinkFlags::Allmulti)
    .union(LinkFlags::Multicast);

/// IPv6 has no smaller one: below it the kernel takes IPv6 off the interface.
const IPV6_MIN_MTU: u32 = 1280;

/// Of IPV4_DEVCONF_*: those that a kernel of 2022 knows (arp_evict_nocarrier is the last), which refuses all if there is another one.
const KNOWN_SETTINGS: u16 = 33;
/// It says whether there is a program that routes multicasts, and is nobody's to set.
const MC_FORWARDING: u16 = 2;

/// Makes them what they shall be. `before`: as they were made last. Those whose NIC can have none are a sentence in `problems`.
pub fn set(
    netlink: &mut Netlink,
    nics: &Nics,
    wanted: &[Interface],
    before: &[Interface],
    problems: &mut Vec<String>,
) {
    let mut present = Vec::new();
    for interface in wanted {
        match appear(nics, interface) {
            Ok(link) => present.push(link),
            Err(why) => problems.push(format!(
                "the interface {} cannot be made: {why}",
                interface.name
            )),
        }
    }
    for link in &present {
        if link.must_be_down()
            && let Err(refusal) = link.change(netlink, LinkFlags::empty(), LinkFlags::Up, None)
        {
            problems.push(link.sentence("be taken down", &refusal));
        }
    }
    for (index, name) in renames(&present) {
        let link = &present[index];
        let text = [name.as_bytes(), b"\0"].concat();
        if let Err(refusal) = link.set(netlink, libc::IFLA_IFNAME, text) {
            problems.push(link.sentence(&format!("be called {name}"), &refusal));
        }
    }
    for link in &present {
        let before = before.iter().find(|it| it.slot == link.wanted.slot);
        link.configure(netlink, nics, before, problems);
    }
}

/// An interface that is there, and what it shall be.
struct Link<'a> {
    wanted: &'a Interface,
    index: u32,
    /// Its name before.
    name: String,
    mtu: u32,
}

fn appear<'a>(nics: &Nics, wanted: &'a Interface) -> Result<Link<'a>, String> {
    let slot = wanted.slot;
    if !nics.knows(slot) {
        return Err(format!("the guest has no NIC {slot}"));
    }
    nics.bind(slot)
        .map_err(|error| format!("the NIC {slot} does not get its driver: {error}"))?;
    let there = || {
        let name = nics.name(slot)?;
        let index = nics.index(Device::Nic(slot))?;
        let mtu = attribute(&name, "mtu")?.parse().ok()?;
        Some((name, index, mtu))
    };
    let (name, index, mtu) = there().ok_or_else(|| {
        format!("its NIC {slot} is out of reach: a program of the pod has taken it into another network namespace")
    })?;
    Ok(Link {
        wanted,
        index,
        name,
        mtu,
    })
}

impl Link<'_> {
    /// Kernels before 6.2 rename no interface that is up. IPv6, which comes back with the MTU, would make an address
    /// of its own on one that is.
    fn must_be_down(&self) -> bool {
        let ipv6_comes = self.mtu < IPV6_MIN_MTU && self.wanted.mtu >= IPV6_MIN_MTU;
        self.name != self.wanted.name || ipv6_comes
    }

    fn configure(
        &self,
        netlink: &mut Netlink,
        nics: &Nics,
        before: Option<&Interface>,
        problems: &mut Vec<String>,
    ) {
        let Interface {
            slot,
            hardware_address,
            mtu,
            flags,
            ipv4_settings,
            accept_ra,
            ..
        } = self.wanted;
        let name = nics.name(*slot).unwrap_or_default();
        // Another hardware address, even the same one, makes the kernel forget its neighbours.
        if attribute(&name, "address") != Some(hardware_address.to_string()) {
            let bytes = hardware_address.0.to_vec();
            if let Err(refusal) = self.set(netlink, libc::IFLA_ADDRESS, bytes) {
                let what = format!("get the hardware address {hardware_address}");
                problems.push(self.sentence(&what, &refusal));
            }
        }
        let bytes = mtu.to_ne_bytes().to_vec();
        if let Err(refusal) = self.set(netlink, libc::IFLA_MTU, bytes) {
            problems.push(self.sentence(&format!("get an MTU of {mtu}"), &refusal));
        }
        // What a container has set since is its own.
        if !ipv4_settings.is_empty()
            && before.is_none_or(|before| before.ipv4_settings != *ipv4_settings)
            && let Err(refusal) = self.set(netlink, libc::IFLA_AF_SPEC, ipv4_spec(ipv4_settings))
        {
            problems.push(self.sentence("get its settings of IPv4", &refusal));
        }
        // None is made of the hardware address, and only who listens to routers on the host has those of routers.
        let ipv6 = Path::new("/proc/sys/net/ipv6/conf").join(&name);
        let accept_ra = if *accept_ra { "1" } else { "0" };
        for (setting, value) in [("addr_gen_mode", "1"), ("accept_ra", accept_ra)] {
            let path = ipv6.join(setting);
            // With an MTU that is too small for IPv6 they are not there.
            if !name.is_empty()
                && path.exists()
                && let Err(error) = fs::write(&path, value)
            {
                problems.push(format!("cannot write {}: {error}", path.display()));
            }
        }
        let flags = LinkFlags::from_bits_retain(*flags) & FLAGS;
        if let Err(refusal) = self.change(netlink, flags, FLAGS, None) {
            problems.push(self.sentence(&format!("get the flags {flags:?}"), &refusal));
        }
    }

    fn set(&self, netlink: &mut Netlink, attribute: u16, value: Vec<u8>) -> Result<(), Refusal> {
        let none = LinkFlags::empty();
        let attribute = DefaultNla::new(attribute, value);
        self.change(netlink, none, none, Some(attribute))
    }

    fn change(
        &self,
        netlink: &mut Netlink,
        flags: LinkFlags,
        mask: LinkFlags,
        attribute: Option<DefaultNla>,
    ) -> Result<(), Refusal> {
        let header = LinkHeader {
            index: self.index,
            flags,
            change_mask: mask,
            ..LinkHeader::default()
        };
        netlink.change(libc::RTM_SETLINK, 0, &Change { header, attribute })
    }

    fn sentence(&self, what: &str, refusal: &Refusal) -> String {
        format!(
            "the interface {} cannot {what}: {refusal}",
            self.wanted.name
        )
    }
}

/// AF_INET's part of an interface's IFLA_AF_SPEC.
fn ipv4_spec(settings: &[u32]) -> Vec<u8> {
    const IFLA_INET_CONF: u16 = 1;
    let nested = |kind: u16, inside: Vec<u8>| {
        let length = 4 + inside.len() as u16;
        [&length.to_ne_bytes(), &kind.to_ne_bytes(), &inside[..]].concat()
    };
    let settings = settings.iter().zip(1..=KNOWN_SETTINGS);
    let settings = settings.filter(|(_, number)| *number != MC_FORWARDING);
    let settings = settings.flat_map(|(value, number)| nested(number, value.to_ne_bytes().into()));
    nested(
        libc::AF_INET as u16,
        nested(IFLA_INET_CONF, settings.collect()),
    )
}

/// The crate's own message knows hundreds of attributes, whose code would be in the memory of every pod.
struct Change {
    header: LinkHeader,
    attribute: Option<DefaultNla>,
}

impl Emitable for Change {
    fn buffer_len(&self) -> usize {
        self.header.buffer_len() + self.attribute.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.header.emit(buffer);
        let attributes = &mut buffer[self.header.buffer_len()..];
        self.attribute.as_slice().emit(attributes);
    }
}

/// Which link is to be called what, in order. A name that another one has now is free when its turn comes: whoever has
/// it gets another one before.
fn renames(links: &[Link<'_>]) -> Vec<(usize, String)> {
    let names: Vec<_> = links
        .iter()
        .map(|link| (link.name.as_str(), link.wanted.name.as_str()))
        .collect();
    order(&names)
}

fn order(names: &[(&str, &str)]) -> Vec<(usize, String)> {
    let changing = || {
        names
            .iter()
            .enumerate()
            .filter(|(_, (now, then))| now != then)
    };
    let in_the_way = |name: &str| names.iter().any(|(_, then)| *then == name);
    let free = |index: usize| {
        // No other of them has it, shall have it or gets it here.
        let mut candidates = (0..=names.len() * 2).map(|number| format!("~{index}.{number}"));
        candidates.find(|name| names.iter().all(|(now, then)| now != name && then != name))
    };
    let away = changing()
        .filter(|(_, (now, _))| in_the_way(now))
        .filter_map(|(index, _)| Some((index, free(index)?)));
    let there = changing().map(|(index, (_, then))| (index, (*then).to_string()));
    away.chain(there).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the names are after the renames, each of which must be of a name that is free.
    fn renamed(names: &[(&str, &str)]) -> Vec<String> {
        let mut now: Vec<_> = names.iter().map(|(now, _)| (*now).to_string()).collect();
        for (index, name) in order(names) {
            assert!(!now.contains(&name), "{names:?}: {name} is taken");
            now[index] = name;
        }
        now
    }

    #[test]
    fn names_are_exchanged() {
        for names in [
            &[("eth0", "eth0")][..],
            &[("eth0", "net1"), ("eth1", "eth0")],
            &[("eth0", "eth1"), ("eth1", "eth0")],
            &[("a", "b"), ("b", "c"), ("c", "a"), ("d", "d")],
            &[("eth0", "x"), ("eth1", "y")],
            &[("a", "~1.0"), ("~0.0", "a"), ("~1.0", "~0.0")],
            &[],
        ] {
            let wanted: Vec<_> = names.iter().map(|(_, then)| (*then).to_string()).collect();
            assert_eq!(renamed(names), wanted);
        }
        assert_eq!(order(&[("eth0", "eth0")]), []);
        assert_eq!(order(&[("eth0", "x")]), [(0, "x".to_string())]);
    }
}
