//! Rules of policy routing. They are the host's own messages: what they name means the same here.

use std::fmt;

use netlink_packet_core::{Emitable, NlasIterator};
use nix::errno::Errno;

use super::netlink::{Netlink, Refusal};
use super::wanted::Rule;

/// struct fib_rule_hdr.
const HEADER: usize = 12;
const FRA_PRIORITY: u16 = 6;

/// The very same one may be there.
pub fn add(netlink: &mut Netlink, rule: &Rule) -> Result<(), Refusal> {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    match netlink.change(libc::RTM_NEWRULE, flags, rule) {
        Err(refusal) if refusal.errno == Errno::EEXIST => Ok(()),
        result => result,
    }
}

pub fn remove(netlink: &mut Netlink, rule: &Rule) -> Result<(), Refusal> {
    netlink.change(libc::RTM_DELRULE, 0, rule)
}

impl Emitable for Rule {
    fn buffer_len(&self) -> usize {
        self.0.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer[..self.0.len()].copy_from_slice(&self.0);
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.0.first().map(|family| libc::c_int::from(*family)) {
            Some(libc::AF_INET6) => "IPv6",
            _ => "IPv4",
        };
        let priority = NlasIterator::new(self.0.get(HEADER..).unwrap_or_default())
            .map_while(Result::ok)
            .find(|attribute| attribute.kind() == FRA_PRIORITY)
            .and_then(|attribute| attribute.value().try_into().ok())
            .map_or(0, u32::from_ne_bytes);
        write!(formatter, "rule {priority} of {family}'s policy routing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_called_by_its_priority() {
        let mut bytes = vec![0; HEADER];
        bytes[0] = 10;
        bytes.extend([8, 0, 6, 0, 0xe8, 3, 0, 0]);
        let name = |bytes: &[u8]| Rule(bytes.to_vec()).to_string();
        assert_eq!(name(&bytes), "rule 1000 of IPv6's policy routing");
        for length in 0..bytes.len() {
            let _ = name(&bytes[..length]);
        }
        assert_eq!(name(&[]), "rule 0 of IPv4's policy routing");
    }
}
