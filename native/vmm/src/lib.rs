//! A virtual machine monitor for one pod.
//!
//! ```text
//!  vCPU threads ── exits ──▶ bus ──▶ legacy devices, virtio-mmio registers
//!       ▲                                   │ activate, reset, configuration: messages
//!       │ irqfd                             ▼
//!      KVM ── ioeventfd ──────────▶ worker thread: virtio devices, their queues and descriptors
//! ```
//!
//! No data crosses a vCPU thread: the guest's notifications reach the worker as eventfds, the worker's
//! interrupts reach the guest as eventfds. Guest memory is hostile: what is read of it is read once, then
//! checked, then used.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod arch;
pub mod bus;
pub mod config;
pub mod device;
pub mod devices;
pub mod layout;
pub mod machine;
pub mod memory;
pub mod mmio;
pub mod rate_limiter;
pub mod vcpu;
pub mod vm;
pub mod worker;
