//! A virtual CPU and its thread.

mod control;
mod exits;
mod kick;
mod run;

pub(crate) use control::Control;
pub use exits::Exits;
pub(crate) use kick::handle_signal;
pub use kick::signal as kick_signal;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use kvm_ioctls::VcpuFd;
use vmm_sys_util::signal::Killable;

use crate::bus::Bus;
use crate::machine::Ending;
use crate::vm::Vm;
use exits::Counters;
use kick::ImmediateExit;

/// Who answers to what a vCPU does outside of memory.
#[derive(Default)]
pub struct Buses {
    /// Addresses that are no memory.
    pub memory: Bus,
    /// Ports of x86.
    pub ports: Bus,
}

/// A vCPU's thread, as its owner has it. Dropped, it ends, which takes as long as a device needs that the vCPU waits for.
pub(crate) struct Vcpu {
    immediate_exit: Arc<ImmediateExit>,
    counters: Arc<Counters>,
    ending: Ending,
    thread: Option<JoinHandle<()>>,
}

/// What a vCPU's thread works with.
struct Running {
    fd: VcpuFd,
    id: u8,
    buses: Arc<Buses>,
    immediate_exit: Arc<ImmediateExit>,
    counters: Arc<Counters>,
    ending: Ending,
    /// KVM's VM, and the memory that it has mapped, live longer than its vCPUs.
    _vm: Arc<Vm>,
}

impl Vcpu {
    /// `fd` is set up. `enter` runs first on the new thread, which is then parked.
    ///
    /// # Errors
    /// When the thread, or its mapping, cannot be had.
    pub(crate) fn spawn(
        (id, fd): (u8, VcpuFd),
        vm: Arc<Vm>,
        buses: Arc<Buses>,
        ending: Ending,
        enter: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<Vcpu> {
        let immediate_exit = Arc::new(ImmediateExit::new(&fd)?);
        let counters = Arc::new(Counters::default());
        let mut running = Running {
            fd,
            id,
            buses,
            immediate_exit: Arc::clone(&immediate_exit),
            counters: Arc::clone(&counters),
            ending: ending.clone(),
            _vm: vm,
        };
        let thread = std::thread::Builder::new()
            .name(format!("vcpu{id}"))
            .spawn(move || match enter() {
                Ok(()) => running.run(),
                Err(error) => running
                    .ending
                    .fail(format!("the thread of CPU {id} cannot begin: {error}")),
            })?;
        Ok(Vcpu {
            immediate_exit,
            counters,
            ending,
            thread: Some(thread),
        })
    }

    /// Has the thread look at what its owner wants.
    pub(crate) fn kick(&self) {
        self.immediate_exit.set(true);
        if let Some(thread) = &self.thread {
            // It can only fail for a signal that is none.
            let _ = thread.kill(kick::signal());
        }
    }

    pub(crate) fn add_exits(&self, sum: &mut Exits) {
        self.counters.add_to(sum);
    }
}

impl Drop for Vcpu {
    fn drop(&mut self) {
        self.ending.control().stop();
        self.kick();
        if let Some(thread) = self.thread.take() {
            // A panic of it was told by the panic hook.
            let _ = thread.join();
        }
    }
}
