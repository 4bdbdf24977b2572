//! agent.proto's methods: requests in, answers out, no decisions.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use ttrpc::r#async::{ServerStreamSender, TtrpcContext};

use crate::agent::Agent;
use crate::child::Job;
use crate::clock;
use crate::container::Stdio;
use crate::disks;
use crate::error::{Error, Result};
use crate::listeners;
use crate::log::set_level;
use crate::loopback;
use crate::memory;
use crate::monotonic_ns;
use crate::process::check_signal;
use crate::protocol::{agent as proto, agent_ttrpc};
use crate::reaper::exited;
use crate::sandbox;
use crate::share;
use crate::stdio::{Owner, Ports};
use crate::terminal::Size;

/// The service on the agent's state.
pub struct Service(pub Arc<Agent>);

type Reply<T> = ttrpc::Result<T>;

/// Runs an operation to its end even if the caller's deadline passes or the connection breaks: one that
/// stops half-way would leave something behind.
async fn whole<T: Send + 'static>(
    operation: impl Future<Output = Result<T>> + Send + 'static,
) -> Reply<T> {
    match tokio::spawn(operation).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(Error::internal(format!("the operation was broken off: {error}")).into()),
    }
}

fn stdio(stdio: &proto::Stdio) -> Result<Stdio> {
    Ok(Stdio {
        ports: Ports {
            stdin: stdio.stdin_port,
            stdout: stdio.stdout_port,
            stderr: stdio.stderr_port,
        },
        owner: Owner {
            uid: stdio.pipe_uid,
            gid: stdio.pipe_gid,
        },
        size: Size::new(stdio.terminal_width, stdio.terminal_height)?,
    })
}

fn inner(storages: &mut proto::Storages) -> Vec<share::Inner> {
    std::mem::take(&mut storages.inner)
        .into_iter()
        .map(|inner| share::Inner {
            directory: inner.directory,
            below: inner.below,
            recursive: inner.recursive,
            target: inner.target,
        })
        .collect()
}

fn memory(memory: proto::storages::Memory) -> memory::Memory {
    let owner = |owner: &proto::Owner| memory::Owner {
        mode: owner.mode,
        uid: owner.uid,
        gid: owner.gid,
    };
    memory::Memory {
        owner: owner(&memory.owner),
        below_owner: owner(&memory.below_owner),
        target: memory.target,
        size: memory.size_bytes,
        below: memory.below,
    }
}

#[async_trait]
impl agent_ttrpc::Agent for Service {
    async fn create_sandbox(
        &self,
        _: &TtrpcContext,
        request: proto::CreateSandboxRequest,
    ) -> Reply<proto::CreateSandboxResponse> {
        let request_read_ns = monotonic_ns();
        if self.0.sandbox.swap(true, Ordering::Relaxed) {
            return Err(Error::precondition("the sandbox has been created already").into());
        }
        set_level(&request.log_level)?;
        if request.realtime_ns != 0 {
            clock::set(request.realtime_ns)?;
        }
        if !request.hostname.is_empty() {
            sandbox::set_hostname(&request.hostname)?;
        }
        sandbox::set_sysctls(&request.sysctls)?;
        for share in request.shares {
            sandbox::mount_share(&sandbox::Share {
                fs_type: share.fs_type,
                tag: share.tag,
                mount_point: share.mount_point,
                options: share.options,
            })?;
        }
        let uname = nix::sys::utsname::uname().map_err(|errno| Error::os("uname", errno))?;
        Ok(proto::CreateSandboxResponse {
            agent_version: env!("CARGO_PKG_VERSION").into(),
            kernel_release: uname.release().to_string_lossy().into_owned(),
            init_entered_ns: self.0.init_entered_ns,
            request_read_ns,
            ..Default::default()
        })
    }

    async fn create_container(
        &self,
        _: &TtrpcContext,
        mut request: proto::CreateContainerRequest,
    ) -> Reply<proto::CreateContainerResponse> {
        let agent = Arc::clone(&self.0);
        let stdio = stdio(&request.stdio)?;
        if let Some(mut storages) = request.storages.take() {
            for wanted in std::mem::take(&mut storages.memory) {
                memory::make(&memory(wanted))?;
            }
            let inner = inner(&mut storages);
            if storages.paths.len() + inner.len() > 0 {
                self.in_child(move || share::enter(&storages.paths, &inner))
                    .await?;
            }
        }
        let pid = whole(async move {
            agent
                .create(&request.container_id, &request.spec_json, stdio)
                .await
        })
        .await?;
        Ok(proto::CreateContainerResponse {
            pid: pid as u32,
            ..Default::default()
        })
    }

    async fn start_container(
        &self,
        _: &TtrpcContext,
        request: proto::StartContainerRequest,
    ) -> Reply<proto::Empty> {
        let container = self.0.container(&request.container_id)?;
        let agent = Arc::clone(&self.0);
        whole(async move {
            agent.network.lock().await.settle().await;
            container.start().await
        })
        .await?;
        Ok(proto::Empty::new())
    }

