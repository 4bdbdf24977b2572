//! Bringing a kernel into memory, and what it wants to know.

mod filled;
mod initrd;
mod long;
mod memory_map;
mod pvh;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use linux_loader::loader::elf::PvhBootCapability;
use linux_loader::loader::{BzImage, Elf, KernelLoader};
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};

use super::low_memory::{COMMAND_LINE, HIGH_START};
use super::{Description, acpi, entry::Entry};
use crate::memory::{Memory, expect_filled};

/// What a kernel has to know of this VM that ACPI cannot say. There is no PCI: without this word it is looked for by 229 accesses to ports.
const OWN_WORDS: &str = "pci=off";

/// COMMAND_LINE_SIZE of Linux, with the final zero.
const COMMAND_LINE_SIZE: usize = 2048;

/// What a guest runs.
#[derive(Debug)]
pub enum Boot {
    /// A kernel of Linux.
    Linux(Linux),
    /// Code that is in memory already, from this address on, in 64-bit mode with the first 4 GiB mapped as they are and interrupts off.
    Code(u64),
}

/// A kernel, and what it is given.
#[derive(Debug)]
pub struct Linux {
    /// An ELF vmlinux with a PVH entry, or a bzImage.
    pub kernel: File,
    /// An initramfs.
    pub initrd: Option<File>,
    /// As the owner wants it. A word or two of the VMM's own are put before it.
    pub command_line: String,
}

/// Why a guest cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// Neither ELF nor bzImage.
    #[error("the kernel is neither an ELF vmlinux nor a bzImage")]
    Format,
    /// An old one, or not Linux.
    #[error("the kernel's ELF image has no PVH entry: it needs CONFIG_PVH")]
    NoPvh,
    /// Of 32 bits.
    #[error("the kernel's bzImage has no 64-bit entry")]
    NoLongEntry,
    /// The file, or the memory that is too small for it.
    #[error("the kernel cannot be loaded: {0}")]
    Kernel(linux_loader::loader::Error),
    /// read(2), lseek(2).
    #[error("the kernel cannot be read: {0}")]
    Read(io::Error),
    /// Between the kernel's end and the end of memory.
    #[error("the initramfs of {0} bytes does not fit into the guest's memory beside the kernel")]
    InitrdSize(u64),
    /// read(2), lseek(2).
    #[error("the initramfs cannot be read: {0}")]
    Initrd(io::Error),
    /// Longer than Linux reads.
    #[error("the kernel's command line has {0} bytes; {max} are possible", max = COMMAND_LINE_SIZE - 1)]
    CommandLine(usize),
    /// Too small a memory.
    #[error("what the guest is told does not fit into its memory: {0}")]
    Memory(#[from] GuestMemoryError),
}

/// What both boot protocols tell of.
struct Loaded {
    /// Address and length of the initramfs.
    initrd: Option<(u64, u64)>,
    rsdp: u64,
}

impl Boot {
    /// Writes it into memory, with ACPI's tables.
    pub(crate) fn load(
        self,
        memory: &Memory,
        description: Description,
    ) -> Result<Entry, BootError> {
        let rsdp = acpi::write(memory, description)?;
        let entry = match self {
            Boot::Code(address) => Entry::Long {
                address,
                argument: 0,
            },
            Boot::Linux(linux) => linux.load(memory, rsdp)?,
        };
        entry.write_tables(memory)?;
        Ok(entry)
    }
}

impl Linux {
    fn load(mut self, memory: &Memory, rsdp: u64) -> Result<Entry, BootError> {
        write_command_line(memory, &self.command_line)?;
        if is_elf(&mut self.kernel).map_err(BootError::Read)? {
            self.load_elf(memory, rsdp)
        } else {
            self.load_bzimage(memory, rsdp)
        }
    }

    fn load_elf(mut self, memory: &Memory, rsdp: u64) -> Result<Entry, BootError> {
        let start = Some(GuestAddress(HIGH_START));
        // Before pages of it are there.
        filled::expect_elf(memory, &self.kernel);
        let kernel = Elf::load(memory, None, &mut self.kernel, start).map_err(BootError::Kernel)?;
        let PvhBootCapability::PvhEntryPresent(address) = kernel.pvh_boot_cap else {
            return Err(BootError::NoPvh);
        };
        let initrd = self.load_initrd(memory, kernel.kernel_end, u64::from(u32::MAX))?;
        let start_info = pvh::write(memory, &Loaded { initrd, rsdp })?;
        Ok(Entry::Pvh {
            address: address.0,
            start_info,
        })
    }

    fn load_bzimage(mut self, memory: &Memory, rsdp: u64) -> Result<Entry, BootError> {
        let start = Some(GuestAddress(HIGH_START));
        let kernel = BzImage::load(memory, start, &mut self.kernel, start).map_err(|error| {
            use linux_loader::loader::{Error, bzimage};
            match error {
                Error::Bzimage(bzimage::Error::InvalidBzImage | bzimage::Error::Underflow) => {
                    BootError::Format
                }
                error => BootError::Kernel(error),
            }
        })?;
        let header = kernel.setup_header.ok_or(BootError::Format)?;
        let needs = long::check(&header)?;
        expect_filled(memory, needs.start, needs.end - needs.start);
        let initrd = self.load_initrd(memory, needs.end, needs.initrd_end)?;
        let zero_page = long::write(memory, header, &Loaded { initrd, rsdp })?;
        Ok(Entry::Long {
            address: HIGH_START + long::ENTRY,
            argument: zero_page,
        })
    }

    fn load_initrd(
        &mut self,
        memory: &Memory,
        kernel_end: u64,
        last: u64,
    ) -> Result<Option<(u64, u64)>, BootError> {
        let file = self.initrd.as_mut();
        let initrd = file
            .map(|file| initrd::load(memory, file, kernel_end, last))
            .transpose()?;
        filled::expect_tables(memory, initrd.map(|(address, _)| address));
        Ok(initrd)
    }
}

fn is_elf(kernel: &mut File) -> io::Result<bool> {
    let mut magic = Vec::new();
    kernel.seek(SeekFrom::Start(0))?;
    kernel.take(4).read_to_end(&mut magic)?;
    kernel.seek(SeekFrom::Start(0))?;
    Ok(magic == b"\x7fELF")
}

fn write_command_line(memory: &Memory, line: &str) -> Result<(), BootError> {
    let line = format!("{OWN_WORDS} {line}");
    if line.len() >= COMMAND_LINE_SIZE {
        return Err(BootError::CommandLine(line.len()));
    }
    memory.write_slice(line.as_bytes(), GuestAddress(COMMAND_LINE))?;
    let end = COMMAND_LINE + line.len() as u64;
    Ok(memory.write_obj(0_u8, GuestAddress(end))?)
}

#[cfg(test)]
mod tests;
