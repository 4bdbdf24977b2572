//! What a virtual CPU says of itself: what KVM can do on this host, with the VM's own topology.
//!
//! The topology is one package whose cores have one thread each. Left out is what a pod has no use for and what only
//! makes the part of the host's kernel larger that a guest can reach: virtual machines inside of the VM, and the performance counters.

use kvm_bindings::{KVM_CPUID_FLAG_SIGNIFCANT_INDEX, kvm_cpuid_entry2};

/// What is the VM's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Of virtual CPUs.
    pub(crate) count: u8,
    /// The local APIC has a timer by the TSC.
    pub(crate) tsc_deadline: bool,
}

impl Options {
    /// Bits of an APIC id.
    fn id_bits(self) -> u32 {
        u32::from(self.count).next_power_of_two().trailing_zeros()
    }
}

/// Level types of leaf 0xb (Intel SDM, CPUID).
const THREAD_LEVEL: u32 = 1;
const CORE_LEVEL: u32 = 2;

/// Makes the CPU with this APIC id of what KVM supports.
pub(crate) fn adapt(entries: &mut Vec<kvm_cpuid_entry2>, id: u8, options: Options) {
    // 0x1f would say the same as 0xb, which is made anew. 0xa and 0x80000022 are the performance counters, 0x8000000a is SVM's.
    entries.retain(|entry| !matches!(entry.function, 0xa | 0xb | 0x1f | 0x8000_000a | 0x8000_0022));
    let highest = entries
        .iter()
        .find(|entry| entry.function == 0)
        .map_or(0, |entry| entry.eax);
    for entry in &mut *entries {
        adapt_entry(entry, id, options);
    }
    if highest >= 0xb {
        entries.extend(extended_topology(id, options));
    }
}

fn adapt_entry(entry: &mut kvm_cpuid_entry2, id: u8, options: Options) {
    let count = u32::from(options.count);
    let id = u32::from(id);
    match entry.function {
        0x1 => {
            // Cache line size for clflush; the others are the topology.
            entry.ebx = entry.ebx & 0xff00 | id << 24 | count << 16;
            set(&mut entry.ecx, 31, true);
            set(&mut entry.ecx, 24, options.tsc_deadline);
            // VMX, and PERF_CAPABILITIES.
            set(&mut entry.ecx, 5, false);
            set(&mut entry.ecx, 15, false);
            // MTRRs: all memory is cached, and what is not, page tables say. Linux would read each of them three times.
            set(&mut entry.edx, 12, false);
            // EBX says how many CPUs the package has.
            set(&mut entry.edx, 28, count > 1);
        }
        // Caches of Intel and of AMD, of which only the last one is shared.
        0x4 => share_cache(entry, count, (count.next_power_of_two() - 1) << 26),
        0x8000_001d => share_cache(entry, count, 0),
        0x8000_0001 => {
            // CmpLegacy: several CPUs of a package are cores. It goes with EDX of leaf 1.
            set(&mut entry.ecx, 1, count > 1);
            // SVM; the performance counters of AMD, core's, north bridge's and last level cache's.
            for bit in [2, 23, 24, 28] {
                set(&mut entry.ecx, bit, false);
            }
        }
        0x8000_0008 => {
            entry.ecx = entry.ecx & !0xf0ff | (count - 1) | options.id_bits() << 12;
        }
        0x8000_001e => {
            // APIC id; a core of one thread; the only node of the package.
            entry.eax = id;
            entry.ebx = id;
            entry.ecx = 0;
        }
        _ => {}
    }
}

fn share_cache(entry: &mut kvm_cpuid_entry2, count: u32, cores: u32) {
    // Type 0 ends the list.
    if entry.eax & 0x1f == 0 {
        return;
    }
    let level = entry.eax >> 5 & 7;
    let sharers = if level >= 3 {
        count.next_power_of_two()
    } else {
        1
    };
    entry.eax = entry.eax & 0x3fff | (sharers - 1) << 14 | cores;
}

fn extended_topology(id: u8, options: Options) -> [kvm_cpuid_entry2; 3] {
    let level = |index, shift, cpus, kind: u32| kvm_cpuid_entry2 {
        function: 0xb,
        index,
        flags: KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
        eax: shift,
        ebx: cpus,
        ecx: kind << 8 | index,
        edx: id.into(),
        ..Default::default()
    };
    [
        level(0, 0, 1, THREAD_LEVEL),
        level(1, options.id_bits(), options.count.into(), CORE_LEVEL),
        // The end of the list.
        level(2, 0, 0, 0),
    ]
}

