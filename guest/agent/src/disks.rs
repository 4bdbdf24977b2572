//! Disks of the host, which come and go while the guest runs: virtio-blk devices, by their serial numbers.
//!
//! No interrupt tells of them. A driver looks at what a disk is (its size, whether it can be written to) when it is bound to it, and so
//! it is bound when the host says that there is one, and not before. How a place without a disk looks is up to the VMM: ours has no
//! device there, which the transport's driver has left alone; QEMU has an empty disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, errno_text};
use crate::slots;

const DISKS: &str = "/sys/block";
const DRIVER: &str = "/sys/bus/virtio/drivers/virtio_blk";
const DEVICES: &str = "/sys/bus/virtio/devices";
/// Virtio 1.2, section 5, as sysfs has it.
const BLOCK_DEVICE: &str = "0x0002";

/// A disk with its driver.
struct Disk {
    /// "vda"
    name: String,
    /// "virtio3"
    device: String,
    /// Above it: "LNRO0005:07", or another bus's.
    place: String,
}

/// Its numbers, as [`numbers`] reads them, when it has its driver.
///
/// # Errors
/// NOT_FOUND when there is none, or it is empty. INTERNAL when sysfs refuses.
pub fn attach(serial: &str) -> Result<String> {
    if let Some(disk) = find(serial)? {
        if !disk.is_empty()? {
            return disk.attribute("dev");
        }
        write(DRIVER, "unbind", &disk.device)?;
        write(DRIVER, "bind", &disk.device)?;
    } else {
        bind_all()?;
    }
    match find(serial)? {
        Some(disk) if !disk.is_empty()? => disk.attribute("dev"),
        Some(_) => Err(Error::not_found(format!("the disk {serial} is empty"))),
        None => Err(Error::not_found(format!(
            "no disk has the serial number {serial}"
        ))),
    }
}

/// Of "254:16".
///
/// # Errors
/// For anything else.
pub fn numbers(text: &str) -> Result<(u32, u32)> {
    let parsed = text.trim().split_once(':');
    let parsed = parsed.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    parsed.ok_or_else(|| Error::internal(format!("{text:?} are not the numbers of a device")))
}

/// What was written is on it afterwards, and its driver has let go of it.
///
/// # Errors
/// INTERNAL when it cannot be written back: the driver has let go of it all the same.
pub fn detach(serial: &str) -> Result<()> {
    let Some(disk) = find(serial)? else {
        return Ok(());
    };
    let path = Path::new("/dev").join(&disk.name);
    let written = File::open(path).and_then(|device| device.sync_all());
    // A place of ours is as it was before the disk came; elsewhere the device stays, without its driver.
    if disk.place.starts_with(slots::OF_ACPI) {
        write(slots::DRIVER, "unbind", &disk.place)?;
    } else {
        write(DRIVER, "unbind", &disk.device)?;
    }
    written.map_err(|error| Error::os(format!("cannot write the disk {serial} back"), error))
}

fn find(serial: &str) -> Result<Option<Disk>> {
    for name in names(DISKS)?.filter(|name| name.starts_with("vd")) {
        let path = Path::new(DISKS).join(&name);
        // What just lost its driver has none.
        let found = fs::read_to_string(path.join("serial")).unwrap_or_default();
        if found.trim() != serial {
            continue;
        }
        let device = fs::canonicalize(path.join("device")).map_err(failed("the device", &name))?;
        return Ok(Some(Disk {
            device: file_name(&device),
            place: device.parent().map(file_name).unwrap_or_default(),
            name,
        }));
    }
    Ok(None)
}

impl Disk {
    fn is_empty(&self) -> Result<bool> {
        Ok(self.attribute("size")? == "0")
    }

    fn attribute(&self, attribute: &str) -> Result<String> {
        let path = Path::new(DISKS).join(&self.name).join(attribute);
        let text = fs::read_to_string(path).map_err(failed(attribute, &self.name))?;
        Ok(text.trim().to_string())
    }
}

/// Has drivers look at all places where they have found nothing so far, and at all disks that have none.
fn bind_all() -> Result<()> {
    for device in names(DEVICES)? {
        let path = Path::new(DEVICES).join(&device);
        let kind = fs::read_to_string(path.join("device")).unwrap_or_default();
        if kind.trim() == BLOCK_DEVICE && !path.join("driver").exists() {
            write(DRIVER, "bind", &device)?;
        }
    }
    slots::look_again(slots::OF_ACPI).map_err(failed("the places", "virtio devices"))
}

fn names(directory: &str) -> Result<impl Iterator<Item = String>> {
    let entries = fs::read_dir(directory).map_err(failed("the entries", directory))?;
    Ok(entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned()))
}

fn file_name(path: impl AsRef<Path>) -> String {
    let name = path.as_ref().file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn write(driver: &str, file: &str, device: &str) -> Result<()> {
    let path: PathBuf = Path::new(driver).join(file);
    fs::write(&path, device).map_err(|error| {
        Error::os(
            format!("cannot {file} the driver of {device} ({})", path.display()),
            error,
        )
    })
}

fn failed(what: &str, of: &str) -> impl Fn(io::Error) -> Error {
    move |error| {
        Error::internal(format!(
            "cannot read {what} of {of}: {}",
            errno_text(&error)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_device() {
        assert_eq!(numbers("254:16\n").ok(), Some((254, 16)));
        for text in ["", "254", "254:", ":1", "-1:0", "1:2:3", "254:4294967296"] {
            assert!(numbers(text).is_err(), "{text}");
        }
    }
}
