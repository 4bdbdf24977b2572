//! Pods whose daemon is gone.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::{CONTAINERD, World, mounted_below, names};

/// sha256 by somebody else.
pub fn hash(text: &str) -> String {
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout[..64].to_vec()).unwrap()
}

/// A pod whose daemon is gone and has left this journal; `{}` in it is the pod's directory. Nobody started it, since each
/// start has such pods swept up.
pub fn dead_pod(world: &World, id: &str, journal: &str) -> (PathBuf, PathBuf) {
    let bundle = world.bundle(id, "{}");
    let name = hash(&format!("{CONTAINERD}/default/{id}"));
    fs::create_dir_all("/run/containerd/s").unwrap();
    let socket = format!("/run/containerd/s/{name}");
    drop(UnixListener::bind(&socket).unwrap());
    fs::write(bundle.join("address"), format!("unix://{socket}")).unwrap();
    let state = PathBuf::from("/run/hadron").join(name);
    fs::create_dir_all(&state).unwrap();
    fs::write(
        state.join("journal"),
        journal.replace("{}", state.to_str().unwrap()),
    )
    .unwrap();
    (bundle, state)
}

/// No trace of any pod in this test's world.
pub fn nothing_left() {
    assert_eq!(names("/run/hadron"), Vec::<String>::new());
    assert_eq!(names("/run/containerd/s"), Vec::<String>::new());
    assert_eq!(mounted_below("/run/hadron"), Vec::<String>::new());
    assert_eq!(mounted_below("/run/world"), Vec::<String>::new());
}

/// What the launcher said.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
