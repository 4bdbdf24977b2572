//! A VM of KVM: its memory, its interrupt lines, and the writes that it turns into eventfds.

use std::io;
use std::sync::Arc;

use kvm_bindings::{KvmIrqRouting, kvm_userspace_memory_region};
use kvm_ioctls::{IoEventAddress, Kvm, VcpuFd, VmFd};
use vm_memory::{GuestMemoryBackend, GuestMemoryRegion};
use vmm_sys_util::eventfd::EventFd;

use crate::arch;
use crate::memory::Memory;
use crate::mmio::Doorbells;

/// KVM does not do what a VM needs.
#[derive(Debug, thiserror::Error)]
#[error("KVM cannot {what}: {error}")]
pub struct KvmError {
    /// In the middle of a sentence.
    pub what: &'static str,
    /// What it answered.
    pub error: kvm_ioctls::Error,
}

/// For `map_err`.
pub(crate) fn refused(what: &'static str) -> impl Fn(kvm_ioctls::Error) -> KvmError {
    move |error| KvmError { what, error }
}

/// A VM without CPUs yet.
#[derive(Debug)]
pub struct Vm {
    fd: VmFd,
    /// What KVM has mapped into the guest lives as long as the descriptor does.
    memory: Arc<Memory>,
}

impl Vm {
    /// With the interrupt controllers of its architecture, in KVM.
    ///
    /// # Errors
    /// Nothing is left of it then.
    pub fn new(kvm: &Kvm, memory: Arc<Memory>) -> Result<Vm, KvmError> {
        let fd = kvm.create_vm().map_err(refused("make a VM"))?;
        for (slot, region) in (0..).zip(memory.iter()) {
            let slot = kvm_userspace_memory_region {
                slot,
                flags: 0,
                guest_phys_addr: region.start_addr().0,
                memory_size: region.len(),
                userspace_addr: region.as_ptr() as u64,
            };
            // SAFETY: the region is mapped, this long, until `memory` is dropped, which is after `fd`; nothing else of
            // the process lies in it.
            unsafe { fd.set_user_memory_region(slot) }
                .map_err(refused("map the guest's memory"))?;
        }
        arch::create_interrupt_controllers(&fd)?;
        Ok(Vm { fd, memory })
    }

    /// The guest's.
    #[must_use]
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Each write to `line` is an edge of the interrupt line `gsi`, until the VM ends.
    ///
    /// # Errors
    /// As KVM_IRQFD.
    pub fn connect(&self, line: &EventFd, gsi: u32) -> Result<(), KvmError> {
        self.fd
            .register_irqfd(line, gsi)
            .map_err(refused("make an interrupt of an eventfd"))
    }

    /// What interrupt lines lead to, all of them.
    ///
    /// # Errors
    /// As KVM_SET_GSI_ROUTING.
    pub(crate) fn lead(&self, routes: &KvmIrqRouting) -> Result<(), kvm_ioctls::Error> {
        self.fd.set_gsi_routing(routes)
    }

    /// # Errors
    /// As KVM_CREATE_VCPU.
    pub(crate) fn create_vcpu(&self, id: u8) -> Result<VcpuFd, KvmError> {
        self.fd
            .create_vcpu(id.into())
            .map_err(refused("make a virtual CPU"))
    }
}

impl Doorbells for Arc<Vm> {
    fn attach(&self, address: u64, queue: u32, kick: &EventFd) -> io::Result<()> {
        let address = IoEventAddress::Mmio(address);
        Ok(self.fd.register_ioevent(kick, &address, queue)?)
    }

    fn detach(&self, address: u64, queue: u32, kick: &EventFd) -> io::Result<()> {
        let address = IoEventAddress::Mmio(address);
        Ok(self.fd.unregister_ioevent(kick, &address, queue)?)
    }
}
