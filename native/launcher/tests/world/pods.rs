//! Pods whose daemon is gone.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::{World, mounted_below, names, state_of};

/// A pod whose daemon is gone and has left this journal; `{}` in it is the pod's directory.
pub fn dead_pod(world: &World, id: &str, journal: &str) -> (PathBuf, PathBuf) {
    let bundle = world.bundle(id, "{}");
    let address = world.start(id, &bundle).unwrap();
    let daemon = world.record();
    assert!(
        Command::new("kill")
            .args(["-9", &daemon.pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
    while UnixStream::connect(address.strip_prefix("unix://").unwrap()).is_ok() {
        std::thread::yield_now();
    }
    let state = state_of(&address);
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
