//! A container's OCI specification: what the agent refuses, completes or takes out before libcontainer
//! sees it.

use std::collections::HashMap;

use libcontainer::oci_spec::runtime::{
    Hook, Linux, LinuxIdMapping, LinuxNamespaceType, LinuxSeccomp, LinuxSeccompAction, Process,
    Spec,
};

use crate::cgroup;
use crate::error::{Error, Result};
use crate::helper::exec::with_home;
use crate::helper::user::passwd_below;

/// A specification that can be carried out.
pub struct Prepared {
    /// For config.json.
    pub spec: Spec,
    /// The container's cgroup, absolute below the hierarchy's root.
    pub cgroup_path: std::path::PathBuf,
    /// Whose standard streams these are, as ids of the guest's root user namespace.
    pub owner: (u32, u32),
    /// Whether the init process has one.
    pub terminal: bool,
    /// Sysctls of the pod's network, which is the guest's own: not in `spec`, as libcontainer sets them in a
    /// container's network namespace only.
    pub network_sysctls: HashMap<String, String>,
}

/// Reads and checks config.json.
pub fn prepare(container_id: &str, json: &[u8]) -> Result<Prepared> {
    let mut spec: Spec = serde_json::from_slice(json).map_err(|error| {
        Error::invalid(format!("the container's config.json is wrong: {error}"))
    })?;
    refuse_hooks(&spec)?;
    let Some(mut linux) = spec.linux().clone() else {
        return Err(Error::invalid("config.json has no \"linux\" section"));
    };
    let own_mounts = linux
        .namespaces()
        .iter()
        .flatten()
        .any(|namespace| namespace.typ() == LinuxNamespaceType::Mount);
    if !own_mounts {
        return Err(Error::invalid(
            "linux.namespaces must have a mount namespace: the guest's own must not be changed",
        ));
    }
    if linux.intel_rdt().is_some() {
        return Err(Error::unimplemented(
            "linux.intelRdt has no meaning in a VM",
        ));
    }
    refuse_notify(linux.seccomp().as_ref())?;
    match spec.root() {
        Some(root) if root.path().is_absolute() => {}
        Some(root) => {
            return Err(Error::invalid(format!(
                "root.path {} must be an absolute path of the guest",
                root.path().display()
            )));
        }
        None => return Err(Error::invalid("config.json has no \"root\" section")),
    }
    let Some(mut process) = spec.process().clone() else {
        return Err(Error::invalid("config.json has no \"process\" section"));
    };
    normalize(&mut process)?;
    if let Some(root) = spec.root().as_ref().and_then(|root| root.path().to_str()) {
        with_home(&mut process, || passwd_below(root));
    }
    let cgroup_path = cgroup::path_for(container_id, linux.cgroups_path().as_deref())?;
    linux.set_cgroups_path(Some(cgroup_path.clone()));
    // The guest kernel has no SELinux.
    linux.set_mount_label(None);
    let network_sysctls = take_network_sysctls(&mut linux);
    let owner = (
        root_id(process.user().uid(), linux.uid_mappings()),
        root_id(process.user().gid(), linux.gid_mappings()),
    );
    let terminal = process.terminal().unwrap_or(false);
    spec.set_process(Some(process)).set_linux(Some(linux));
    Ok(Prepared {
        spec,
        cgroup_path,
        owner,
        terminal,
        network_sysctls,
    })
}

/// Those that belong to the guest's network namespace, if the container shares it.
fn take_network_sysctls(linux: &mut Linux) -> HashMap<String, String> {
    let own_network = linux
        .namespaces()
        .iter()
        .flatten()
        .any(|namespace| namespace.typ() == LinuxNamespaceType::Network);
    if own_network {
        return HashMap::new();
    }
    let (network, others): (HashMap<_, _>, HashMap<_, _>) = linux
        .sysctl()
        .clone()
        .unwrap_or_default()
        .into_iter()
        .partition(|(key, _)| key.starts_with("net.") || key.starts_with("net/"));
    linux.set_sysctl(Some(others));
    network
}

/// Reads and checks the `process` object of an additional process.
pub fn prepare_process(json: &[u8]) -> Result<Process> {
    let mut process: Process = serde_json::from_slice(json)
        .map_err(|error| Error::invalid(format!("the process object is wrong: {error}")))?;
    normalize(&mut process)?;
    if process.scheduler().is_some() || process.io_priority().is_some() {
        return Err(Error::unimplemented(
            "process.scheduler and process.ioPriority are not supported for additional processes",
        ));
    }
    Ok(process)
}

