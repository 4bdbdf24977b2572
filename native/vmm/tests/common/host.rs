//! A worker with one device, and what the transport would be.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hadron_vmm::device::{Activation, Description, Device, Interrupt, Status, Virtqueue, as_fd};
use hadron_vmm::memory::{Backing, Memory, create};
use hadron_vmm::worker::{Listener, Worker, WorkerHandle};
use hadron_vmm_process::seccomp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use super::ring::{LENGTH, Ring};

/// Of the guest, in bytes.
pub const MEMORY: u64 = 32 << 20;
/// Nothing takes so long that does not fail.
pub const PATIENCE: Duration = Duration::from_secs(30);
const RINGS: u64 = 0x1_0000;

struct Teller(Mutex<Sender<String>>);

impl Listener for Teller {
    fn complaint(&self, sentence: String) {
        // At the very end nobody listens.
        let _ = self.0.lock().unwrap().send(sentence);
    }
    fn fatal(&self, sentence: String) {
        let _ = self.0.lock().unwrap().send(format!("fatal: {sentence}"));
    }
}

pub struct Host {
    pub memory: Arc<Memory>,
    pub rings: Vec<Ring>,
    pub worker: WorkerHandle,
    pub complaints: Receiver<String>,
    pub features: u64,
    queues: Vec<Option<Virtqueue>>,
    kicks: Vec<EventFd>,
    line: Arc<EventFd>,
    description: Description,
    _worker: Worker,
}

impl Host {
    pub fn new(device: Box<dyn Device>) -> Host {
        let (sender, complaints) = channel();
        let description = device.description();
        let listener = Arc::new(Teller(Mutex::new(sender)));
        // A call that its list in the jail does not have kills the test, after its name.
        seccomp::report_violations().unwrap();
        let enter = || seccomp::enter(seccomp::Kind::Worker);
        let worker = Worker::spawn(vec![device], listener, enter).unwrap();
        Host {
            memory: create(MEMORY >> 20, Backing::Anonymous).unwrap(),
            rings: Vec::new(),
            worker: worker.handle(),
            complaints,
            features: description.features,
            queues: Vec::new(),
            kicks: Vec::new(),
            line: Arc::new(EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).unwrap()),
            description,
            _worker: worker,
        }
    }

    /// With empty rings of `size`. False: the device refused.
    pub fn activate(&mut self, size: u16) -> bool {
        self.set_up(size);
        self.start()
    }

    /// Empty rings, which the device does not have yet.
    pub fn set_up(&mut self, size: u16) {
        let event_idx = self.features & (1 << 29) != 0;
        self.kicks.clear();
        self.rings.clear();
        self.queues.clear();
        for (index, max_size) in (0..).zip(&self.description.queue_sizes) {
            let ring = Ring::new(RINGS + index * LENGTH, size, event_idx);
            let kick = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).unwrap();
            self.kicks.push(kick.try_clone().unwrap());
            let queue = ring.queue(&self.memory, *max_size);
            self.queues.push(Some(Virtqueue { queue, kick }));
            self.rings.push(ring);
        }
    }

    /// Moves the rings into the device. False: it refused.
    pub fn start(&mut self) -> bool {
        let interrupt = Interrupt::new(Arc::clone(&self.line), Arc::new(Status::default()));
        let activation = Activation {
            memory: Arc::clone(&self.memory),
            features: self.features,
            queues: std::mem::take(&mut self.queues),
            interrupt,
        };
        self.worker.activate(0, activation).wait()
    }

    pub fn kick(&self, queue: usize) {
        self.kicks[queue].write(1).unwrap();
    }

    /// Waits for an interrupt; false when none comes in time.
    pub fn interrupted(&self, within: Duration) -> bool {
        readable(&self.line, within) && self.line.read().is_ok()
    }

    /// The next used chain of a queue: head and length. Waits for interrupts.
    pub fn wait_used(&mut self, queue: usize) -> (u32, u32) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(used) = self.rings[queue].used(&self.memory) {
                return used;
            }
            let left = end.saturating_duration_since(Instant::now());
            if !self.interrupted(left) {
                let told: Vec<_> = self.complaints.try_iter().collect();
                panic!("nothing was used: {told:?}");
            }
        }
    }
}

fn readable(eventfd: &EventFd, within: Duration) -> bool {
    let fd = as_fd(eventfd);
    let timeout = Timespec::try_from(within).unwrap();
    loop {
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            // A fuzzer has an alarm clock.
            Err(rustix::io::Errno::INTR) => {}
            ready => return ready.unwrap() == 1,
        }
    }
}
