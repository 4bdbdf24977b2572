//! Where the launcher finds the rest of Hadron, however it was reached.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod world;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use world::World;

const PREFIX: &str = "/run/world/prefix";
const LAUNCHER: &str = "/run/world/prefix/bin/containerd-shim-hadron-v2";

/// Copies, by a process of its own (World::install says why).
fn copy(from: &str, to: &str) {
    fs::create_dir_all(Path::new(to).parent().unwrap()).unwrap();
    let status = Command::new("cp").args(["-r", from, to]).status();
    assert!(status.unwrap().success());
}

fn command(world: &World, program: &str, id: &str) -> Command {
    let bundle = world.bundle(id, "{}");
    let launcher = world.launcher(id, &bundle, "start");
    let mut command = Command::new(program);
    command
        .args(launcher.get_args())
        .current_dir(bundle)
        .stdin(Stdio::null())
        .env_remove("HADRON_LIB");
    command
}

/// Starts with this program; the daemon's program, or the sentence.
fn start(world: &World, command: &mut Command) -> Result<String, String> {
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(world.record().own_arguments()[0].clone())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn links_are_followed_to_the_file_itself() {
    let world = World::new();
    fs::create_dir_all("/run/world/links/deep").unwrap();
    let links = [
        ("/run/world/links/absolute", LAUNCHER),
        (
            "/run/world/links/relative",
            "../prefix/bin/containerd-shim-hadron-v2",
        ),
        ("/run/world/links/deep/chain", "../relative"),
        // The directory is a link, too.
        ("/run/world/bin", "prefix/bin"),
    ];
    for (link, target) in links {
        symlink(target, link).unwrap();
    }
    for (index, program) in [
        links[0].0,
        links[1].0,
        links[2].0,
        "/run/world/bin/containerd-shim-hadron-v2",
    ]
    .iter()
    .enumerate()
    {
        let program = start(&world, &mut command(&world, program, &format!("c{index}")));
        assert_eq!(program.unwrap(), format!("{PREFIX}/lib/hadron/shim.js"));
    }
}

#[test]
fn a_copy_looks_beside_itself_and_where_it_was_built_for() {
    let world = World::new();
    copy(LAUNCHER, "/run/world/copy/shim");
    let error = start(&world, &mut command(&world, "/run/world/copy/shim", "c1")).unwrap_err();
    for words in [
        "/run/world/lib/hadron/node: No such file",
        "/run/world/copy/node: No such file",
        "/usr/local/lib/hadron/node: No such file",
        "make install",
        "set HADRON_LIB",
    ] {
        assert!(error.contains(words), "{error}");
    }
    // This test's own, like its /run.
    world::mount_tmpfs(Path::new("/usr/local"));
    copy("/run/world/prefix/lib", "/usr/local/lib");
    let found = start(&world, &mut command(&world, "/run/world/copy/shim", "c2"));
    assert_eq!(found.unwrap(), "/usr/local/lib/hadron/shim.js");
    // What is nearer goes first, if it is complete.
    copy("/run/world/prefix/lib/hadron/node", "/run/world/copy/node");
    let found = start(&world, &mut command(&world, "/run/world/copy/shim", "c3"));
    assert_eq!(found.unwrap(), "/usr/local/lib/hadron/shim.js");
    copy(
        "/run/world/prefix/lib/hadron/shim.js",
        "/run/world/copy/shim.js",
    );
    let found = start(&world, &mut command(&world, "/run/world/copy/shim", "c4"));
    assert_eq!(found.unwrap(), "/run/world/copy/shim.js");
    copy("/run/world/prefix/lib", "/run/world/lib");
    let found = start(&world, &mut command(&world, "/run/world/copy/shim", "c5"));
    assert_eq!(found.unwrap(), "/run/world/lib/hadron/shim.js");
}

#[test]
fn the_variable_goes_before_all_and_stands_alone() {
    let world = World::new();
    copy("/run/world/prefix/lib/hadron", "/run/world/elsewhere");
    let with = |id: &str, directory: &str| {
        start(
            &world,
            command(&world, LAUNCHER, id).env("HADRON_LIB", directory),
        )
    };
    assert_eq!(
        with("c1", "/run/world/elsewhere").unwrap(),
        "/run/world/elsewhere/shim.js"
    );
    assert_eq!(
        with("c2", "").unwrap(),
        format!("{PREFIX}/lib/hadron/shim.js")
    );
    let error = with("c3", "/run/world/nowhere").unwrap_err();
    assert!(
        error.contains("/run/world/nowhere/node") && !error.contains(PREFIX),
        "{error}"
    );
    let error = with("c4", "lib").unwrap_err();
    assert!(error.contains("'lib' is not an absolute path"), "{error}");
}

/// As when a new version is installed over the one that runs.
#[test]
fn a_program_whose_file_is_gone_finds_its_files() {
    let world = World::new();
    let mut child = command(&world, LAUNCHER, "c1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let exe = PathBuf::from(format!("/proc/{}/exe", child.id()));
    assert_eq!(fs::read_link(&exe).unwrap(), Path::new(LAUNCHER));
    fs::remove_file(LAUNCHER).unwrap();
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"unix://"));
    assert_eq!(
        world.record().own_arguments()[0],
        format!("{PREFIX}/lib/hadron/shim.js")
    );
}
