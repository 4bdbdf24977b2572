//! Setting virtual CPUs up, all alike, so that each knows which one it is.

use kvm_bindings::{CpuId, KVM_MAX_CPUID_ENTRIES};
use kvm_ioctls::{Cap, Kvm, VcpuFd};

use super::{cpuid, entry::Entry, msr};
use crate::vm::{KvmError, refused};

/// How all CPUs of a VM are set up.
#[derive(Debug)]
pub(crate) struct Cpus {
    supported: CpuId,
    options: cpuid::Options,
}

impl Cpus {
    /// # Errors
    /// As KVM_GET_SUPPORTED_CPUID.
    pub(crate) fn new(kvm: &Kvm, count: u8) -> Result<Self, KvmError> {
        Ok(Cpus {
            supported: kvm
                .get_supported_cpuid(KVM_MAX_CPUID_ENTRIES)
                .map_err(refused("say what the CPUs can do"))?,
            options: cpuid::Options {
                count,
                // KVM has it whatever the host's CPU has, but lists it among the features only since Linux 6.9.
                tsc_deadline: kvm.check_extension(Cap::TscDeadlineTimer),
            },
        })
    }

    /// The first one begins at `entry`. All others wait for it to start them (KVM does that: INIT and SIPI).
    ///
    /// # Errors
    /// When KVM does not take a setting.
    pub(crate) fn set_up(&self, vcpu: &VcpuFd, id: u8, entry: &Entry) -> Result<(), KvmError> {
        let mut entries = self.supported.as_slice().to_vec();
        cpuid::adapt(&mut entries, id, self.options);
        let cpuid = CpuId::from_entries(&entries)
            .map_err(|_| refused("have so much CPUID")(kvm_ioctls::Error::new(libc::E2BIG)))?;
        vcpu.set_cpuid2(&cpuid).map_err(refused("set CPUID"))?;
        msr::set_up(vcpu)?;
        if id == 0 {
            entry.set_registers(vcpu)?;
        }
        Ok(())
    }
}
