//! A whole VM: what it is made of, in the order in which it is made, and in the reverse one released.

mod ending;
mod places;

pub use crate::arch::GenerationError;
pub use ending::{End, Ending, Owner};
pub use places::PlaceError;

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kvm_ioctls::Kvm;
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::arch::{self, Boot, BootError, Cpus, Generation};
use crate::bus::Overlap;
use crate::device::Device;
use crate::layout::{FIRST_GSI, MAX_DEVICES, VIRTIO_MMIO, VIRTIO_MMIO_SIZE};
use crate::memory::Memory;
use crate::mmio::{Mmio, Place};
use crate::vcpu::{self, Buses, Control, Exits, Vcpu};
use crate::vm::{KvmError, Vm};
use crate::worker::{Worker, WorkerHandle};

/// The most virtual CPUs of a VM: APIC ids have 8 bits, of which one value means all of them.
pub const MAX_VCPUS: u8 = 254;
/// How long a pause waits for vCPUs, which may be waiting for a device to let go of its memory.
const PAUSE_LIMIT: Duration = Duration::from_secs(10);

/// A kind of thread. Each is given other rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// Runs virtio devices, some of them or all.
    Worker,
    /// Runs the guest.
    Vcpu,
    /// Does what a disk's io_uring would, where the host has none.
    Disk,
}

/// Runs first in each thread of a VM, which it can forbid to begin.
pub type Enter = Arc<dyn Fn(Thread) -> io::Result<()> + Send + Sync>;

/// What a VM is made of.
pub struct Parts {
    /// /dev/kvm.
    pub kvm: OwnedFd,
    /// The guest's.
    pub memory: Arc<Memory>,
    /// At least one.
    pub vcpus: u8,
    /// In the order in which the guest finds them.
    pub devices: Vec<Box<dyn Device>>,
    /// Where the guest's serial port writes to; without one the guest has none.
    pub serial: Option<OwnedFd>,
    /// What the guest runs.
    pub boot: Boot,
    /// Hears of everything.
    pub owner: Arc<dyn Owner>,
    /// Of the workers and of the vCPUs.
    pub enter: Enter,
}

