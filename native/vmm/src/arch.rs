//! What depends on the host's architecture. Everything else of the crate is the same everywhere.

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(not(target_arch = "x86_64"))]
compile_error!(
    "a VM of this architecture needs a module beside arch/x86_64.rs with the same names"
);

/// An instruction that reads or writes a port, or several bytes, words or double words of the same one.
pub(crate) struct PortAccess<'a> {
    pub(crate) port: u16,
    pub(crate) write: bool,
    /// Bytes of each.
    pub(crate) width: usize,
    pub(crate) data: &'a mut [u8],
}
