//! A QEMU guest that runs `tests/guest/init.rs` and does what it is told.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::process::Process;

/// Modules of Debian's kernel that the guest needs, in the order of loading.
const MODULES: [&str; 8] = [
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "net/vmw_vsock/vsock",
    "net/vmw_vsock/vmw_vsock_virtio_transport_common",
    "net/vmw_vsock/vmw_vsock_virtio_transport",
];

pub enum Kernel {
    /// Our own: everything built in, virtio-mmio on the command line.
    Tuned(PathBuf),
    /// Debian's: the image, and its directory of modules.
    Debian(PathBuf, PathBuf),
}

/// What the tests need, or a sentence that says what is missing.
pub struct Tools {
    pub kernel: Kernel,
    init: PathBuf,
}

impl Tools {
    /// Looks for QEMU, rustc, and a kernel: `HADRON_TEST_KERNEL` (a vmlinux of guest/kernel) or
    /// `HADRON_TEST_KERNEL_ROOT` (where Debian's package was unpacked), else a vmlinux in
    /// build/lib/hadron/kernel or below /var/cache/hadron/kernel.
    pub fn find(directory: &Path) -> Result<Tools, String> {
        let runs = |program: &str, argument: &str| {
            let result = Command::new(program)
                .arg(argument)
                .stdout(Stdio::null())
                .status();
            result.is_ok_and(|status| status.success())
        };
        if !runs("qemu-system-x86_64", "--version") {
            return Err("qemu-system-x86_64 is not installed (package qemu-system-x86)".into());
        }
        let kernel = find_kernel().ok_or(
            "no kernel was found: set HADRON_TEST_KERNEL to a vmlinux made by `make kernel`, or \
             HADRON_TEST_KERNEL_ROOT to an unpacked linux-image package",
        )?;
        let init = directory.join("init");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/init.rs");
        let status = Command::new("rustc")
            .args([
                "--edition",
                "2024",
                "-O",
                "-C",
                "target-feature=+crt-static",
            ])
            .args(["-C", "strip=symbols", "-C", "panic=abort", "-o"])
            .arg(&init)
            .arg(source)
            .status();
        match status {
            Ok(status) if status.success() => Ok(Tools { kernel, init }),
            Ok(_) => panic!("tests/guest/init.rs does not compile"),
            Err(error) => Err(format!("rustc does not start: {error}")),
        }
    }
}

fn find_kernel() -> Option<Kernel> {
    let given = std::env::var_os("HADRON_TEST_KERNEL").map(PathBuf::from);
    if let Some(path) = given {
        return Some(Kernel::Tuned(path));
    }
    if let Some(root) = std::env::var_os("HADRON_TEST_KERNEL_ROOT") {
        return debian(Path::new(&root));
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../build/lib/hadron/kernel");
    let cache = fs::read_dir("/var/cache/hadron/kernel");
    let cached = cache
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let tuned = [built]
        .into_iter()
        .chain(cached)
        .map(|path| path.join("vmlinux"));
    tuned
        .into_iter()
        .find(|path| path.is_file())
        .map(Kernel::Tuned)
}

fn debian(root: &Path) -> Option<Kernel> {
    let first = |directory: PathBuf, prefix: &str| {
        let entries = fs::read_dir(directory).ok()?;
        entries
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path())
    };
    let image = first(root.join("boot"), "vmlinuz-")?;
    let modules = first(root.join("lib/modules"), "")?;
    Some(Kernel::Debian(image, modules))
}

pub struct Vm {
    pub child: Child,
    commands: BufReader<UnixStream>,
    qmp: PathBuf,
}

