//! A NIC on a tap: its queues, and who carries their packets.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use virtio_bindings::virtio_ids::VIRTIO_ID_NET;
use virtio_bindings::virtio_net::{
    VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_MAC, VIRTIO_NET_F_MQ,
    VIRTIO_NET_F_MRG_RXBUF, VIRTIO_NET_F_STATUS,
};

use super::active::Active;
use super::address::{HardwareAddress, configuration};
use super::counters::Counters;
use super::host::Host;
use super::tap::Tap;
use super::vhost::Vhost;
use super::{control, offloads};
use crate::config::RateLimit;
use crate::device::{
    Activation, Configuration, Description, Device, Failure, Progress, QUEUE_FEATURES,
};
use crate::rate_limiter::RateLimiter;
use crate::worker::Poll;

/// Entries of a queue: as many packets as Linux keeps ready for its device elsewhere, and 64 KiB of them four times.
pub const QUEUE_SIZE: u16 = 256;
/// As tun.c has it (MAX_TAP_QUEUES).
const MAX_PAIRS: usize = 256;

/// Why there is no NIC.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A number of taps, or of descriptors of vhost-net.
    #[error(
        "a NIC cannot have {taps} tap queues and {vhost} of vhost-net; 1 to {MAX_PAIRS} are possible, and as many or none"
    )]
    Count {
        /// Given.
        taps: usize,
        /// Given.
        vhost: usize,
    },
    /// What the kernel carries nobody counts.
    #[error(
        "a NIC whose packets vhost-net carries has no rate limit; give it no descriptor of vhost-net"
    )]
    Unlimited,
    /// One of the taps.
    #[error("a NIC's tap cannot be used: {0}")]
    Tap(io::Error),
    /// One of the others.
    #[error("a NIC's descriptor of vhost-net cannot be used: {0}")]
    Vhost(io::Error),
    /// The limit's timer.
    #[error("a NIC's rate cannot be limited: {0}")]
    Timer(io::Error),
}

/// The device.
pub struct Net {
    address: HardwareAddress,
    host: Host,
    pairs: u16,
    features: u64,
    active: Option<Active>,
}

impl Net {
    /// `taps`: one for each pair of queues, all of one device. `vhost`: one for each of them, or none.
    ///
    /// # Errors
    /// When they are not what they should be.
    pub fn new(
        address: HardwareAddress,
        taps: Vec<OwnedFd>,
        vhost: Vec<OwnedFd>,
        limit: Option<RateLimit>,
    ) -> Result<Self, NetError> {
        let count = (taps.len(), vhost.len());
        let pairs = u16::try_from(taps.len()).unwrap_or(u16::MAX);
        if !(1..=MAX_PAIRS).contains(&count.0) || count.1 != 0 && count.1 != count.0 {
            let (taps, vhost) = count;
            return Err(NetError::Count { taps, vhost });
        }
        if limit.is_some() && count.1 > 0 {
            return Err(NetError::Unlimited);
        }
        let mut taps = taps
            .into_iter()
            .map(Tap::new)
            .collect::<io::Result<Vec<_>>>()
            .map_err(NetError::Tap)?;
        let udp = taps.first().is_some_and(Tap::has_udp_segments);
        // A driver uses one pair until it says otherwise (virtio 1.2, section 5.1.6.5.5).
        for tap in taps.iter_mut().skip(1) {
            tap.set_attached(false).map_err(NetError::Tap)?;
        }
        let vhost = vhost
            .into_iter()
            .map(Vhost::new)
            .collect::<io::Result<Vec<_>>>()
            .map_err(NetError::Vhost)?;
        let mut features = features(pairs, udp);
        if let Some(vhost) = vhost.first() {
            features &= !vhost.missing_features().map_err(NetError::Vhost)?;
        }
        Ok(Net {
            address,
            host: Host {
                taps,
                vhost,
                limiter: RateLimiter::new(limit).map_err(NetError::Timer)?,
                counters: Arc::default(),
                configuration: Configuration::new(configuration(address, pairs)),
                gone: false,
            },
            pairs,
            features,
            active: None,
        })
    }

    /// What it carries, vhost-net apart.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.host.counters)
    }
}

fn features(pairs: u16, udp: bool) -> u64 {
    let always = [
        VIRTIO_NET_F_MAC,
        VIRTIO_NET_F_STATUS,
        VIRTIO_NET_F_MRG_RXBUF,
        VIRTIO_NET_F_CTRL_VQ,
        VIRTIO_NET_F_CTRL_GUEST_OFFLOADS,
    ];
    let several = u64::from(pairs > 1) << VIRTIO_NET_F_MQ;
    let own = always.iter().fold(several, |all, bit| all | 1 << bit);
    QUEUE_FEATURES | own | offloads::features(udp)
}

impl Device for Net {
    fn description(&self) -> Description {
        let mut queue_sizes = vec![QUEUE_SIZE; 2 * usize::from(self.pairs)];
        queue_sizes.push(control::SIZE);
        Description {
            name: format!("the NIC {}", self.address),
            device_type: VIRTIO_ID_NET,
            queue_sizes,
            features: self.features,
            configuration: Arc::clone(&self.host.configuration),
        }
    }

    fn activate(&mut self, activation: Activation, poll: &mut Poll<'_>) -> Result<(), Failure> {
        let active = self.active.insert(Active::new(&activation));
        active.start(activation, &mut self.host, poll)
    }

    fn handle(&mut self, token: u32, poll: &mut Poll<'_>) -> Result<Progress, Failure> {
        match &mut self.active {
            Some(active) => active.handle(token, &mut self.host, poll),
            None => Ok(Progress::Done),
        }
    }

    fn reset(&mut self, poll: &mut Poll<'_>) -> io::Result<()> {
        match self.active.take() {
            Some(active) => active.stop(&mut self.host, poll),
            None => Ok(()),
        }
    }
}
