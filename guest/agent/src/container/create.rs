//! Making a container (OCI "create").

use std::ffi::OsStr;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{Container, Context, State, Stdio, check_ports, remove_directory};
use crate::cgroup::Cgroup;
use crate::cgroup::oom::OomWatch;
use crate::crun::{self, Call};
use crate::error::{Error, Result};
use crate::fd::null;
use crate::process::Process;
use crate::sandbox::set_sysctls;
use crate::spec::{self, Prepared};
use crate::stdio::Streams;
use crate::terminal::{Master, accept_master, give_to};

impl Container {
    /// OCI "create".
    pub async fn create(context: &Context, id: &str, config: &[u8], stdio: Stdio) -> Result<Self> {
        let prepared = spec::prepare(id, config)?;
        set_sysctls(&prepared.network_sysctls)?;
        check_ports(stdio.ports, prepared.terminal)?;
        if prepared.joins_pod_pids {
            context.pod_pids.make(&context.reaper)?;
        }
        let streams = Streams::connect(&context.connector, stdio.ports).await?;
        let cgroup = Cgroup::new(&prepared.cgroup_path);
        if cgroup.directory().exists() {
            return Err(Error::invalid(format!(
                "the cgroup {} exists already; two containers cannot share one",
                prepared.cgroup_path.display()
            )));
        }
        let bundle = context.directory.join(context.next_number().to_string());
        let made = make_init(context, id, &bundle, &prepared, streams, stdio).await;
        let state_directory = context.crun.state(id);
        match made {
            Ok((init, call)) => Ok(Self {
                id: id.to_string(),
                bundle,
                state_directory,
                oom: OomWatch::start(id, &cgroup, context.oom.clone()),
                cgroup,
                config: prepared.config,
                init: Arc::new(init),
                state: Mutex::new(State::Created),
                waiting: Mutex::new(Some(call)),
                execs: Mutex::default(),
                freezing: tokio::sync::Mutex::default(),
            }),
            Err(error) => {
                // crun has cleaned up what it could; its failed process may still be on its way out.
                if let Err(error) = cgroup.destroy().await {
                    log::warn!("cgroup of container {id}, which was not made: {error}");
                }
                remove_directory(&bundle);
                remove_directory(&state_directory);
                Err(error)
            }
        }
    }
}

async fn make_init(
    context: &Context,
    id: &str,
    bundle: &Path,
    prepared: &Prepared,
    streams: Streams,
    stdio: Stdio,
) -> Result<(Process, Call)> {
    let io = |error| Error::os("cannot make the container's bundle", error);
    fs::create_dir(bundle).map_err(io)?;
    fs::write(bundle.join("config.json"), &prepared.json).map_err(io)?;
    let pid_file = bundle.join("pid");
    let run = |fds, options: &[&OsStr]| {
        let plain = ["create", "--bundle"].map(OsStr::new);
        let arguments = [
            &plain[..],
            &[
                bundle.as_os_str(),
                OsStr::new("--pid-file"),
                pid_file.as_os_str(),
            ],
            options,
            &[OsStr::new(id)],
        ]
        .concat();
        // crun itself sets process.oomScoreAdj, of the new process only.
        let inherited = crun::Stdio {
            fds,
            oom_score_adj: None,
        };
        context.crun.call(&context.reaper, &inherited, &arguments)
    };
    if !prepared.terminal {
        let pipes = streams.pipes(stdio.owner)?;
        let mut call = run(pipes.child_fds(), &[])?;
        let pipes = pipes.close_child();
        let (pid, exit) = call.process(&pid_file).await?;
        streams.run(pipes)?;
        let terminal = None;
        return Ok((
            Process {
                pid,
                exit,
                terminal,
            },
            call,
        ));
    }
    let console = bundle.join("console");
    let listener = UnixListener::bind(&console).map_err(io)?;
    listener.set_nonblocking(true).map_err(io)?;
    let null = null(libc::O_RDWR)?;
    let options = [OsStr::new("--console-socket"), console.as_os_str()];
    let mut call = run([null.as_raw_fd(); 3], &options)?;
    let (pid, exit) = call.process(&pid_file).await?;
    let master = accept_master(&listener)?;
    if let Some(size) = stdio.size.given() {
        size.set(master.as_raw_fd())
            .map_err(|error| Error::os("cannot size the terminal", error))?;
    }
    give_to(&master, prepared.config.owner(&prepared.user))?;
    let master = Master::new(master);
    streams.run_terminal(&master, exit.clone())?;
    let terminal = Some(master);
    Ok((
        Process {
            pid,
            exit,
            terminal,
        },
        call,
    ))
}
