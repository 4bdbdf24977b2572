//! /init of the test guest: does with vsock what the host asks for.
//!
//! Built by `tests/qemu.rs` with rustc alone, statically; std is its only crate. It connects to host
//! port 1000, reads one command a line and answers each with one line, `ok ...` or `error ...`.

use std::ffi::{c_int, c_long};
use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::time::Instant;

const AF_VSOCK: c_int = 40;
const SOCK_STREAM: c_int = 1;
const HOST_CID: u32 = 2;
const CONTROL_PORT: u32 = 1000;
const SHUT_WR: c_int = 1;
const SYS_FINIT_MODULE: c_long = 313;
const RB_AUTOBOOT: c_int = 0x0123_4567;

/// Length of the pattern that both sides know; a prime, so that no power of two hides a slip.
const PATTERN: usize = 1_000_003;

/// `struct sockaddr_vm` of linux/vm_sockets.h.
#[repr(C)]
struct Address {
    family: u16,
    reserved: u16,
    port: u32,
    cid: u32,
    zero: [u8; 4],
}

unsafe extern "C" {
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn connect(fd: c_int, address: *const Address, length: u32) -> c_int;
    fn shutdown(fd: c_int, how: c_int) -> c_int;
    fn reboot(how: c_int) -> c_int;
    fn syscall(number: c_long, fd: c_int, parameters: *const u8, flags: c_int) -> c_long;
}

fn check(result: c_int) -> Result<c_int> {
    if result < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn address(cid: u32, port: u32) -> Address {
    Address {
        family: AF_VSOCK as u16,
        reserved: 0,
        port,
        cid,
        zero: [0; 4],
    }
}

fn new_socket() -> Result<File> {
    // SAFETY: the descriptor is new, and `File` becomes its only owner.
    unsafe { Ok(File::from_raw_fd(check(socket(AF_VSOCK, SOCK_STREAM, 0))?)) }
}

fn open(port: u32) -> Result<File> {
    let stream = new_socket()?;
    let to = address(HOST_CID, port);
    // SAFETY: `to` is a whole address and lives through the call.
    check(unsafe { connect(stream.as_raw_fd(), &to, size_of::<Address>() as u32) })?;
    Ok(stream)
}

fn pattern() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..PATTERN)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

struct Guest {
    /// Twice the pattern, so that any piece of up to PATTERN bytes is in one slice.
    pattern: Vec<u8>,
}

impl Guest {
    fn send(&self, stream: &mut File, bytes: usize, chunk: usize) -> Result<()> {
        let mut at = 0;
        while at < bytes {
            let count = chunk.min(bytes - at).min(PATTERN);
            let start = at % PATTERN;
            // One write(2) of `count` bytes; what it does not take follows.
            let written = stream.write(&self.pattern[start..start + count])?;
            at += written;
        }
        Ok(())
    }

    fn receive(&self, stream: &mut File) -> Result<String> {
        let mut buffer = vec![0; 256 * 1024];
        let mut at = 0;
        loop {
            let count = stream.read(&mut buffer)?;
            if count == 0 {
                return Ok(format!("{at}"));
            }
            let start = at % PATTERN;
            if buffer[..count] != self.pattern[start..start + count] {
                return Err(Error::other(format!("wrong bytes after {at}")));
            }
            at += count;
        }
    }

    fn perform(&self, line: &str) -> Result<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| -> Result<usize> {
            words
                .get(index)
                .and_then(|word| word.parse().ok())
                .ok_or_else(|| Error::other("a number is missing"))
        };
        match words.first().copied() {
            // write PORT BYTES CHUNK: writes the pattern and closes.
            Some("write") => {
                let mut stream = open(number(1)? as u32)?;
                let start = Instant::now();
                self.send(&mut stream, number(2)?, number(3)?)?;
                Ok(format!("{}", start.elapsed().as_micros()))
            }
            // read PORT: reads the pattern to its end.
            Some("read") => self.receive(&mut open(number(1)? as u32)?),
            // half PORT BYTES: writes, shuts its half down, reads to the end.
            Some("half") => {
                let mut stream = open(number(1)? as u32)?;
                self.send(&mut stream, number(2)?, 10_000)?;
                // SAFETY: it takes a descriptor and a number.
                check(unsafe { shutdown(stream.as_raw_fd(), SHUT_WR) })?;
                self.receive(&mut stream)
            }
            // ping PORT COUNT: one byte there and back.
            Some("ping") => {
                let mut stream = open(number(1)? as u32)?;
                let count = number(2)?;
                let mut times = Vec::with_capacity(count);
                for _ in 0..count {
                    let start = Instant::now();
                    stream.write_all(b"p")?;
                    stream.read_exact(&mut [0])?;
                    times.push(start.elapsed().as_micros());
                }
                times.sort_unstable();
                Ok(format!("{}", times[count / 2]))
            }
            // until-error PORT: writes until that fails.
            Some("until-error") => {
                let mut stream = open(number(1)? as u32)?;
                loop {
                    if let Err(error) = stream.write(&[0; 1000]) {
                        return Ok(format!("{:?}", error.kind()));
                    }
                }
            }
            // connect PORT: opens a stream and closes it.
            Some("connect") => open(number(1)? as u32).map(|_| String::new()),
            // hold PORT BYTES: writes, and leaves the stream open for good.
            Some("hold") => {
                let mut stream = open(number(1)? as u32)?;
                self.send(&mut stream, number(2)?, 65536)?;
                std::mem::forget(stream);
                Ok(String::new())
            }
            _ => Err(Error::other("unknown command")),
        }
    }

    fn serve(&self) -> Result<()> {
        let control = open(CONTROL_PORT)?;
        let mut answers = control.try_clone()?;
        for line in BufReader::new(control).lines() {
            let line = line?;
            if line == "reboot" {
                break;
            }
            let answer = match self.perform(&line) {
                Ok(text) => format!("ok {text}\n"),
                Err(error) => format!("error {error}\n"),
            };
            answers.write_all(answer.as_bytes())?;
        }
        Ok(())
    }
}

/// Loads the modules that /modules lists, in that order.
fn load_modules() -> Result<()> {
    let Ok(list) = std::fs::read_to_string("/modules") else {
        return Ok(());
    };
    for name in list.lines() {
        let file = File::open(name)?;
        // SAFETY: the parameters are an empty string that ends with NUL.
        let result = unsafe { syscall(SYS_FINIT_MODULE, file.as_raw_fd(), c"".as_ptr().cast(), 0) };
        if result < 0 {
            println!("test guest: {name}: {}", Error::last_os_error());
        }
    }
    Ok(())
}

fn main() {
    let result = load_modules().and_then(|()| {
        let once = pattern();
        let guest = Guest {
            pattern: [once.clone(), once].concat(),
        };
        println!("test guest: up");
        guest.serve()
    });
    println!("test guest: {result:?}");
    // SAFETY: it takes a number. PID 1 must not return.
    unsafe { reboot(RB_AUTOBOOT) };
}
