//! The cgroup (version 2) of a container. See the kernel's Documentation/admin-guide/cgroup-v2.rst.

pub mod oom;
pub mod resources;
pub mod update;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

use crate::error::{Code, Error, Result};
use crate::watch::watch_file;

/// Where boot mounts the hierarchy.
pub const ROOT: &str = "/sys/fs/cgroup";

/// The parent of containers whose specification does not choose one.
pub const PARENT: &str = "/hadron";

/// Freezing waits for processes in system calls; emptying for the kernel to tear memory down.
const DEADLINE: Duration = Duration::from_secs(20);

/// The files that [`Cgroup::stats`] answers; those that a kernel lacks are left out.
const STATS: [&str; 26] = [
    "cgroup.stat",
    "cpu.stat",
    "cpu.max",
    "cpu.weight",
    "cpu.pressure",
    "cpuset.cpus.effective",
    "cpuset.mems.effective",
    "memory.current",
    "memory.peak",
    "memory.min",
    "memory.low",
    "memory.high",
    "memory.max",
    "memory.stat",
    "memory.events",
    "memory.events.local",
    "memory.swap.current",
    "memory.swap.peak",
    "memory.swap.max",
    "memory.swap.events",
    "memory.pressure",
    "pids.current",
    "pids.peak",
    "pids.max",
    "io.stat",
    "io.pressure",
];

/// A directory below [`ROOT`].
#[derive(Debug, Clone)]
pub struct Cgroup {
    directory: PathBuf,
}

/// The path that a container gets: the specification's if it is an absolute one, else one of ours.
/// Systemd's form ("slice:prefix:name") has no meaning in the guest.
pub fn path_for(id: &str, wanted: Option<&Path>) -> Result<PathBuf> {
    let Some(path) = wanted.filter(|path| path.is_absolute()) else {
        return Ok(Path::new(PARENT).join(id));
    };
    let plain = path
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !plain || path == Path::new("/") {
        return Err(Error::invalid(format!(
            "linux.cgroupsPath {} must be an absolute path without \"..\" below the root",
            path.display()
        )));
    }
    Ok(path.to_path_buf())
}

impl Cgroup {
    /// `path` as [`path_for`] answers it.
    pub fn new(path: &Path) -> Self {
        let below = path.strip_prefix("/").unwrap_or(path);
        Self {
            directory: Path::new(ROOT).join(below),
        }
    }

    /// Its directory in the guest.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Every process of it and of the cgroups below, as pids of the guest's root namespace.
    pub fn processes(&self) -> Result<Vec<i32>> {
        let mut pids = Vec::new();
        for directory in self.tree()? {
            match fs::read_to_string(directory.join("cgroup.procs")) {
                Ok(text) => pids.extend(text.lines().filter_map(|line| line.parse::<i32>().ok())),
                Err(error) if is_gone(&error) => {}
                Err(error) => {
                    return Err(Error::os("cannot list the container's processes", error));
                }
            }
        }
        // Processes of namespaces that we cannot see are listed as 0.
        pids.retain(|pid| *pid > 0);
        Ok(pids)
    }

