//! The virtio devices.

pub mod balloon;
pub mod block;
pub mod fs;
pub mod net;
pub mod pieces;
pub mod ring;
pub mod rng;
pub mod vacant;
pub mod vsock;

#[cfg(test)]
mod chance;
#[cfg(test)]
pub(crate) mod driver;
