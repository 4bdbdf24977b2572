//! One thread, one epoll set: the control socket, QEMU, the kicks, and the device's own set.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hadron_vsock_device::Control;
use rustix::event::{Timespec, epoll};
use vhost::vhost_user::{BackendReqHandler, Error as VhostError};

use crate::backend::Backend;

/// QEMU sends a request in one piece. One that stays incomplete for so long is an error: it would
/// keep everything else waiting.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

const CONTROL: u64 = 0;
const LISTENER: u64 = 1;
const REQUESTS: u64 = 2;
const DEVICE: u64 = 3;
/// Plus the queue's number.
const KICK: u64 = 4;

type Handler = BackendReqHandler<Mutex<Backend>>;

pub struct EventLoop {
    epoll: OwnedFd,
    control: Control,
    control_interest: epoll::EventFlags,
    listener: UnixListener,
    backend: Arc<Mutex<Backend>>,
    handler: Option<Handler>,
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
            handler: None,
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
            REQUESTS => self.handle_request()?,
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
        stream.set_read_timeout(Some(REQUEST_TIMEOUT))?;
        stream.set_write_timeout(Some(REQUEST_TIMEOUT))?;
        // There is one virtual machine; the next may come when it is gone.
        epoll::delete(&self.epoll, &self.listener)?;
        epoll::add(
            &self.epoll,
            &stream,
            epoll::EventData::new_u64(REQUESTS),
            epoll::EventFlags::IN,
        )?;
        self.handler = Some(Handler::from_stream(stream, Arc::clone(&self.backend)));
        Ok(())
    }

    fn handle_request(&mut self) -> io::Result<()> {
        let Some(handler) = &mut self.handler else {
            return Ok(());
        };
        match handler.handle_request() {
            Ok(()) => return Ok(()),
            Err(VhostError::Disconnected | VhostError::SocketBroken(_)) => {}
            Err(error) => eprintln!("hadron-vsock: a vhost-user request failed: {error}"),
        }
        self.handler = None; // Closing takes it out of the set: nobody else holds it.
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
