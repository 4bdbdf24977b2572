//! The pages of this program itself.

use libc::c_void;

unsafe extern "C" {
    // The linker's. What lies between is the program's constants and its code, which is never written.
    static __executable_start: u8;
    static etext: u8;
}

/// Gives back what of the program was needed until now and maybe never again. It is the page cache's: what is needed comes back from there.
pub fn forget() {
    let page = rustix::param::page_size();
    let start = (&raw const __executable_start)
        .addr()
        .next_multiple_of(page);
    let length = ((&raw const etext).addr() / page * page).saturating_sub(start);
    let start = std::ptr::with_exposed_provenance_mut::<c_void>(start);
    // SAFETY: pages of a file, mapped private and read-only, hold the same when they are read again. That it is refused does no harm.
    unsafe { libc::madvise(start, length, libc::MADV_DONTNEED) };
}
