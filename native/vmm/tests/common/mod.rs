//! A guest made of memory and split virtqueues, driven by the test; its devices run in a real worker.

#![allow(dead_code, clippy::unwrap_used)] // Each test uses a part of it; a test may panic.

pub mod disk;
pub mod host;
pub mod ring;
pub mod steps;
pub mod stuck;
