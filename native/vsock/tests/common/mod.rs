//! What the tests of the device share.

#![allow(dead_code)] // Each test program uses its own part.

mod bytes;
pub mod guest;
pub mod steps;

pub use bytes::*;
