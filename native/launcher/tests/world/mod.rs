//! A world of a test's own: a mount namespace with an empty /run, an installation with a program that only records how
//! it was started in Node's place, and bundles. Everything vanishes with the test's thread.

pub mod pods;

use std::ffi::{CString, c_char, c_int, c_ulong, c_void};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// What every test's containerd is called.
pub const CONTAINERD: &str = "/run/containerd/containerd.sock";
const BINARY: &str = env!("CARGO_BIN_EXE_containerd-shim-hadron-v2");
const CLONE_NEWNS: c_int = 0x20000;
const MNT_DETACH: c_int = 2;
const MS_REC: c_ulong = 0x4000;
const MS_PRIVATE: c_ulong = 0x40000;

unsafe extern "C" {
    fn unshare(flags: c_int) -> c_int;
    fn umount2(target: *const c_char, flags: c_int) -> c_int;
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_void,
    ) -> c_int;
}

/// Records itself in the FIFO, and then holds the listening socket as the daemon would.
const NODE: &str = r#"#!/bin/sh
echo $$ >> /run/world/pids
(exec ls -l /proc/$$/fd > /run/world/descriptors.$$)
{
    echo "pid $$"
    echo "cwd $(pwd)"
    echo "ttrpc $TTRPC_ADDRESS"
    echo "options $NODE_OPTIONS"
    echo "arenas $MALLOC_ARENA_MAX"
    for argument in "$@"; do echo "arg $argument"; done
    # The shell itself holds the script open.
    sed -n 's/.* \([0-9]*\) -> /fd \1 /p' /run/world/descriptors.$$ | grep -v lib/hadron/node
    echo end
} > /run/world/record
exec sleep 60
"#;

pub struct World {
    record: mpsc::Receiver<String>,
}

/// How the daemon was started.
#[derive(Debug, Default)]
pub struct Record {
    pub pid: u32,
    pub cwd: String,
    pub ttrpc: String,
    pub options: String,
    pub arenas: String,
    pub arguments: Vec<String>,
    /// "NUMBER WHAT".
    pub descriptors: Vec<String>,
}

impl Record {
    /// From the program on, without Node's own, which come before it.
    pub fn own_arguments(&self) -> &[String] {
        let flags = include_str!("../../node-flags").split_whitespace().count();
        &self.arguments[flags..]
    }
}

/// Puts a program into the installation, in a process of its own: a file that this process has open for writing cannot be
/// executed as long as another test's thread is about to execute something (the child holds all descriptors until then).
fn install(source: &str, stdin: Stdio, target: &str, mode: u32) {
    let mut command = Command::new("install");
    command.arg("-m").arg(format!("{mode:o}")).arg(source);
    command
        .arg(Path::new("/run/world/prefix").join(target))
        .stdin(stdin);
    assert!(command.status().unwrap().success());
}

pub fn mount_tmpfs(target: &Path) {
    fs::create_dir_all(target).unwrap();
    let target = CString::new(target.to_str().unwrap()).unwrap();
    // SAFETY: three strings that end with a zero byte and outlive the call; tmpfs needs no data.
    let result = unsafe {
        mount(
            c"test".as_ptr(),
            target.as_ptr(),
            c"tmpfs".as_ptr(),
            0,
            std::ptr::null(),
        )
    };
    assert_eq!(result, 0, "mount: {}", std::io::Error::last_os_error());
}

/// Mount points in this test's namespace.
pub fn mounted_below(directory: &str) -> Vec<String> {
    hadron_proc::mounts()
        .unwrap()
        .into_iter()
        .filter_map(|mount| mount.point.into_os_string().into_string().ok())
        .filter(|point| point.starts_with(directory))
        .collect()
}

impl World {
    pub fn new() -> Self {
        // SAFETY: no pointers; only this thread, and what it starts, gets the new namespace.
        let result = unsafe { unshare(CLONE_NEWNS) };
        assert_eq!(
            result,
            0,
            "these tests need root: {}",
            std::io::Error::last_os_error()
        );
        // SAFETY: the strings end with zero bytes and outlive the call; a change of propagation needs no type or data.
        let result = unsafe {
            mount(
                c"none".as_ptr(),
                c"/".as_ptr(),
                std::ptr::null(),
                MS_REC | MS_PRIVATE,
                std::ptr::null(),
            )
        };
        assert_eq!(
            result,
            0,
            "private mounts: {}",
            std::io::Error::last_os_error()
        );
        // The pods of whoever else works on this machine would otherwise still be in the table of mounts.
        for point in mounted_below("/run/").iter().rev() {
            let point = CString::new(point.as_str()).unwrap();
            // SAFETY: a string that ends with a zero byte and outlives the call. The mounts of others stay: this
            // namespace's are private copies.
            unsafe { umount2(point.as_ptr(), MNT_DETACH) };
        }
        mount_tmpfs(Path::new("/run"));
        fs::create_dir_all("/run/world/prefix/bin").unwrap();
        fs::create_dir_all("/run/world/prefix/lib/hadron").unwrap();
        install(
            BINARY,
            Stdio::null(),
            "bin/containerd-shim-hadron-v2",
            0o755,
        );
        fs::write("/run/world/prefix/lib/hadron/shim.js", "").unwrap();
        let world = Self {
            record: Self::records(),
        };
        world.install_node(NODE, 0o755);
        world
    }

