//! The vhost-user back end: QEMU's requests turn into queues that are moved into the device.
//!
//! Written to the vhost-user protocol of QEMU's docs/interop/vhost-user.rst. The `vhost` crate does
//! the framing. `vhost-user-backend` is not used: it runs a worker thread beside the one that talks
//! to QEMU and puts locks around the queues, while one thread is enough here.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};

use hadron_vsock::{Config, Device, Interrupt, QUEUE_SIZE, QueueIndex, Queues};
use vhost::vhost_user::message::{
    VhostTransferStateDirection, VhostTransferStatePhase, VhostUserConfigFlags, VhostUserInflight,
    VhostUserLog, VhostUserMemoryRegion, VhostUserProtocolFeatures, VhostUserSharedMsg,
    VhostUserShMemConfig, VhostUserSingleMemoryRegion, VhostUserVirtioFeatures,
    VhostUserVringAddrFlags, VhostUserVringState,
};
use vhost::vhost_user::{Error, GpuBackend, Result, VhostUserBackendReqHandlerMut};
use vhost::VhostUserMemoryRegionBase;
use virtio_bindings::virtio_config::VIRTIO_F_VERSION_1;
use virtio_bindings::virtio_ring::VIRTIO_RING_F_EVENT_IDX;
use virtio_queue::{Queue, QueueT};
use vm_memory::{GuestAddress, GuestMemoryMmap, GuestRegionMmap};

/// The memory of QEMU's guest.
pub type Memory = GuestMemoryMmap<()>;

/// Queues that vhost-user sees: rx and tx. QEMU keeps the event queue for itself.
const QUEUES: usize = 2;

/// What is known of a queue before and while it runs.
#[derive(Debug, Default)]
struct Vring {
    size: u16,
    descriptors: u64,
    available: u64,
    used: u64,
    base: u16,
    kick: Option<File>,
    enabled: bool,
}

/// Where a queue stood when it was stopped; the same place again means that the VM was paused,
/// another that the device was reset.
type Position = (u64, u16, u16);

/// Maps an address of QEMU's process to one of the guest.
struct Mapping {
    user: u64,
    size: u64,
    guest: u64,
}

/// What QEMU has set up, and the device.
pub struct Backend {
    /// The device; its queues are there while QEMU runs them.
    pub device: Device<Memory>,
    guest_cid: u64,
    features: u64,
    memory: Arc<Memory>,
    mappings: Vec<Mapping>,
    vrings: [Vring; QUEUES],
    calls: Arc<Calls>,
    running: bool,
    stopped_at: Option<[Position; QUEUES]>,
    /// Kick descriptors changed since the event loop last asked.
    kicks_changed: bool,
}

/// The eventfds that interrupt the guest.
#[derive(Debug, Default)]
struct Calls(Mutex<[Option<File>; QUEUES]>);

impl Calls {
    fn set(&self, queue: usize, file: Option<File>) {
        if let Some(call) = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(queue)
        {
            *call = file;
        }
    }
}

struct Caller(Arc<Calls>);

impl Interrupt for Caller {
    fn signal(&self, queue: QueueIndex) {
        let index = match queue {
            QueueIndex::Rx => 0,
            QueueIndex::Tx => 1,
        };
        let calls = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut call) = calls[index].as_ref() {
            // It fails only when 2^64 - 2 interrupts are pending already.
            let _ = call.write(&1u64.to_ne_bytes());
        }
    }
}

fn refuse<T>(sentence: impl Into<String>) -> Result<T> {
    Err(Error::ReqHandlerError(io::Error::other(sentence.into())))
}

impl Backend {
    /// # Errors
    /// When the kernel gives no epoll set.
    pub fn new(config: Config) -> io::Result<Self> {
        Ok(Backend {
            device: Device::new(config)?,
            guest_cid: config.guest_cid,
            features: 0,
            memory: Arc::new(Memory::new()),
            mappings: Vec::new(),
            vrings: Default::default(),
            calls: Arc::default(),
            running: false,
            stopped_at: None,
            kicks_changed: false,
        })
    }

    /// The kick descriptors, if they changed since the last call.
    pub fn changed_kicks(&mut self) -> Option<[Option<RawFd>; QUEUES]> {
        std::mem::take(&mut self.kicks_changed).then(|| {
            [0, 1].map(|index| self.vrings[index].kick.as_ref().map(AsRawFd::as_raw_fd))
        })
    }

    /// QEMU is gone: forgets all that it set up.
    pub fn disconnected(&mut self) {
        self.device.deactivate();
        self.device.muxer().guest_gone();
        self.features = 0;
        self.memory = Arc::new(Memory::new());
        self.mappings.clear();
        self.vrings = Default::default();
        self.calls.set(0, None);
        self.calls.set(1, None);
        self.running = false;
        self.stopped_at = None;
        self.kicks_changed = true;
    }

    fn vring(&mut self, index: u32) -> Result<&mut Vring> {
        self.vrings
            .get_mut(index as usize)
            .ok_or(Error::InvalidParam)
    }