/// Why there is no VM.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// What nobody can have.
    #[error("a VM cannot have {0} virtual CPUs; 1 to {1} are possible")]
    Vcpus(u8, usize),
    /// More than there are interrupt lines.
    #[error("a VM cannot have {0} virtio devices; {MAX_DEVICES} are possible")]
    Devices(usize),
    /// KVM refused.
    #[error(transparent)]
    Kvm(#[from] KvmError),
    /// What the guest shall run.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// By which a guest knows that it is a copy.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// Two of the VMM's own devices, which is a fault of it.
    #[error(transparent)]
    Overlap(#[from] Overlap),
    /// A device describes queues that cannot be.
    #[error("{0} cannot have such queues: {1}")]
    Queues(String, virtio_queue::Error),
    /// An eventfd.
    #[error("an interrupt line cannot be made: {0}")]
    Line(io::Error),
    /// Its stream.
    #[error("the serial port cannot be made: {0}")]
    Serial(io::Error),
    /// One of its threads.
    #[error("a thread of the VM cannot be made: {0}")]
    Thread(io::Error),
}

/// A VM. Dropped, its vCPUs end, then its devices, then KVM's part and its memory.
pub struct Machine {
    // In this order they are dropped. vCPUs wait for devices, not the other way round.
    vcpus: Vec<Vcpu>,
    ending: Ending,
    /// The devices' registers, by their places.
    places: BTreeMap<usize, Arc<Mutex<Mmio>>>,
    _workers: Vec<Worker>,
    generation: Generation,
    vm: Arc<Vm>,
}

impl Machine {
    /// Everything is there afterwards, and nothing runs yet.
    ///
    /// # Errors
    /// Nothing is left of it then.
    pub fn new(parts: Parts) -> Result<Machine, MachineError> {
        let kvm = open(parts.kvm);
        let most = kvm.get_max_vcpus().min(MAX_VCPUS.into());
        if parts.vcpus == 0 || usize::from(parts.vcpus) > most {
            return Err(MachineError::Vcpus(parts.vcpus, most));
        }
        if parts.devices.len() > MAX_DEVICES {
            return Err(MachineError::Devices(parts.devices.len()));
        }
        vcpu::handle_signal().map_err(MachineError::Thread)?;
        let vm = Arc::new(Vm::new(&kvm, parts.memory)?);
        let ending = Ending::new(Arc::clone(&parts.owner), Arc::new(Control::new()));
        let description = arch::Description {
            vcpus: parts.vcpus,
            devices: parts.devices.len(),
            serial: parts.serial.is_some(),
        };
        let entry = parts.boot.load(vm.memory(), description)?;
        let generation = Generation::new(&vm)?;

        let mut buses = Buses::default();
        arch::insert_legacy(&mut buses, &vm, &ending, parts.serial)?;
        let mut workers = Vec::new();
        let mut places = BTreeMap::new();
        for (numbers, devices) in by_worker(parts.devices) {
            let descriptions: Vec<_> = devices.iter().map(|device| device.description()).collect();
            let (listener, enter) = (Arc::clone(&parts.owner), Arc::clone(&parts.enter));
            let worker = Worker::spawn(devices, listener, move || enter(Thread::Worker))
                .map_err(MachineError::Thread)?;
            for (device, (place, description)) in numbers.into_iter().zip(descriptions).enumerate()
            {
                let worker = (worker.handle(), device);
                let mmio = insert_device(&mut buses, &vm, worker, place, description)?;
                places.insert(place, mmio);
            }
            workers.push(worker);
        }

        let buses = Arc::new(buses);
        let cpus = Cpus::new(&kvm, parts.vcpus)?;
        let mut vcpus = Vec::with_capacity(parts.vcpus.into());
        for id in 0..parts.vcpus {
            let fd = vm.create_vcpu(id)?;
            cpus.set_up(&fd, id, &entry)?;
            let (vm, buses) = (Arc::clone(&vm), Arc::clone(&buses));
            let enter = Arc::clone(&parts.enter);
            let vcpu = Vcpu::spawn((id, fd), vm, buses, ending.clone(), move || {
                enter(Thread::Vcpu)
            });
            vcpus.push(vcpu.map_err(MachineError::Thread)?);
        }
        Ok(Machine {
            vcpus,
            ending,
            places,
            _workers: workers,
            generation,
            vm,
        })
    }

    /// The vCPUs run, from the beginning or from where they were paused. Not after the guest has ended.
    pub fn resume(&self) {
        self.ending.control().resume();
    }

    /// No vCPU is in the guest afterwards, and what a guest's instruction asked of a device is done.
    /// Devices go on with what is in their queues.
    ///
    /// # Errors
    /// When vCPUs wait for a device that does not answer.
    pub fn pause(&self) -> io::Result<()> {
        self.ending.control().pause();
        for vcpu in &self.vcpus {
            vcpu.kick();
        }
        if self.ending.control().wait_parked(PAUSE_LIMIT) {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    /// Exits of all vCPUs so far.
    #[must_use]
    pub fn exits(&self) -> Exits {
        let mut sum = Exits::default();
        for vcpu in &self.vcpus {
            vcpu.add_exits(&mut sum);
        }
        sum
    }

    /// Tells the guest that it is a copy of what it was before: its kernel seeds its random numbers anew. The vCPUs are paused.
    ///
    /// # Errors
    /// When the host has no random numbers.
    pub fn renew_generation(&self) -> Result<(), MachineError> {
        Ok(self.generation.renew()?)
    }

    /// KVM's part, for more interrupt lines.
    #[must_use]
    pub fn vm(&self) -> &Arc<Vm> {
        &self.vm
    }
}

fn open(kvm: OwnedFd) -> Kvm {
    // SAFETY: the descriptor is given up by its owner, and Kvm closes it. If it is another file, its ioctls fail.
    unsafe { Kvm::from_raw_fd(kvm.into_raw_fd()) }
}

/// Devices of one worker, with their places among all of them.
type Group = (Vec<usize>, Vec<Box<dyn Device>>);

/// Those that never wait, and those that do ([`Device::waits`]), if there are any.
fn by_worker(devices: Vec<Box<dyn Device>>) -> Vec<Group> {
    let devices = devices.into_iter().enumerate();
    let (waiting, prompt): (Vec<_>, Vec<_>) = devices.partition(|(_, device)| device.waits());
    let groups = [prompt, waiting].into_iter();
    groups
        .filter(|group| !group.is_empty())
        .map(|group| group.into_iter().unzip())
        .collect()
}

/// `worker`: with the device's number there; `index`: its place among all devices.
fn insert_device(
    buses: &mut Buses,
    vm: &Arc<Vm>,
    (worker, device): (WorkerHandle, usize),
    index: usize,
    description: crate::device::Description,
) -> Result<Arc<Mutex<Mmio>>, MachineError> {
    let line = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).map_err(MachineError::Line)?;
    vm.connect(&line, FIRST_GSI + index as u32)?;
    let address = VIRTIO_MMIO + index as u64 * VIRTIO_MMIO_SIZE;
    let place = Place {
        address,
        memory: Arc::clone(vm.memory()),
        doorbells: Box::new(Arc::clone(vm)),
        worker,
        device,
        line: Arc::new(line),
    };
    let name = description.name.clone();
    let mmio = Mmio::new(place, description).map_err(|error| MachineError::Queues(name, error))?;
    let mmio = Arc::new(Mutex::new(mmio));
    let registers = Arc::clone(&mmio);
    buses.memory.insert(address, VIRTIO_MMIO_SIZE, registers)?;
    Ok(mmio)
}
