//! Packets to send and to recognise.

/// Of Ethernet, for experiments: what the host's own stack takes no notice of.
const EXPERIMENT: [u8; 2] = [0x88, 0xb5];

/// An Ethernet frame to everybody with `payload` after the header.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    [&[0xff; 6][..], &[2, 0, 0, 0, 0, 9], &EXPERIMENT, payload].concat()
}

/// `length` bytes of which no two neighbours are the same; begins with `number`.
pub fn pattern(number: u32, length: usize) -> Vec<u8> {
    let bytes = (0..length as u32).map(|at| (at * 7 + at / 251 + number) as u8);
    let mut bytes: Vec<u8> = bytes.collect();
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// A TCP segment of IPv4 with `payload`, and the header by which it shall be cut into pieces of 1000 bytes.
pub fn segment(payload: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let length = (40 + payload.len()) as u16;
    let mut ip = vec![
        0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    ip[2..4].copy_from_slice(&length.to_be_bytes());
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&(!sum).to_be_bytes());
    let mut tcp = vec![
        0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0,
    ];
    // The sum of the pseudo header is what stands there before segmentation.
    let pseudo = [&ip[12..20], &[0, 6], &(length - 20).to_be_bytes()].concat();
    tcp[16..18].copy_from_slice(&checksum(&pseudo).to_be_bytes());
    let frame = [
        &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0][..],
        &ip,
        &tcp,
        payload,
    ]
    .concat();
    // NEEDS_CSUM, TCPV4, hdr_len 54, gso_size 1000, csum_start 34, csum_offset 16.
    let header = [1u8, 1, 54, 0, 0xe8, 3, 34, 0, 16, 0].to_vec();
    (header, frame)
}

fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2);
    let mut sum: u32 = words
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
