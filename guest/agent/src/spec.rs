//! A container's OCI specification: what the agent needs to know of it, and the little that crun must not see as
//! it came. Everything else is crun's to judge.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cgroup;
use crate::error::{Error, Result};
use crate::pod_pids;
use crate::terminal::Size;

/// A specification that can be carried out.
pub struct Prepared {
    /// For config.json.
    pub json: Vec<u8>,
    /// The container's cgroup, absolute below the hierarchy's root.
    pub cgroup_path: PathBuf,
    /// The init process' user.
    pub user: User,
    /// Whether the init process has one.
    pub terminal: bool,
    /// Sysctls of the pod's network, which is the guest's own: not in `json`, as crun sets them in a
    /// container's network namespace only.
    pub network_sysctls: HashMap<String, String>,
    /// Whether it is to be in the pod's pid namespace.
    pub joins_pod_pids: bool,
    /// What additional processes need to know.
    pub config: Config,
}

/// What a container's additional processes have from it.
#[derive(Debug, Default)]
pub struct Config {
    /// process.oomScoreAdj.
    pub oom_score_adj: Option<i32>,
    uid_mappings: Vec<Mapping>,
}

/// An additional process that can be made.
pub struct PreparedProcess {
    /// For crun.
    pub json: Vec<u8>,
    /// As in [`Prepared`].
    pub user: User,
    /// As in [`Prepared`].
    pub terminal: bool,
    /// process.oomScoreAdj.
    pub oom_score_adj: Option<i32>,
}

/// Ids in the container.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct User {
    uid: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mapping {
    #[serde(rename = "containerID")]
    container_id: u32,
    #[serde(rename = "hostID")]
    host_id: u32,
    size: u32,
}

/// The parts of `process` that the agent looks at.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Process {
    args: Option<Vec<String>>,
    env: Option<Vec<String>>,
    cwd: Option<String>,
    user: Option<User>,
    terminal: Option<bool>,
    oom_score_adj: Option<i32>,
}

impl Config {
    /// Whose terminal a process of `user` has, as an id of the guest's root user namespace.
    pub fn owner(&self, user: &User) -> u32 {
        root_id(user.uid, &self.uid_mappings)
    }
}

/// Reads and checks config.json.
pub fn prepare(container_id: &str, json: &[u8]) -> Result<Prepared> {
    let wrong = |error| Error::invalid(format!("the container's config.json is wrong: {error}"));
    let mut spec: Map<String, Value> = serde_json::from_slice(json).map_err(wrong)?;
    let root = spec.get("root").and_then(|root| root.get("path")?.as_str());
    match root {
        Some(path) if path.starts_with('/') => {}
        Some(path) => {
            return Err(Error::invalid(format!(
                "root.path {path} must be an absolute path of the guest"
            )));
        }
        None => return Err(Error::invalid("config.json has no root.path")),
    }
    let process = match spec.get("process") {
        Some(process) => check_process(process)?,
        None => return Err(Error::invalid("config.json has no \"process\" section")),
    };
    let Some(Value::Object(linux)) = spec.get_mut("linux") else {
        return Err(Error::invalid("config.json has no \"linux\" section"));
    };
    if namespace(linux, "mount").is_none() {
        return Err(Error::invalid(
            "linux.namespaces must have a mount namespace: the guest's own must not be changed",
        ));
    }
    let pids = namespace(linux, "pid").and_then(|pids| pids.get("path")?.as_str());
    let joins_pod_pids = pids == Some(pod_pids::PATH);
    let mut config = Config {
        oom_score_adj: process.oom_score_adj,
        ..Config::default()
    };
    let mappings = linux.get("uidMappings").filter(|value| !value.is_null());
    if let Some(value) = mappings {
        config.uid_mappings = Vec::deserialize(value).map_err(wrong)?;
    }
    let network_sysctls = take_network_sysctls(linux)?;
    let mut changed = !network_sysctls.is_empty();
    let wanted = linux.get("cgroupsPath").and_then(Value::as_str);
    let cgroup_path = cgroup::path_for(container_id, wanted.map(Path::new))?;
    if wanted.map(Path::new) != Some(&cgroup_path) {
        let path = cgroup_path.to_string_lossy().into_owned();
        linux.insert("cgroupsPath".into(), path.into());
        changed = true;
    }
    // runc knows no container without device rules; crun makes none if there are none to add to its own.
    let resources = linux.entry("resources").or_insert(Value::Null);
    if resources.is_null() {
        *resources = Value::Object(Map::new());
    }
    if let Value::Object(resources) = resources
        && resources
            .get("devices")
            .is_none_or(|rules| rules.is_null() || rules == &Value::Array(Vec::new()))
    {
        let deny = serde_json::json!([{ "allow": false, "access": "rwm" }]);
        resources.insert("devices".into(), deny);
        changed = true;
    }
    // crun, unlike runc, wants the key.
    if spec.get("mounts").is_none_or(Value::is_null) {
        spec.insert("mounts".into(), Value::Array(Vec::new()));
        changed = true;
    }
    let json = if changed {
        serde_json::to_vec(&spec)
            .map_err(|error| Error::internal(format!("cannot write config.json: {error}")))?
    } else {
        json.to_vec()
    };
    Ok(Prepared {
        json,
        cgroup_path,
        terminal: process.terminal.unwrap_or(false),
        user: process.user.unwrap_or_default(),
        network_sysctls,
        joins_pod_pids,
        config,
    })
}

