//! Numbers of ioctl(2) requests (asm-generic/ioctl.h, linux/kvm.h).

const fn request(direction: u32, kind: u32, number: u32, size: u32) -> u32 {
    direction << 30 | size << 16 | kind << 8 | number
}

const NONE: u32 = 0;
const WRITE: u32 = 1;
const READ: u32 = 2;

const KVM: u32 = 0xae;

pub const KVM_RUN: u32 = request(NONE, KVM, 0x80, 0);
pub const KVM_KVMCLOCK_CTRL: u32 = request(NONE, KVM, 0xad, 0);
/// struct kvm_ioeventfd
pub const KVM_IOEVENTFD: u32 = request(WRITE, KVM, 0x79, 64);
/// struct kvm_regs
pub const KVM_GET_REGS: u32 = request(READ, KVM, 0x81, 144);
/// struct kvm_sregs
pub const KVM_GET_SREGS: u32 = request(READ, KVM, 0x83, 312);
