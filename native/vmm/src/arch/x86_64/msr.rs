//! The model-specific registers that firmware would have set. All others begin as KVM has them at reset.

use kvm_bindings::{Msrs, kvm_msr_entry};
use kvm_ioctls::VcpuFd;

use crate::vm::{KvmError, refused};

/// Intel: without this bit Linux takes `rep movsb` for slow.
const IA32_MISC_ENABLE: u32 = 0x1a0;
const FAST_STRING: u64 = 1;
/// Without MTRRs Linux up to 6.1 has no PAT. All memory is cached; what is not, page tables say.
const IA32_MTRR_DEF_TYPE: u32 = 0x2ff;
const MTRR_ENABLED: u64 = 1 << 11;
const WRITE_BACK: u64 = 6;

/// What a KVM or a CPU does not have it does not need.
pub(crate) fn set_up(vcpu: &VcpuFd) -> Result<(), KvmError> {
    for (index, data) in [
        (IA32_MISC_ENABLE, FAST_STRING),
        (IA32_MTRR_DEF_TYPE, MTRR_ENABLED | WRITE_BACK),
    ] {
        let entry = kvm_msr_entry {
            index,
            data,
            ..Default::default()
        };
        let msrs = Msrs::from_entries(&[entry])
            .map_err(|_| refused("have so many MSRs")(kvm_ioctls::Error::new(libc::E2BIG)))?;
        // The answer is how many were taken, one or none.
        vcpu.set_msrs(&msrs).map_err(refused("set MSRs"))?;
    }
    Ok(())
}
