//! KVM's interrupt controllers.

use kvm_bindings::{KVM_CAP_SPLIT_IRQCHIP, kvm_enable_cap};
use kvm_ioctls::{Cap, VmFd};

use crate::layout::{IOAPIC_LINES, KVM_IDENTITY_MAP, KVM_TSS};
use crate::vm::{KvmError, refused};

/// A local APIC for each vCPU. The I/O APIC is the VMM's own, and there are no PICs.
pub(crate) fn create_interrupt_controllers(vm: &VmFd) -> Result<(), KvmError> {
    // Both before the first vCPU. Only Intel's CPUs need them, and only what can have them says so.
    if vm.check_extension(Cap::SetIdentityMapAddr) {
        vm.set_identity_map_address(KVM_IDENTITY_MAP)
            .map_err(refused("place its identity map"))?;
    }
    if vm.check_extension(Cap::SetTssAddr) {
        vm.set_tss_address(KVM_TSS as usize)
            .map_err(refused("place its task state"))?;
    }
    let split = kvm_enable_cap {
        cap: KVM_CAP_SPLIT_IRQCHIP,
        args: [IOAPIC_LINES.into(), 0, 0, 0],
        ..Default::default()
    };
    vm.enable_cap(&split)
        .map_err(refused("make local APICs without an I/O APIC"))
}
