//! Cgroups of the host: the one that the daemon is put into, as containerd's runc shim does it (`shim_cgroup` of
//! containerd.runc.v1.Options), and those that the daemon made for the pod (src/host/cgroup.ts).

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::failure::{Context, Result};
use crate::mounts;

/// How often one is looked at that is not empty yet. Version 1 has no event for its end, and with version 2 it comes after it.
const PAUSE: Duration = Duration::from_millis(5);

/// Removes a cgroup's directory, and no other's: it goes only when it has neither processes nor cgroups below it. Processes that
/// were killed may be in it for a moment more. One that is gone is no error.
pub fn remove(path: &Path, deadline: Instant) -> io::Result<()> {
    loop {
        match std::fs::remove_dir(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ResourceBusy && Instant::now() < deadline => {
                std::thread::sleep(PAUSE);
            }
            removed => return removed,
        }
    }
}

/// Why the daemon cannot be put there.
#[derive(Debug, Error)]
pub enum Error {
    #[error(
        "the cgroup '{0}' (shim_cgroup of the runtime's options) must be a path without '.' and '..'"
    )]
    NotPlain(String),
    #[error(
        "the cgroup '{0}' (shim_cgroup of the runtime's options) is not there: make it, or leave the option out"
    )]
    Missing(String),
}

/// A cgroup in every hierarchy that has it: all of version 1's controllers, version 2, or both where both are mounted.
pub struct Cgroup(Vec<PathBuf>);

impl Cgroup {
    /// It is somebody else's to make.
    pub fn find(path: &str) -> Result<Self> {
        let plain = Path::new(path)
            .components()
            .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        if !plain {
            return Err(Error::NotPlain(path.to_owned()).into());
        }
        let hierarchies = mounts::cgroup_hierarchies()
            .context(|| "the hierarchies of cgroups cannot be found out".to_owned())?;
        let groups: Vec<PathBuf> = hierarchies
            .iter()
            .map(|hierarchy| hierarchy.join(path.trim_start_matches('/')))
            .filter(|group| group.is_dir())
            .collect();
        if groups.is_empty() {
            return Err(Error::Missing(path.to_owned()).into());
        }
        Ok(Self(groups))
    }

    /// Moves a process into it. What the process starts later is there, too.
    pub fn join(&self, pid: u32) -> Result<()> {
        for group in &self.0 {
            OpenOptions::new()
                .write(true)
                .open(group.join("cgroup.procs"))
                .and_then(|mut file| file.write_all(pid.to_string().as_bytes()))
                .context(|| {
                    format!(
                        "the shim daemon cannot be put into the cgroup {}",
                        group.display()
                    )
                })?;
        }
        Ok(())
    }
}