fn namespace<'a>(linux: &'a Map<String, Value>, wanted: &str) -> Option<&'a Value> {
    linux
        .get("namespaces")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|namespace| namespace.get("type").and_then(Value::as_str) == Some(wanted))
}

/// Those that belong to the guest's network namespace, if the container shares it.
fn take_network_sysctls(linux: &mut Map<String, Value>) -> Result<HashMap<String, String>> {
    let mut network = HashMap::new();
    if namespace(linux, "network").is_some() {
        return Ok(network);
    }
    let Some(Value::Object(sysctls)) = linux.get_mut("sysctl") else {
        return Ok(network);
    };
    for (key, value) in std::mem::take(sysctls) {
        if !key.starts_with("net.") && !key.starts_with("net/") {
            sysctls.insert(key, value);
        } else if let Value::String(value) = value {
            network.insert(key, value);
        } else {
            return Err(Error::invalid(format!(
                "linux.sysctl: the value of {key:?} must be a string"
            )));
        }
    }
    Ok(network)
}

/// Reads and checks the `process` object of an additional process; a terminal gets `size`.
pub fn prepare_process(json: &[u8], size: Size) -> Result<PreparedProcess> {
    let wrong = |error| Error::invalid(format!("the process object is wrong: {error}"));
    let mut value: Value = serde_json::from_slice(json).map_err(wrong)?;
    let process = check_process(&value)?;
    let terminal = process.terminal.unwrap_or(false);
    let mut json = json.to_vec();
    if let Some(size) = size.given().filter(|_| terminal) {
        value["consoleSize"] = serde_json::json!({ "height": size.height, "width": size.width });
        json = serde_json::to_vec(&value).map_err(wrong)?;
    }
    Ok(PreparedProcess {
        json,
        terminal,
        user: process.user.unwrap_or_default(),
        oom_score_adj: process.oom_score_adj,
    })
}

/// The id in the root user namespace of a container's id.
fn root_id(id: u32, mappings: &[Mapping]) -> u32 {
    mappings
        .iter()
        .find_map(|mapping| {
            let offset = id.checked_sub(mapping.container_id)?;
            (offset < mapping.size).then(|| mapping.host_id.wrapping_add(offset))
        })
        .unwrap_or(id)
}

