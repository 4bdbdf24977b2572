//! The forms in which `start` answers, and the calls that are no actions.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use world::{World, given, names};

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
    field.extend_from_slice(bytes);
    field
}

fn params(id: &str, more: &[u8]) -> Vec<u8> {
    [field(1, id.as_bytes()), field(2, b"default"), more.to_vec()].concat()
}

fn sandbox_bundle(id: &str) -> PathBuf {
    let bundle = Path::new("/run/world/io.containerd.sandbox.controller.v1.shim/default").join(id);
    fs::create_dir_all(&bundle).unwrap();
    bundle
}

#[test]
fn options_of_older_versions_get_a_plain_address() {
    let world = World::new();
    let any = [
        field(1, b"containerd.runc.v1.Options"),
        field(2, &[0x18, 1]),
    ]
    .concat();
    for (id, stdin) in [
        ("a", any),
        ("b", Vec::new()),
        ("c", b"garbage".to_vec()),
        ("d", params("other", b"")),
    ] {
        let bundle = world.bundle(id, "{}");
        let output = world.start_with(id, &bundle, &stdin);
        let address = fs::read(bundle.join("address")).unwrap();
        assert_eq!(output.stdout, address);
        assert!(output.stdout.starts_with(b"unix:///run/containerd/s/"));
        world.record();
    }
}

#[test]
fn a_sandbox_before_2_3_gets_json() {
    let world = World::new();
    let bundle = sandbox_bundle("pod1");
    let output = world.start_with("pod1", &bundle, b"");
    let address = fs::read_to_string(bundle.join("address")).unwrap();
    let expected = format!(r#"{{"version":3,"address":"{address}","protocol":"ttrpc"}}"#);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!(world.record().own_arguments()[4], "pod1");
}

#[test]
fn bootstrap_params_get_a_bootstrap_result() {
    let world = World::new();
    let bundle = sandbox_bundle("pod1");
    let debug = [
        0x18, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
    ];
    let more = [
        debug.to_vec(),
        field(5, b"/run/other-ttrpc"),
        field(9, b"/run/shims"),
    ]
    .concat();
    let mut command = world.launcher("pod1", &bundle, "start");
    command.env_remove("TTRPC_ADDRESS");
    let output = given(&mut command, &params("pod1", &more));
    let address = fs::read(bundle.join("address")).unwrap();
    assert!(address.starts_with(b"unix:///run/shims/"), "{:?}", output);
    assert_eq!(
        output.stdout,
        [vec![0x08, 3], field(2, &address), field(3, b"ttrpc")].concat()
    );
    let record = world.record();
    assert_eq!(record.arguments.last().map(String::as_str), Some("--debug"));
    assert_eq!(record.ttrpc, "/run/other-ttrpc");
    assert_eq!(names("/run/shims").len(), 1);
    // The address file leads `delete` there.
    assert!(
        Command::new("kill")
            .args(["-9", &record.pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
    while std::os::unix::net::UnixStream::connect(
        Path::new("/run/shims").join(&names("/run/shims")[0]),
    )
    .is_ok()
    {
        std::thread::yield_now();
    }
    world.delete("pod1", &bundle);
    assert!(names("/run/shims").is_empty() && names("/run/hadron").is_empty());
}

#[test]
fn the_options_of_a_sandbox_go_to_the_daemon() {
    let world = World::new();
    let any = |kind: &[u8]| [field(1, kind), field(2, b"\x12\x02/c")].concat();
    let options = any(b"runtimeoptions.v1.Options");
    let hex: String = options.iter().map(|byte| format!("{byte:02x}")).collect();
    // As an extension among others, and as containerd before 2.3 sends it.
    let extension = |value: &[u8]| field(8, &field(1, value));
    let more = [extension(&options), extension(&any(b"some.Other"))].concat();
    for (id, stdin) in [("a", params("a", &more)), ("b", options.clone())] {
        world.start_with(id, &sandbox_bundle(id), &stdin);
        let arguments = world.record().arguments;
        assert_eq!(arguments[arguments.len() - 2..], ["--options", &hex]);
    }
    // What is none of them is nothing to the daemon, and a task has its own in each Create.
    world.start_with("c", &sandbox_bundle("c"), &any(b"some.Other"));
    assert!(!world.record().arguments.contains(&"--options".to_owned()));
    world.start_with("d", &world.bundle("d", "{}"), &options);
    assert!(!world.record().arguments.contains(&"--options".to_owned()));
}

#[test]
fn a_socket_dir_that_is_too_long_is_refused() {
    let world = World::new();
    let bundle = sandbox_bundle("pod1");
    let long = format!("/run/{}", "x".repeat(40));
    let stdin = params("pod1", &field(9, long.as_bytes()));
    let output = world.start_with("pod1", &bundle, &stdin);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("at most 106 bytes")
    );
    assert!(names("/run/hadron").is_empty() && world.no_record());
}

#[test]
fn info_names_the_runtime_and_gives_the_options_back() {
    let any = field(1, b"t");
    let mut command = Command::new(env!("CARGO_BIN_EXE_containerd-shim-hadron-v2"));
    let output = given(command.arg("-info"), &any);
    assert!(output.status.success());
    assert!(
        output
            .stdout
            .starts_with(&field(1, b"io.containerd.hadron.v2"))
    );
    assert!(
        output
            .stdout
            .windows(5)
            .any(|bytes| bytes == field(3, &any))
    );
    // What follows is read by containerd in test/e2e/features.test.ts.
    assert!(output.stdout.ends_with(b"}\n"));
}

#[test]
fn version_usage_and_unknown_commands() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_containerd-shim-hadron-v2"))
            .args(arguments)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (status, text) = run(&["-v"]);
    assert_eq!(status, Some(0));
    assert!(
        text.starts_with("containerd-shim-hadron-v2:\n  Version:  "),
        "{text}"
    );
    for (arguments, words) in [
        (&[][..], "there is no command"),
        (&["stop"], "'stop' is not known"),
        (&["-id", "x"], "there is no command"),
    ] {
        let (status, text) = run(arguments);
        assert_eq!(status, Some(2));
        assert!(text.contains(words) && text.contains("usage:"), "{text}");
    }
    let (status, text) = run(&["-later", "start"]);
    assert_eq!(status, Some(1));
    assert!(text.contains("-later"), "{text}");
    assert_eq!(run(&["-h"]).0, Some(0));
}
