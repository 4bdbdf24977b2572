//! What CreateSandbox does to the guest as a whole: shares, clock, host name, sysctls.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

use crate::error::{Error, Result};

/// A directory of the host to be mounted.
pub struct Share {
    /// "9p" or "virtiofs".
    pub fs_type: String,
    /// The device's mount tag.
    pub tag: String,
    /// Absolute path in the guest.
    pub mount_point: String,
    /// As mount(8) has them.
    pub options: Vec<String>,
}

/// Options that are flags of mount(2).
const FLAGS: [(&str, MsFlags); 14] = [
    ("rw", MsFlags::empty()),
    ("defaults", MsFlags::empty()),
    ("ro", MsFlags::MS_RDONLY),
    ("nosuid", MsFlags::MS_NOSUID),
    ("nodev", MsFlags::MS_NODEV),
    ("noexec", MsFlags::MS_NOEXEC),
    ("sync", MsFlags::MS_SYNCHRONOUS),
    ("dirsync", MsFlags::MS_DIRSYNC),
    ("noatime", MsFlags::MS_NOATIME),
    ("nodiratime", MsFlags::MS_NODIRATIME),
    ("relatime", MsFlags::MS_RELATIME),
    ("strictatime", MsFlags::MS_STRICTATIME),
    ("lazytime", MsFlags::MS_LAZYTIME),
    ("silent", MsFlags::MS_SILENT),
];

/// What 9p needs on virtio, unless the host says otherwise. With the default msize of 128 KiB reads are
/// several times slower.
const DEFAULTS_9P: [(&str, &str); 3] = [
    ("trans", "virtio"),
    ("version", "9p2000.L"),
    ("msize", "1048576"),
];

/// Flags and data for mount(2).
fn options(share: &Share) -> (MsFlags, String) {
    let mut flags = MsFlags::empty();
    let mut data: Vec<String> = Vec::new();
    for option in &share.options {
        match FLAGS.iter().find(|(name, _)| name == option) {
            Some((_, flag)) => flags |= *flag,
            None => data.push(option.clone()),
        }
    }
    if share.fs_type == "9p" {
        for (key, value) in DEFAULTS_9P {
            let given = data
                .iter()
                .any(|option| option.split('=').next() == Some(key));
            if !given {
                data.push(format!("{key}={value}"));
            }
        }
    }
    (flags, data.join(","))
}

/// Mounts it; the mount point is made if it is not there.
pub fn mount_share(share: &Share) -> Result<()> {
    if !["9p", "virtiofs"].contains(&share.fs_type.as_str()) {
        return Err(Error::invalid(format!(
            "a share's fs_type is \"9p\" or \"virtiofs\", not {:?}",
            share.fs_type
        )));
    }
    let target = Path::new(&share.mount_point);
    let plain = target
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !target.is_absolute() || !plain {
        return Err(Error::invalid(format!(
            "a share's mount_point must be an absolute path without \"..\", not {:?}",
            share.mount_point
        )));
    }
    fs::create_dir_all(target)
        .map_err(|error| Error::os(format!("cannot make {}", share.mount_point), error))?;
    let (flags, data) = options(share);
    let mount_with = |data: &str| {
        mount(
            Some(share.tag.as_str()),
            target,
            Some(share.fs_type.as_str()),
            flags,
            Some(data),
        )
    };
    match mount_with(&data) {
        // A kernel without our patch of 9p.
        Err(Errno::EINVAL) if data.contains("cache=timed") => {
            mount_with(&data.replace("cache=timed", "cache=mmap"))
        }
        result => result,
    }
    .map_err(|errno| {
        Error::os(
            format!(
                "cannot mount the {} share {:?} on {} with options {data:?}",
                share.fs_type, share.tag, share.mount_point
            ),
            errno,
        )
    })
}

/// Of the guest's root UTS namespace.
pub fn set_hostname(name: &str) -> Result<()> {
    if name.len() > 64 {
        return Err(Error::invalid(format!(
            "the host name {name:?} is longer than Linux' 64 bytes"
        )));
    }
    nix::unistd::sethostname(name).map_err(|errno| Error::os("cannot set the host name", errno))
}

/// All of them, or an error that names the one that does not work.
pub fn set_sysctls(sysctls: &HashMap<String, String>) -> Result<()> {
    for (key, value) in sysctls {
        let path = sysctl_path(key)?;
        fs::write(&path, value).map_err(|error| match error.raw_os_error() {
            Some(libc::ENOENT) => Error::invalid(format!("the guest kernel has no sysctl {key:?}")),
            Some(libc::EINVAL) => Error::invalid(format!(
                "the guest kernel refuses {value:?} for sysctl {key:?}"
            )),
            _ => Error::os(format!("cannot set sysctl {key:?} to {value:?}"), error),
        })?;
    }
    Ok(())
}

/// As sysctl(8): whichever of "." and "/" comes first separates, the other is a part of a name.
fn sysctl_path(key: &str) -> Result<String> {
    let path = match key.find(['.', '/']).map(|index| key.as_bytes()[index]) {
        Some(b'/') => key.to_string(),
        _ => key
            .chars()
            .map(|character| match character {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect(),
    };
    let plain = path
        .split('/')
        .all(|part| !part.is_empty() && part != "." && part != "..");
    if !plain {
        return Err(Error::invalid(format!(
            "{key:?} is not the name of a sysctl"
        )));
    }
    Ok(format!("/proc/sys/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(fs_type: &str, given: &[&str]) -> Share {
        Share {
            fs_type: fs_type.into(),
            tag: "rootfs".into(),
            mount_point: "/run/hadron/rootfs".into(),
            options: given.iter().map(|option| (*option).to_string()).collect(),
        }
    }

    #[test]
    fn options_are_parted_into_flags_and_data() {
        let (flags, data) = options(&share("9p", &["ro", "nosuid", "cache=loose", "msize=8192"]));
        assert_eq!(flags, MsFlags::MS_RDONLY | MsFlags::MS_NOSUID);
        assert_eq!(data, "cache=loose,msize=8192,trans=virtio,version=9p2000.L");
        assert_eq!(options(&share("virtiofs", &[])).1, "");
    }

    #[test]
    fn other_file_systems_and_paths_are_refused() {
        let error = mount_share(&share("ext4", &[])).expect_err("ext4");
        assert!(error.message.contains("ext4"), "{error}");
        let mut elsewhere = share("9p", &[]);
        elsewhere.mount_point = "/run/../etc".into();
        assert!(mount_share(&elsewhere).is_err());
    }

    #[test]
    fn sysctl_names_have_two_spellings() {
        let path = |key| sysctl_path(key).expect("path");
        assert_eq!(path("net.ipv4.ip_forward"), "/proc/sys/net/ipv4/ip_forward");
        assert_eq!(
            path("net/ipv4/conf/eth0.1/mtu"),
            "/proc/sys/net/ipv4/conf/eth0.1/mtu"
        );
        assert_eq!(
            path("net.ipv4.conf.eth0/1.mtu"),
            "/proc/sys/net/ipv4/conf/eth0.1/mtu"
        );
        assert!(sysctl_path("../x").is_err());
        assert!(sysctl_path("a..b").is_err());
        assert!(sysctl_path("").is_err());
    }
}