fn check_process(value: &Value) -> Result<Process> {
    let process = Process::deserialize(value)
        .map_err(|error| Error::invalid(format!("the process object is wrong: {error}")))?;
    if process.args.as_ref().is_none_or(Vec::is_empty) {
        return Err(Error::invalid("process.args must name a program"));
    }
    // crun would take a name alone for the wish to unset it; the words are runc's.
    for entry in process.env.iter().flatten() {
        if entry.find('=').is_none_or(|length| length == 0) {
            return Err(Error::invalid(format!(
                "invalid environment variable: {entry:?}"
            )));
        }
    }
    let cwd = process.cwd.as_deref().unwrap_or("");
    if !cwd.starts_with('/') {
        return Err(Error::invalid(format!(
            "process.cwd {cwd:?} must be an absolute path"
        )));
    }
    Ok(process)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn config(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let mut value = serde_json::json!({
            "ociVersion": "1.1.0",
            "root": { "path": "/nosuch" },
            "process": { "args": ["true"], "cwd": "/", "user": { "uid": 1000, "gid": 100 },
                "env": ["A=b"], "noNewPrivileges": false, "apparmorProfile": "x" },
            "linux": { "namespaces": [{ "type": "mount" }] },
        });
        change(&mut value);
        serde_json::to_vec(&value).expect("json")
    }

    #[test]
    fn what_need_not_be_changed_comes_through_byte_for_byte() {
        let json = config(|value| {
            value["linux"]["cgroupsPath"] = "/hadron/web".into();
            value["mounts"] = serde_json::json!([]);
            value["linux"]["resources"] = serde_json::json!({ "devices": [{ "allow": true }] });
            value["process"]["rlimits"] = serde_json::json!([{ "soft": u64::MAX }]);
        });
        // Numbers that no float holds, and spaces that no serializer makes.
        let json = String::from_utf8(json).expect("text").replace("[]", "[ ]");
        let prepared = prepare("web", json.as_bytes()).expect("prepared");
        assert_eq!(prepared.json, json.as_bytes());
        assert_eq!(prepared.config.owner(&prepared.user), 1000);
    }

    #[test]
    fn a_path_mounts_and_device_rules_are_added_and_numbers_stay() {
        let json = config(|value| {
            value["process"]["rlimits"] = serde_json::json!([{ "soft": u64::MAX }]);
            value["linux"]["sysctl"] = serde_json::json!({ "net.x": "1", "kernel.y": "2" });
        });
        let prepared = prepare("web", &json).expect("prepared");
        assert_eq!(prepared.cgroup_path.to_str(), Some("/hadron/web"));
        assert_eq!(prepared.network_sysctls["net.x"], "1");
        let value: Value = serde_json::from_slice(&prepared.json).expect("json");
        assert_eq!(value["linux"]["cgroupsPath"], "/hadron/web");
        assert_eq!(
            value["linux"]["sysctl"],
            serde_json::json!({ "kernel.y": "2" })
        );
        assert_eq!(value["mounts"], serde_json::json!([]));
        let deny = serde_json::json!([{ "allow": false, "access": "rwm" }]);
        assert_eq!(value["linux"]["resources"]["devices"], deny);
        assert_eq!(value["process"]["rlimits"][0]["soft"], u64::MAX);
    }

    #[test]
    fn ids_are_mapped_to_the_root_namespace() {
        let json = config(|value| {
            value["linux"]["uidMappings"] =
                serde_json::json!([{ "containerID": 0, "hostID": 100_000, "size": 65536 }]);
        });
        let prepared = prepare("web", &json).expect("prepared");
        assert_eq!(prepared.config.owner(&prepared.user), 101_000);
    }

    #[test]
    fn only_a_terminal_has_a_size() {
        let size = Size {
            width: 80,
            height: 24,
        };
        let json = br#"{"args":["sh"],"cwd":"/"}"#;
        assert_eq!(prepare_process(json, size).expect("process").json, json);
        let json = br#"{"args":["sh"],"cwd":"/","terminal":true}"#;
        let prepared = prepare_process(json, size).expect("process").json;
        let value: Value = serde_json::from_slice(&prepared).expect("json");
        assert_eq!(
            value["consoleSize"],
            serde_json::json!({ "height": 24, "width": 80 })
        );
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        type Change = fn(&mut serde_json::Value);
        let cases: [(Change, &str); 5] = [
            (
                |v| v["process"]["env"] = serde_json::json!(["A=", "B"]),
                "environment variable: \"B\"",
            ),
            (
                |v| v["linux"]["namespaces"] = serde_json::json!([]),
                "mount namespace",
            ),
            (|v| v["root"]["path"] = "rootfs".into(), "root.path"),
            (
                |v| v["process"]["args"] = serde_json::json!([]),
                "process.args",
            ),
            (|v| v["process"]["cwd"] = "x".into(), "process.cwd"),
        ];
        for (change, word) in cases {
            let Err(error) = prepare("web", &config(change)) else {
                panic!("{word} was not refused");
            };
            assert_eq!(error.code, Code::INVALID_ARGUMENT, "{error}");
            assert!(error.message.contains(word), "{error}");
        }
    }

    #[test]
    fn a_cut_file_is_refused() {
        let json = config(|_| {});
        let Err(error) = prepare("web", &json[..json.len() / 2]) else {
            panic!("not refused");
        };
        assert_eq!(error.code, Code::INVALID_ARGUMENT);
    }
}
