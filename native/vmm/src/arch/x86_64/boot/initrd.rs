//! The initramfs, as high as it can be: the kernel unpacks beside it, from the bottom.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend};

use super::BootError;
use crate::layout::LOW_MEMORY_END;
use crate::memory::{self, Memory};

const PAGE: u64 = 0x1000;

/// Address and length. `last`: the highest address of a byte of it.
pub(super) fn load(
    memory: &Memory,
    file: &mut File,
    kernel_end: u64,
    last: u64,
) -> Result<(u64, u64), BootError> {
    let length = file.seek(SeekFrom::End(0)).map_err(BootError::Initrd)?;
    file.seek(SeekFrom::Start(0)).map_err(BootError::Initrd)?;
    let low_end = LOW_MEMORY_END.min(memory.last_addr().0 + 1);
    let end = low_end.min(last.saturating_add(1));
    let address = place(length, kernel_end, end).ok_or(BootError::InitrdSize(length))?;
    let size = usize::try_from(length).map_err(|_| BootError::InitrdSize(length))?;
    memory::expect_filled(memory, address, length);
    memory.read_exact_volatile_from(GuestAddress(address), file, size)?;
    Ok((address, length))
}

fn place(length: u64, kernel_end: u64, end: u64) -> Option<u64> {
    let address = end.checked_sub(length)? & !(PAGE - 1);
    (address >= kernel_end).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_at_the_end_on_a_page_and_above_the_kernel() {
        assert_eq!(place(0x1001, 0x10_0000, 0x20_0000), Some(0x1f_e000));
        assert_eq!(place(0x10_0000, 0x10_0000, 0x20_0000), Some(0x10_0000));
        assert_eq!(place(0x10_0001, 0x10_0000, 0x20_0000), None);
        assert_eq!(place(u64::MAX, 0, 0x20_0000), None);
    }
}
