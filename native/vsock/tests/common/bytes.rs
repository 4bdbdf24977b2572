//! Bytes to send, and pipes to send them through.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

/// Length of the pattern that both sides know; see native/vhost-user/tests/guest/init.rs.
pub const PATTERN: usize = 1_000_003;

/// Twice the pattern, so that any piece of up to PATTERN bytes is in one slice.
pub fn pattern() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let once: Vec<u8> = (0..PATTERN)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect();
    [once.clone(), once].concat()
}

/// Reads the pattern to its end; returns its length.
pub fn read_pattern(mut from: File, pattern: &[u8]) -> Result<usize, String> {
    let mut buffer = vec![0; 256 * 1024];
    let mut at = 0;
    loop {
        let count = from.read(&mut buffer).map_err(|error| error.to_string())?;
        if count == 0 {
            return Ok(at);
        }
        let start = at % PATTERN;
        if buffer[..count] != pattern[start..start + count] {
            return Err(format!("wrong bytes after {at}"));
        }
        at += count;
    }
}

/// Writes `bytes` bytes of the pattern.
pub fn write_pattern(mut to: File, pattern: &[u8], bytes: usize) -> std::io::Result<()> {
    let mut at = 0;
    while at < bytes {
        let start = at % PATTERN;
        let count = (bytes - at).min(100_000);
        at += to.write(&pattern[start..start + count])?;
    }
    Ok(())
}

/// A pipe: (reading end, writing end).
pub fn pipe() -> (File, File) {
    let (reader, writer) = std::io::pipe().unwrap();
    (
        File::from(OwnedFd::from(reader)),
        File::from(OwnedFd::from(writer)),
    )
}