fn set(register: &mut u32, bit: u32, value: bool) {
    *register = *register & !(1 << bit) | u32::from(value) << bit;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(function: u32, index: u32, registers: [u32; 4]) -> kvm_cpuid_entry2 {
        let [eax, ebx, ecx, edx] = registers;
        kvm_cpuid_entry2 {
            function,
            index,
            eax,
            ebx,
            ecx,
            edx,
            ..Default::default()
        }
    }

    fn adapted(before: &[kvm_cpuid_entry2], id: u8, count: u8) -> Vec<kvm_cpuid_entry2> {
        let mut entries = before.to_vec();
        let options = Options {
            count,
            tsc_deadline: true,
        };
        adapt(&mut entries, id, options);
        entries
    }

    fn find(entries: &[kvm_cpuid_entry2], function: u32, index: u32) -> [u32; 4] {
        let found = entries
            .iter()
            .find(|entry| entry.function == function && entry.index == index)
            .unwrap();
        [found.eax, found.ebx, found.ecx, found.edx]
    }

    #[test]
    fn every_cpu_knows_which_one_it_is_of_how_many() {
        let host = [
            entry(0, 0, [0x1f, 0, 0, 0]),
            entry(1, 0, [7, 0x0504_0800, 0, 0]),
            entry(0xb, 0, [1, 2, 0x100, 9]),
            entry(0x1f, 0, [1, 2, 0x100, 9]),
            entry(0x8000_0008, 0, [48, 3, 0x500f, 4]),
            entry(0x8000_001e, 0, [9, 0x102, 0x700, 0]),
        ];
        let cpus = adapted(&host, 2, 3);
        let [eax, ebx, ecx, edx] = find(&cpus, 1, 0);
        assert_eq!((eax, ebx), (7, 0x0203_0800));
        assert_eq!((ecx, edx), (1 << 31 | 1 << 24, 1 << 28));
        assert_eq!(find(&cpus, 0xb, 0), [0, 1, 0x100, 2]);
        assert_eq!(find(&cpus, 0xb, 1), [2, 3, 0x201, 2]);
        assert_eq!(find(&cpus, 0xb, 2), [0, 0, 2, 2]);
        assert!(cpus.iter().all(|entry| entry.function != 0x1f));
        assert_eq!(find(&cpus, 0x8000_0008, 0), [48, 3, 0x2002, 4]);
        assert_eq!(find(&cpus, 0x8000_001e, 0), [2, 2, 0, 0]);
    }

    #[test]
    fn a_single_cpu_says_that_it_is_alone() {
        let host = [
            entry(0, 0, [0xb, 0, 0, 0]),
            entry(1, 0, [0, 0x0810_0800, 0, 1 << 28]),
            entry(0x8000_0001, 0, [0, 0, 2, 0]),
        ];
        let cpus = adapted(&host, 0, 1);
        assert_eq!(find(&cpus, 1, 0), [0, 0x0001_0800, 1 << 31 | 1 << 24, 0]);
        assert_eq!(find(&cpus, 0xb, 1), [0, 1, 0x201, 0]);
        assert_eq!(find(&cpus, 0x8000_0001, 0), [0; 4]);
    }

    #[test]
    fn only_the_last_cache_is_shared() {
        let cache = |level: u32, sharers: u32| 1 | level << 5 | sharers << 14;
        let host = [
            entry(4, 0, [cache(1, 7) | 31 << 26, 0, 63, 0]),
            entry(4, 3, [cache(3, 31) | 31 << 26, 0, 4095, 0]),
            entry(4, 4, [0; 4]),
            entry(0x8000_001d, 3, [cache(3, 31), 0, 4095, 0]),
        ];
        let cpus = adapted(&host, 0, 4);
        assert_eq!(find(&cpus, 4, 0), [cache(1, 0) | 3 << 26, 0, 63, 0]);
        assert_eq!(find(&cpus, 4, 3), [cache(3, 3) | 3 << 26, 0, 4095, 0]);
        assert_eq!(find(&cpus, 4, 4), [0; 4]);
        assert_eq!(find(&cpus, 0x8000_001d, 3), [cache(3, 3), 0, 4095, 0]);
    }

    #[test]
    fn there_are_no_virtual_machines_no_counters_and_no_mtrrs_inside() {
        let host = [
            entry(1, 0, [0, 0, u32::MAX, u32::MAX]),
            entry(0xa, 0, [u32::MAX; 4]),
            entry(0x8000_0001, 0, [0, 0, u32::MAX, 0]),
            entry(0x8000_000a, 0, [u32::MAX; 4]),
            entry(0x8000_0022, 0, [u32::MAX; 4]),
        ];
        let cpus = adapted(&host, 0, 2);
        assert_eq!(cpus.len(), 2);
        assert_eq!(
            find(&cpus, 1, 0)[2..],
            [!(1 << 5 | 1 << 15), !(1_u32 << 12)]
        );
        let without = 1 << 2 | 1 << 23 | 1 << 24 | 1 << 28;
        assert_eq!(find(&cpus, 0x8000_0001, 0)[2], !without);
    }
}
