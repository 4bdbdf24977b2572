//! A guest made of memory and two split virtqueues, driven by the test.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hadron_vsock_device::{
    Config, Device, Direction, Ended, HEADER_SIZE, HOST_CID, Header, Interrupt, QueueIndex, Queues,
    TYPE_STREAM, op,
};
use virtio_queue::{Error as QueueError, Queue, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemoryMmap};

pub const CID: u64 = 3;
pub const MEMORY: u64 = 32 << 20;
const TX_RING: u64 = 0x1_0000;
const RX_RING: u64 = 0x2_0000;
const TX_BUFFERS: u64 = 0x10_0000;
const TX_BUFFER: u64 = 0x1_1000;
const RX_BUFFERS: u64 = 0x180_0000;
const RX_BUFFER: u64 = 0x1100;
/// Entries of each queue, fewer than the device would take.
const ENTRIES: u16 = 256;
/// Chains of a queue; each has four descriptors of the table to itself.
const SLOTS: u16 = ENTRIES / 4;

const NEXT: u16 = 1;
pub const WRITE: u16 = 2;

type Memory = GuestMemoryMmap<()>;

/// The driver's side of a queue.
pub struct Ring {
    base: u64,
    available: u16,
    seen: u16,
}

impl Ring {
    fn queue(&self) -> Queue {
        let mut queue = Queue::new(ENTRIES).unwrap();
        queue.set_desc_table_address(Some(self.base as u32), None);
        queue.set_avail_ring_address(Some(self.base as u32 + 0x2000), None);
        queue.set_used_ring_address(Some(self.base as u32 + 0x4000), None);
        queue.set_event_idx(true);
        queue.set_ready(true);
        queue
    }

    /// Makes a chain of (address, length, flags) available; returns its slot.
    pub fn offer(&mut self, memory: &Memory, pieces: &[(u64, u32, u16)]) -> u16 {
        let slot = self.available % SLOTS;
        let head = slot * 4;
        for (index, (address, length, flags)) in pieces.iter().enumerate() {
            let at = GuestAddress(self.base + 16 * (u64::from(head) + index as u64));
            let more = index + 1 < pieces.len();
            let flags = flags | if more { NEXT } else { 0 };
            memory.write_obj(*address, at).unwrap();
            memory.write_obj(*length, GuestAddress(at.0 + 8)).unwrap();
            memory.write_obj(flags, GuestAddress(at.0 + 12)).unwrap();
            let next = head + index as u16 + 1;
            memory.write_obj(next, GuestAddress(at.0 + 14)).unwrap();
        }
        let entry = self.base + 0x2004 + 2 * u64::from(self.available % ENTRIES);
        memory.write_obj(head, GuestAddress(entry)).unwrap();
        self.available = self.available.wrapping_add(1);
        self.publish(memory, self.available);
        slot
    }

    /// Writes the index of the available ring.
    pub fn publish(&self, memory: &Memory, index: u16) {
        memory
            .write_obj(index, GuestAddress(self.base + 0x2002))
            .unwrap();
    }

    /// The next used chain: slot and length.
    fn used(&mut self, memory: &Memory) -> Option<(u16, u32)> {
        let index: u16 = memory.read_obj(GuestAddress(self.base + 0x4002)).unwrap();
        if index == self.seen {
            return None;
        }
        let at = self.base + 0x4004 + 8 * u64::from(self.seen % ENTRIES);
        self.seen = self.seen.wrapping_add(1);
        let head: u32 = memory.read_obj(GuestAddress(at)).unwrap();
        let length: u32 = memory.read_obj(GuestAddress(at + 4)).unwrap();
        Some((head as u16 / 4, length))
    }
}

struct Counter(Arc<AtomicUsize>);

impl Interrupt for Counter {
    fn signal(&self, _queue: QueueIndex) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

pub struct Guest {
    pub memory: Arc<Memory>,
    pub device: Device<Memory>,
    pub tx: Ring,
    pub rx: Ring,
    pub interrupts: Arc<AtomicUsize>,
}

impl Guest {
    /// A guest that has offered all of its receive buffers.
    pub fn new() -> Guest {
        let mut guest = Guest::starved(Config::new(CID));
        guest.offer_buffers(SLOTS);
        guest
    }

    /// A guest with an "out" stream to port 7, and the reading end.
    pub fn with_output() -> (Guest, File) {
        let (reader, writer) = super::pipe();
        let mut guest = Guest::new();
        let fd = OwnedFd::from(writer);
        guest.device.muxer().accept(7, Direction::Out, fd).unwrap();
        assert_eq!(guest.open(7), []);
        (guest, reader)
    }

    /// A guest that has offered no receive buffer.
    pub fn starved(config: Config) -> Guest {
        let memory = Memory::from_ranges(&[(GuestAddress(0), MEMORY as usize)]).unwrap();
        let mut guest = Guest {
            memory: Arc::new(memory),
            device: Device::new(config).unwrap(),
            tx: Ring {
                base: TX_RING,
                available: 0,
                seen: 0,
            },
            rx: Ring {
                base: RX_RING,
                available: 0,
                seen: 0,
            },
            interrupts: Arc::default(),
        };
        guest.restart();
        guest
    }

