//! Additional processes of a container; as with runc, also of one that was not started yet.

use std::ffi::OsStr;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Container, Context, Slot, State, Stdio, check_ports, lock};
use crate::crun;
use crate::error::{Code, Error, Result};
use crate::fd::null;
use crate::process::Process;
use crate::spec;
use crate::stdio::Streams;
use crate::terminal::{Master, accept_master, give_to};

/// A container that was created has all that a process needs.
const ENTERABLE: [State; 3] = [State::Created, State::Starting, State::Running];

impl Container {
    /// An additional process, created and started.
    pub async fn exec(
        &self,
        context: &Context,
        exec_id: &str,
        json: &[u8],
        stdio: Stdio,
    ) -> Result<i32> {
        if exec_id.is_empty() {
            return Err(Error::invalid(
                "exec_id must not be empty: that is the init process",
            ));
        }
        self.require("entered", &ENTERABLE)?;
        {
            let mut execs = lock(&self.execs);
            if execs.contains_key(exec_id) {
                return Err(Error::new(
                    Code::ALREADY_EXISTS,
                    format!("container {} has a process {exec_id} already", self.id),
                ));
            }
            execs.insert(exec_id.to_string(), Slot::Reserved);
        }
        let made = self.make_process(context, json, stdio).await;
        let mut execs = lock(&self.execs);
        match made {
            Ok(process) => {
                let pid = process.pid;
                execs.insert(exec_id.to_string(), Slot::Process(Arc::new(process)));
                Ok(pid)
            }
            Err(error) => {
                execs.remove(exec_id);
                Err(error)
            }
        }
    }

    async fn make_process(&self, context: &Context, json: &[u8], stdio: Stdio) -> Result<Process> {
        let prepared = spec::prepare_process(json, stdio.size)?;
        check_ports(stdio.ports, prepared.terminal)?;
        let streams = Streams::connect(&context.connector, stdio.ports).await?;
        self.require("entered", &ENTERABLE)?;
        let files = Files::make(&self.bundle, context.next_number(), &prepared.json)?;
        let run = |fds, options: &[&OsStr]| {
            let plain = ["exec", "--detach", "--process"].map(OsStr::new);
            let arguments = [
                &plain[..],
                &[
                    files.process.as_os_str(),
                    OsStr::new("--pid-file"),
                    files.pid.as_os_str(),
                ],
                options,
                &[OsStr::new(&self.id)],
            ]
            .concat();
            let inherited = crun::Stdio {
                fds,
                oom_score_adj: prepared.oom_score_adj.or(self.config.oom_score_adj),
            };
            context.crun.call(&context.reaper, &inherited, &arguments)
        };
        if !prepared.terminal {
            let pipes = streams.pipes(stdio.owner)?;
            let mut call = run(pipes.child_fds(), &[])?;
            let pipes = pipes.close_child();
            let (pid, exit) = call.process(&files.pid).await?;
            call.program_runs().await?;
            streams.run(pipes)?;
            let terminal = None;
            return Ok(Process {
                pid,
                exit,
                terminal,
            });
        }
        let listener = UnixListener::bind(&files.console)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|error| Error::os("cannot make a socket for the terminal", error))?;
        let null = null(libc::O_RDWR)?;
        let options = [OsStr::new("--console-socket"), files.console.as_os_str()];
        let mut call = run([null.as_raw_fd(); 3], &options)?;
        let (pid, exit) = call.process(&files.pid).await?;
        call.program_runs().await?;
        let master = accept_master(&listener)?;
        give_to(&master, self.config.owner(&prepared.user))?;
        let master = Master::new(master);
        streams.run_terminal(&master, exit.clone())?;
        let terminal = Some(master);
        Ok(Process {
            pid,
            exit,
            terminal,
        })
    }
}

/// What crun reads and writes; removed when it is done.
struct Files {
    process: PathBuf,
    pid: PathBuf,
    console: PathBuf,
}

impl Files {
    /// In `bundle`; `number` is no other call's.
    fn make(bundle: &Path, number: u64, json: &[u8]) -> Result<Self> {
        let files = Self {
            process: bundle.join(format!("process{number}")),
            pid: bundle.join(format!("pid{number}")),
            console: bundle.join(format!("console{number}")),
        };
        std::fs::write(&files.process, json)
            .map_err(|error| Error::os("cannot write the process' file", error))?;
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for path in [&self.process, &self.pid, &self.console] {
            // Those that were never made.
            let _ = std::fs::remove_file(path);
        }
    }
}
