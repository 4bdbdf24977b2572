//! A NIC's address, and what its driver reads.

use std::fmt;
use std::str::FromStr;

/// Of Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HardwareAddress(pub [u8; 6]);

/// No address of one NIC.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the hardware address of a NIC; one is written as 02:00:00:00:00:01")]
pub struct BadAddress(String);

impl FromStr for HardwareAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        let parsed = bytes.iter_mut().try_for_each(|byte| {
            let part = parts.next()?;
            // Two digits: a sign is none.
            let digits = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_hexdigit());
            *byte = u8::from_str_radix(part, 16).ok().filter(|_| digits)?;
            Some(())
        });
        // The lowest bit of the first byte is that of groups; all zeros is nobody.
        if parsed.is_none() || parts.next().is_some() || bytes[0] & 1 != 0 || bytes == [0; 6] {
            return Err(BadAddress(text.to_owned()));
        }
        Ok(HardwareAddress(bytes))
    }
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(to, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

/// Where the configuration says whether the link is up, 2 bytes.
const STATUS: std::ops::Range<usize> = 6..8;
/// The link is up.
const LINK_UP: u16 = virtio_bindings::virtio_net::VIRTIO_NET_S_LINK_UP as u16;

/// The configuration space of a NIC whose link is up (virtio 1.2, section 5.1.4).
#[must_use]
pub fn configuration(address: HardwareAddress, pairs: u16) -> Vec<u8> {
    [&address.0[..], &LINK_UP.to_le_bytes(), &pairs.to_le_bytes()].concat()
}

/// Takes the link away.
pub fn set_link_down(configuration: &mut [u8]) {
    if let Some(status) = configuration.get_mut(STATUS) {
        status.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_six_bytes_of_one_nic() {
        let address: HardwareAddress = "02:00:00:00:00:fF".parse().unwrap();
        assert_eq!(address.0, [2, 0, 0, 0, 0, 0xff]);
        assert_eq!(address.to_string(), "02:00:00:00:00:ff");
        for text in [
            "",
            "02:00:00:00:00",
            "02:00:00:00:00:01:02",
            "2:00:00:00:00:01",
            "+2:00:00:00:00:01",
            "02:00:00:00:00:0g",
            "01:00:00:00:00:01",
            "00:00:00:00:00:00",
            "02-00-00-00-00-01",
        ] {
            assert!(text.parse::<HardwareAddress>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_configuration_as_the_driver_reads_it() {
        let mut bytes = configuration(HardwareAddress([2, 0, 0, 0, 0, 1]), 3);
        assert_eq!(bytes, [2, 0, 0, 0, 0, 1, 1, 0, 3, 0]);
        set_link_down(&mut bytes);
        assert_eq!(bytes, [2, 0, 0, 0, 0, 1, 0, 0, 3, 0]);
    }
}
