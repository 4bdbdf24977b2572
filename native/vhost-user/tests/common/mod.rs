//! What the tests of the process share: starting it, and its control socket.

#![allow(dead_code)] // Each test program uses its own part.

#[path = "../../../vsock/tests/common/bytes.rs"]
mod bytes;
pub mod process;
pub mod vm;

pub use bytes::*;
