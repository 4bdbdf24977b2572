//! A VM of a configuration.

use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use hadron_vmm::config::Config;
use hadron_vmm_process::news::Board;
use hadron_vmm_process::session::Machine;
use serde_json::Value;

/// There is none yet.
pub struct Running(Infallible);

impl Machine for Running {
    fn resume(&self) {
        match self.0 {}
    }

    fn pause(&self) -> io::Result<()> {
        match self.0 {}
    }

    fn exits(&self) -> Value {
        match self.0 {}
    }
}

/// # Errors
/// Always: the VM itself is not part of this program yet.
pub fn make(_: Config, _: Vec<OwnedFd>, _: Arc<Board>) -> Result<Running, String> {
    Err("this hadron-vmm runs no VMs yet: configure the hypervisor \"qemu\"".to_owned())
}
