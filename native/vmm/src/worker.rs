//! The thread that runs virtio devices: one epoll set for their queues' kicks, their descriptors and the
//! transports' messages.

mod preemption;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::device::{AGAIN, Activation, Device, Failure, Interrupt, Progress, as_fd};
use preemption::{Policy, Preemption, Work};

pub use rustix::event::epoll::EventFlags;

/// How many faults of the guest are told of each device: it can make as many as it likes.
const TOLD_FAULTS: u32 = 8;
/// The device number of the worker's own eventfd.
const MESSAGES: u32 = u32::MAX;

/// What a worker has to tell. It must not block.
pub trait Listener: Send + Sync {
    /// The guest broke the rules; for the log.
    fn complaint(&self, sentence: String);
    /// The VM cannot go on.
    fn fatal(&self, sentence: String);
}

/// What a device has watched.
pub struct Poll<'a> {
    set: &'a OwnedFd,
    device: u32,
}

impl Poll<'_> {
    /// Calls [`Device::handle`] with `token` when `fd` is ready for `interest`, until it is removed or its last duplicate
    /// is closed.
    ///
    /// # Errors
    /// As epoll_ctl(2).
    pub fn add(&mut self, fd: impl AsFd, token: u32, interest: EventFlags) -> io::Result<()> {
        Ok(epoll::add(self.set, fd, self.data(token), interest)?)
    }

    /// # Errors
    /// As epoll_ctl(2).
    pub fn modify(&mut self, fd: impl AsFd, token: u32, interest: EventFlags) -> io::Result<()> {
        Ok(epoll::modify(self.set, fd, self.data(token), interest)?)
    }

    /// # Errors
    /// As epoll_ctl(2).
    pub fn remove(&mut self, fd: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(self.set, fd)?)
    }

    fn data(&self, token: u32) -> epoll::EventData {
        epoll::EventData::new_u64(u64::from(self.device) << 32 | u64::from(token))
    }
}

enum Message {
    Activate(usize, Box<Activation>, Reply),
    Configure(usize, u64, Vec<u8>, Reply),
    Reset(usize, Reply),
    Replace(usize, Box<dyn Device>, Reply),
    Stop,
}

/// Reaches the worker from other threads.
#[derive(Clone)]
pub struct WorkerHandle {
    messages: Sender<Message>,
    wake: Arc<EventFd>,
}

impl WorkerHandle {
    /// Moves queues into a device. Answered when it has them. False: it refused, and stands still.
    pub fn activate(&self, device: usize, activation: Activation) -> Answer {
        self.ask(|reply| Message::Activate(device, Box::new(activation), reply))
    }

    /// Tells a device what the driver wrote to its configuration. Answered when it knows.
    pub fn configure(&self, device: usize, offset: u64, data: &[u8]) -> Answer {
        self.ask(|reply| Message::Configure(device, offset, data.to_vec(), reply))
    }

    /// Answered when a device has let go of guest memory. False: there is no worker any more, or the VM ends.
    pub fn reset(&self, device: usize) -> Answer {
        self.ask(|reply| Message::Reset(device, reply))
    }

    /// Has another device take a device's place. Answered when the old one is gone and what it had of the host closed. False: as of
    /// [`Self::reset`].
    pub fn replace(&self, device: usize, by: Box<dyn Device>) -> Answer {
        self.ask(|reply| Message::Replace(device, by, reply))
    }

    fn ask(&self, message: impl FnOnce(Reply) -> Message) -> Answer {
        let answer = Answer::default();
        self.send(message(Reply(answer.clone())));
        answer
    }

    /// What is not received is dropped, which whoever waits for its answer notices.
    fn send(&self, message: Message) {
        if self.messages.send(message).is_ok() {
            // It can only fail when 2^64 - 2 are outstanding.
            let _ = self.wake.write(1);
        }
    }
}

/// What the worker says to what it was asked; its clones are the same one. The worker does it in any case, one after the other, whether
/// anybody waits or not.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Answer(Arc<(Mutex<Option<bool>>, Condvar)>);

