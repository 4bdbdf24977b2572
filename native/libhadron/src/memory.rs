//! Memory that this process does not need while it waits.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use rustix::io::Errno;

/// Gives back what can be had again: free memory of malloc, and the pages of the program's and its libraries'
/// code and constants. These stay in the page cache, where the next use finds them, but are no
/// longer this process's: when memory is short the kernel takes them without asking.
pub fn release() -> Result<(), Errno> {
    // SAFETY: takes no pointers; glibc locks its arenas itself.
    unsafe { libc::malloc_trim(0) };
    // SAFETY: `release_object` is what the function asks for, and makes no use of the null pointer.
    match unsafe { libc::dl_iterate_phdr(Some(release_object), null_mut()) } {
        0 => Ok(()),
        errno => Err(Errno::from_raw_os_error(errno)),
    }
}

/// For dl_iterate_phdr(3), under whose lock no object is unloaded. Anything but 0 ends the iteration: an errno.
extern "C" fn release_object(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: the C library passes a valid description, whose headers are in the object's memory.
    let (base, headers) = unsafe {
        let info = &*info;
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum));
        (info.dlpi_addr as usize, headers)
    };
    // SAFETY: takes a number.
    let vdso = unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) } as usize;
    // SAFETY: these are the headers of a loaded object.
    if base == vdso || unsafe { has_text_relocations(base, headers) } {
        return 0;
    }
    let page = rustix::param::page_size();
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        // A page at the edge may have bytes of another segment.
        let start = (base + header.p_vaddr as usize).next_multiple_of(page);
        let end = (base + header.p_vaddr as usize + header.p_memsz as usize) / page * page;
        if start >= end {
            continue;
        }
        // SAFETY: these pages were mapped from a file, are never written (a segment without write permission
        // of an object without text relocations), and stay mapped while the C library holds its
        // lock. So they have the file's contents, and using them after this maps the same again.
        let result =
            unsafe { libc::madvise(start as *mut c_void, end - start, libc::MADV_DONTNEED) };
        if result != 0 {
            return std::io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EINVAL);
        }
    }
    0
}

/// Whether the dynamic linker has written to segments that are not writable (ELF's DT_TEXTREL, DF_TEXTREL).
///
/// # Safety
///
/// `headers` must be those of an object that is loaded at `base`.
unsafe fn has_text_relocations(base: usize, headers: &[libc::Elf64_Phdr]) -> bool {
    const DT_NULL: u64 = 0;
    const DT_TEXTREL: u64 = 22;
    const DT_FLAGS: u64 = 30;
    const DF_TEXTREL: u64 = 4;
    let Some(dynamic) = headers
        .iter()
        .find(|header| header.p_type == libc::PT_DYNAMIC)
    else {
        return false;
    };
    let entries = (base + dynamic.p_vaddr as usize) as *const [u64; 2];
    let count = dynamic.p_memsz as usize / size_of::<[u64; 2]>();
    (0..count)
        // SAFETY: the dynamic section is in memory, `count` entries long and aligned to words.
        .map(|index| unsafe { entries.add(index).read() })
        .take_while(|[tag, _]| *tag != DT_NULL)
        .any(|[tag, value]| tag == DT_TEXTREL || tag == DT_FLAGS && value & DF_TEXTREL != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the mappings of the program's file that are not writable: addresses, and resident kilobytes in all.
    fn program() -> (Vec<(usize, usize)>, u64) {
        let program = std::env::current_exe().unwrap();
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut ranges = Vec::new();
        let (mut counts, mut resident) = (false, 0);
        for line in smaps.lines() {
            let mut words = line.split_ascii_whitespace();
            match (words.next().unwrap(), words.next().unwrap()) {
                ("Rss:", size) if counts => resident += size.parse::<u64>().unwrap(),
                (range, mode) if !range.ends_with(':') => {
                    counts = line.ends_with(program.to_str().unwrap()) && mode.starts_with("r-");
                    let (start, end) = range.split_once('-').unwrap();
                    if counts {
                        let address = |text| usize::from_str_radix(text, 16).unwrap();
                        ranges.push((address(start), address(end)));
                    }
                }
                _ => {}
            }
        }
        (ranges, resident)
    }

    #[test]
    fn the_programs_pages_are_given_back_and_come_again() {
        let (ranges, _) = program();
        let sum = || -> u64 {
            ranges
                .iter()
                .map(|&(start, end)| {
                    // SAFETY: mapped for reading, and nobody writes there any more.
                    let bytes =
                        unsafe { std::slice::from_raw_parts(start as *const u8, end - start) };
                    bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>()
                })
                .sum()
        };
        let contents = sum();
        let (_, before) = program();
        release().unwrap();
        let (_, after) = program();
        // What this code itself uses came back already, and its neighbourhood with it.
        assert!(after < before, "{before} kB, then {after} kB");
        assert_eq!(sum(), contents);
    }
}