    fn records() -> mpsc::Receiver<String> {
        assert!(
            Command::new("mkfifo")
                .arg("/run/world/record")
                .status()
                .unwrap()
                .success()
        );
        // Read and write, so that opening does not wait and the end of one record is not the end of all.
        let fifo = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/run/world/record")
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(fifo).lines() {
                if sender.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        receiver
    }

    pub fn install_node(&self, script: &str, mode: u32) {
        fs::write("/run/world/node", script).unwrap();
        let script = fs::File::open("/run/world/node").unwrap();
        install("/dev/stdin", script.into(), "lib/hadron/node", mode);
    }

    /// A bundle with this config.json.
    pub fn bundle(&self, id: &str, config: &str) -> PathBuf {
        let bundle = PathBuf::from("/run/world/bundles").join(id);
        fs::create_dir_all(bundle.join("rootfs")).unwrap();
        fs::write(bundle.join("config.json"), config).unwrap();
        bundle
    }

    /// The launcher as containerd calls it.
    pub fn launcher(&self, id: &str, bundle: &Path, action: &str) -> Command {
        let mut command = Command::new("/run/world/prefix/bin/containerd-shim-hadron-v2");
        command.args([
            "-namespace",
            "default",
            "-address",
            CONTAINERD,
            "-publish-binary",
            "/bin/containerd",
        ]);
        command
            .args(["-id", id, action])
            .current_dir(bundle)
            .stdin(Stdio::null());
        command.env("TTRPC_ADDRESS", "/run/ttrpc.sock");
        command
    }

    /// `start` with this on its standard input.
    pub fn start_with(&self, id: &str, bundle: &Path, stdin: &[u8]) -> Output {
        given(&mut self.launcher(id, bundle, "start"), stdin)
    }

    /// `start`, with its address, or with its sentence.
    pub fn start(&self, id: &str, bundle: &Path) -> Result<String, String> {
        let output = self.launcher(id, bundle, "start").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert!(
            output.stdout.is_empty() || output.stderr.is_empty(),
            "one of the two, as they are one pipe"
        );
        if output.status.success() {
            Ok(text(output.stdout))
        } else {
            Err(text(output.stderr))
        }
    }

    pub fn delete(&self, id: &str, bundle: &Path) -> Output {
        let output = self.launcher(id, bundle, "delete").output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_killed(&output.stdout);
        output
    }

    /// How the next daemon was started; waits until it runs.
    pub fn record(&self) -> Record {
        let mut record = Record::default();
        loop {
            let line = self
                .record
                .recv_timeout(Duration::from_secs(20))
                .expect("the daemon records itself");
            let (kind, value) = line.split_once(' ').unwrap_or((&line, ""));
            match kind {
                "pid" => record.pid = value.parse().unwrap(),
                "cwd" => record.cwd = value.to_owned(),
                "ttrpc" => record.ttrpc = value.to_owned(),
                "options" => record.options = value.to_owned(),
                "arenas" => record.arenas = value.to_owned(),
                "arg" => record.arguments.push(value.to_owned()),
                "fd" => record.descriptors.push(value.to_owned()),
                _ => return record,
            }
        }
    }

    /// Whether no (further) daemon was started.
    pub fn no_record(&self) -> bool {
        self.record.try_recv().is_err()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for pid in fs::read_to_string("/run/world/pids")
            .unwrap_or_default()
            .lines()
        {
            // Only what still is the daemon of this test.
            let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if matches!(
                comm.trim(),
                "sleep" | "node" | "MainThread" | "node-MainThread"
            ) {
                let _ = Command::new("kill").args(["-9", pid]).status();
            }
        }
        // Ends the reader of records.
        if let Ok(mut fifo) = fs::OpenOptions::new()
            .write(true)
            .read(true)
            .open("/run/world/record")
        {
            let _ = fifo.write_all(b"end\nend\n");
        }
    }
}

/// A DeleteResponse with status 137 and a time; the pid is looked at by who cares.
pub fn assert_killed(response: &[u8]) {
    let status = response
        .windows(3)
        .position(|window| window == [0x10, 0x89, 0x01]);
    let at = status.expect("exit_status = 137");
    assert_eq!(response[at + 3], 0x1a, "exited_at follows");
    assert_eq!(usize::from(response[at + 4]), response.len() - at - 5);
}

/// A process that is nobody's, so that it can be killed by whoever is to be tested.
pub fn sleeper() -> Child {
    Command::new("sleep")
        .arg("60")
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// The line of the journal for a process.
pub fn process_line(pid: u32, role: &str) -> String {
    let start_time = hadron_proc::stat(pid).unwrap().unwrap().start_time;
    format!("process {pid} {start_time} {role}\n")
}

/// Directory of the pod whose daemon answers at `address`.
pub fn state_of(address: &str) -> PathBuf {
    Path::new("/run/hadron").join(address.rsplit('/').next().unwrap())
}

/// Names in a directory, sorted; none if it is not there.
pub fn names(directory: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs a command with this on its standard input.
pub fn given(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    child.wait_with_output().unwrap()
}