impl Answer {
    /// Waits for it, as long as it takes. False as well when there is no worker any more.
    #[must_use]
    pub fn wait(&self) -> bool {
        let (said, come) = &*self.0;
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = come.wait_while(said, |said| said.is_none());
        said.unwrap_or_else(PoisonError::into_inner)
            .unwrap_or(false)
    }

    /// None: it does not come within `limit`.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Option<bool> {
        let (said, come) = &*self.0;
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = come.wait_timeout_while(said, limit, |said| said.is_none());
        *said.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Gives the answer. Dropped before, it is false.
struct Reply(Answer);

impl Reply {
    fn say(&self, answer: bool) {
        let (said, come) = &*self.0.0;
        said.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(answer);
        come.notify_all();
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.say(false);
    }
}

/// A running worker. Dropped, it ends: devices are reset first.
pub struct Worker {
    handle: WorkerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// `enter` runs first on the new thread: what the jail has for this kind of thread.
    ///
    /// # Errors
    /// When the thread, or its descriptors, cannot be had.
    pub fn spawn(
        devices: Vec<Box<dyn Device>>,
        listener: Arc<dyn Listener>,
        enter: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<Worker> {
        let (messages, inbox) = mpsc::channel();
        let wake = Arc::new(EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?);
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let poll = Poll {
            set: &set,
            device: MESSAGES,
        };
        epoll::add(&set, as_fd(&wake), poll.data(0), EventFlags::IN)?;
        let handle = WorkerHandle {
            messages,
            wake: Arc::clone(&wake),
        };
        let devices = devices.into_iter().map(Slot::new).collect();
        let mut running = Running {
            set,
            wake,
            inbox,
            devices,
            listener,
            preemption: None,
        };
        let thread = std::thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || {
                // Whoever has given it another policy knows why.
                running.preemption = (Policy::current() == Some(Policy::Other))
                    .then(|| Preemption::new(Instant::now()));
                if let Err(error) = enter().and_then(|()| running.run()) {
                    running
                        .listener
                        .fatal(format!("the devices' thread failed: {error}"));
                }
            })?;
        Ok(Worker {
            handle,
            thread: Some(thread),
        })
    }

    /// For other threads.
    #[must_use]
    pub fn handle(&self) -> WorkerHandle {
        self.handle.clone()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.handle.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic of it was told by the panic hook.
            let _ = thread.join();
        }
    }
}

struct Slot {
    device: Box<dyn Device>,
    name: String,
    /// While it is active.
    interrupt: Option<Interrupt>,
    again: bool,
    faults: u32,
}

impl Slot {
    fn new(device: Box<dyn Device>) -> Self {
        Slot {
            name: device.description().name,
            device,
            interrupt: None,
            again: false,
            faults: 0,
        }
    }

    /// What it has done since this was asked before.
    fn work(&self) -> Work {
        let counted = self.interrupt.as_ref().map(Interrupt::take_counted);
        let (buffers, bytes) = counted.unwrap_or_default();
        Work { buffers, bytes }
    }
}

struct Running {
    set: OwnedFd,
    wake: Arc<EventFd>,
    inbox: Receiver<Message>,
    devices: Vec<Slot>,
    listener: Arc<dyn Listener>,
    /// None: the thread's policy stays as it is.
    preemption: Option<Preemption>,
}

impl Running {
    fn run(&mut self) -> io::Result<()> {
        for index in 0..self.devices.len() {
            self.run_device(index, |slot, poll| slot.device.attach(poll));
        }
        let mut events = Vec::with_capacity(64);
        loop {
            events.clear();
            let hurry = self.devices.iter().any(|slot| slot.again);
            if !hurry {
                self.consider_preemption();
            }
            let timeout = hurry.then(Timespec::default);
            match epoll::wait(
                &self.set,
                rustix::buffer::spare_capacity(&mut events),
                timeout.as_ref(),
            ) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in &events {
                let data = event.data.u64();
                let (device, token) = ((data >> 32) as u32, data as u32);
                if device == MESSAGES {
                    if !self.receive() {
                        return self.reset_all();
                    }
                } else {
                    self.handle(device as usize, token);
                }
            }
            for index in 0..self.devices.len() {
                if self
                    .devices
                    .get_mut(index)
                    .is_some_and(|slot| std::mem::take(&mut slot.again))
                {
                    self.handle(index, AGAIN);
                }
            }
        }
    }