impl Vm {
    /// Boots a guest on the device of `process` and waits until it asks for commands.
    pub fn boot(tools: &Tools, process: &mut Process, directory: &Path) -> Vm {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        process.accept(1000, "both", &theirs);
        drop(theirs);
        let initrd = directory.join("initrd.cpio");
        let device = "chardev=vs";
        let mut command = Command::new("qemu-system-x86_64");
        command
            .args([
                "-accel",
                "tcg,thread=multi",
                "-cpu",
                "EPYC-Rome,-erms",
                "-m",
                "256",
            ])
            .args(["-object", "memory-backend-memfd,id=m,size=256M,share=on"])
            .args([
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-serial",
                "stdio",
            ])
            .arg("-chardev")
            .arg(format!("socket,id=vs,path={}", process.socket.display()))
            .arg("-qmp")
            .arg(format!(
                "unix:{},server=on,wait=off",
                directory.join("qmp").display()
            ))
            .stdin(Stdio::null())
            .stderr(File::create(directory.join("qemu.log")).unwrap())
            .stdout(File::create(directory.join("console.log")).unwrap());
        let parameters = match &tools.kernel {
            Kernel::Tuned(image) => {
                write_initrd(&initrd, &tools.init, &[]);
                command
                    .args(["-M", "microvm,acpi=off,memory-backend=m"])
                    .args(["-global", "virtio-mmio.force-legacy=false"])
                    .args(["-device", &format!("vhost-user-vsock-device,{device}")])
                    .arg("-kernel")
                    .arg(image);
                format!("tsc_early_khz={} no_timer_check tsc=reliable", tsc_khz())
            }
            Kernel::Debian(image, modules) => {
                let files: Vec<PathBuf> = MODULES
                    .iter()
                    .map(|name| modules.join(format!("kernel/{name}.ko")))
                    .collect();
                write_initrd(&initrd, &tools.init, &files);
                command
                    .args(["-M", "q35,memory-backend=m"])
                    .args(["-device", &format!("vhost-user-vsock-pci,{device}")])
                    .arg("-kernel")
                    .arg(image);
                String::new()
            }
        };
        command
            .arg("-append")
            .arg(format!(
                "console=ttyS0 quiet panic=-1 reboot=t {parameters}"
            ))
            .arg("-initrd")
            .arg(&initrd);
        let child = command.spawn().unwrap();
        let mut vm = Vm {
            child,
            commands: BufReader::new(ours),
            qmp: directory.join("qmp"),
        };
        // The first answer says that it is up.
        let answer = vm.run("unknown");
        assert_eq!(answer, Err("unknown command".into()));
        vm
    }

    pub fn start(&mut self, command: &str) {
        let mut socket = self.commands.get_ref();
        writeln!(socket, "{command}").unwrap();
    }

    pub fn answer(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.commands
            .read_line(&mut line)
            .expect("the guest answers in time");
        match line.trim_end_matches('\n').split_once(' ') {
            Some(("ok", rest)) => Ok(rest.to_owned()),
            Some(("error", rest)) => Err(rest.to_owned()),
            _ => panic!("the guest said {line:?}"),
        }
    }

    pub fn run(&mut self, command: &str) -> Result<String, String> {
        self.start(command);
        self.answer()
    }

    /// Runs commands of the QEMU machine protocol.
    pub fn qmp(&self, commands: &[&str]) {
        let stream = UnixStream::connect(&self.qmp).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let mut lines = BufReader::new(&stream).lines();
        lines.next().expect("a greeting").unwrap();
        for command in ["qmp_capabilities"].iter().chain(commands) {
            writeln!(&stream, "{{\"execute\":\"{command}\"}}").unwrap();
            let answer = lines.find(|line| !line.as_ref().unwrap().contains("\"event\""));
            let answer = answer.expect("an answer").unwrap();
            assert!(answer.contains("\"return\""), "{command}: {answer}");
        }
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tsc_khz() -> u64 {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("cpu MHz"))
        .unwrap();
    let mhz: f64 = line.split_once(": ").unwrap().1.parse().unwrap();
    (mhz * 1000.0) as u64
}

/// An archive in the "newc" format of the kernel's Documentation/driver-api/early-userspace.
fn write_initrd(path: &Path, init: &Path, modules: &[PathBuf]) {
    let mut archive = Vec::new();
    // The console's node, so that PID 1 has its standard output.
    entry(&mut archive, "dev", 0o040_755, (0, 0), &[]);
    entry(&mut archive, "dev/console", 0o020_600, (5, 1), &[]);
    entry(
        &mut archive,
        "init",
        0o100_755,
        (0, 0),
        &fs::read(init).unwrap(),
    );
    let mut list = String::new();
    for module in modules {
        let name = module.file_name().unwrap().to_str().unwrap();
        entry(
            &mut archive,
            name,
            0o100_644,
            (0, 0),
            &fs::read(module).unwrap(),
        );
        list.push_str(&format!("/{name}\n"));
    }
    if !modules.is_empty() {
        entry(&mut archive, "modules", 0o100_644, (0, 0), list.as_bytes());
    }
    entry(&mut archive, "TRAILER!!!", 0, (0, 0), &[]);
    fs::write(path, archive).unwrap();
}

fn entry(archive: &mut Vec<u8>, name: &str, mode: u32, device: (u32, u32), data: &[u8]) {
    let inode = archive.len() as u32 + 1;
    let size = data.len() as u32;
    let length = name.len() as u32 + 1;
    let fields = [
        inode, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, length, 0,
    ];
    archive.extend_from_slice(b"070701");
    for field in fields {
        archive.extend_from_slice(format!("{field:08X}").as_bytes());
    }
    archive.extend_from_slice(name.as_bytes());
    archive.push(0);
    archive.resize(archive.len().next_multiple_of(4), 0);
    archive.extend_from_slice(data);
    archive.resize(archive.len().next_multiple_of(4), 0);
}
