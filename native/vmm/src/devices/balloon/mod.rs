//! The balloon (virtio 1.2, section 5.5): memory that the guest does not need goes back to the host.
//!
//! It does so by itself: the guest reports free pages, which it may use again at any time without a word. Nobody asks it for more (its
//! target is 0), but a driver has the queues for that, and what it gives up goes back as well. There are no statistics: the guest's
//! agent tells more than they would.

mod device;
mod discard;
mod requests;

pub use device::Balloon;

/// Bytes of a page, as the balloon counts, whatever the guest and the host do.
pub const PAGE: u64 = 4096;

#[cfg(test)]
mod tests;
