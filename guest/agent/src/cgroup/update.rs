//! Changing the limits of a running container: OCI runtime-spec `linux.resources` -> cgroup files.
//!
//! Keys that are absent stay as they are. The conversions from version 1's units are those that runc
//! and crun use at creation, so that the same numbers mean the same later.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::resources::{BlockIo, Cpu, Memory, Resources};
use crate::error::{Error, Result, errno_text};

/// What the cgroup says now, where the meaning of a key depends on it.
pub struct Current {
    /// memory.max.
    pub memory_max: String,
    /// cpu.max.
    pub cpu_max: String,
}

/// A file of the cgroup and what to write to it.
pub type Write = (String, String);

/// Reads what [`plan`] needs.
pub fn current(directory: &Path) -> Current {
    let read = |name: &str| {
        let text = fs::read_to_string(directory.join(name)).unwrap_or_default();
        text.trim().to_string()
    };
    Current {
        memory_max: read("memory.max"),
        cpu_max: read("cpu.max"),
    }
}

/// What to write, in this order. Refuses what no cgroup can express.
pub fn plan(resources: &Resources, current: &Current) -> Result<Vec<Write>> {
    let mut writes = Vec::new();
    if let Some(memory) = &resources.memory {
        plan_memory(memory, current, &mut writes)?;
    }
    if let Some(cpu) = &resources.cpu {
        plan_cpu(cpu, current, &mut writes)?;
    }
    if let Some(pids) = &resources.pids {
        // 0 is "unset" for Go's JSON, as -1 is "no limit".
        let limit = match pids.limit {
            limit if limit > 0 => limit.to_string(),
            _ => "max".to_string(),
        };
        writes.push(("pids.max".into(), limit));
    }
    if let Some(block) = &resources.block_io {
        plan_block(block, &mut writes)?;
    }
    for page in resources.hugepage_limits.iter().flatten() {
        let size = &page.page_size;
        if size.is_empty() || size.contains('/') {
            return Err(Error::invalid(format!(
                "{size:?} is not a size of huge pages"
            )));
        }
        writes.push((format!("hugetlb.{size}.max"), page.limit.to_string()));
    }
    for (key, value) in resources.unified.iter().flatten() {
        if !key.contains('.') || key.contains('/') || key.starts_with('.') {
            return Err(Error::invalid(format!(
                "resources.unified: {key:?} is not a file of a cgroup; it must be \"controller.name\""
            )));
        }
        writes.push((key.clone(), value.clone()));
    }
    Ok(writes)
}

/// -1 is "max"; smaller is nothing.
fn bytes(key: &str, value: i64) -> Result<String> {
    match value {
        -1 => Ok("max".to_string()),
        0.. => Ok(value.to_string()),
        _ => Err(Error::invalid(format!(
            "resources.memory.{key} must be a number of bytes or -1, not {value}"
        ))),
    }
}

fn plan_memory(memory: &Memory, current: &Current, writes: &mut Vec<Write>) -> Result<()> {
    // 0 is how Go's JSON says "unset" for these.
    let limit = memory.limit.filter(|limit| *limit != 0);
    let swap = memory.swap.filter(|swap| *swap != 0);
    let max = limit.map(|limit| bytes("limit", limit)).transpose()?;
    match (swap, limit) {
        (None, Some(-1)) => writes.push(("memory.swap.max".into(), "max".into())),
        (None, _) => {}
        (Some(-1), _) => writes.push(("memory.swap.max".into(), "max".into())),
        (Some(swap), limit) => {
            bytes("swap", swap)?;
            // The specification's swap is memory and swap together.
            let memory = match limit {
                Some(limit) => limit,
                None => current.memory_max.parse().unwrap_or(-1),
            };
            if memory == -1 {
                return Err(Error::invalid(
                    "resources.memory.swap is the sum of memory and swap, so it needs a memory limit",
                ));
            }
            if swap < memory {
                return Err(Error::invalid(format!(
                    "resources.memory.swap ({swap}) is the sum of memory and swap, so it must not be below the memory limit ({memory})"
                )));
            }
            writes.push(("memory.swap.max".into(), (swap - memory).to_string()));
        }
    }
    if let Some(max) = max {
        writes.push(("memory.max".into(), max));
    }
    if let Some(low) = memory.reservation.filter(|low| *low != 0) {
        writes.push(("memory.low".into(), bytes("reservation", low)?));
    }
    Ok(())
}

