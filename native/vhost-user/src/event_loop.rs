//! One thread, one epoll set: the control socket, QEMU, the kicks, and the device's own set.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hadron_vsock_device::Control;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use vhost::vhost_user::{BackendReqHandler, Error as VhostError};

use crate::backend::Backend;

/// A request's header: what is asked, flags, and how much follows.
const HEADER: usize = 12;
/// More does not follow; the `vhost` crate refuses it.
const MAX_BODY: usize = 4096;

const CONTROL: u64 = 0;
const LISTENER: u64 = 1;
const REQUESTS: u64 = 2;
const DEVICE: u64 = 3;
/// Plus the queue's number.
const KICK: u64 = 4;

/// QEMU's connection. `vhost` waits for the rest of a request, and for room for an answer, whatever time that takes. So it is
/// only called when the one and the other are there.
struct Qemu {
    stream: UnixStream,
    handler: BackendReqHandler<Mutex<Backend>>,
}

impl Qemu {
    /// Whether there is a whole request, or what `vhost` refuses without waiting, such as the end.
    fn has_request(&self) -> io::Result<bool> {
        let mut bytes = [0; HEADER + MAX_BODY];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let length = match recv(&self.stream, &mut bytes[..], flags) {
            Ok((0, _)) | Err(Errno::CONNRESET) => return Ok(true),
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        };
        let size = bytes.first_chunk::<HEADER>().map(|header| {
            let [.., a, b, c, d] = *header;
            u32::from_ne_bytes([a, b, c, d]) as usize
        });
        Ok(length >= HEADER && size.is_some_and(|size| size > MAX_BODY || length >= HEADER + size))
    }

    fn takes_answer(&self) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.stream, PollFlags::OUT)];
        Ok(poll(&mut fds, Some(&Timespec::default()))? > 0)
    }
}

pub struct EventLoop {
    epoll: OwnedFd,
    control: Control,
    control_interest: epoll::EventFlags,
    listener: UnixListener,
    backend: Arc<Mutex<Backend>>,
    qemu: Option<Qemu>,
    /// Duplicates, so that a kick can be taken out of the set after QEMU's request closed it.
    kicks: [Option<OwnedFd>; 2],
}

impl EventLoop {
    pub fn new(control: Control, listener: UnixListener, backend: Backend) -> io::Result<Self> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let interest = epoll::EventFlags::IN;
        listener.set_nonblocking(true)?;
        epoll::add(&set, &control, epoll::EventData::new_u64(CONTROL), interest)?;
        epoll::add(
            &set,
            &listener,
            epoll::EventData::new_u64(LISTENER),
            interest,
        )?;
        let device = epoll::EventData::new_u64(DEVICE);
        epoll::add(&set, &backend.device, device, interest)?;
        Ok(EventLoop {
            epoll: set,
            control,
            control_interest: interest,
            listener,
            backend: Arc::new(Mutex::new(backend)),
            qemu: None,
            kicks: [None, None],
        })
    }

    /// Runs until the control socket ends.
    pub fn run(mut self) -> io::Result<()> {
        let mut more = false;
        let mut events = Vec::with_capacity(16);
        loop {
            events.clear();
            let timeout = more.then(Timespec::default);
            match epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                timeout.as_ref(),
            ) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in &events {
                if !self.handle(event.data.u64())? {
                    return Ok(());
                }
            }
            more = self.move_data();
            if !self.finish_round()? {
                return Ok(());
            }
        }
    }

    /// Handles one event; `false` ends the process.
    fn handle(&mut self, token: u64) -> io::Result<bool> {
        match token {
            CONTROL => {
                return self
                    .control
                    .handle_input(lock(&self.backend).device.muxer());
            }
            LISTENER => self.accept()?,
            REQUESTS => self.handle_requests()?,
            DEVICE => lock(&self.backend).device.handle_fds()?,
            // A kick: the queues are looked at in any case.
            _ => {}
        }
        Ok(true)
    }

    fn move_data(&mut self) -> bool {
        let mut backend = lock(&self.backend);
        match backend.device.handle_queues() {
            Ok(more) => more,
            Err(error) => {
                eprintln!(
                    "hadron-vsock: the guest broke a queue of its vsock device, which stops until \
                     it is reset: {error}"
                );
                false
            }
        }
    }

    /// `false` ends the process.
    fn finish_round(&mut self) -> io::Result<bool> {
        let mut backend = lock(&self.backend);
        let interest = self.control.finish(backend.device.muxer())?;
        let kicks = backend.changed_kicks();
        drop(backend);
        if let Some(kicks) = kicks {
            self.poll_kicks(kicks)?;
        }
        let Some(interest) = interest else {
            return Ok(false);
        };
        if interest != self.control_interest {
            let data = epoll::EventData::new_u64(CONTROL);
            epoll::modify(&self.epoll, &self.control, data, interest)?;
            self.control_interest = interest;
        }
        Ok(true)
    }

    fn accept(&mut self) -> io::Result<()> {
        let stream: UnixStream = match self.listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(false)?;
        // There is one virtual machine; the next may come when it is gone.
        epoll::delete(&self.epoll, &self.listener)?;
        epoll::add(
            &self.epoll,
            &stream,
            epoll::EventData::new_u64(REQUESTS),
            // Edges, so that the first half of a request is told of once.
            epoll::EventFlags::IN | epoll::EventFlags::ET,
        )?;
        self.qemu = Some(Qemu {
            stream: stream.try_clone()?,
            handler: BackendReqHandler::from_stream(stream, Arc::clone(&self.backend)),
        });
        Ok(())
    }

    fn handle_requests(&mut self) -> io::Result<()> {
        let Some(qemu) = &mut self.qemu else {
            return Ok(());
        };
        while qemu.has_request()? {
            match qemu.handler.handle_request() {
                Ok(()) if qemu.takes_answer()? => continue,
                Ok(()) => eprintln!("hadron-vsock: QEMU does not read what it is answered"),
                Err(VhostError::Disconnected | VhostError::SocketBroken(_)) => {}
                Err(error) => eprintln!("hadron-vsock: a vhost-user request failed: {error}"),
            }
            return self.hang_up();
        }
        Ok(())
    }

    fn hang_up(&mut self) -> io::Result<()> {
        self.qemu = None; // Closing takes it out of the set: nobody else holds it.
        lock(&self.backend).disconnected();
        epoll::add(
            &self.epoll,
            &self.listener,
            epoll::EventData::new_u64(LISTENER),
            epoll::EventFlags::IN,
        )?;
        Ok(())
    }

    fn poll_kicks(&mut self, wanted: [Option<RawFd>; 2]) -> io::Result<()> {
        for (index, fd) in wanted.into_iter().enumerate() {
            if let Some(old) = self.kicks[index].take() {
                epoll::delete(&self.epoll, &old)?;
            }
            if let Some(fd) = fd {
                // SAFETY: the backend holds this descriptor open; only its lock lets it go, and
                // everything here runs on one thread.
                let fd = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()?;
                let data = epoll::EventData::new_u64(KICK + index as u64);
                // Each kick is an edge of its own, so that none has to be read.
                let interest = epoll::EventFlags::IN | epoll::EventFlags::ET;
                epoll::add(&self.epoll, &fd, data, interest)?;
                self.kicks[index] = Some(fd);
            }
        }
        Ok(())
    }
}

fn lock(backend: &Mutex<Backend>) -> MutexGuard<'_, Backend> {
    backend.lock().unwrap_or_else(PoisonError::into_inner)
}
