//! The other end of a shared directory: it sees to it that what it is told is vhost-user, and answers as its script says.

use std::collections::VecDeque;
use std::io::{IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

const GET_FEATURES: u32 = 1;
const SET_FEATURES: u32 = 2;
const SET_OWNER: u32 = 3;
const SET_MEM_TABLE: u32 = 5;
const SET_VRING_NUM: u32 = 8;
const SET_VRING_ADDR: u32 = 9;
const SET_VRING_BASE: u32 = 10;
const GET_VRING_BASE: u32 = 11;
const SET_VRING_KICK: u32 = 12;
const SET_VRING_CALL: u32 = 13;
const GET_PROTOCOL_FEATURES: u32 = 15;
const SET_PROTOCOL_FEATURES: u32 = 16;
const SET_VRING_ENABLE: u32 = 18;

/// VERSION_1, and that there are features of the protocol.
const NEEDED: u64 = 1 << 32 | 1 << 30;
const REPLY_ACK: u64 = 1 << 3;
const NEED_REPLY: u32 = 1 << 3;
/// Answers that are not as they should be, of one script.
const LIES: usize = 8;

/// What is said when something is asked.
enum Answer {
    Honest,
    Value(u64),
    Words([u32; 5]),
    /// So many bytes of the right one.
    Part(usize),
    Twice,
    Bytes(Vec<u8>),
    /// From now on nothing is read any more.
    Deaf,
    Gone,
}

/// What virtiofsd does.
pub struct Script {
    features: u64,
    /// Where queues stood; of no interest to anybody.
    base: u32,
    /// How many honest answers come before each of these.
    lies: VecDeque<(u8, Answer)>,
}

impl Script {
    pub fn of(input: &mut Unstructured) -> Result<Script> {
        let features = input.arbitrary::<u64>()? | NEEDED;
        let base = input.arbitrary()?;
        let mut lies = VecDeque::new();
        if input.arbitrary()? {
            for _ in 0..input.int_in_range(1..=LIES)? {
                lies.push_back((input.int_in_range(0..=40)?, answer(input)?));
            }
        }
        Ok(Script {
            features,
            base,
            lies,
        })
    }

    pub fn is_honest(&self) -> bool {
        self.lies.is_empty()
    }

    fn next(&mut self) -> Answer {
        match self.lies.front_mut() {
            None => Answer::Honest,
            Some((0, _)) => self.lies.pop_front().map_or(Answer::Honest, |(_, lie)| lie),
            Some((honest, _)) => {
                *honest -= 1;
                Answer::Honest
            }
        }
    }
}

fn answer(input: &mut Unstructured) -> Result<Answer> {
    Ok(match input.int_in_range(0..=6)? {
        0 => Answer::Value(input.arbitrary()?),
        1 => Answer::Words(input.arbitrary()?),
        2 => Answer::Part(input.int_in_range(0..=19)?),
        3 => Answer::Twice,
        4 => {
            let length = input.int_in_range(0..=60)?;
            Answer::Bytes(input.bytes(length)?.to_vec())
        }
        5 => Answer::Deaf,
        _ => Answer::Gone,
    })
}

pub struct Virtiofsd {
    queues: Arc<Mutex<[bool; 2]>>,
    thread: JoinHandle<()>,
}

impl Virtiofsd {
    /// `memory`: of the guest, in bytes.
    pub fn start(socket: UnixStream, script: Script, memory: u64) -> Virtiofsd {
        let queues = Arc::default();
        let server = Server {
            socket,
            honest: script.is_honest(),
            script,
            memory,
            queues: Arc::clone(&queues),
        };
        let thread = std::thread::spawn(move || server.run());
        Virtiofsd { queues, thread }
    }

    pub fn has_queues(&self) -> bool {
        *self.queues.lock().unwrap() != [false; 2]
    }

    /// When the front end is gone.
    pub fn join(self) {
        self.thread.join().unwrap();
    }
}

struct Server {
    socket: UnixStream,
    honest: bool,
    script: Script,
    memory: u64,
    queues: Arc<Mutex<[bool; 2]>>,
}

impl Server {
    fn run(mut self) {
        while let Some(request) = Request::read(&self.socket) {
            let value = self.value(&request);
            if asks(request.code) || request.flags & NEED_REPLY != 0 {
                self.answer(request.code, value);
            }
        }
    }

    fn answer(&mut self, code: u32, value: u64) {
        let right = message([code, 5, 8, value as u32, (value >> 32) as u32]);
        let bytes = match self.script.next() {
            Answer::Honest => right,
            Answer::Value(value) => message([code, 5, 8, value as u32, (value >> 32) as u32]),
            Answer::Words(words) => message(words),
            Answer::Part(length) => right[..length].to_vec(),
            Answer::Twice => right.repeat(2),
            Answer::Bytes(bytes) => bytes,
            Answer::Deaf => {
                let _ = self.socket.shutdown(Shutdown::Read);
                return;
            }
            Answer::Gone => {
                let _ = self.socket.shutdown(Shutdown::Both);
                return;
            }
        };
        // The front end may be gone.
        let _ = (&self.socket).write_all(&bytes);
    }

    /// The right answer. What is asked must be allowed.
    fn value(&mut self, request: &Request) -> u64 {
        assert_eq!(request.flags & !NEED_REPLY, 1);
        let fds = match request.code {
            SET_MEM_TABLE => request.word(0) as usize,
            SET_VRING_KICK | SET_VRING_CALL => 1,
            _ => 0,
        };
        assert_eq!(request.fds, fds, "descriptors of request {}", request.code);
        let mut queues = self.queues.lock().unwrap();
        let queue = || request.word(0) as usize;
        match request.code {
            GET_FEATURES => return self.script.features,
            GET_PROTOCOL_FEATURES => return REPLY_ACK,
            SET_OWNER => {}
            SET_PROTOCOL_FEATURES => assert_eq!(request.long(0), REPLY_ACK),
            SET_FEATURES => {
                let unknown = request.long(0) & !self.script.features;
                assert!(unknown == 0 || !self.honest);
            }
            SET_MEM_TABLE => {
                assert_eq!(*queues, [false; 2], "memory changes below running queues");
                assert_eq!(request.body.len(), 8 + 32 * fds);
                // As the guest counts, from the start of the file.
                for (at, value) in [(8, 0), (16, self.memory), (24, 0), (32, 0)] {
                    assert_eq!(request.long(at), value);
                }
            }
            SET_VRING_NUM => {
                let most = [128, 1024][queue()];
                let size = request.word(4);
                assert!(size.is_power_of_two() && size <= most);
            }
            SET_VRING_ADDR => {
                assert_eq!((request.word(4), request.long(32)), (0, 0));
                for at in [8, 16, 24] {
                    assert!(request.long(at) < self.memory);
                }
                assert!(!queues[queue()]);
            }
            SET_VRING_BASE => assert_eq!((queue() / 2, request.word(4)), (0, 0)),
            SET_VRING_CALL => assert!(request.long(0) < 2),
            SET_VRING_KICK => queues[queue()] = true,
            SET_VRING_ENABLE => assert!(queues[queue()]),
            GET_VRING_BASE => {
                queues[queue()] = false;
                return u64::from(self.script.base) << 32 | queue() as u64;
            }
            other => panic!("request {other}"),
        }
        0
    }
}

fn asks(code: u32) -> bool {
    [GET_FEATURES, GET_PROTOCOL_FEATURES, GET_VRING_BASE].contains(&code)
}

fn message(words: [u32; 5]) -> Vec<u8> {
    words.map(u32::to_ne_bytes).concat()
}

struct Request {
    code: u32,
    flags: u32,
    body: Vec<u8>,
    fds: usize,
}

impl Request {
    /// None: there is no more.
    fn read(socket: &UnixStream) -> Option<Request> {
        let mut request = Request {
            code: 0,
            flags: 0,
            body: Vec::new(),
            fds: 0,
        };
        let header = request.take(socket, 12)?;
        let word = |at: usize| u32::from_ne_bytes(header[at..at + 4].try_into().unwrap());
        let length = word(8) as usize;
        assert!(length <= 72);
        request.code = word(0);
        request.flags = word(4);
        request.body = request.take(socket, length)?;
        Some(request)
    }

    /// Descriptors are counted, and closed.
    fn take(&mut self, socket: &UnixStream, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut taken = 0;
        while taken < length {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let into = &mut [IoSliceMut::new(&mut bytes[taken..])];
            match recvmsg(socket, into, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Ok(message) if message.bytes > 0 => taken += message.bytes,
                Err(rustix::io::Errno::INTR) => {}
                _ => return None,
            }
            for message in ancillary.drain() {
                if let RecvAncillaryMessage::ScmRights(fds) = message {
                    self.fds += fds.count();
                }
            }
        }
        Some(bytes)
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_ne_bytes(self.body[at..at + 4].try_into().unwrap())
    }

    fn long(&self, at: usize) -> u64 {
        u64::from_ne_bytes(self.body[at..at + 8].try_into().unwrap())
    }
}
