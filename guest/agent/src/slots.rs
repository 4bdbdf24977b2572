//! Places for virtio devices on virtio-mmio, which the VMM may fill while the guest runs. The kernel has looked into them at its boot,
//! and does so again when the transport's driver is bound to one.

use std::fs;
use std::io;
use std::path::Path;

const SLOTS: &str = "/sys/bus/platform/devices";
/// Who looks, and lets go of one that is emptied.
pub const DRIVER: &str = "/sys/bus/platform/drivers/virtio-mmio";

/// How the names of those begin that the command line has told of.
pub const OF_COMMAND_LINE: &str = "virtio-mmio.";
/// How the names of those begin that ACPI has told of.
pub const OF_ACPI: &str = "LNRO0005:";

/// Has the kernel look into those that were empty, of one kind.
///
/// # Errors
/// When they cannot be listed, as on a kernel whose devices are on PCI alone.
pub fn look_again(kind: &str) -> io::Result<()> {
    for entry in fs::read_dir(SLOTS)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(kind) && !entry.path().join("driver").exists() {
            // ENODEV: it is empty still. Else its device gets its own driver.
            let _ = fs::write(Path::new(DRIVER).join("bind"), &name);
        }
    }
    Ok(())
}
