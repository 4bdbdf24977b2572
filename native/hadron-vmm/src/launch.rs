//! A VM of a configuration.

use std::error::Error;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use hadron_vmm::arch::{Boot, Linux};
use hadron_vmm::config::{Config, Descriptor, DeviceConfig};
use hadron_vmm::device::Device;
use hadron_vmm::devices::balloon::Balloon;
use hadron_vmm::devices::block::engine::Engines;
use hadron_vmm::devices::block::{Block, Disk, Settings};
use hadron_vmm::devices::fs::{self, Fs};
use hadron_vmm::devices::net::{Net, StreamNet};
use hadron_vmm::devices::rng::Rng;
use hadron_vmm::devices::vacant::Vacant;
use hadron_vmm::devices::vsock::Vsock;
use hadron_vmm::machine::{self, Enter, Machine, Parts};
use hadron_vmm::memory::{self, Backing};
use serde_json::Value;

use crate::news::Board;
use crate::program;
use crate::seccomp::{self, Kind};
use crate::session;

/// A VM, and what its disks are read and written by: as many as it has places for disks.
pub struct Launched {
    machine: Machine,
    engines: Engines,
}

impl session::Machine for Launched {
    fn resume(&self) {
        self.machine.resume();
    }

    fn pause(&self) -> io::Result<()> {
        self.machine.pause()
    }

    fn insert(
        &self,
        place: usize,
        device: DeviceConfig,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(), String> {
        insert(&self.machine, &self.engines, place, device, descriptors)
            .map_err(|error| error.to_string())
    }

    fn eject(&self, place: usize) -> Result<(), String> {
        self.machine.eject(place).map_err(|error| error.to_string())
    }

    fn exits(&self) -> Value {
        serde_json::to_value(self.machine.exits()).unwrap_or_default()
    }
}

/// Makes a VM, and binds its threads and the calling one to what they may do from then on.
///
/// # Errors
/// A sentence. The VM is not made then, and the calling thread as free as before.
pub fn make(
    config: Config,
    descriptors: Vec<OwnedFd>,
    board: Arc<Board>,
) -> Result<Launched, String> {
    let mut descriptors = Descriptors::new(descriptors);
    let engines = engines(&config.devices)
        .map_err(|error| format!("a thread for a disk cannot be made: {error}"))?;
    let parts = parts(config, &engines, &mut descriptors, board);
    let parts = parts.map_err(|error| error.to_string())?;
    descriptors.expect_none()?;
    let machine = Machine::new(parts).map_err(|error| error.to_string())?;
    seccomp::enter(Kind::Main)
        .map_err(|error| format!("the filter of system calls cannot be set: {error}"))?;
    program::forget();
    Ok(Launched { machine, engines })
}

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// For each place that has a disk, or may have one: the filter of the thread that puts one in lets it make nothing of the kind.
fn engines(devices: &[DeviceConfig]) -> io::Result<Engines> {
    let is_place = |device: &&DeviceConfig| {
        matches!(device, DeviceConfig::Block { .. } | DeviceConfig::Vacant {})
    };
    Engines::new(devices.iter().filter(is_place).count(), &enter())
}

fn parts(
    config: Config,
    engines: &Engines,
    descriptors: &mut Descriptors,
    board: Arc<Board>,
) -> Result<Parts> {
    let shared = |device: &DeviceConfig| matches!(device, DeviceConfig::Fs { .. });
    let backing = match config.devices.iter().any(shared) {
        true => Backing::Shared,
        false => Backing::Anonymous,
    };
    let memory = memory::create(config.memory_mib, backing)?;
    let devices = config.devices.into_iter().enumerate();
    let devices: Result<_> = devices
        .map(|(index, config)| device(index, config, engines, descriptors))
        .collect();
    Ok(Parts {
        kvm: descriptors.take(config.kvm)?,
        memory,
        vcpus: config.vcpus,
        devices: devices?,
        serial: descriptors.take_if(config.serial)?,
        boot: Boot::Linux(Linux {
            kernel: File::from(descriptors.take(config.kernel)?),
            initrd: descriptors.take_if(config.initrd)?.map(File::from),
            command_line: config.command_line,
        }),
        owner: board,
        enter: enter(),
    })
}

/// Binds each thread of a VM to what its kind may do.
#[must_use]
pub fn enter() -> Enter {
    Arc::new(|thread| {
        seccomp::enter(match thread {
            machine::Thread::Worker => Kind::Worker,
            machine::Thread::Vcpu => Kind::Vcpu,
            machine::Thread::Disk => Kind::Disk,
        })
    })
}

fn device(
    index: usize,
    config: DeviceConfig,
    engines: &Engines,
    descriptors: &mut Descriptors,
) -> Result<Box<dyn Device>> {
    Ok(match config {
        DeviceConfig::Vsock { cid, control } => {
            Box::new(Vsock::new(cid, descriptors.take(control)?)?)
        }
        DeviceConfig::Rng {} => Box::new(Rng::default()),
        DeviceConfig::Balloon {} => Box::new(Balloon::default()),
        DeviceConfig::Net {
            hardware_address,
            queues,
            vhost,
            rate_limit,
        } => {
            let queues = descriptors.take_all(queues)?;
            let vhost = descriptors.take_all(vhost)?;
            let address = hardware_address.parse()?;
            Box::new(Net::new(address, queues, vhost, rate_limit)?)
        }
        DeviceConfig::StreamNet {
            hardware_address,
            socket,
        } => {
            let socket = descriptors.take(socket)?;
            Box::new(StreamNet::new(hardware_address.parse()?, socket))
        }
        DeviceConfig::Fs { tag, socket } => {
            Box::new(Fs::new(&tag, descriptors.take(socket)?, fs::PATIENCE)?)
        }
        DeviceConfig::Vacant {} => Box::new(Vacant),
        block @ DeviceConfig::Block { .. } => Box::new(disk(index, block, engines, descriptors)?),
    })
}

/// Puts a disk into a vacant place, with one of the engines that were made for the VM.
///
/// # Errors
/// A sentence. Nothing has changed then.
pub fn insert(
    machine: &Machine,
    engines: &Engines,
    place: usize,
    config: DeviceConfig,
    descriptors: Vec<OwnedFd>,
) -> Result<()> {
    machine.expect_vacant(place)?;
    let mut descriptors = Descriptors::new(descriptors);
    let disk = disk(place, config, engines, &mut descriptors)?;
    descriptors.expect_none()?;
    Ok(machine.insert(place, Box::new(disk))?)
}

fn disk(
    index: usize,
    config: DeviceConfig,
    engines: &Engines,
    descriptors: &mut Descriptors,
) -> Result<Block> {
    let DeviceConfig::Block {
        file,
        read_only,
        serial,
        queues,
        cache,
        rate_limit,
    } = config
    else {
        return Err("only a disk can come while the VM runs".into());
    };
    let settings = Settings {
        read_only,
        serial,
        queues,
        cache,
        rate_limit,
    };
    let disk = Disk::open(File::from(descriptors.take(file)?), read_only)?;
    Ok(Block::new(
        format!("the disk {index}"),
        disk,
        &settings,
        engines,
    )?)
}

/// What came with the configuration: each is for one part of the VM.
struct Descriptors(Vec<Option<OwnedFd>>);

impl Descriptors {
    fn new(descriptors: Vec<OwnedFd>) -> Self {
        Descriptors(descriptors.into_iter().map(Some).collect())
    }

