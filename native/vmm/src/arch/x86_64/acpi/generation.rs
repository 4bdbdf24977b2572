//! The generation id: random, and another one for each copy that is made of a VM, so that no two of them go on with the same
//! random numbers (Microsoft, "Virtual Machine Generation ID").

use std::io;
use std::sync::Arc;

use rustix::rand::{GetRandomFlags, getrandom};
use vm_memory::{Bytes, GuestAddress, GuestMemoryError};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::arch::x86_64::low_memory::GENERATION;
use crate::layout::GENERATION_GSI;
use crate::memory::Memory;
use crate::vm::{KvmError, Vm};

/// Why a guest cannot be told which generation it is.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// getrandom(2), eventfd(2).
    #[error("the VM's generation id cannot be made: {0}")]
    Make(io::Error),
    /// Too small a memory.
    #[error("the VM's generation id cannot be written: {0}")]
    Write(#[from] GuestMemoryError),
    /// KVM refused.
    #[error(transparent)]
    Kvm(#[from] KvmError),
}

/// Where the id is, and how the guest hears of a new one.
#[derive(Debug)]
pub(crate) struct Generation {
    memory: Arc<Memory>,
    line: EventFd,
}

impl Generation {
    /// With a first id.
    pub(crate) fn new(vm: &Vm) -> Result<Self, GenerationError> {
        let line = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).map_err(GenerationError::Make)?;
        vm.connect(&line, GENERATION_GSI)?;
        write_id(vm.memory())?;
        Ok(Generation {
            memory: Arc::clone(vm.memory()),
            line,
        })
    }

    /// Another id, of which the guest is told.
    pub(crate) fn renew(&self) -> Result<(), GenerationError> {
        write_id(&self.memory)?;
        self.line.write(1).map_err(GenerationError::Make)
    }
}

fn write_id(memory: &Memory) -> Result<(), GenerationError> {
    let mut id = [0; 16];
    // As short as this it comes whole.
    getrandom(&mut id, GetRandomFlags::empty())
        .map_err(|error| GenerationError::Make(error.into()))?;
    Ok(memory.write_slice(&id, GuestAddress(GENERATION))?)
}
