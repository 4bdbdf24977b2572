//! Additional processes of a running container.

use std::os::fd::AsRawFd;
use std::sync::Arc;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

use super::{Container, Context, Slot, State, Stdio, check_ports, lock};
use crate::error::{Code, Error, Result};
use crate::helper::exec::{ExecPlan, exec};
use crate::helper::{Helper, null};
use crate::process::Process;
use crate::spec;
use crate::stdio::Streams;
use crate::terminal::{give_to, receive_master};

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
        self.require("entered", State::Running)?;
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
        let process = spec::prepare_process(json)?;
        let terminal = process.terminal().unwrap_or(false);
        check_ports(stdio.ports, terminal)?;
        let streams = Streams::connect(&context.connector, stdio.ports).await?;
        self.require("entered", State::Running)?;
        let uid = spec::root_id(process.user().uid(), self.linux.uid_mappings());
        let gid = spec::root_id(process.user().gid(), self.linux.gid_mappings());
        let mut plan = ExecPlan {
            init_pid: self.init.pid,
            cgroup: self.cgroup.directory().to_path_buf(),
            process,
            seccomp: self.linux.seccomp().clone(),
            terminal: None,
        };
        let reaper = &context.reaper;
        if terminal {
            let (ours, theirs) = socketpair(
                AddressFamily::Unix,
                SockType::Stream,
                None,
                SockFlag::SOCK_CLOEXEC,
            )
            .map_err(|errno| Error::os("cannot make a socket for the terminal", errno))?;
            plan.terminal = Some((theirs.as_raw_fd(), stdio.size));
            let null = null()?;
            let keep = [theirs.as_raw_fd()];
            let mut helper = Helper::spawn(reaper, [null.as_raw_fd(); 3], &keep, |report| {
                exec(report, plan)
            })?;
            drop(theirs);
            let (pid, exit) = helper.result().await?;
            helper.program_runs().await?;
            let master = receive_master(ours.as_raw_fd())?;
            give_to(&master, uid)?;
            streams.run_terminal(&master)?;
            return Ok(Process {
                pid,
                exit,
                terminal: Some(master),
            });
        }
        let pipes = streams.pipes(uid, gid)?;
        let child = pipes.child_fds();
        let mut helper = Helper::spawn(reaper, child, &[], |report| exec(report, plan))?;
        let pipes = pipes.close_child();
        let (pid, exit) = helper.result().await?;
        helper.program_runs().await?;
        streams.run(pipes)?;
        Ok(Process {
            pid,
            exit,
            terminal: None,
        })
    }
}
