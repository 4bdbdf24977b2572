//! The NICs that the hypervisor made. One without an interface has no driver: then it is nowhere to be seen, whatever
//! namespace one looks from, and costs no memory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::wanted::{Device, HardwareAddress};
use crate::slots;

const DRIVER: &str = "/sys/bus/virtio/drivers/virtio_net";

/// Of lo, in every network namespace.
const LOOPBACK: u32 = 1;

/// Their virtio devices ("virtio3"), by the hardware address with which they were made.
#[derive(Default)]
pub struct Nics(BTreeMap<HardwareAddress, String>);

impl Nics {
    /// Those that the hypervisor has plugged since: the kernel has found their slots empty at its boot, and looks again when it is asked to.
    pub fn discover_plugged(&mut self) {
        // A kernel whose devices are on PCI has no slots.
        let _ = slots::look_again(slots::OF_COMMAND_LINE);
        self.discover();
    }

    /// Looks for those that are not known yet. They have their driver and their first address.
    pub fn discover(&mut self) {
        let Ok(entries) = fs::read_dir(DRIVER) else {
            // A kernel without the driver, or a guest without NICs.
            return;
        };
        for entry in entries.flatten() {
            let device = entry.file_name().to_string_lossy().into_owned();
            let known = self.0.values().any(|known| *known == device);
            if !device.starts_with("virtio") || known {
                continue;
            }
            if let Some(name) = interface_of(&device)
                && let Some(address) =
                    attribute(&name, "address").and_then(|text| text.parse().ok())
            {
                self.0.insert(address, device);
            }
        }
    }

    pub fn knows(&self, slot: HardwareAddress) -> bool {
        self.0.contains_key(&slot)
    }

    /// The interface's name now. None: it has no driver, or a program has taken it into another namespace.
    pub fn name(&self, slot: HardwareAddress) -> Option<String> {
        interface_of(self.0.get(&slot)?)
    }

    /// The number of the interface.
    pub fn index(&self, device: Device) -> Option<u32> {
        match device {
            Device::Loopback => Some(LOOPBACK),
            Device::Nic(slot) => attribute(&self.name(slot)?, "ifindex")?.parse().ok(),
        }
    }

    /// The virtio devices of those `slots` that have their driver.
    pub fn with_driver(&self, slots: impl Fn(HardwareAddress) -> bool) -> Vec<String> {
        let devices = self.0.iter().filter(|(slot, _)| slots(**slot));
        let devices = devices.map(|(_, device)| device.clone());
        devices.filter(|device| has_driver(device)).collect()
    }

    /// Gives it its driver, and with that an interface of whatever name; nothing if it has it.
    pub fn bind(&self, slot: HardwareAddress) -> io::Result<()> {
        let device = self
            .0
            .get(&slot)
            .ok_or_else(|| io::Error::from_raw_os_error(libc::ENODEV))?;
        if has_driver(device) {
            return Ok(());
        }
        fs::write(Path::new(DRIVER).join("bind"), device)
    }
}

/// Takes a virtio device its driver away: the interface is gone, and all that was on it.
pub fn unbind(device: &str) -> io::Result<()> {
    fs::write(Path::new(DRIVER).join("unbind"), device)
}

fn has_driver(device: &str) -> bool {
    Path::new(DRIVER).join(device).exists()
}

/// Of a virtio device. sysfs shows the interfaces of the namespace that it was mounted in, which is the pod's.
pub fn interface_of(device: &str) -> Option<String> {
    let directory = PathBuf::from(DRIVER).join(device).join("net");
    let entry = fs::read_dir(directory).ok()?.flatten().next()?;
    entry.file_name().into_string().ok()
}

/// What /sys/class/net says of an interface.
pub fn attribute(name: &str, attribute: &str) -> Option<String> {
    let text = fs::read_to_string(Path::new("/sys/class/net").join(name).join(attribute)).ok()?;
    Some(text.trim().to_string())
}
