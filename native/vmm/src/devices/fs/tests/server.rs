//! A real virtiofsd, which shares a directory with one file.

use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Which virtiofsd.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// QEMU's own, up to 7.2.
    C,
    /// The one of today.
    Rust,
}

pub struct Server {
    child: Child,
    directory: PathBuf,
    socket: OwnedFd,
}

impl Server {
    /// `content`: of "file".
    pub fn start(kind: Kind, content: &str) -> Server {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("hadron-virtiofsd-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        let shared = directory.join("shared");
        std::fs::create_dir_all(&shared).unwrap();
        std::fs::write(shared.join("file"), content).unwrap();
        let path = directory.join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        // It waits there until virtiofsd looks.
        let socket = UnixStream::connect(&path).unwrap();
        let child = command(kind, &shared)
            .stdin(OwnedFd::from(listener))
            .spawn()
            .unwrap();
        Server {
            child,
            directory,
            socket: socket.into(),
        }
    }

    /// The one connection.
    pub fn socket(&self) -> OwnedFd {
        self.socket.try_clone().unwrap()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// As src/hypervisor/qemu/virtiofsd.ts has it, with the listening socket as standard input.
fn command(kind: Kind, shared: &Path) -> Command {
    let shared = shared.display();
    match kind {
        Kind::C => {
            let [package] = fetch("bookworm", ["qemu-system-common"]);
            let mut command = Command::new(package.join("usr/lib/qemu/virtiofsd"));
            let options = format!(
                "source={shared},cache=always,timeout=1,sandbox=chroot,xattr,announce_submounts,log_level=err"
            );
            command.args(["--fd=0", "-f", "-o", &options]);
            command
        }
        Kind::Rust => {
            // With the libraries of its own Debian.
            let names = [
                "virtiofsd",
                "libc6",
                "libseccomp2",
                "libcap-ng0",
                "libgcc-s1",
            ];
            let [program, libraries @ ..] = fetch("trixie", names);
            let loader = libraries[0].join("usr/lib64/ld-linux-x86-64.so.2");
            let paths =
                libraries.map(|root| format!("{}/usr/lib/x86_64-linux-gnu", root.display()));
            let mut command = Command::new(loader);
            command.arg("--library-path").arg(paths.join(":"));
            command.arg(program.join("usr/libexec/virtiofsd"));
            command.arg(format!("--shared-dir={shared}"));
            command.args([
                "--fd=0",
                "--cache=auto",
                "--sandbox=chroot",
                "--xattr",
                "--announce-submounts",
                "--log-level=off",
            ]);
            command
        }
    }
}

/// Where Debian's packages are unpacked.
fn fetch<const N: usize>(suite: &str, packages: [&str; N]) -> [PathBuf; N] {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/fetch-deb");
    let output = Command::new(tool)
        .arg(suite)
        .args(packages)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let paths: Vec<PathBuf> = lines.lines().map(PathBuf::from).collect();
    paths.try_into().unwrap()
}