    async fn delete_container(
        &self,
        _: &TtrpcContext,
        request: proto::DeleteContainerRequest,
    ) -> Reply<proto::Empty> {
        let agent = Arc::clone(&self.0);
        whole(async move { agent.delete(&request.container_id).await }).await?;
        Ok(proto::Empty::new())
    }

    async fn exec_process(
        &self,
        _: &TtrpcContext,
        request: proto::ExecProcessRequest,
    ) -> Reply<proto::ExecProcessResponse> {
        let agent = Arc::clone(&self.0);
        let container = agent.container(&request.container_id)?;
        let stdio = stdio(&request.stdio)?;
        let pid = whole(async move {
            container
                .exec(
                    &agent.context,
                    &request.exec_id,
                    &request.process_json,
                    stdio,
                )
                .await
        })
        .await?;
        Ok(proto::ExecProcessResponse {
            pid: pid as u32,
            ..Default::default()
        })
    }

    async fn delete_process(
        &self,
        _: &TtrpcContext,
        request: proto::ProcessRequest,
    ) -> Reply<proto::Empty> {
        self.0
            .container(&request.container_id)?
            .delete_process(&request.exec_id)?;
        Ok(proto::Empty::new())
    }

    async fn wait_process(
        &self,
        _: &TtrpcContext,
        request: proto::ProcessRequest,
    ) -> Reply<proto::WaitProcessResponse> {
        let exit = {
            let container = self.0.container(&request.container_id)?;
            container.process(&request.exec_id)?.exit.clone()
        };
        let exit = exited(exit).await;
        Ok(proto::WaitProcessResponse {
            exit_status: exit.status,
            exited_at_ns: exit.at_ns,
            ..Default::default()
        })
    }

    async fn signal_process(
        &self,
        _: &TtrpcContext,
        request: proto::SignalProcessRequest,
    ) -> Reply<proto::Empty> {
        let signal = check_signal(request.signal)?;
        let container = self.0.container(&request.container_id)?;
        if !request.all {
            container.process(&request.exec_id)?.signal(signal)?;
        } else if request.exec_id.is_empty() {
            container.signal_all(signal)?;
        } else {
            return Err(Error::invalid("exec_id must be empty when all is set").into());
        }
        Ok(proto::Empty::new())
    }

    async fn resize_terminal(
        &self,
        _: &TtrpcContext,
        request: proto::ResizeTerminalRequest,
    ) -> Reply<proto::Empty> {
        let size = Size::new(request.width, request.height)?;
        let container = self.0.container(&request.container_id)?;
        container.process(&request.exec_id)?.resize(size)?;
        Ok(proto::Empty::new())
    }

    async fn pause_container(
        &self,
        _: &TtrpcContext,
        request: proto::ContainerRequest,
    ) -> Reply<proto::Empty> {
        let container = self.0.container(&request.container_id)?;
        whole(async move { container.pause().await }).await?;
        Ok(proto::Empty::new())
    }

    async fn resume_container(
        &self,
        _: &TtrpcContext,
        request: proto::ContainerRequest,
    ) -> Reply<proto::Empty> {
        let container = self.0.container(&request.container_id)?;
        whole(async move { container.resume().await }).await?;
        Ok(proto::Empty::new())
    }

    async fn list_processes(
        &self,
        _: &TtrpcContext,
        request: proto::ContainerRequest,
    ) -> Reply<proto::ListProcessesResponse> {
        let processes = self.0.container(&request.container_id)?.processes()?;
        let mut response = proto::ListProcessesResponse::new();
        for (pid, exec_id) in processes {
            response
                .processes
                .push(proto::list_processes_response::Process {
                    pid: pid as u32,
                    exec_id,
                    ..Default::default()
                });
        }
        Ok(response)
    }

    async fn container_stats(
        &self,
        _: &TtrpcContext,
        request: proto::ContainerRequest,
    ) -> Reply<proto::ContainerStatsResponse> {
        Ok(proto::ContainerStatsResponse {
            files: self.0.container(&request.container_id)?.stats()?,
            ..Default::default()
        })
    }

    async fn update_container(
        &self,
        _: &TtrpcContext,
        request: proto::UpdateContainerRequest,
    ) -> Reply<proto::Empty> {
        let agent = Arc::clone(&self.0);
        let container = agent.container(&request.container_id)?;
        whole(async move {
            container
                .update(&agent.context, &request.resources_json)
                .await
        })
        .await?;
        Ok(proto::Empty::new())
    }

    async fn ping(&self, _: &TtrpcContext, _: proto::Empty) -> Reply<proto::Empty> {
        Ok(proto::Empty::new())
    }

    async fn set_clock(
        &self,
        _: &TtrpcContext,
        request: proto::SetClockRequest,
    ) -> Reply<proto::SetClockResponse> {
        Ok(proto::SetClockResponse {
            ahead_ns: clock::correct(request.realtime_ns, request.backwards)?,
            ..Default::default()
        })
    }

