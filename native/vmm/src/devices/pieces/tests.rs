use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use vm_memory::{Bytes, GuestAddress};

use super::*;
use crate::memory::{Backing, create};

fn pieces(parts: &[(u64, u32)]) -> Pieces {
    let mut pieces = Pieces::new(create(32, Backing::Anonymous).unwrap());
    pieces.append(chain(parts), Access::Read).unwrap();
    pieces
}

fn chain(parts: &[(u64, u32)]) -> impl Iterator<Item = Descriptor> {
    let descriptors = parts.iter();
    descriptors.map(|(address, length)| Descriptor::new(*address, *length, 0, 0))
}

#[test]
fn bytes_go_in_and_out_over_the_borders_of_pieces() {
    let mut pieces = pieces(&[(0x1000, 3), (0x3000, 0), (0x2000, 5)]);
    assert_eq!((pieces.bytes(), pieces.count()), (8, 2));
    assert_eq!(pieces.copy_in(1, b"abcdefghij"), 7);
    let read = |at| pieces.memory.read_obj::<[u8; 6]>(GuestAddress(at)).unwrap();
    assert_eq!(read(0x1000), *b"\0ab\0\0\0");
    assert_eq!(read(0x2000), *b"cdefg\0");
    let mut out = [9; 4];
    assert_eq!(pieces.copy_out(2, &mut out), 4);
    assert_eq!(out, *b"bcde");
    assert_eq!(pieces.copy_out(7, &mut out), 1);
    assert_eq!(pieces.copy_out(8, &mut out), 0);
    for (count, left, first) in [(0, 8, b'\0'), (2, 6, b'b'), (1, 5, b'c'), (4, 1, b'g')] {
        pieces.advance(count);
        assert_eq!(pieces.bytes(), left);
        assert_eq!(pieces.copy_out(0, &mut out[..1]), 1);
        assert_eq!(out[0], first);
    }
    pieces.advance(100);
    assert_eq!((pieces.bytes(), pieces.count()), (0, 0));
}

#[test]
fn a_chain_that_is_not_good_leaves_nothing() {
    let mut pieces = pieces(&[(0x1000, 3)]);
    for parts in [
        &[(0x2000, 3), (32 << 20, 1)][..],
        &[(0x2000, 3), ((32 << 20) - 1, 2)],
        &[(u64::MAX, 2)],
        &vec![(0x2000, 1); MAX_PIECES],
        &vec![(0x2000, 0); MAX_PIECES + 1],
    ] {
        assert_eq!(pieces.append(chain(parts), Access::Read), Err(BadChain));
        assert_eq!((pieces.bytes(), pieces.count()), (3, 1));
    }
    let writable = Descriptor::new(0x2000, 3, 2, 0);
    let result = pieces.append([writable].into_iter(), Access::Read);
    assert_eq!(result, Err(BadChain));
    let many = vec![(0x2000, 1); MAX_PIECES - 1];
    assert_eq!(pieces.append(chain(&many), Access::Read), Ok(many.len()));
}

#[test]
fn pieces_can_be_added_behind_for_ever() {
    let mut pieces = pieces(&[(0x1000, 4)]);
    for _ in 0..10 * MAX_PIECES {
        pieces.append(chain(&[(0x1000, 4)]), Access::Read).unwrap();
        pieces.advance(4);
    }
    assert_eq!((pieces.bytes(), pieces.count()), (4, 1));
    assert!(pieces.vectors.len() <= MAX_PIECES + 2);
}

#[test]
fn a_descriptor_reads_into_and_writes_from_memory() {
    let mut pieces = pieces(&[(0x1000, 3), (0x2000, 5)]);
    let (mut peer, own) = UnixStream::pair().unwrap();
    peer.write_all(b"abcdefghij").unwrap();
    let mut rest = [0; 4];
    assert_eq!(pieces.read_from(own.as_fd(), &mut rest).unwrap(), 10);
    assert_eq!(rest, *b"ij\0\0");
    assert_eq!(pieces.write_to(own.as_fd()).unwrap(), 8);
    assert_eq!(pieces.send_to(own.as_fd(), b"<>").unwrap(), 10);
    let mut seen = [0; 18];
    peer.read_exact(&mut seen).unwrap();
    assert_eq!(seen, *b"abcdefgh<>abcdefgh");
}

#[test]
fn a_part_of_the_pieces_can_be_read_into() {
    let mut pieces = pieces(&[(0x1000, 3), (0x2000, 5), (0x3000, 5)]);
    let (mut peer, own) = UnixStream::pair().unwrap();
    peer.write_all(b"abcdefghij").unwrap();
    let mut rest = [0; 4];
    let received = pieces.receive_from(own.as_fd(), (2, 5), &mut rest);
    assert_eq!(received.unwrap(), 9);
    assert_eq!(rest, *b"fghi");
    let mut seen = [0; 9];
    pieces.copy_out(0, &mut seen);
    assert_eq!(seen, *b"\0\0abcde\0\0");
    let received = pieces.receive_from(own.as_fd(), (13, 5), &mut rest);
    assert_eq!(received.unwrap(), 1);
    let error = pieces.receive_from(own.as_fd(), (0, 5), &mut rest);
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::WouldBlock);
}