    fn guest_address(&self, user: u64) -> Result<u64> {
        self.mappings
            .iter()
            .find_map(|mapping| {
                let offset = user.checked_sub(mapping.user)?;
                (offset < mapping.size).then(|| mapping.guest + offset)
            })
            .ok_or(Error::InvalidParam)
    }

    /// Starts the device as soon as both queues are complete.
    fn start(&mut self) -> Result<()> {
        let complete = self
            .vrings
            .iter()
            .all(|vring| vring.kick.is_some() && vring.enabled && vring.descriptors != 0);
        if self.running || !complete {
            return Ok(());
        }
        let rx = self.queue(0)?;
        let tx = self.queue(1)?;
        let position = [position(&rx), position(&tx)];
        if self.stopped_at.take() != Some(position) {
            self.device.muxer().guest_reset();
        }
        self.device.activate(
            Arc::clone(&self.memory),
            Queues { rx, tx },
            Box::new(Caller(Arc::clone(&self.calls))),
        );
        self.running = true;
        Ok(())
    }

    fn queue(&self, index: usize) -> Result<Queue> {
        let vring = &self.vrings[index];
        let build = || -> std::result::Result<Queue, virtio_queue::Error> {
            let mut queue = Queue::new(QUEUE_SIZE)?;
            queue.try_set_size(vring.size)?;
            queue.try_set_desc_table_address(GuestAddress(vring.descriptors))?;
            queue.try_set_avail_ring_address(GuestAddress(vring.available))?;
            queue.try_set_used_ring_address(GuestAddress(vring.used))?;
            queue.set_event_idx(self.features & (1 << VIRTIO_RING_F_EVENT_IDX) != 0);
            queue.set_next_avail(vring.base);
            let used = queue.used_idx(&*self.memory, std::sync::atomic::Ordering::Relaxed)?;
            queue.set_next_used(used.0);
            queue.set_ready(true);
            Ok(queue)
        };
        let queue = build().or_else(|error| refuse(format!("queue {index}: {error}")))?;
        if !queue.is_valid(&*self.memory) {
            return refuse(format!("queue {index} does not lie in guest memory"));
        }
        Ok(queue)
    }

    fn stop(&mut self) {
        if let Some(queues) = self.device.deactivate() {
            self.stopped_at = Some([position(&queues.rx), position(&queues.tx)]);
            self.vrings[0].base = queues.rx.next_avail();
            self.vrings[1].base = queues.tx.next_avail();
        }
        self.running = false;
    }
}

fn position(queue: &Queue) -> Position {
    (queue.desc_table(), queue.next_avail(), queue.next_used())
}

impl VhostUserBackendReqHandlerMut for Backend {
    fn set_owner(&mut self) -> Result<()> {
        Ok(())
    }

    fn reset_owner(&mut self) -> Result<()> {
        self.reset_device()
    }

    fn reset_device(&mut self) -> Result<()> {
        self.stop();
        self.stopped_at = None;
        self.device.muxer().guest_reset();
        Ok(())
    }

    fn get_features(&mut self) -> Result<u64> {
        Ok((1 << VIRTIO_F_VERSION_1)
            | (1 << VIRTIO_RING_F_EVENT_IDX)
            | VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits())
    }

    fn set_features(&mut self, features: u64) -> Result<()> {
        if features & !self.get_features()? != 0 {
            return Err(Error::InvalidParam);
        }
        self.features = features;
        if features & VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits() == 0 {
            for vring in &mut self.vrings {
                vring.enabled = true;
            }
        }
        self.start()
    }

    fn set_mem_table(
        &mut self,
        regions: &[VhostUserMemoryRegion],
        files: Vec<File>,
        _postcopy_listening: Option<bool>,
    ) -> Result<Option<Vec<VhostUserMemoryRegionBase>>> {
        let mut mapped = Vec::with_capacity(regions.len());
        let mut mappings = Vec::with_capacity(regions.len());
        for (region, file) in regions.iter().zip(files) {
            let guest = GuestAddress(region.guest_phys_addr);
            let memory = GuestRegionMmap::new(region.mmap_region(file)?, guest)
                .ok_or(Error::InvalidParam)?;
            mapped.push(memory);
            mappings.push(Mapping {
                user: region.user_addr,
                size: region.memory_size,
                guest: region.guest_phys_addr,
            });
        }
        let memory = Memory::from_regions(mapped)
            .or_else(|error| refuse(format!("the guest's memory regions do not fit: {error}")))?;
        self.memory = Arc::new(memory);
        self.mappings = mappings;
        self.device.set_memory(Arc::clone(&self.memory));
        Ok(None)
    }

    fn set_vring_num(&mut self, index: u32, num: u32) -> Result<()> {
        let size = u16::try_from(num).map_err(|_| Error::InvalidParam)?;
        if !size.is_power_of_two() || size > QUEUE_SIZE {
            return Err(Error::InvalidParam);
        }
        self.vring(index)?.size = size;
        Ok(())
    }

