//! What a VM shall be, as its maker says it: JSON, in which a file is its index among the descriptors
//! that came with it.

use serde::Deserialize;

/// An index among the descriptors that came with the configuration.
pub type Descriptor = usize;

/// A virtual machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// Virtual CPUs.
    pub vcpus: u8,
    /// The guest's memory.
    pub memory_mib: u64,
    /// An ELF vmlinux with a PVH entry, or a bzImage.
    pub kernel: Descriptor,
    /// An initramfs.
    pub initrd: Option<Descriptor>,
    /// The kernel's command line, whole.
    pub command_line: String,
    /// /dev/kvm.
    pub kvm: Descriptor,
    /// Where the guest's serial port writes to, a stream; without one the guest has none.
    pub serial: Option<Descriptor>,
    /// In the order in which the guest finds them.
    pub devices: Vec<DeviceConfig>,
}

/// A virtio device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum DeviceConfig {
    /// Streams between the guest and descriptors of the host (native/vsock).
    Vsock {
        /// The guest's address.
        cid: u32,
        /// A socket for the control protocol of native/vsock.
        control: Descriptor,
    },
    /// Random numbers of the host.
    Rng {},
    /// Memory that the guest does not need goes back to the host.
    Balloon {},
    /// A NIC on a tap device.
    Net {
        /// As "02:00:00:00:00:01".
        hardware_address: String,
        /// Of the tap device, with IFF_VNET_HDR: one for each pair of queues.
        queues: Vec<Descriptor>,
        /// Of /dev/vhost-net: one for each of `queues`, or none.
        vhost: Vec<Descriptor>,
        /// Both directions share it.
        #[serde(default)]
        rate_limit: Option<RateLimit>,
    },
    /// A NIC whose packets go over a stream socket, each behind its length, 4 bytes, the highest one first.
    StreamNet {
        /// As "02:00:00:00:00:01".
        hardware_address: String,
        /// Connected.
        socket: Descriptor,
    },
    /// A directory of the host.
    Fs {
        /// At most 36 bytes.
        tag: String,
        /// Connected to virtiofsd, which waits for vhost-user.
        socket: Descriptor,
    },
    /// None yet: a disk may come while the VM runs.
    Vacant {},
    /// A raw file or a block device of the host.
    Block {
        /// Open for reading, and for writing unless it is read-only.
        file: Descriptor,
        /// The guest cannot write.
        read_only: bool,
        /// At most 20 bytes, what the guest sees as the disk's serial number.
        #[serde(default)]
        serial: String,
        /// Pairs of requests and answers that can be on their way on different CPUs.
        #[serde(default = "one")]
        queues: u16,
        /// When a write counts as done.
        #[serde(default)]
        cache: Cache,
        /// Of all requests.
        #[serde(default)]
        rate_limit: Option<RateLimit>,
    },
}

/// When a write to a disk counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cache {
    /// When the host's kernel has it; a flush of the guest brings it to the disk.
    #[default]
    WriteBack,
    /// When it is on the disk.
    WriteThrough,
    /// As of `WriteBack`, but a flush of the guest does nothing: for what nobody needs after a crash.
    Unsafe,
}

/// Two token buckets: what is beyond the one or the other waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Bytes in a second; 0 is no limit.
    #[serde(default)]
    pub bytes_per_second: u64,
    /// Requests or packets in a second; 0 is no limit.
    #[serde(default)]
    pub operations_per_second: u64,
}

fn one() -> u16 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_as_json() {
        let json = r#"{"vcpus":1,"memoryMib":256,"kvm":0,"kernel":1,"initrd":2,"commandLine":"quiet","serial":3,"devices":[
            {"kind":"vsock","cid":3,"control":4},{"kind":"rng"},
            {"kind":"net","hardwareAddress":"02:00:00:00:00:01","queues":[5],"vhost":[]},
            {"kind":"block","file":6,"readOnly":true,"rateLimit":{"bytesPerSecond":1048576}}]}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        assert_eq!(config.devices.len(), 4);
        assert!(matches!(
            config.devices[3],
            DeviceConfig::Block {
                cache: Cache::WriteBack,
                queues: 1,
                ..
            }
        ));
    }

    #[test]
    fn what_nobody_knows_is_refused_by_name() {
        for (json, named) in [
            (r#"{"kind":"rng","speed":1}"#, "speed"),
            (r#"{"kind":"sound"}"#, "sound"),
        ] {
            let error = serde_json::from_str::<DeviceConfig>(json).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}
