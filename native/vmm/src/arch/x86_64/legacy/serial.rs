//! A serial port that only speaks.

use std::io::{self, Write};
use std::os::fd::OwnedFd;

use rustix::fs::OFlags;
use vm_superio::Trigger;
use vm_superio::serial::NoEvents;
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::bus::BusDevice;

/// A 16550A whose bytes go to a stream. What the stream does not take at once is lost: no CPU waits for who reads it.
pub struct Serial {
    port: vm_superio::Serial<Line, NoEvents, Stream>,
}

struct Line(EventFd);

impl Trigger for Line {
    type E = io::Error;

    fn trigger(&self) -> io::Result<()> {
        self.0.write(1)
    }
}

struct Stream(OwnedFd);

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // Full, or nobody reads it any more: the guest goes on either way.
        let _ = rustix::io::write(&self.0, data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Serial {
    /// `stream` does not block from now on. Nobody else may write to it by the same description.
    ///
    /// # Errors
    /// As fcntl(2) and eventfd(2).
    pub fn new(stream: OwnedFd) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(&stream)?;
        rustix::fs::fcntl_setfl(&stream, flags | OFlags::NONBLOCK)?;
        let line = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?;
        Ok(Serial {
            port: vm_superio::Serial::new(Line(line), Stream(stream)),
        })
    }

    /// Its interrupt.
    #[must_use]
    pub fn line(&self) -> &EventFd {
        &self.port.interrupt_evt().0
    }
}

impl BusDevice for Serial {
    fn read(&mut self, offset: u64, data: &mut [u8]) {
        if let ([byte], Ok(offset)) = (data, u8::try_from(offset)) {
            *byte = self.port.read(offset);
        }
    }

    fn write(&mut self, offset: u64, data: &[u8]) {
        if let ([byte], Ok(offset)) = (data, u8::try_from(offset)) {
            // In loopback mode its own buffer can be full; that byte is lost, as on a real one.
            let _ = self.port.write(offset, *byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn bytes_reach_the_stream_and_a_full_one_stops_nobody() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut serial = Serial::new(theirs.into()).unwrap();
        for byte in b"hello" {
            serial.write(0, &[*byte]);
        }
        // Another width is nobody's.
        serial.write(0, b"no");
        let mut read = [0; 5];
        ours.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"hello");
        // More than any socket holds.
        for _ in 0..1 << 20 {
            serial.write(0, b"x");
        }
        drop(ours);
        serial.write(0, b"x");
        let mut status = [0];
        serial.read(5, &mut status);
        assert_eq!(status[0] & 0x60, 0x60);
    }
}
