//! The agent in a real guest, without a host: this program boots itself in QEMU, as /init. There its
//! PID 1 is the agent and a child of it plays the shim daemon, with Unix sockets in place of vsock. So
//! kernel, cgroups, namespaces and mounts are the real ones, and nothing of the host is touched.
//!
//! Needs a static build: RUSTFLAGS='-C target-feature=+crt-static' with --target given. Kernel, QEMU,
//! busybox and crun are taken from HADRON_TEST_KERNEL, HADRON_TEST_QEMU, HADRON_TEST_BUSYBOX and HADRON_TEST_CRUN
//! or from where `make` and Debian put them. An argument runs only the tests whose names contain it.

mod cases;
mod client;
mod host;

use std::future::Future;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use hadron_agent::transport::{Connecting, Connector};
use hadron_agent::{boot, pod_pids, serve};

/// Where the player of the host listens: one socket a port.
pub const PORTS: &str = "/run/test/ports";

struct UnixPorts;

impl Connector for UnixPorts {
    fn connect(&self, port: u32) -> Connecting<'_> {
        Box::pin(async move {
            let stream = UnixStream::connect(format!("{PORTS}/{port}"))?;
            stream.set_nonblocking(true)?;
            Ok(OwnedFd::from(stream))
        })
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime")
        .block_on(future)
}

/// The argument that makes this program, in a container, do nothing but the system calls whose numbers follow.
pub const CALL: &str = "--call";

fn call(number: &str) {
    let number = number.parse().expect("number");
    // SAFETY: no system call takes -1 for an address or a descriptor.
    let result = unsafe { libc::syscall(number, -1, -1, -1, -1, -1, -1) };
    let errno = nix::errno::Errno::last_raw();
    println!("{}", if result < 0 { errno } else { 0 });
}

fn main() -> ExitCode {
    if pod_pids::is_init() {
        pod_pids::hold();
    }
    let args: Vec<_> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == CALL) {
        args[2..].iter().for_each(|number| call(number));
        return ExitCode::SUCCESS;
    }
    if std::process::id() == 1 {
        guest();
    }
    host::run()
}

fn guest() -> ! {
    hadron_agent::log::install();
    // The test's root file system lies in the initramfs, which boot leaves.
    let old_root = std::fs::File::open("/").expect("root");
    let crun = boot::boot().expect("boot");
    client::prepare(&old_root);
    let (ours, theirs) = UnixStream::pair().expect("socketpair");
    // SAFETY: there is one thread.
    match unsafe { nix::unistd::fork() }.expect("fork") {
        nix::unistd::ForkResult::Child => {
            drop(ours);
            // The agent's hook is for the agent; a failed test must only fail.
            let _ = std::panic::take_hook();
            block_on(cases::all(theirs));
            // The agent waits a while for another host.
            boot::end()
        }
        nix::unistd::ForkResult::Parent { .. } => {
            drop(theirs);
            ours.set_nonblocking(true).expect("nonblocking");
            let directory = PathBuf::from(boot::STATE);
            let connector = Arc::new(UnixPorts);
            block_on(serve(ours.into(), connector, crun, directory, 1)).expect("serve");
            boot::end()
        }
    }
}
