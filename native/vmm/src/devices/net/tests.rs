//! A real tap in a network namespace of its own, and a driver that is none.

mod frames;
mod hostile;
pub mod namespace;
mod queues;
mod receive;
mod send;
mod stream;
mod vhost;

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use frames::{frame, pattern, segment};
use namespace::{Namespace, Packets};
use virtio_bindings::virtio_net::{
    VIRTIO_NET_F_CSUM, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_VQ,
    VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_MQ,
    VIRTIO_NET_F_MRG_RXBUF,
};

use super::*;
use crate::config::RateLimit;
use crate::devices::driver::{Driver, WRITE};

const RX: usize = 0;
const TX: usize = 1;
/// Where the tests have their buffers.
const OUT: u64 = 0x10_0000;
const IN: u64 = 0x20_0000;
/// Bytes between two buffers for packets that come in.
const STRIDE: u64 = 0x1000;
const HEADER: usize = super::header::HEADER;

/// Without offloads and merged buffers.
const PLAIN: u64 = 0;
const MERGED: u64 = 1 << VIRTIO_NET_F_MRG_RXBUF;
/// Segments in both directions.
const SEGMENTS: u64 = MERGED
    | 1 << VIRTIO_NET_F_CSUM
    | 1 << VIRTIO_NET_F_GUEST_CSUM
    | 1 << VIRTIO_NET_F_GUEST_TSO4
    | 1 << VIRTIO_NET_F_HOST_TSO4;
const CONTROL: u64 = 1 << VIRTIO_NET_F_CTRL_VQ | 1 << VIRTIO_NET_F_CTRL_GUEST_OFFLOADS;
const MQ: u64 = CONTROL | 1 << VIRTIO_NET_F_MQ;

struct Nic {
    driver: Driver,
    host: Packets,
    namespace: Namespace,
    counters: Arc<Counters>,
    tap: OwnedFd,
}

impl Nic {
    fn new(features: u64) -> Nic {
        let mut nic = Nic::inactive(1, false, None);
        assert!(nic.driver.activate(features));
        nic
    }

    /// `headers`: the host sends and sees virtio's headers, too.
    fn inactive(pairs: usize, headers: bool, limit: Option<RateLimit>) -> Nic {
        Nic::with_vhost(pairs, headers, limit, Vec::new())
    }

    fn with_vhost(
        pairs: usize,
        headers: bool,
        limit: Option<RateLimit>,
        vhost: Vec<OwnedFd>,
    ) -> Nic {
        let namespace = Namespace::new();
        let taps = namespace.tap(pairs);
        let tap = taps[0].try_clone().unwrap();
        let device = Net::new(address(), taps, vhost, limit).unwrap();
        let counters = device.counters();
        Nic {
            driver: Driver::new(device),
            host: namespace.packets(headers),
            namespace,
            counters,
            tap,
        }
    }

    /// How many bytes the tap takes before it is full.
    fn set_send_buffer(&self, bytes: libc::c_int) {
        // SAFETY: TUNSETSNDBUF reads one int.
        let set =
            unsafe { libc::ioctl(self.tap.as_raw_fd(), libc::TUNSETSNDBUF, &raw const bytes) };
        assert_eq!(set, 0);
    }

    /// The guest sends a frame.
    fn send(&mut self, frame: &[u8]) {
        self.send_with(&[0; HEADER], frame);
    }

    fn send_with(&mut self, header: &[u8], frame: &[u8]) {
        let packet = [header, frame].concat();
        self.driver.write(OUT, &packet);
        self.driver.request(TX, &[(OUT, packet.len() as u32, 0)]);
    }

    /// The guest gives `count` buffers of `length` bytes, numbered from `first`.
    fn offer(&mut self, first: u64, count: u64, length: u32) {
        for index in first..first + count {
            self.driver
                .offer(RX, &[(IN + index * STRIDE, length, WRITE)]);
        }
        self.driver.kick(RX);
    }

    /// A packet in `count` buffers of 1526 bytes from `first` on, without its header.
    fn merged(&mut self, first: u64, count: u64) -> Vec<u8> {
        let mut packet = Vec::new();
        for index in first..first + count {
            let (head, length) = self.driver.used(RX);
            assert_eq!(u64::from(head), index);
            packet.extend(self.driver.read(IN + index * STRIDE, length as usize));
        }
        assert_eq!(packet[10..12], (count as u16).to_le_bytes());
        packet.split_off(HEADER)
    }

    /// The next packet, which is in one buffer, without its header.
    fn receive(&mut self) -> Vec<u8> {
        let (head, length) = self.driver.used(RX);
        let at = IN + u64::from(head) * STRIDE;
        assert_eq!(self.driver.read(at + 10, 2), [1, 0]);
        self.driver
            .read(at + HEADER as u64, length as usize - HEADER)
    }
}

fn address() -> HardwareAddress {
    HardwareAddress([2, 0, 0, 0, 0, 1])
}

#[test]
fn what_is_no_tap_of_ours_is_refused_with_a_sentence() {
    let new = |taps, vhost, limit| match Net::new(address(), taps, vhost, limit) {
        Ok(_) => "it is taken".to_owned(),
        Err(error) => error.to_string(),
    };
    assert!(new(vec![], vec![], None).starts_with("a NIC cannot have 0 tap queues"));
    let null = || OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
    assert!(new(vec![null()], vec![null(), null()], None).contains("2 of vhost-net"));
    assert!(new(vec![null()], vec![null()], Some(RateLimit::default())).contains("no rate limit"));
    assert!(new(vec![null()], vec![], None).contains("it blocks"));
    let namespace = Namespace::new();
    for (flags, why) in [
        (
            libc::IFF_TUN | libc::IFF_NO_PI | libc::IFF_VNET_HDR,
            "other headers",
        ),
        (libc::IFF_TAP | libc::IFF_NO_PI, "other headers"),
    ] {
        let tap = namespace.open_tun(flags);
        let error = new(vec![tap], vec![], None);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn the_driver_learns_of_the_address_and_the_link() {
    let mut nic = Nic::new(PLAIN);
    let mut bytes = [0; 10];
    nic.driver.configuration.read(0, &mut bytes);
    assert_eq!(bytes, [2, 0, 0, 0, 0, 1, 1, 0, 1, 0]);
    nic.offer(0, 1, 1526);
    nic.namespace.run("ip link delete tap");
    nic.driver.wait_for_interrupt();
    assert!(nic.driver.configuration_changed());
    nic.driver.configuration.read(0, &mut bytes);
    assert_eq!(bytes[6..8], [0, 0]);
    // It takes packets all the same, also after a reset.
    nic.send(&frame(&[1; 50]));
    nic.driver.reset();
    assert!(nic.driver.activate(SEGMENTS));
    nic.send(&frame(&[1; 50]));
    assert_eq!(nic.counters.read().send_dropped, 2);
}
