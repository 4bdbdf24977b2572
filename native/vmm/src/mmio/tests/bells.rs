//! KVM's part in tests and fuzzers: what is written to which address reaches which eventfd.

use std::io;
use std::sync::{Arc, Mutex};

use vmm_sys_util::eventfd::EventFd;

use super::Doorbells;

pub type Attached = Arc<Mutex<Vec<(u64, u32, EventFd)>>>;

/// As strict as KVM is.
pub struct Bells(pub Attached);

impl Doorbells for Bells {
    fn attach(&self, address: u64, queue: u32, kick: &EventFd) -> io::Result<()> {
        let mut attached = self.0.lock().unwrap();
        assert!(attached.iter().all(|(_, other, _)| *other != queue));
        attached.push((address, queue, kick.try_clone()?));
        Ok(())
    }

    fn detach(&self, address: u64, queue: u32, _: &EventFd) -> io::Result<()> {
        let mut attached = self.0.lock().unwrap();
        let before = attached.len();
        attached.retain(|(at, other, _)| (*at, *other) != (address, queue));
        assert_eq!(attached.len() + 1, before, "detached what was not attached");
        Ok(())
    }
}
