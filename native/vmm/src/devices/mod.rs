//! The virtio devices.

pub mod block;
pub mod net;
pub mod fs;
pub mod pieces;
pub mod ring;
pub mod rng;
pub mod vsock;

#[cfg(test)]
mod driver;