/// cpu.weight for version 1's shares: 2..262144 -> 1..10000, as runc and crun convert.
fn weight(shares: u64) -> u64 {
    let shares = shares.clamp(2, 262_144);
    1 + ((shares - 2) * 9_999) / 262_142
}

fn plan_cpu(cpu: &Cpu, current: &Current, writes: &mut Vec<Write>) -> Result<()> {
    if let Some(shares) = cpu.shares.filter(|shares| *shares != 0) {
        writes.push(("cpu.weight".into(), weight(shares).to_string()));
    }
    if let Some(idle) = cpu.idle {
        writes.push(("cpu.idle".into(), idle.to_string()));
    }
    let quota = cpu.quota.filter(|quota| *quota != 0);
    let period = cpu.period.filter(|period| *period != 0);
    if quota.is_some() || period.is_some() {
        let mut now = current.cpu_max.split_whitespace();
        let (quota_now, period_now) = (now.next().unwrap_or("max"), now.next().unwrap_or("100000"));
        let quota = match quota {
            None => quota_now.to_string(),
            Some(-1) => "max".to_string(),
            Some(quota) if quota > 0 => quota.to_string(),
            Some(quota) => {
                return Err(Error::invalid(format!(
                    "resources.cpu.quota must be a number of microseconds or -1, not {quota}"
                )));
            }
        };
        let period = period.map_or(period_now.to_string(), |period| period.to_string());
        writes.push(("cpu.max".into(), format!("{quota} {period}")));
    }
    if let Some(burst) = cpu.burst {
        writes.push(("cpu.max.burst".into(), burst.to_string()));
    }
    for (file, list) in [("cpuset.cpus", &cpu.cpus), ("cpuset.mems", &cpu.mems)] {
        if let Some(list) = list.as_ref().filter(|list| !list.is_empty()) {
            writes.push((file.into(), list.clone()));
        }
    }
    for (key, value) in [
        (
            "realtimeRuntime",
            cpu.realtime_runtime.filter(|value| *value != 0).is_some(),
        ),
        (
            "realtimePeriod",
            cpu.realtime_period.filter(|value| *value != 0).is_some(),
        ),
    ] {
        if value {
            return Err(Error::precondition(format!(
                "resources.cpu.{key} has no equal in cgroup version 2"
            )));
        }
    }
    Ok(())
}

fn plan_block(block: &BlockIo, writes: &mut Vec<Write>) -> Result<()> {
    if let Some(weight) = block.weight.filter(|weight| *weight != 0) {
        if !(10..=1000).contains(&weight) {
            return Err(Error::invalid(format!(
                "resources.blockIO.weight must be between 10 and 1000, not {weight}"
            )));
        }
        // 10..1000 -> 1..10000, as runc converts.
        let weight = 1 + (u64::from(weight) - 10) * 9_999 / 990;
        writes.push(("io.weight".into(), format!("default {weight}")));
    }
    for (key, devices) in [
        ("rbps", &block.throttle_read_bps_device),
        ("wbps", &block.throttle_write_bps_device),
        ("riops", &block.throttle_read_iops_device),
        ("wiops", &block.throttle_write_iops_device),
    ] {
        for device in devices.iter().flatten() {
            let (major, minor) = (device.major, device.minor);
            writes.push((
                "io.max".into(),
                format!("{major}:{minor} {key}={}", device.rate),
            ));
        }
    }
    Ok(())
}

