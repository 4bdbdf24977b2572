//! The packet header of virtio-vsock (virtio 1.2, section 5.10.6, `struct virtio_vsock_hdr`).

/// Length of the header in bytes.
pub const HEADER_SIZE: usize = 44;

/// The CID of the host, seen from every guest.
pub const HOST_CID: u64 = 2;

/// `type` of a stream packet; the only one that this device knows.
pub const TYPE_STREAM: u16 = 1;

/// What a packet asks for.
#[allow(missing_docs)] // The names are those of section 5.10.6.
pub mod op {
    pub const REQUEST: u16 = 1;
    pub const RESPONSE: u16 = 2;
    pub const RST: u16 = 3;
    pub const SHUTDOWN: u16 = 4;
    pub const RW: u16 = 5;
    pub const CREDIT_UPDATE: u16 = 6;
    pub const CREDIT_REQUEST: u16 = 7;
}

/// Flag of SHUTDOWN: the sender will receive no more.
pub const SHUTDOWN_RECEIVE: u32 = 1;
/// Flag of SHUTDOWN: the sender will send no more.
pub const SHUTDOWN_SEND: u32 = 2;
/// Both flags of SHUTDOWN.
pub const SHUTDOWN_BOTH: u32 = SHUTDOWN_RECEIVE | SHUTDOWN_SEND;

/// A packet header in host byte order.
///
/// It is always a copy: guest memory is read once, and what was checked is what is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // The fields are those of section 5.10.6.
pub struct Header {
    pub src_cid: u64,
    pub dst_cid: u64,
    pub src_port: u32,
    pub dst_port: u32,
    pub len: u32,
    pub kind: u16,
    pub op: u16,
    pub flags: u32,
    pub buf_alloc: u32,
    pub fwd_cnt: u32,
}

impl Header {
    /// Decodes the little-endian form.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; HEADER_SIZE]) -> Self {
        let mut reader = Reader(bytes);
        Header {
            src_cid: u64::from_le_bytes(reader.take()),
            dst_cid: u64::from_le_bytes(reader.take()),
            src_port: u32::from_le_bytes(reader.take()),
            dst_port: u32::from_le_bytes(reader.take()),
            len: u32::from_le_bytes(reader.take()),
            kind: u16::from_le_bytes(reader.take()),
            op: u16::from_le_bytes(reader.take()),
            flags: u32::from_le_bytes(reader.take()),
            buf_alloc: u32::from_le_bytes(reader.take()),
            fwd_cnt: u32::from_le_bytes(reader.take()),
        }
    }

    /// Encodes into the little-endian form.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_SIZE] {
        let mut bytes = [0; HEADER_SIZE];
        bytes[0..8].copy_from_slice(&self.src_cid.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.dst_cid.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.src_port.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.dst_port.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.len.to_le_bytes());
        bytes[28..30].copy_from_slice(&self.kind.to_le_bytes());
        bytes[30..32].copy_from_slice(&self.op.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.flags.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.buf_alloc.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.fwd_cnt.to_le_bytes());
        bytes
    }

    /// The RST that answers this packet when it belongs to no stream.
    #[must_use]
    pub fn reset_reply(&self) -> Header {
        Header {
            src_cid: self.dst_cid,
            dst_cid: self.src_cid,
            src_port: self.dst_port,
            dst_port: self.src_port,
            kind: self.kind,
            op: op::RST,
            ..Header::default()
        }
    }
}

/// Reads arrays off the front of a slice that is known to be long enough.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        let (head, tail) = self.0.split_at(N);
        field.copy_from_slice(head);
        self.0 = tail;
        field
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use virtio_vsock::packet::{PKT_HEADER_SIZE, VsockPacket};

    const SAMPLE: Header = Header {
        src_cid: 0x0102_0304_0506_0708,
        dst_cid: 2,
        src_port: 0x1122_3344,
        dst_port: 0x5566_7788,
        len: 0x99aa_bbcc,
        kind: 1,
        op: op::RW,
        flags: 3,
        buf_alloc: 0xddee_ff00,
        fwd_cnt: 0x0bad_cafe,
    };

    #[test]
    fn round_trip() {
        assert_eq!(Header::from_bytes(&SAMPLE.to_bytes()), SAMPLE);
    }

    /// The layout is compared with the one that the rust-vmm project keeps.
    #[test]
    fn same_layout_as_the_virtio_vsock_crate() {
        assert_eq!(HEADER_SIZE, PKT_HEADER_SIZE);
        let mut raw = [0u8; PKT_HEADER_SIZE];
        // SAFETY: `raw` outlives `packet` and nothing else uses it meanwhile.
        let mut packet = unsafe { VsockPacket::new(&mut raw, None).unwrap() };
        packet
            .set_src_cid(SAMPLE.src_cid)
            .set_dst_cid(SAMPLE.dst_cid)
            .set_src_port(SAMPLE.src_port)
            .set_dst_port(SAMPLE.dst_port)
            .set_len(SAMPLE.len)
            .set_type(SAMPLE.kind)
            .set_op(SAMPLE.op)
            .set_flags(SAMPLE.flags)
            .set_buf_alloc(SAMPLE.buf_alloc)
            .set_fwd_cnt(SAMPLE.fwd_cnt);
        assert_eq!(Header::from_bytes(&raw), SAMPLE);
        assert_eq!(raw, SAMPLE.to_bytes());
    }
}