    async fn events(
        &self,
        _: &TtrpcContext,
        _: proto::Empty,
        stream: ServerStreamSender<proto::Event>,
    ) -> Reply<()> {
        let mut connection = self.0.connection();
        let mut events = self.0.events()?;
        loop {
            let container_id = tokio::select! {
                event = events.next() => match event {
                    Some(container_id) => container_id,
                    None => return Ok(()),
                },
                _ = connection.changed() => return Ok(()),
            };
            let mut event = proto::Event::new();
            event.set_oom(proto::OomEvent {
                container_id: container_id.clone(),
                ..Default::default()
            });
            if let Err(error) = stream.send(&event).await {
                events.put_back(container_id);
                return Err(error);
            }
        }
    }

    async fn sync(&self, _: &TtrpcContext, _: proto::Empty) -> Reply<proto::Empty> {
        self.in_child(|| {
            nix::unistd::sync();
            Ok(())
        })
        .await
    }

    async fn write_back(
        &self,
        _: &TtrpcContext,
        request: proto::PathsRequest,
    ) -> Reply<proto::Empty> {
        self.in_child(move || share::write_back(&request.paths))
            .await
    }

    async fn release_storages(
        &self,
        _: &TtrpcContext,
        mut request: proto::Storages,
    ) -> Reply<proto::Empty> {
        let inner = inner(&mut request);
        self.in_child(move || share::leave(&request.paths, &inner))
            .await
    }

    async fn attach_disk(
        &self,
        _: &TtrpcContext,
        request: proto::DiskRequest,
    ) -> Reply<proto::AttachDiskResponse> {
        let job = Job::asking(&self.0.context.reaper, move || {
            disks::attach(&request.serial)
        })?;
        let numbers = whole(job.answer()).await?;
        let (major, minor) = disks::numbers(&numbers)?;
        Ok(proto::AttachDiskResponse {
            major,
            minor,
            ..Default::default()
        })
    }

    async fn detach_disk(
        &self,
        _: &TtrpcContext,
        request: proto::DiskRequest,
    ) -> Reply<proto::Empty> {
        self.in_child(move || disks::detach(&request.serial)).await
    }

    async fn set_network(
        &self,
        _: &TtrpcContext,
        request: proto::Network,
    ) -> Reply<proto::SetNetworkResponse> {
        let agent = Arc::clone(&self.0);
        let problems = whole(async move {
            let mut network = agent.network.lock().await;
            network.set(&agent.context.reaper, request).await
        })
        .await?;
        Ok(proto::SetNetworkResponse {
            problems,
            ..Default::default()
        })
    }

    async fn connect_loopback(
        &self,
        _: &TtrpcContext,
        request: proto::ConnectLoopbackRequest,
    ) -> Reply<proto::Empty> {
        let connector = &self.0.context.connector;
        loopback::connect(connector, &request).await?;
        Ok(proto::Empty::new())
    }

    async fn cover_socket(
        &self,
        _: &TtrpcContext,
        request: proto::CoverSocketRequest,
    ) -> Reply<proto::Empty> {
        let container = self.0.container(&request.container_id)?;
        let context = &self.0.context;
        container
            .cover(context, &request.source, &request.target)
            .await?;
        Ok(proto::Empty::new())
    }

    async fn watch_listeners(
        &self,
        _: &TtrpcContext,
        _: proto::Empty,
        stream: ServerStreamSender<proto::Listeners>,
    ) -> Reply<()> {
        let mut connection = self.0.connection();
        let mut known = listeners::read();
        loop {
            let mut message = proto::Listeners::new();
            message.listeners = known
                .iter()
                .map(|address| proto::listeners::Listener {
                    address: address.ip().to_string(),
                    port: address.port().into(),
                    ..Default::default()
                })
                .collect();
            stream.send(&message).await?;
            tokio::select! {
                now = listeners::change(&known) => known = now,
                _ = connection.changed() => return Ok(()),
            }
        }
    }

    async fn listen(&self, _: &TtrpcContext, request: proto::ListenRequest) -> Reply<proto::Empty> {
        let connector = &self.0.context.connector;
        self.0.doors.open(connector, request).await?;
        Ok(proto::Empty::new())
    }

    async fn unlisten(
        &self,
        _: &TtrpcContext,
        request: proto::UnlistenRequest,
    ) -> Reply<proto::Empty> {
        self.0.doors.close(request.host_port).await;
        Ok(proto::Empty::new())
    }
}

impl Service {
    /// What waits for the host's file systems must not hold up the agent's only thread.
    async fn in_child(&self, job: impl FnOnce() -> Result<()>) -> Reply<proto::Empty> {
        let job = Job::start(&self.0.context.reaper, job)?;
        whole(job.finished()).await?;
        Ok(proto::Empty::new())
    }
}
