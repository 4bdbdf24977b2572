//! Where things are in the guest's physical address space.

/// End of the memory below 4 GiB. What does not fit goes on at [`HIGH_MEMORY`].
pub const LOW_MEMORY_END: u64 = 0xd000_0000;
/// Memory above 4 GiB begins here.
pub const HIGH_MEMORY: u64 = 0x1_0000_0000;

/// The first virtio-mmio device's registers; those of the next ones follow.
pub const VIRTIO_MMIO: u64 = 0xd000_0000;
/// Bytes between two devices' registers: a page, so that a guest can map each by itself.
pub const VIRTIO_MMIO_SIZE: u64 = 0x1000;

/// The I/O APIC, where every PC has it.
pub const IOAPIC: u64 = 0xfec0_0000;
/// The local APICs, where every PC has them.
pub const LOCAL_APIC: u64 = 0xfee0_0000;
/// Three pages that KVM needs on Intel CPUs to run real mode (KVM API, KVM_SET_TSS_ADDR).
pub const KVM_TSS: u64 = 0xfffb_d000;
/// One page of the same kind (KVM API, KVM_SET_IDENTITY_MAP_ADDR).
pub const KVM_IDENTITY_MAP: u64 = 0xfffb_c000;

/// Lines of KVM's I/O APIC.
pub const IOAPIC_LINES: u32 = 24;
/// The interrupt line by which the guest is told that it is a copy (ACPI's generic event device).
pub const GENERATION_GSI: u32 = 3;
/// The serial port's interrupt line, where every PC has it.
pub const SERIAL_GSI: u32 = 4;
/// The first interrupt line that a virtio device can have: those below are a PC's.
pub const FIRST_GSI: u32 = 5;
/// One line of the I/O APIC for each device.
pub const LAST_GSI: u32 = IOAPIC_LINES - 1;
/// How many virtio devices a VM can have.
pub const MAX_DEVICES: usize = (LAST_GSI - FIRST_GSI + 1) as usize;
