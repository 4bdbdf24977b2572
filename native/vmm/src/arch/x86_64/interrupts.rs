//! KVM's interrupt controllers.

use kvm_bindings::{
    KVM_IRQ_ROUTING_IRQCHIP, KVM_IRQCHIP_IOAPIC, KvmIrqRouting, kvm_irq_routing_entry,
    kvm_irq_routing_entry__bindgen_ty_1, kvm_irq_routing_irqchip,
};
use kvm_ioctls::{Cap, VmFd};

use crate::layout::{IOAPIC_LINES, KVM_IDENTITY_MAP, KVM_TSS};
use crate::vm::{KvmError, refused};

/// A local APIC for each vCPU, and an I/O APIC. KVM makes a PC's pair of PICs as well, to which no line leads: nobody
/// would initialise it, and what it then makes of an interrupt is an exception.
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
    vm.create_irq_chip()
        .map_err(refused("make interrupt controllers"))?;
    vm.set_gsi_routing(&lines()?)
        .map_err(refused("lead interrupt lines to the I/O APIC"))
}

fn lines() -> Result<KvmIrqRouting, KvmError> {
    let entries: Vec<_> = (0..IOAPIC_LINES)
        .map(|line| kvm_irq_routing_entry {
            gsi: line,
            type_: KVM_IRQ_ROUTING_IRQCHIP,
            u: kvm_irq_routing_entry__bindgen_ty_1 {
                irqchip: kvm_irq_routing_irqchip {
                    irqchip: KVM_IRQCHIP_IOAPIC,
                    pin: line,
                },
            },
            ..Default::default()
        })
        .collect();
    KvmIrqRouting::from_entries(&entries)
        .map_err(|_| refused("have so many interrupt lines")(kvm_ioctls::Error::new(libc::E2BIG)))
}
