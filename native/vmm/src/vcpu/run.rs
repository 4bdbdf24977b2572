//! What a vCPU's thread does: it runs the guest, and answers what KVM cannot.

use kvm_bindings::{KVM_SYSTEM_EVENT_RESET, KVM_SYSTEM_EVENT_SHUTDOWN};
use kvm_ioctls::VcpuExit;

use super::Running;
use super::exits::Counters;
use crate::arch;
use crate::machine::End;

/// What is read where nothing is.
const NOTHING: u8 = 0xff;

impl Running {
    /// Until the owner has it stop.
    pub(super) fn run(&mut self) {
        while self.ending.control().depart() {
            while self.step() {}
            self.ending.control().arrive();
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
