//! What the guest's driver takes off the hands of its network stack, and what the tap must know of it.

use virtio_bindings::virtio_net::{
    VIRTIO_NET_F_CSUM, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_ECN, VIRTIO_NET_F_GUEST_TSO4,
    VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_USO4, VIRTIO_NET_F_GUEST_USO6,
    VIRTIO_NET_F_HOST_ECN, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_HOST_USO,
};

/// By a feature of the guest, what the tap may then give it (tun.c of Linux: TUNSETOFFLOAD).
const GUEST: [(u32, libc::c_uint); 6] = [
    (VIRTIO_NET_F_GUEST_CSUM, libc::TUN_F_CSUM),
    (VIRTIO_NET_F_GUEST_TSO4, libc::TUN_F_TSO4),
    (VIRTIO_NET_F_GUEST_TSO6, libc::TUN_F_TSO6),
    (VIRTIO_NET_F_GUEST_ECN, libc::TUN_F_TSO_ECN),
    (VIRTIO_NET_F_GUEST_USO4, libc::TUN_F_USO4),
    (VIRTIO_NET_F_GUEST_USO6, libc::TUN_F_USO6),
];

/// TUNSETOFFLOAD with this succeeds where the host knows segments of UDP (Linux 6.2).
pub const UDP: libc::c_uint = libc::TUN_F_CSUM | libc::TUN_F_USO4 | libc::TUN_F_USO6;

/// Features of both directions, in which a tap takes part. `udp`: segments of UDP as well.
#[must_use]
pub fn features(udp: bool) -> u64 {
    let always = [
        VIRTIO_NET_F_CSUM,
        VIRTIO_NET_F_GUEST_CSUM,
        VIRTIO_NET_F_GUEST_TSO4,
        VIRTIO_NET_F_GUEST_TSO6,
        VIRTIO_NET_F_GUEST_ECN,
        VIRTIO_NET_F_HOST_TSO4,
        VIRTIO_NET_F_HOST_TSO6,
        VIRTIO_NET_F_HOST_ECN,
    ];
    let with_udp = [
        VIRTIO_NET_F_GUEST_USO4,
        VIRTIO_NET_F_GUEST_USO6,
        VIRTIO_NET_F_HOST_USO,
    ];
    let udp = if udp { &with_udp[..] } else { &[] };
    always.iter().chain(udp).fold(0, |all, bit| all | 1 << bit)
}

/// The features that a driver may turn off and on again (virtio 1.2, section 5.1.6.5.6).
#[must_use]
pub fn changeable() -> u64 {
    GUEST.iter().fold(0, |all, (bit, _)| all | 1 << bit)
}

/// What the tap may give a guest with these features. None: a combination that a driver must not take (virtio 1.2,
/// section 5.1.3.1).
#[must_use]
pub fn for_tap(features: u64) -> Option<libc::c_uint> {
    let has = |bit: u32| features & (1 << bit) != 0;
    let flags = GUEST
        .iter()
        .filter(|(bit, _)| has(*bit))
        .fold(0, |all, (_, flag)| all | flag);
    let segments = flags & !libc::TUN_F_CSUM != 0;
    let tcp = has(VIRTIO_NET_F_GUEST_TSO4) || has(VIRTIO_NET_F_GUEST_TSO6);
    // The tap has UDP of both families or none.
    let udp_whole = has(VIRTIO_NET_F_GUEST_USO4) == has(VIRTIO_NET_F_GUEST_USO6);
    let valid = (!segments || has(VIRTIO_NET_F_GUEST_CSUM))
        && (tcp || !has(VIRTIO_NET_F_GUEST_ECN))
        && udp_whole;
    valid.then_some(flags)
}

/// Whether a guest with these features can be sent segments that are longer than a packet.
#[must_use]
pub fn has_segments(features: u64) -> bool {
    let segments = GUEST
        .iter()
        .filter(|(bit, _)| !matches!(*bit, VIRTIO_NET_F_GUEST_CSUM | VIRTIO_NET_F_GUEST_ECN));
    segments.fold(0, |all, (bit, _)| all | 1u64 << bit) & features != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tap_gives_what_the_guest_takes() {
        assert_eq!(for_tap(0), Some(0));
        assert_eq!(for_tap(features(false)), Some(0xf));
        assert_eq!(for_tap(features(true)), Some(0x6f));
        // TSO4 and CSUM.
        assert_eq!(for_tap(1 << 7 | 1 << 1), Some(3));
    }

    #[test]
    fn segments_without_checksums_are_nothing() {
        // TSO4; ECN with CSUM; USO4 with CSUM but without USO6.
        for features in [1 << 7, 1 << 9 | 1 << 1, 1 << 54 | 1 << 1] {
            assert_eq!(for_tap(features), None, "{features:#x}");
        }
    }

    #[test]
    fn checksums_alone_make_no_packet_longer() {
        assert!(!has_segments(1 << 1 | 1 << 9 | 1 << 15));
        assert!(has_segments(1 << 8));
    }
}
