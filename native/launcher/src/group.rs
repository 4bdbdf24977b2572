//! Which pod a container belongs to, and the name that this gives to the pod's socket and directory.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::failure::{Context, Result};
use crate::json::{self, JsonError};

/// Why it cannot be said.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the {what} is empty; containerd passes it with the flags -namespace and -id")]
    NoName { what: &'static str },
    #[error(
        "the {what} '{}' is not allowed: it must be letters and digits, with single '.', '_' or '-' between them, and at \
         most 76 characters",
        .name.escape_debug()
    )]
    BadName { what: &'static str, name: String },
    #[error("{} is missing: the working directory must be the bundle of a container", .0.display())]
    NoConfig(PathBuf),
    #[error("{} is larger than {MAX_CONFIG_BYTES} bytes, which no configuration needs", .0.display())]
    LargeConfig(PathBuf),
    #[error("{} is not the JSON of an OCI configuration: {source}", .path.display())]
    BadConfig { path: PathBuf, source: JsonError },
}

/// The annotations that group containers, the stronger one first (as in containerd's runc shim).
const ANNOTATIONS: [&str; 2] = [
    "io.containerd.runc.v2.group",
    "io.kubernetes.cri.sandbox-id",
];

/// Longer configurations are refused instead of read.
const MAX_CONFIG_BYTES: u64 = 64 << 20;

/// containerd's rule for ids and namespaces (its package identifiers): runs of letters and digits, with one `.`, `_` or
/// `-` between them, 76 characters at most. Such a name is safe as a part of a path.
pub fn check_identifier(what: &'static str, name: &str) -> Result<()> {
    let runs = |name: &str| {
        name.split(['.', '_', '-'])
            .all(|run| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    if name.is_empty() {
        return Err(Error::NoName { what }.into());
    }
    if name.len() > 76 || !runs(name) {
        let name = name.to_owned();
        return Err(Error::BadName { what, name }.into());
    }
    Ok(())
}

/// The group that the bundle's config.json names, if it does. `missing_is_legal`: containerd starts sandboxes in a
/// bundle without config.json.
pub fn of_bundle(bundle: &Path, missing_is_legal: bool) -> Result<Option<String>> {
    let path = bundle.join("config.json");
    let mut text = Vec::new();
    match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound && missing_is_legal => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::NoConfig(path).into());
        }
        opened => opened
            .context(|| format!("{} cannot be opened", path.display()))?
            .take(MAX_CONFIG_BYTES + 1)
            .read_to_end(&mut text),
    }
    .context(|| format!("{} cannot be read", path.display()))?;
    if text.len() as u64 > MAX_CONFIG_BYTES {
        return Err(Error::LargeConfig(path).into());
    }
    let found = json::string_members(&text, Some("annotations"), &ANNOTATIONS)
        .map_err(|source| Error::BadConfig { path, source })?;
    let group = found.into_iter().flatten().find(|group| !group.is_empty());
    if let Some(group) = &group {
        check_identifier("group of the container (its annotation)", group)?;
    }
    Ok(group)
}

/// containerd's name for a shim's socket: the sha256 of the joined path (pkg/shim/util_unix.go).
pub fn hash(grpc_address: &str, namespace: &str, group: &str) -> String {
    let parts = [grpc_address, namespace, group].map(str::to_owned);
    let joined: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let digest = Sha256::digest(clean(&joined.join("/")));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Go's path.Clean: the shortest path that means the same, without looking at the file system.
fn clean(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    match format!("{root}{}", parts.join("/")) {
        empty if empty.is_empty() => ".".to_owned(),
        cleaned => cleaned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_as_containerd_allows_them() {
        for good in ["a", "k8s.io", "moby", "a-b_c.d", "0", &"x".repeat(76)] {
            assert!(check_identifier("id", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a..b",
            "-a",
            "a-",
            "a b",
            "é",
            "a\n",
            "../a",
            &"x".repeat(77),
        ] {
            assert!(check_identifier("id", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_are_cleaned_as_in_go() {
        for (path, cleaned) in [
            ("/a/b", "/a/b"),
            ("/a//b/./c/../d/", "/a/b/d"),
            ("/../a", "/a"),
            ("a/../../b", "../b"),
            ("../../x", "../../x"),
            ("a/..", "."),
            ("", "."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }

    #[test]
    fn the_hash_is_that_of_the_joined_path() {
        // As sha256sum has it.
        let expected = "5e250b13f984a15f73216d143af1bf3c64171aa56c781ba9d4040c75b2c1eee2";
        assert_eq!(
            hash("/run/containerd/containerd.sock", "default", "x"),
            expected
        );
        assert_eq!(
            hash("/run//containerd/./containerd.sock/", "default", "x"),
            expected
        );
        assert_eq!(
            hash("", "default", "x"),
            "cf3bd7ff2845028ca9c120e6774c3b2b4d15241386b88497b8c49157a7277a3b"
        );
    }
}
