//! Making a container (OCI "create").

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{Container, Context, State, Stdio, check_ports, remove_bundle};
use crate::cgroup::Cgroup;
use crate::cgroup::oom::OomWatch;
use crate::error::{Error, Result};
use crate::helper::init::{InitPlan, create};
use crate::helper::{Helper, null};
use crate::process::Process;
use crate::sandbox::set_sysctls;
use crate::spec::{self, Prepared};
use crate::stdio::Streams;
use crate::terminal::{Size, accept_master, give_to};

impl Container {
    /// OCI "create". `number` is used once in the life of the guest.
    pub async fn create(
        context: &Context,
        id: &str,
        number: u64,
        config: &[u8],
        stdio: Stdio,
    ) -> Result<Self> {
        let prepared = spec::prepare(id, config)?;
        set_sysctls(&prepared.network_sysctls)?;
        check_ports(stdio.ports, prepared.terminal)?;
        let streams = Streams::connect(&context.connector, stdio.ports).await?;
        let bundle = context.directory.join(number.to_string());
        let cgroup = Cgroup::new(&prepared.cgroup_path);
        if cgroup.directory().exists() {
            return Err(Error::invalid(format!(
                "the cgroup {} exists already; two containers cannot share one",
                prepared.cgroup_path.display()
            )));
        }
        let made = Self::make(context, id, &bundle, &cgroup, prepared, streams, stdio.size).await;
        if made.is_err() {
            // libcontainer has cleaned up what it could; its failed process may still be on its way out.
            if let Err(error) = cgroup.destroy().await {
                log::warn!("cgroup of container {id}, which was not made: {error}");
            }
            remove_bundle(&bundle);
        }
        made
    }

    async fn make(
        context: &Context,
        id: &str,
        bundle: &Path,
        cgroup: &Cgroup,
        prepared: Prepared,
        streams: Streams,
        size: Size,
    ) -> Result<Self> {
        let io = |error| Error::os("cannot make the container's bundle", error);
        std::fs::create_dir(bundle).map_err(io)?;
        let config = serde_json::to_vec(&prepared.spec)
            .map_err(|error| Error::internal(format!("cannot write config.json: {error}")))?;
        std::fs::write(bundle.join("config.json"), config).map_err(io)?;
        let Some(linux) = prepared.spec.linux().clone() else {
            return Err(Error::invalid("config.json has no \"linux\" section"));
        };
        let root = prepared
            .spec
            .root()
            .as_ref()
            .map(|root| root.path().clone());
        let cwd = prepared
            .spec
            .process()
            .as_ref()
            .map(|process| process.cwd().clone());
        let mut plan = InitPlan {
            id: id.to_string(),
            bundle: bundle.to_path_buf(),
            state: bundle.join("state"),
            console_socket: None,
            make_directory: root.zip(cwd),
        };
        let reaper = &context.reaper;
        let (uid, gid) = prepared.owner;
        let (process, helper) = if prepared.terminal {
            let path = bundle.join("console");
            let listener = UnixListener::bind(&path).map_err(io)?;
            listener.set_nonblocking(true).map_err(io)?;
            plan.console_socket = Some(path);
            let null = null()?;
            let mut helper = Helper::spawn(reaper, [null.as_raw_fd(); 3], &[], |report| {
                create(report, plan)
            })?;
            let (pid, exit) = helper.result().await?;
            let mut process = Process {
                pid,
                exit,
                terminal: None,
            };
            let attached = accept_master(&listener).and_then(|master| {
                if let Some(size) = size.given() {
                    size.set(master.as_raw_fd())
                        .map_err(|error| Error::os("cannot size the terminal", error))?;
                }
                give_to(&master, uid)?;
                streams.run_terminal(&master)?;
                Ok(master)
            });
            process.terminal = Some(attached?);
            (process, helper)
        } else {
            let pipes = streams.pipes(uid, gid)?;
            let child = pipes.child_fds();
            let mut helper = Helper::spawn(reaper, child, &[], |report| create(report, plan))?;
            let pipes = pipes.close_child();
            let (pid, exit) = helper.result().await?;
            streams.run(pipes)?;
            (
                Process {
                    pid,
                    exit,
                    terminal: None,
                },
                helper,
            )
        };
        Ok(Self {
            id: id.to_string(),
            bundle: bundle.to_path_buf(),
            oom: OomWatch::start(id, cgroup, context.oom.clone()),
            cgroup: cgroup.clone(),
            linux,
            init: Arc::new(process),
            state: Mutex::new(State::Created),
            waiting: Mutex::new(Some(helper)),
            execs: Mutex::default(),
            freezing: tokio::sync::Mutex::default(),
        })
    }
}
