//! What of the guest's memory a boot fills in any case, so that large pages cost nothing there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use vm_memory::{GuestMemoryBackend, GuestMemoryRegion};

use crate::layout::HIGH_MEMORY;
use crate::memory::{Memory, expect_filled};

/// A loadable part of an ELF image (ELF-64 Object File Format, "Program Header Table").
const PT_LOAD: u32 = 1;
/// No kernel has more.
const MAX_HEADERS: u16 = 64;
/// Linux describes each page by 64 bytes, allocated from the top of memory on; and there are its hash tables and what each CPU has.
const PAGES_DESCRIBED: u64 = 64;
const TABLES: u64 = 4 << 20;

/// The parts of a kernel's ELF image. One that cannot be read is its loader's matter.
pub(super) fn expect_elf(memory: &Memory, kernel: &File) {
    for (start, length) in elf_parts(kernel).unwrap_or_default() {
        expect_filled(memory, start, length);
    }
}

/// Linux's own tables: at the end of memory, or below the initramfs that is there.
pub(super) fn expect_tables(memory: &Memory, initrd: Option<u64>) {
    let Some(last) = memory.iter().last() else {
        return;
    };
    let (start, mut end) = (last.start_addr().0, last.last_addr().0 + 1);
    if start < HIGH_MEMORY {
        end = initrd.unwrap_or(end);
    }
    let size: u64 = memory.iter().map(GuestMemoryRegion::len).sum();
    let length = (size / PAGES_DESCRIBED + TABLES).min(end - start);
    expect_filled(memory, end - length, length);
}

/// Physical addresses and lengths.
fn elf_parts(kernel: &File) -> io::Result<Vec<(u64, u64)>> {
    let mut header = [0; 64];
    kernel.read_exact_at(&mut header, 0)?;
    let [table, _] = words(&header, 0x20);
    let (size, count) = (half(&header, 0x36), half(&header, 0x38));
    let mut parts = Vec::new();
    for index in 0..count.min(MAX_HEADERS) {
        let mut program = [0; 56];
        let at = table.saturating_add(u64::from(index) * u64::from(size));
        kernel.read_exact_at(&mut program, at)?;
        let [kind, _] = words(&program, 0);
        let [address, _, memory_size] = words(&program, 0x18);
        if kind as u32 == PT_LOAD {
            parts.push((address, memory_size));
        }
    }
    Ok(parts)
}

/// Little-endian words from `at` on; zeros where there are none.
fn words<const N: usize>(bytes: &[u8], at: usize) -> [u64; N] {
    std::array::from_fn(|index| {
        let word = bytes.get(at + index * 8..).and_then(<[u8]>::first_chunk);
        word.map_or(0, |word| u64::from_le_bytes(*word))
    })
}

fn half(bytes: &[u8], at: usize) -> u16 {
    let half = bytes.get(at..).and_then(<[u8]>::first_chunk);
    half.map_or(0, |half| u16::from_le_bytes(*half))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_parts_of_an_image_are_found() {
        let (mut image, mut program) = (vec![0; 64], vec![0; 56]);
        image[0x20] = 64;
        (image[0x36], image[0x38]) = (56, 2);
        program[0] = 1;
        program[0x1b] = 1;
        program[0x2a] = 0x20;
        image.extend(&program);
        // A note is no part.
        program[0] = 4;
        image.extend(&program);
        let path = std::env::temp_dir().join(format!("hadron-elf-{}", std::process::id()));
        File::create(&path).unwrap().write_all(&image).unwrap();
        let parts = elf_parts(&File::open(&path).unwrap()).unwrap();
        assert_eq!(parts, [(0x100_0000, 0x20_0000)]);
        File::create(&path)
            .unwrap()
            .write_all(&image[..100])
            .unwrap();
        assert!(elf_parts(&File::open(&path).unwrap()).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
