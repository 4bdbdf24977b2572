//! What proc(5) says of processes and mounts, for whoever on the host has to know it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod mountinfo;
mod stat;

pub use mountinfo::{Mount, mounts, parse_mounts};
pub use stat::{Stat, stat};
