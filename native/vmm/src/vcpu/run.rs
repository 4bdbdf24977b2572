//! What a vCPU's thread does: it runs the guest, and answers what KVM cannot.

use kvm_bindings::{KVM_SYSTEM_EVENT_RESET, KVM_SYSTEM_EVENT_SHUTDOWN};
use kvm_ioctls::VcpuExit;

use super::Running;
use super::exits::Counters;
use crate::arch;
use crate::machine::{End, Ending};

/// What is read where nothing is.
const NOTHING: u8 = 0xff;

impl Running {
    /// Until the owner has it stop.
    pub(super) fn run(&mut self) {
        while self.ending.control().depart() {
            let ending = self.ending.clone();
            let way = Way {
                ending: &ending,
                id: self.id,
            };
            arch::go_on(&self.fd);
            while self.step() {}
            drop(way);
        }
    }

    /// Once into the guest and back. False: it shall not go there again for now.
    fn step(&mut self) -> bool {
        match self.fd.run() {
            Ok(VcpuExit::MmioRead(address, data)) => {
                Counters::count(&self.counters.memory_reads);
                if !self.buses.memory.read(address, data) {
                    data.fill(NOTHING);
                    Counters::count(&self.counters.unclaimed);
                }
            }
            Ok(VcpuExit::MmioWrite(address, data)) => {
                Counters::count(&self.counters.memory_writes);
                if !self.buses.memory.write(address, data) {
                    Counters::count(&self.counters.unclaimed);
                }
            }
            Ok(VcpuExit::IoIn(..) | VcpuExit::IoOut(..)) => self.access_port(),
            Ok(exit) => {
                let exit = Exit::from(exit);
                return self.unusual(exit);
            }
            Err(error) => match error.errno() {
                libc::EINTR => {
                    Counters::count(&self.counters.interruptions);
                    // Before the question: whoever changes the answer later sets it again.
                    self.immediate_exit.set(false);
                    return self.ending.control().goes_on();
                }
                // A CPU that was waiting was woken.
                libc::EAGAIN => {}
                _ => {
                    let state = arch::describe(&mut self.fd);
                    self.fail(&format!("KVM_RUN answers: {error}; {state}"));
                    return false;
                }
            },
        }
        !self.ending.has_ended()
    }

    fn access_port(&mut self) {
        let Some(access) = arch::port_access(&mut self.fd) else {
            return;
        };
        let counter = if access.write {
            &self.counters.port_writes
        } else {
            &self.counters.port_reads
        };
        Counters::count(counter);
        // More than one is an instruction with a repetition: each at the same port.
        for data in access.data.chunks_exact_mut(access.width) {
            let port = access.port.into();
            let claimed = if access.write {
                self.buses.ports.write(port, data)
            } else {
                let claimed = self.buses.ports.read(port, data);
                if !claimed {
                    data.fill(NOTHING);
                }
                claimed
            };
            if !claimed {
                Counters::count(&self.counters.unclaimed);
            }
        }
    }

    /// What ends the guest. The answer is false.
    fn unusual(&mut self, exit: Exit) -> bool {
        match exit {
            Exit::End(end) => self.ending.end(end),
            Exit::Unknown(exit) => {
                let state = arch::describe(&mut self.fd);
                self.fail(&format!("KVM left the guest for {exit}; {state}"));
            }
        }
        false
    }

    fn fail(&self, what: &str) {
        self.ending
            .fail(format!("CPU {} cannot go on: {what}", self.id));
    }
}

/// A vCPU's thread is on its way into the guest, or back.
struct Way<'a> {
    ending: &'a Ending,
    id: u8,
}

impl Drop for Way<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let sentence = format!("the thread of CPU {} panicked", self.id);
            self.ending.fail(sentence);
        }
        self.ending.control().arrive();
    }
}

enum Exit {
    End(End),
    Unknown(String),
}

impl From<VcpuExit<'_>> for Exit {
    fn from(exit: VcpuExit<'_>) -> Self {
        match exit {
            VcpuExit::Shutdown => Exit::End(End::TripleFault),
            VcpuExit::SystemEvent(KVM_SYSTEM_EVENT_SHUTDOWN, _) => Exit::End(End::PowerOff),
            VcpuExit::SystemEvent(KVM_SYSTEM_EVENT_RESET, _) => Exit::End(End::Reset),
            exit => Exit::Unknown(format!("{exit:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::machine::Owner;
    use crate::vcpu::Control;
    use crate::worker::Listener;

    struct Heard(Mutex<Sender<String>>);

    impl Listener for Heard {
        fn complaint(&self, _: String) {}
        fn fatal(&self, sentence: String) {
            self.0.lock().unwrap().send(sentence).unwrap();
        }
    }

    impl Owner for Heard {
        fn ended(&self, _: End) {}
    }

    #[test]
    fn a_thread_that_panics_ends_the_vm() {
        let (sender, heard) = channel();
        let owner = Arc::new(Heard(Mutex::new(sender)));
        let ending = Ending::new(owner, Arc::new(Control::new()));
        ending.control().resume();
        let thread = std::thread::spawn({
            let ending = ending.clone();
            move || {
                assert!(ending.control().depart());
                let _way = Way {
                    ending: &ending,
                    id: 7,
                };
                panic!("as it shall");
            }
        });
        assert!(thread.join().is_err());
        assert_eq!(heard.recv().unwrap(), "the thread of CPU 7 panicked");
        assert!(ending.control().wait_parked(Duration::ZERO));
    }
}