    fn set_vring_addr(
        &mut self,
        index: u32,
        _flags: VhostUserVringAddrFlags,
        descriptor: u64,
        used: u64,
        available: u64,
        _log: u64,
    ) -> Result<()> {
        let descriptors = self.guest_address(descriptor)?;
        let available = self.guest_address(available)?;
        let used = self.guest_address(used)?;
        let vring = self.vring(index)?;
        vring.descriptors = descriptors;
        vring.available = available;
        vring.used = used;
        self.start()
    }

    fn set_vring_base(&mut self, index: u32, base: u32) -> Result<()> {
        self.vring(index)?.base = u16::try_from(base).map_err(|_| Error::InvalidParam)?;
        Ok(())
    }

    fn get_vring_base(&mut self, index: u32) -> Result<VhostUserVringState> {
        self.stop();
        self.kicks_changed = true;
        let vring = self.vring(index)?;
        vring.kick = None;
        let base = u32::from(vring.base);
        self.calls.set(index as usize, None);
        Ok(VhostUserVringState::new(index, base))
    }

    fn set_vring_kick(&mut self, index: u8, file: Option<File>) -> Result<()> {
        let Some(file) = file else {
            return refuse("queues without a kick descriptor, which are to be polled, are not served");
        };
        let file = nonblocking(file)?;
        self.vring(u32::from(index))?.kick = Some(file);
        self.kicks_changed = true;
        self.start()
    }

    fn set_vring_call(&mut self, index: u8, file: Option<File>) -> Result<()> {
        self.vring(u32::from(index))?;
        let file = file.map(nonblocking).transpose()?;
        self.calls.set(usize::from(index), file);
        Ok(())
    }

    fn set_vring_err(&mut self, index: u8, _file: Option<File>) -> Result<()> {
        self.vring(u32::from(index)).map(|_| ())
    }

    fn get_protocol_features(&mut self) -> Result<VhostUserProtocolFeatures> {
        Ok(VhostUserProtocolFeatures::CONFIG | VhostUserProtocolFeatures::MQ)
    }

    fn set_protocol_features(&mut self, _features: u64) -> Result<()> {
        Ok(())
    }

    fn get_queue_num(&mut self) -> Result<u64> {
        Ok(QUEUES as u64)
    }

    fn set_vring_enable(&mut self, index: u32, enable: bool) -> Result<()> {
        self.vring(index)?.enabled = enable;
        if enable {
            self.start()
        } else {
            self.stop();
            Ok(())
        }
    }

    fn get_config(
        &mut self,
        offset: u32,
        size: u32,
        _flags: VhostUserConfigFlags,
    ) -> Result<Vec<u8>> {
        // struct virtio_vsock_config: the CID, and no more.
        let config = self.guest_cid.to_le_bytes();
        let start = offset as usize;
        let range = start..start.saturating_add(size as usize);
        match config.get(range) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => Err(Error::InvalidParam),
        }
    }

    fn set_config(&mut self, _offset: u32, _buf: &[u8], _: VhostUserConfigFlags) -> Result<()> {
        refuse("the configuration space of a socket device is read-only")
    }

    fn set_gpu_socket(&mut self, _backend: GpuBackend) -> Result<()> {
        unsupported()
    }

    fn get_shared_object(&mut self, _uuid: VhostUserSharedMsg) -> Result<File> {
        unsupported()
    }

    fn get_inflight_fd(
        &mut self,
        _inflight: &VhostUserInflight,
    ) -> Result<(VhostUserInflight, File)> {
        unsupported()
    }

    fn set_inflight_fd(&mut self, _inflight: &VhostUserInflight, _file: File) -> Result<()> {
        unsupported()
    }

    fn get_max_mem_slots(&mut self) -> Result<u64> {
        unsupported()
    }

    fn add_mem_region(
        &mut self,
        _region: &VhostUserSingleMemoryRegion,
        _file: File,
        _postcopy_listening: Option<bool>,
    ) -> Result<Option<VhostUserMemoryRegionBase>> {
        unsupported()
    }

    fn remove_mem_region(&mut self, _region: &VhostUserSingleMemoryRegion) -> Result<()> {
        unsupported()
    }

    fn set_device_state_fd(
        &mut self,
        _direction: VhostTransferStateDirection,
        _phase: VhostTransferStatePhase,
        _file: File,
    ) -> Result<Option<File>> {
        unsupported()
    }

    fn check_device_state(&mut self) -> Result<()> {
        unsupported()
    }

    fn get_shmem_config(&mut self) -> Result<VhostUserShMemConfig> {
        unsupported()
    }

    fn set_log_base(&mut self, _log: &VhostUserLog, _file: File) -> Result<()> {
        unsupported()
    }
}

/// For requests that belong to protocol features which are not offered.
fn unsupported<T>() -> Result<T> {
    refuse("the request belongs to a protocol feature that was not offered")
}

fn nonblocking(file: File) -> Result<File> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let fd = OwnedFd::from(file);
    let result = fcntl_getfl(&fd).and_then(|flags| fcntl_setfl(&fd, flags | OFlags::NONBLOCK));
    result.map_err(|error| Error::ReqHandlerError(error.into()))?;
    Ok(File::from(fd))
}