    fn take(&mut self, index: Descriptor) -> Result<OwnedFd, String> {
        let count = self.0.len();
        let place = self.0.get_mut(index).ok_or_else(|| {
            format!("the configuration names the descriptor {index}, and {count} came with it, from 0 on")
        })?;
        place
            .take()
            .ok_or_else(|| format!("the configuration names the descriptor {index} twice"))
    }

    fn take_if(&mut self, index: Option<Descriptor>) -> Result<Option<OwnedFd>, String> {
        index.map(|index| self.take(index)).transpose()
    }

    fn take_all(&mut self, indexes: Vec<Descriptor>) -> Result<Vec<OwnedFd>, String> {
        indexes.into_iter().map(|index| self.take(index)).collect()
    }

    /// Nothing is to stay open that nobody uses.
    fn expect_none(&self) -> Result<(), String> {
        match self.0.iter().position(Option::is_some) {
            None => Ok(()),
            Some(index) => Err(format!(
                "the configuration does not name the descriptor {index}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// /dev/null, as often as this.
    fn made(config: &Value, count: usize) -> Result<Launched, String> {
        let null = || OwnedFd::from(File::open("/dev/null").unwrap());
        let descriptors = (0..count).map(|_| null()).collect();
        let config = serde_json::from_value(config.clone()).unwrap();
        make(config, descriptors, Arc::new(Board::new().unwrap()))
    }

    #[test]
    fn what_cannot_be_is_refused_by_a_sentence() {
        let good = json!({ "vcpus": 1, "memoryMib": 64, "kernel": 0, "kvm": 1, "commandLine": "", "devices": [] });
        let with = |name: &str, value: Value| {
            let mut config = good.clone();
            config[name] = value;
            config
        };
        let net = json!([{ "kind": "net", "hardwareAddress": "x", "queues": [2], "vhost": [] }]);
        let vsock = json!([{ "kind": "vsock", "cid": 2, "control": 2 }]);
        for (config, count, words) in [
            (
                with("kernel", json!(9)),
                2,
                "names the descriptor 9, and 2 came with it",
            ),
            (with("kernel", json!(1)), 2, "names the descriptor 1 twice"),
            (good.clone(), 3, "does not name the descriptor 2"),
            (
                with("memoryMib", json!(1)),
                2,
                "cannot have 1 MiB of memory",
            ),
            (with("devices", net), 3, "\"x\" is not the hardware address"),
            (with("devices", vsock), 3, "cannot have the vsock address 2"),
            // /dev/null is no /dev/kvm.
            (good.clone(), 2, "KVM cannot make a VM: "),
        ] {
            let sentence = made(&config, count).err().unwrap();
            assert!(sentence.contains(words), "{sentence}");
        }
    }
}