    /// Before it sleeps.
    fn consider_preemption(&mut self) {
        let Some(preemption) = &mut self.preemption else {
            return;
        };
        let work = self.devices.iter().map(Slot::work).sum();
        if let Some(policy) = preemption.woken(work, Instant::now)
            && policy.set().is_err()
        {
            // A host that forbids it has it the way it is.
            self.preemption = None;
        }
    }

    /// False: the worker shall end.
    fn receive(&mut self) -> bool {
        let _ = self.wake.read();
        loop {
            match self.inbox.try_recv() {
                Ok(Message::Activate(device, activation, reply)) => {
                    reply.say(self.activate(device, *activation));
                }
                Ok(Message::Configure(device, offset, data, reply)) => {
                    reply.say(self.run_device(device, |slot, poll| {
                        slot.device.configure(offset, &data, poll)
                    }));
                }
                Ok(Message::Reset(device, reply)) => reply.say(self.reset(device)),
                Ok(Message::Replace(device, by, reply)) => reply.say(self.replace(device, by)),
                Ok(Message::Stop) | Err(mpsc::TryRecvError::Disconnected) => return false,
                Err(mpsc::TryRecvError::Empty) => return true,
            }
        }
    }

    fn activate(&mut self, index: usize, activation: Activation) -> bool {
        self.run_device(index, |slot, poll| {
            slot.interrupt = Some(activation.interrupt.clone());
            slot.device.activate(activation, poll)
        })
    }

    fn handle(&mut self, index: usize, token: u32) {
        self.run_device(index, |slot, poll| {
            // Of several events of one round, each may want it.
            slot.again |= slot.device.handle(token, poll)? == Progress::More;
            Ok(())
        });
    }

    /// False: the device has failed, and stands still.
    fn run_device(
        &mut self,
        index: usize,
        run: impl FnOnce(&mut Slot, &mut Poll<'_>) -> Result<(), Failure>,
    ) -> bool {
        let Some(slot) = self.devices.get_mut(index) else {
            return false;
        };
        let mut poll = Poll {
            set: &self.set,
            device: index as u32,
        };
        let Err(failure) = run(slot, &mut poll) else {
            return true;
        };
        let sentence = format!("{} stops: {failure}", slot.name);
        if matches!(failure, Failure::Host(_)) {
            self.listener.fatal(sentence);
        } else {
            slot.faults = slot.faults.saturating_add(1);
            if slot.faults <= TOLD_FAULTS {
                self.listener.complaint(sentence);
            }
        }
        let interrupt = slot.interrupt.clone();
        // Before the driver is told: from then on it may use the memory for something else.
        self.reset(index);
        if let Some(interrupt) = interrupt {
            interrupt.needs_reset();
        }
        false
    }

    fn reset(&mut self, index: usize) -> bool {
        let Some(slot) = self.devices.get_mut(index) else {
            return false;
        };
        slot.again = false;
        slot.interrupt = None;
        let mut poll = Poll {
            set: &self.set,
            device: index as u32,
        };
        match slot.device.reset(&mut poll) {
            Ok(()) => true,
            Err(error) => {
                let sentence = format!("{} cannot be reset: {error}", slot.name);
                self.listener.fatal(sentence);
                false
            }
        }
    }

    fn replace(&mut self, index: usize, by: Box<dyn Device>) -> bool {
        if !self.reset(index) {
            return false;
        }
        let Some(slot) = self.devices.get_mut(index) else {
            return false;
        };
        // Events of the old one that were counted already come to the new one, which minds no token whose cause is gone.
        *slot = Slot::new(by);
        self.run_device(index, |slot, poll| slot.device.attach(poll))
    }

    fn reset_all(&mut self) -> io::Result<()> {
        for index in 0..self.devices.len() {
            self.reset(index);
        }
        Ok(())
    }
}