/// The id in the root user namespace of a container's id.
pub fn root_id(id: u32, mappings: &Option<Vec<LinuxIdMapping>>) -> u32 {
    mappings
        .iter()
        .flatten()
        .find_map(|mapping| {
            let offset = id.checked_sub(mapping.container_id())?;
            (offset < mapping.size()).then(|| mapping.host_id().wrapping_add(offset))
        })
        .unwrap_or(id)
}

fn normalize(process: &mut Process) -> Result<()> {
    if process.args().as_ref().is_none_or(Vec::is_empty) {
        return Err(Error::invalid("process.args must name a program"));
    }
    if !process.cwd().is_absolute() {
        return Err(Error::invalid(format!(
            "process.cwd {:?} must be an absolute path",
            process.cwd().display().to_string()
        )));
    }
    if process.user().umask().is_some_and(|mask| mask > 0o777) {
        return Err(Error::invalid("process.user.umask must be at most 0777"));
    }
    // libcontainer takes "false" for a wish to load seccomp without the right to.
    if process.no_new_privileges() == Some(false) {
        process.set_no_new_privileges(None);
    }
    // Security modules of the host's kernel; the VM is what confines here.
    process.set_apparmor_profile(None);
    process.set_selinux_label(None);
    Ok(())
}

fn refuse_hooks(spec: &Spec) -> Result<()> {
    let Some(hooks) = spec.hooks() else {
        return Ok(());
    };
    let some = |hooks: &Option<Vec<Hook>>| hooks.as_ref().is_some_and(|hooks| !hooks.is_empty());
    #[allow(deprecated, reason = "to refuse it, it must be read")]
    let prestart = some(hooks.prestart());
    for (name, present) in [
        ("prestart", prestart),
        ("createRuntime", some(hooks.create_runtime())),
        ("createContainer", some(hooks.create_container())),
        ("poststart", some(hooks.poststart())),
        ("poststop", some(hooks.poststop())),
    ] {
        if present {
            return Err(Error::unimplemented(format!(
                "hooks.{name} would run a program of the host, which the guest does not have"
            )));
        }
    }
    Ok(())
}

fn refuse_notify(profile: Option<&LinuxSeccomp>) -> Result<()> {
    let Some(profile) = profile else {
        return Ok(());
    };
    let notify = LinuxSeccompAction::ScmpActNotify;
    let used = profile.default_action() == notify
        || profile
            .syscalls()
            .iter()
            .flatten()
            .any(|rule| rule.action() == notify);
    if used {
        return Err(Error::unimplemented(
            "seccomp's SCMP_ACT_NOTIFY needs a listener on the host, which cannot reach into the VM",
        ));
    }
    Ok(())
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
    fn a_plain_one_is_completed() {
        let prepared = prepare("web", &config(|_| {})).expect("prepared");
        assert_eq!(prepared.cgroup_path.to_str(), Some("/hadron/web"));
        assert_eq!(prepared.owner, (1000, 100));
        let process = prepared.spec.process().as_ref().expect("process");
        assert_eq!(process.no_new_privileges(), None);
        assert_eq!(*process.apparmor_profile(), None);
        let expected = vec!["A=b".to_string(), "HOME=/".to_string()];
        assert_eq!(*process.env(), Some(expected));
    }

    #[test]
    fn ids_are_mapped_to_the_root_namespace() {
        let json = config(|value| {
            value["linux"]["uidMappings"] =
                serde_json::json!([{ "containerID": 0, "hostID": 100_000, "size": 65536 }]);
        });
        assert_eq!(
            prepare("web", &json).expect("prepared").owner,
            (101_000, 100)
        );
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        type Change = fn(&mut serde_json::Value);
        let cases: [(Change, Code, &str); 6] = [
            (
                |v| v["linux"]["namespaces"] = serde_json::json!([]),
                Code::INVALID_ARGUMENT,
                "mount namespace",
            ),
            (
                |v| v["root"]["path"] = "rootfs".into(),
                Code::INVALID_ARGUMENT,
                "root.path",
            ),
            (
                |v| v["process"]["args"] = serde_json::json!([]),
                Code::INVALID_ARGUMENT,
                "process.args",
            ),
            (
                |v| v["process"]["cwd"] = "x".into(),
                Code::INVALID_ARGUMENT,
                "process.cwd",
            ),
            (
                |v| v["hooks"] = serde_json::json!({"poststop": [{"path": "/bin/x"}]}),
                Code::UNIMPLEMENTED,
                "poststop",
            ),
            (
                |v| v["linux"]["seccomp"] = serde_json::json!({"defaultAction": "SCMP_ACT_NOTIFY"}),
                Code::UNIMPLEMENTED,
                "NOTIFY",
            ),
        ];
        for (change, code, word) in cases {
            let Err(error) = prepare("web", &config(change)) else {
                panic!("{word} was not refused");
            };
            assert_eq!(error.code, code, "{error}");
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