    /// Directories, parents first.
    fn tree(&self) -> Result<Vec<PathBuf>> {
        let mut found = vec![self.directory.clone()];
        let mut next = 0;
        while let Some(directory) = found.get(next).cloned() {
            next += 1;
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(Error::os("cannot read the container's cgroup", error)),
            };
            for entry in entries.flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    found.push(entry.path());
                }
            }
        }
        Ok(found)
    }

    /// Sends `signal` to every process; answers how many there were.
    pub fn signal_all(&self, signal: i32) -> Result<usize> {
        let pids = self.processes()?;
        if signal == libc::SIGKILL && !pids.is_empty() {
            // In one go: no process can fork away between reading the list and the signal.
            match fs::write(self.directory.join("cgroup.kill"), "1") {
                Ok(()) => return Ok(pids.len()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(Error::os("cannot kill the container's processes", error));
                }
            }
        }
        let mut reached = 0;
        for pid in pids {
            match signal_process(pid, signal) {
                Ok(()) => reached += 1,
                Err(Errno::ESRCH) => {}
                Err(errno) => return Err(Error::os(format!("cannot signal process {pid}"), errno)),
            }
        }
        Ok(reached)
    }

    /// Stops (or lets go on) every process; answers when the kernel says that it is done.
    pub async fn freeze(&self, frozen: bool) -> Result<()> {
        let value = if frozen { "1" } else { "0" };
        fs::write(self.directory.join("cgroup.freeze"), value)
            .map_err(|error| Error::os("cannot write cgroup.freeze", error))?;
        match self.wait_for_event("frozen", value).await {
            Err(error) if frozen && error.code == Code::DEADLINE_EXCEEDED => {
                // Half frozen is neither: go back.
                let _ = fs::write(self.directory.join("cgroup.freeze"), "0");
                Err(Error::new(
                    Code::DEADLINE_EXCEEDED,
                    "a process of the container could not be frozen in time; it goes on",
                ))
            }
            result => result,
        }
    }

    /// Kills what is left and removes the directories. A cgroup that is not there is a success.
    pub async fn destroy(&self) -> Result<()> {
        if !self.directory.exists() {
            return Ok(());
        }
        // A frozen process dies of cgroup.kill as well.
        self.signal_all(libc::SIGKILL)?;
        self.wait_for_event("populated", "0").await?;
        for directory in self.tree()?.iter().rev() {
            match fs::remove_dir(directory) {
                Ok(()) => {}
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(Error::os("cannot remove the container's cgroup", error)),
            }
        }
        Ok(())
    }

    async fn wait_for_event(&self, key: &str, value: &str) -> Result<()> {
        let events = match EventFile::open(&self.directory.join("cgroup.events")) {
            Ok(events) => events,
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return Err(Error::os("cannot open cgroup.events", error)),
        };
        let wait = async {
            loop {
                let text = events.read()?;
                if flat_value(&text, key) == Some(value) {
                    return Ok(());
                }
                events.changed().await?;
            }
        };
        match timeout(DEADLINE, wait).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if is_gone(&error) => Ok(()),
            Ok(Err(error)) => Err(Error::os("cannot read cgroup.events", error)),
            Err(_) => Err(Error::new(
                Code::DEADLINE_EXCEEDED,
                format!(
                    "the container's cgroup did not become \"{key} {value}\" in {} seconds",
                    DEADLINE.as_secs()
                ),
            )),
        }
    }

    /// File name -> text, of the files in [`STATS`] and hugetlb.*, as far as they are there.
    pub fn stats(&self) -> Result<HashMap<String, String>> {
        let mut names: Vec<String> = STATS.iter().map(|name| (*name).to_string()).collect();
        let entries = fs::read_dir(&self.directory)
            .map_err(|error| Error::os("cannot read the container's cgroup", error))?;
        names.extend(
            entries
                .flatten()
                .filter_map(|entry| entry.file_name().into_string().ok())
                .filter(|name| name.starts_with("hugetlb.")),
        );
        let mut files = HashMap::new();
        for name in names {
            // Absent controllers, or pressure switched off (EOPNOTSUPP).
            if let Ok(text) = fs::read_to_string(self.directory.join(&name)) {
                files.insert(name, text);
            }
        }
        Ok(files)
    }
}

/// kill(2). Numbers that nix does not know (real-time signals) pass too.
pub fn signal_process(pid: i32, signal: i32) -> nix::Result<()> {
    if let Ok(known) = nix::sys::signal::Signal::try_from(signal) {
        return kill(Pid::from_raw(pid), known);
    }
    // SAFETY: no memory is involved.
    Errno::result(unsafe { libc::kill(pid, signal) }).map(|_| ())
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENODEV))
}

/// The value of `key` in a flat keyed file.
fn flat_value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
}

/// A file that announces its changes by POLLPRI.
struct EventFile(AsyncFd<fs::File>);

impl EventFile {
    fn open(path: &Path) -> io::Result<Self> {
        watch_file(fs::File::open(path)?, Interest::PRIORITY).map(Self)
    }

    /// Reading also says that changes up to here are known.
    fn read(&self) -> io::Result<String> {
        let mut text = [0; 4096];
        let length = self.0.get_ref().read_at(&mut text, 0)?;
        Ok(String::from_utf8_lossy(&text[..length]).into_owned())
    }

    async fn changed(&self) -> io::Result<()> {
        self.0.ready(Interest::PRIORITY).await?.clear_ready();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_without_a_path_gets_one_of_ours() {
        let ours = Path::new("/hadron/web");
        assert_eq!(path_for("web", None).expect("path"), ours);
        let systemd = Path::new("system.slice:cri:web");
        assert_eq!(path_for("web", Some(systemd)).expect("path"), ours);
        let given = Path::new("/kubepods/pod1/web");
        assert_eq!(path_for("web", Some(given)).expect("path"), given);
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        for path in ["/", "/..", "/hadron/../../etc"] {
            let error = path_for("web", Some(Path::new(path))).expect_err(path);
            assert_eq!(error.code, Code::INVALID_ARGUMENT);
        }
    }

    #[test]
    fn flat_keys_are_whole_words() {
        let text = "populated 1\nfrozen 0\n";
        assert_eq!(flat_value(text, "frozen"), Some("0"));
        assert_eq!(flat_value(text, "froz"), None);
    }
}
