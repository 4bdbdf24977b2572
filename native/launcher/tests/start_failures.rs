//! `start` that cannot succeed: a sentence, and nothing left.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod world;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use world::{World, names};

fn nothing_left(bundle: &Path) {
    assert_eq!(names("/run/hadron"), Vec::<String>::new());
    assert_eq!(names("/run/containerd/s"), Vec::<String>::new());
    let mut kept = names(bundle.to_str().unwrap());
    kept.retain(|name| !matches!(name.as_str(), "config.json" | "rootfs" | "log"));
    assert_eq!(kept, Vec::<String>::new());
}

#[test]
fn configurations_that_cannot_be_read() {
    let world = World::new();
    let bundle = world.bundle("c1", r#"{"annotations":{"io.kub"#);
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(
        error.contains("config.json") && error.contains("cut short") && error.contains("byte 23"),
        "{error}"
    );
    fs::write(
        bundle.join("config.json"),
        r#"{"annotations":{"io.containerd.runc.v2.group":"../x"}}"#,
    )
    .unwrap();
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(error.contains("'../x' is not allowed"), "{error}");
    fs::remove_file(bundle.join("config.json")).unwrap();
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(error.contains("config.json is missing"), "{error}");
    for id in ["a/b", "..", ""] {
        assert!(world.start(id, &bundle).is_err());
    }
    assert!(world.no_record());
    nothing_left(&bundle);
    assert!(
        !error.ends_with('\n'),
        "containerd goes on in the same line"
    );
}

#[test]
fn after_a_failure_nothing_is_left() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    world.install_node("not a program", 0o644);
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(
        error.contains("/lib/hadron/node cannot be started"),
        "{error}"
    );
    nothing_left(&bundle);
    fs::remove_file("/run/world/prefix/lib/hadron/node").unwrap();
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(
        error.contains("/lib/hadron/node") && error.contains("make install"),
        "{error}"
    );
    nothing_left(&bundle);
    fs::create_dir(bundle.join("address")).unwrap();
    fs::write("/run/world/prefix/lib/hadron/node", "").unwrap();
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(error.contains("address cannot be written"), "{error}");
    fs::remove_dir(bundle.join("address")).unwrap();
    nothing_left(&bundle);
    fs::remove_dir("/run/containerd/s").unwrap();
    fs::write("/run/containerd/s", "somebody's").unwrap();
    let error = world.start("c1", &bundle).unwrap_err();
    assert!(error.contains("/run/containerd/s"), "{error}");
    assert!(names("/run/hadron").is_empty() && !bundle.join("address").exists());
}

#[test]
fn an_address_that_nobody_reads_ends_the_daemon() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let mut command = world.launcher("c1", &bundle, "start");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(!output.status.success());
    nothing_left(&bundle);
    for pid in fs::read_to_string("/run/world/pids")
        .unwrap_or_default()
        .lines()
    {
        assert!(!Path::new("/proc").join(pid).exists());
    }
}

#[test]
fn a_stdin_without_end_is_an_error() {
    let world = World::new();
    let bundle = world.bundle("c1", "{}");
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = world.launcher("c1", &bundle, "start");
    let output = command.stdin(reader).output().unwrap();
    drop(writer);
    assert!(!output.status.success());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("stdin did not end")
    );
    nothing_left(&bundle);
}
