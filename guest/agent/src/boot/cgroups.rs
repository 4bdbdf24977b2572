//! The cgroups that the containers' ones are made in, and what memory they have together.

use std::fs;
use std::path::Path;

use super::write_setting;
use crate::cgroup;
use crate::error::{Error, Result};

/// Hands every controller down to the containers' parent.
pub fn make() -> Result<()> {
    let root = Path::new(cgroup::ROOT);
    let parent = root.join(cgroup::PARENT.trim_start_matches('/'));
    fs::create_dir(&parent)
        .map_err(|error| Error::os("cannot make the containers' cgroup", error))?;
    let available = fs::read_to_string(root.join("cgroup.controllers"))
        .map_err(|error| Error::os("cannot read cgroup.controllers", error))?;
    for directory in [root, &parent] {
        let file = directory.join("cgroup.subtree_control");
        // At once, because each write waits for the whole kernel.
        let all: Vec<String> = available
            .split_whitespace()
            .map(|controller| format!("+{controller}"))
            .collect();
        if fs::write(&file, all.join(" ")).is_ok() {
            continue;
        }
        for controller in available.split_whitespace() {
            // One by one: a controller that cannot be had must not keep the others away.
            if let Err(error) = fs::write(&file, format!("+{controller}")) {
                log::warn!("cannot enable the cgroup controller {controller}: {error}");
            }
        }
    }
    match fs::read_to_string("/proc/meminfo").map(|meminfo| containers_memory(&meminfo)) {
        Ok(Some(bytes)) => write_setting(parent.join("memory.max"), &bytes.to_string()),
        other => log::warn!("cannot tell the containers' share of the memory: {other:?}"),
    }
    Ok(())
}

/// What all containers together may have, in bytes: what /proc/meminfo says is available at boot, less a
/// reserve for the agent and the kernel, so that it is the containers' cgroup that runs out of memory.
///
/// When the guest as a whole does, a task inside a file system waits for ever for somebody else to free
/// memory (mm/oom_kill.c: the global OOM killer does nothing for an allocation without `__GFP_FS`), and
/// 9p allocates such requests to read the page of a program that was just reclaimed: a guest with
/// one busy process would never kill it. A cgroup's limit has no such exception.
fn containers_memory(meminfo: &str) -> Option<u64> {
    const MIB: u64 = 1 << 20;
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let available = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    let reserve = (available / 16).clamp(8 * MIB, 64 * MIB);
    available.checked_sub(reserve)
}

#[cfg(test)]
mod tests {
    use super::containers_memory;

    #[test]
    fn a_sixteenth_of_the_memory_is_the_guests_own() {
        let meminfo =
            |kib: &str| format!("MemTotal: 999999 kB\nMemAvailable:{kib} kB\nCached: 1 kB\n");
        let mib = |text: &str| containers_memory(&meminfo(text)).map(|bytes| bytes >> 20);
        assert_eq!(mib("   524288"), Some(480));
        // At least 8 MiB, at most 64.
        assert_eq!(mib("    40960"), Some(32));
        assert_eq!(mib(" 33554432"), Some(32_704));
        assert_eq!(mib("     4096"), None);
    }

    #[test]
    fn what_is_not_meminfo_has_no_answer() {
        for text in [
            "",
            "MemAvailable:",
            "MemAvailable: kB",
            "MemAvailable: -1 kB",
            "MemAvailable: 9 MB",
        ] {
            assert_eq!(containers_memory(text), None, "{text:?}");
        }
    }
}
