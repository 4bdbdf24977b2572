//! The balloon (virtio 1.2, section 5.5): memory that the guest does not need goes back to the host.
//!
//! Mostly it does so by itself: the guest reports free pages, which it may use again at any time without a word. The owner can
//! take more by a [target](Owner::set_target). There are no statistics: the guest's agent tells more than they would.

mod device;
mod discard;
mod owner;
mod requests;

pub use device::Balloon;
pub use owner::{Figures, Owner, TooLarge};

/// Bytes of a page, as the balloon counts, whatever the guest and the host do.
pub const PAGE: u64 = 4096;

#[cfg(test)]
mod tests;
