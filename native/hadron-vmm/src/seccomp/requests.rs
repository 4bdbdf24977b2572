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
/// struct kvm_irq_routing, with what is behind it
pub const KVM_SET_GSI_ROUTING: u32 = request(WRITE, KVM, 0x6a, 8);
/// struct kvm_ioeventfd
pub const KVM_IOEVENTFD: u32 = request(WRITE, KVM, 0x79, 64);
/// struct kvm_regs
pub const KVM_GET_REGS: u32 = request(READ, KVM, 0x81, 144);
/// struct kvm_sregs
pub const KVM_GET_SREGS: u32 = request(READ, KVM, 0x83, 312);

const TUN: u32 = b'T' as u32;

/// What a driver decides of a tap: its offloads, and which of its queues are used (linux/if_tun.h).
pub const TAP: [u32; 2] = [request(WRITE, TUN, 208, 4), request(WRITE, TUN, 217, 4)];

const VIRTIO: u32 = 0xaf;

/// What begins and ends packets by the host's kernel (linux/vhost.h): the features, the owner, the memory, and a queue's
/// length, addresses, index, eventfds and tap.
pub const VHOST: [u32; 10] = [
    request(WRITE, VIRTIO, 0x00, 8),
    request(NONE, VIRTIO, 0x01, 0),
    request(WRITE, VIRTIO, 0x03, 8),
    request(WRITE, VIRTIO, 0x10, 8),
    request(WRITE, VIRTIO, 0x11, 40),
    request(WRITE, VIRTIO, 0x12, 8),
    request(WRITE, VIRTIO, 0x20, 8),
    request(WRITE, VIRTIO, 0x21, 8),
    request(WRITE, VIRTIO, 0x22, 8),
    request(WRITE, VIRTIO, 0x30, 8),
];

/// Sizes of a block device's blocks, as the driver and as the medium has them (linux/fs.h: BLKSSZGET, BLKPBSZGET).
pub const BLOCK_SIZES: [u32; 2] = [request(NONE, 0x12, 104, 0), request(NONE, 0x12, 123, 0)];
