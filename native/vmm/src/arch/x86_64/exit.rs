//! What there is to do when a vCPU goes into the guest and leaves it, as far as it is x86's.

use kvm_bindings::{KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_IO, KVM_EXIT_IO_OUT, kvm_run};
use kvm_ioctls::VcpuFd;

use crate::arch::PortAccess;

/// Before a vCPU goes into the guest that was not there for long: its kernel does not take that time for a lockup of its own.
pub(crate) fn go_on(vcpu: &VcpuFd) {
    // A guest that has no kvmclock, as none has in the beginning, is not told.
    let _ = vcpu.kvmclock_ctrl();
}

/// None: that is not why it left.
pub(crate) fn port_access(vcpu: &mut VcpuFd) -> Option<PortAccess<'_>> {
    let run: *mut kvm_run = vcpu.get_kvm_run();
    // SAFETY: it is mapped as long as `vcpu` lives, and nobody else reads or writes it while the vCPU does not run.
    if unsafe { (*run).exit_reason } != KVM_EXIT_IO {
        return None;
    }
    // SAFETY: as above; it is this field of the union by the reason.
    let io = unsafe { (*run).__bindgen_anon_1.io };
    let width = usize::from(io.size);
    let length = width.checked_mul(usize::try_from(io.count).ok()?)?;
    let offset = usize::try_from(io.data_offset).ok()?;
    // SAFETY: the kernel has the data there, within the mapping of the vCPU's descriptor, and it is borrowed as
    // long as `vcpu` is.
    let data = unsafe { std::slice::from_raw_parts_mut(run.cast::<u8>().add(offset), length) };
    (width > 0).then_some(PortAccess {
        port: io.port,
        write: u32::from(io.direction) == KVM_EXIT_IO_OUT,
        width,
        data,
    })
}

/// Where a vCPU stands, for who looks for a fault.
pub(crate) fn describe(vcpu: &mut VcpuFd) -> String {
    let run = vcpu.get_kvm_run();
    let cause = if run.exit_reason == KVM_EXIT_INTERNAL_ERROR {
        // SAFETY: it is this field of the union by the reason.
        let internal = unsafe { run.__bindgen_anon_1.internal };
        format!("suberror {}, ", internal.suberror)
    } else {
        String::new()
    };
    match (vcpu.get_regs(), vcpu.get_sregs()) {
        (Ok(regs), Ok(sregs)) => format!(
            "{cause}rip={:#x} rsp={:#x} rflags={:#x} rax={:#x} rcx={:#x} rdx={:#x} rsi={:#x} rdi={:#x} cs={:#x} cr0={:#x} cr2={:#x} cr3={:#x} cr4={:#x} efer={:#x}",
            regs.rip,
            regs.rsp,
            regs.rflags,
            regs.rax,
            regs.rcx,
            regs.rdx,
            regs.rsi,
            regs.rdi,
            sregs.cs.selector,
            sregs.cr0,
            sregs.cr2,
            sregs.cr3,
            sregs.cr4,
            sregs.efer,
        ),
        _ => format!("{cause}its registers cannot be read"),
    }
}
