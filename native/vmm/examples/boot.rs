//! Boots a kernel of Linux with a pod's initramfs until its agent calls, and says how long that took and how often a
//! CPU left the guest for it.
//!
//!     cargo build --release -p hadron-vmm-core --example boot
//!     tools/lab target/release/examples/boot KERNEL INITRAMFS [PARAMETER...]
//!
//! `VCPUS` and `MEMORY_MIB` are variables of the environment; with `SERIAL`, the name of a file, the guest has a
//! serial port that writes there, and is given `console=ttyS0`.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use hadron_vmm::arch::{Boot, Linux};
use hadron_vmm::devices::rng::Rng;
use hadron_vmm::devices::vsock::Vsock;
use hadron_vmm::machine::{End, Machine, Owner, Parts};
use hadron_vmm::memory::{self, Backing};
use hadron_vmm::worker::Listener;

/// Where the agent calls (guest/agent/src/transport.rs).
const AGENT_PORT: u32 = 1024;
const PATIENCE: Duration = Duration::from_secs(120);

struct Told(Sender<String>);

impl Listener for Told {
    fn complaint(&self, sentence: String) {
        eprintln!("complaint: {sentence}");
    }

    fn fatal(&self, sentence: String) {
        let _ = self.0.send(sentence);
    }
}

impl Owner for Told {
    fn ended(&self, end: End) {
        let _ = self.0.send(end.to_string());
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let mut arguments = std::env::args().skip(1);
    let (Some(kernel), Some(initrd)) = (arguments.next(), arguments.next()) else {
        return Err("usage: boot KERNEL INITRAMFS [PARAMETER...]".into());
    };
    let serial = std::env::var_os("SERIAL");
    let mut words = vec!["panic=-1".to_owned()];
    if serial.is_some() {
        words.push("console=ttyS0".to_owned());
    }
    words.extend(arguments);

    let (told, tells) = channel();
    let (ours, theirs) = UnixStream::pair()?;
    let machine = Machine::new(Parts {
        kvm: OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/kvm")?
            .into(),
        memory: memory::create(number("MEMORY_MIB", 256)?, Backing::Anonymous)?,
        vcpus: number("VCPUS", 1)?.try_into()?,
        devices: vec![
            Box::new(Vsock::new(3, theirs.into())?),
            Box::new(Rng::default()),
        ],
        serial: serial.map(append).transpose()?,
        boot: Boot::Linux(Linux {
            kernel: File::open(kernel)?,
            initrd: Some(File::open(initrd)?),
            command_line: words.join(" "),
        }),
        owner: Arc::new(Told(told.clone())),
        enter: Arc::new(|_| Ok(())),
    })?;
    let made = begun.elapsed();
    listen(ours, told)?;
    machine.resume();
    let news = tells.recv_timeout(PATIENCE)?;
    println!(
        "made {:.1} ms, {news} {:.1} ms, {}",
        made.as_secs_f64() * 1e3,
        begun.elapsed().as_secs_f64() * 1e3,
        serde_json::to_string(&machine.exits())?
    );
    Ok(())
}

fn append(path: OsString) -> std::io::Result<OwnedFd> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    Ok(file.into())
}

fn number(name: &str, otherwise: u64) -> Result<u64, Box<dyn Error>> {
    std::env::var(name).map_or(Ok(otherwise), |value| Ok(value.parse()?))
}

/// Has the vsock device tell of the agent's call (native/vsock/src/control.rs).
fn listen(mut control: UnixStream, told: Sender<String>) -> std::io::Result<()> {
    writeln!(
        control,
        r#"{{"id":1,"op":"listen","port":{AGENT_PORT},"limit":1}}"#
    )?;
    std::thread::spawn(move || {
        for line in BufReader::new(control).lines().map_while(Result::ok) {
            if line.contains("knock") {
                let _ = told.send("agent".to_owned());
            }
        }
    });
    Ok(())
}
