//! Virtio devices.

pub mod pieces;
pub mod ring;
pub mod rng;

#[cfg(test)]
mod driver;