    /// Sets the device up anew, with empty queues.
    pub fn restart(&mut self) {
        for ring in [&mut self.tx, &mut self.rx] {
            (ring.available, ring.seen) = (0, 0);
            self.memory
                .write_slice(&[0; 0x6000], GuestAddress(ring.base))
                .unwrap();
        }
        let queues = Queues {
            rx: self.rx.queue(),
            tx: self.tx.queue(),
        };
        let counter = Box::new(Counter(Arc::clone(&self.interrupts)));
        self.device
            .activate(Arc::clone(&self.memory), queues, counter);
    }

    pub fn offer_buffers(&mut self, count: u16) {
        for _ in 0..count {
            let slot = self.rx.available % SLOTS;
            let address = RX_BUFFERS + u64::from(slot) * RX_BUFFER;
            let length = (HEADER_SIZE + 4096) as u32;
            self.rx.offer(&self.memory, &[(address, length, WRITE)]);
        }
    }

    /// Lets the device work until it has nothing more to do.
    pub fn run(&mut self) {
        self.try_run().unwrap();
    }

    pub fn try_run(&mut self) -> Result<(), QueueError> {
        self.device.handle_fds().unwrap();
        for _ in 0..1000 {
            if !self.device.handle_queues()? {
                return Ok(());
            }
        }
        panic!("the device does not come to rest");
    }

    /// Puts a packet into the transmit queue: header and payload in one descriptor.
    pub fn queue_packet(&mut self, header: Header, payload: &[u8]) {
        let slot = self.tx.available % SLOTS;
        let address = TX_BUFFERS + u64::from(slot) * TX_BUFFER;
        self.memory
            .write_slice(&header.to_bytes(), GuestAddress(address))
            .unwrap();
        let behind = GuestAddress(address + HEADER_SIZE as u64);
        self.memory.write_slice(payload, behind).unwrap();
        let length = (HEADER_SIZE + payload.len()) as u32;
        self.tx.offer(&self.memory, &[(address, length, 0)]);
    }

    /// Sends a packet, lets the device work, and checks that it took the packet.
    pub fn send(&mut self, header: Header, payload: &[u8]) {
        self.queue_packet(header, payload);
        self.run();
        while self.tx.used(&self.memory).is_some() {}
        assert_eq!(self.tx.seen, self.tx.available);
    }

    /// The packets that are in the used ring, oldest first.
    pub fn packets_without_offering(&mut self) -> Vec<(Header, Vec<u8>)> {
        let mut packets = Vec::new();
        while let Some((slot, length)) = self.rx.used(&self.memory) {
            let address = RX_BUFFERS + u64::from(slot) * RX_BUFFER;
            let mut bytes = vec![0; length as usize];
            self.memory
                .read_slice(&mut bytes, GuestAddress(address))
                .unwrap();
            let header = Header::from_bytes(bytes[..HEADER_SIZE].try_into().unwrap());
            assert_eq!(header.len as usize, bytes.len() - HEADER_SIZE);
            assert_eq!(header.dst_cid, CID);
            packets.push((header, bytes.split_off(HEADER_SIZE)));
        }
        packets
    }

    /// The packets that came, oldest first. Their buffers are offered again until no more come.
    pub fn packets(&mut self) -> Vec<(Header, Vec<u8>)> {
        let mut packets = Vec::new();
        loop {
            let more = self.packets_without_offering();
            if more.is_empty() {
                return packets;
            }
            self.offer_buffers(more.len() as u16);
            packets.extend(more);
            self.run();
        }
    }

    /// The packets that came, as operation and flags.
    pub fn operations(&mut self) -> Vec<(u16, u32)> {
        let packets = self.packets();
        packets
            .iter()
            .map(|(header, _)| (header.op, header.flags))
            .collect()
    }

    pub fn ended(&mut self) -> Option<Ended> {
        self.device.muxer().next_ended()
    }

    /// Opens a stream from guest port 50; the host must accept it. Returns what else it said.
    pub fn open(&mut self, port: u32) -> Vec<(u16, u32)> {
        self.send(packet(port, op::REQUEST), &[]);
        let mut operations = self.operations();
        assert_eq!(operations.remove(0), (op::RESPONSE, 0));
        operations
    }

    pub fn data(&mut self, port: u32, payload: &[u8]) {
        let mut header = packet(port, op::RW);
        header.len = payload.len() as u32;
        self.send(header, payload);
    }

    pub fn shutdown(&mut self, port: u32, flags: u32) {
        self.send(
            Header {
                flags,
                ..packet(port, op::SHUTDOWN)
            },
            &[],
        );
    }
}

/// A packet from guest port 50, which promises room for 1 MiB.
pub fn packet(port: u32, op: u16) -> Header {
    Header {
        src_cid: CID,
        dst_cid: HOST_CID,
        src_port: 50,
        dst_port: port,
        kind: TYPE_STREAM,
        op,
        buf_alloc: 1 << 20,
        ..Header::default()
    }
}

/// What is in the pipe now, and whether its end was reached.
pub fn drain(pipe: &mut File) -> (Vec<u8>, bool) {
    let flags = rustix::fs::fcntl_getfl(&*pipe).unwrap();
    rustix::fs::fcntl_setfl(&*pipe, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut bytes = Vec::new();
    match pipe.read_to_end(&mut bytes) {
        Ok(_) => (bytes, true),
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
            (bytes, false)
        }
    }
}
