//! The model-specific registers that firmware would have set. All others begin as KVM has them at reset.

use kvm_bindings::{Msrs, kvm_msr_entry};
use kvm_ioctls::VcpuFd;

use crate::vm::{KvmError, refused};

/// Intel: without this bit Linux takes `rep movsb` for slow.
const IA32_MISC_ENABLE: u32 = 0x1a0;
const FAST_STRING: u64 = 1;

/// A CPU that does not have the register does not need it.
pub(crate) fn set_up(vcpu: &VcpuFd) -> Result<(), KvmError> {
    let entry = kvm_msr_entry {
        index: IA32_MISC_ENABLE,
        data: FAST_STRING,
        ..Default::default()
    };
    let msrs = Msrs::from_entries(&[entry])
        .map_err(|_| refused("have so many MSRs")(kvm_ioctls::Error::new(libc::E2BIG)))?;
    // The answer is how many were taken, one or none.
    vcpu.set_msrs(&msrs).map_err(refused("set MSRs"))?;
    Ok(())
}