/// Carries out a plan; the message of a refusal names file and value. May block while the kernel
/// reclaims memory, so it belongs into a job.
pub fn apply(directory: &Path, writes: &[Write]) -> Result<()> {
    for (file, value) in writes {
        // Not created if it is absent: cgroupfs would answer that with "permission denied".
        let written = fs::OpenOptions::new()
            .write(true)
            .open(directory.join(file))
            .and_then(|mut target| target.write_all(value.as_bytes()));
        let Err(error) = written else {
            continue;
        };
        let message = match error.raw_os_error() {
            // Without swap in the guest there is no such file, and nothing to limit.
            Some(libc::ENOENT) if file == "memory.swap.max" => continue,
            Some(libc::ENOENT) => {
                return Err(Error::precondition(format!(
                    "the guest kernel has no {file}"
                )));
            }
            Some(libc::EINVAL | libc::ERANGE | libc::ENODEV | libc::EBUSY | libc::EOPNOTSUPP) => {
                format!(
                    "the guest kernel refuses {value:?} for {file}: {}",
                    errno_text(&error)
                )
            }
            _ => {
                return Err(Error::os(
                    format!("cannot write {value:?} to {file}"),
                    error,
                ));
            }
        };
        return Err(Error::invalid(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(json: &str) -> Result<Vec<Write>> {
        let current = Current {
            memory_max: "1048576".into(),
            cpu_max: "max 50000".into(),
        };
        plan(&serde_json::from_str(json).expect("resources"), &current)
    }

    fn writes(list: &[(&str, &str)]) -> Vec<Write> {
        list.iter()
            .map(|(file, value)| ((*file).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn absent_keys_stay_as_they_are() {
        assert_eq!(planned("{}").expect("plan"), []);
        assert_eq!(
            planned(r#"{"memory":{"limit":0},"cpu":{"shares":0}}"#).expect("plan"),
            []
        );
    }

    #[test]
    fn memory_and_swap_are_split() {
        assert_eq!(
            planned(r#"{"memory":{"limit":4096,"swap":8192,"reservation":1024}}"#).expect("plan"),
            writes(&[
                ("memory.swap.max", "4096"),
                ("memory.max", "4096"),
                ("memory.low", "1024")
            ])
        );
        assert_eq!(
            planned(r#"{"memory":{"swap":1048577}}"#).expect("plan"),
            writes(&[("memory.swap.max", "1")])
        );
        assert_eq!(
            planned(r#"{"memory":{"limit":-1}}"#).expect("plan"),
            writes(&[("memory.swap.max", "max"), ("memory.max", "max")])
        );
    }

    #[test]
    fn a_quota_keeps_the_period_and_the_other_way_round() {
        assert_eq!(
            planned(r#"{"cpu":{"quota":20000}}"#).expect("plan"),
            writes(&[("cpu.max", "20000 50000")])
        );
        assert_eq!(
            planned(r#"{"cpu":{"period":10000}}"#).expect("plan"),
            writes(&[("cpu.max", "max 10000")])
        );
    }

    #[test]
    fn shares_span_the_whole_range_of_weights() {
        assert_eq!(
            (weight(0), weight(2), weight(1024), weight(262_144)),
            (1, 1, 39, 10_000)
        );
    }

    #[test]
    fn what_cannot_be_expressed_is_refused_by_name() {
        for (json, word) in [
            (r#"{"memory":{"limit":-5}}"#, "memory.limit"),
            (r#"{"memory":{"limit":4096,"swap":1024}}"#, "memory.swap"),
            (r#"{"cpu":{"quota":-7}}"#, "cpu.quota"),
            (r#"{"cpu":{"realtimeRuntime":7}}"#, "realtimeRuntime"),
            (r#"{"blockIO":{"weight":5}}"#, "blockIO.weight"),
            (r#"{"unified":{"../x.y":"1"}}"#, "../x.y"),
        ] {
            let error = planned(json).expect_err(json);
            assert!(error.message.contains(word), "{json}: {error}");
        }
    }

    #[test]
    fn unified_keys_come_last() {
        assert_eq!(
            planned(r#"{"pids":{"limit":-1},"unified":{"memory.high":"4096"}}"#).expect("plan"),
            writes(&[("pids.max", "max"), ("memory.high", "4096")])
        );
    }
}
