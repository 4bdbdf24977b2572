//! Virtio devices.

pub mod pieces;
pub mod ring;
pub mod rng;

#[cfg(test)]
mod driver;
//! The virtio devices.

pub mod vsock;

#[cfg(test)]
mod testing;
