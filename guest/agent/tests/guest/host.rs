//! Outside of the guest: makes the initramfs, runs QEMU, reads the verdicts.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Of the whole run. TCG on a busy machine is slow.
const DEADLINE: Duration = Duration::from_secs(600);

/// One archive member in the "newc" format of cpio(5).
fn member(archive: &mut Vec<u8>, name: &str, mode: u32, content: &[u8]) {
    let fields = [
        0,
        mode,
        0,
        0,
        1,
        0,
        content.len() as u32,
        0,
        0,
        0,
        0,
        name.len() as u32 + 1,
        0,
    ];
    archive.extend_from_slice(b"070701");
    for field in fields {
        archive.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    archive.extend_from_slice(name.as_bytes());
    archive.push(0);
    archive.resize(archive.len().next_multiple_of(4), 0);
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(4), 0);
}

fn initramfs(own: &[u8], busybox: &[u8], crun: &[u8]) -> Vec<u8> {
    const DIRECTORY: u32 = 0o040_755;
    const PROGRAM: u32 = 0o100_755;
    const FILE: u32 = 0o100_644;
    let mut archive = Vec::new();
    for name in [
        "rootfs",
        "rootfs/bin",
        "rootfs/etc",
        "rootfs/proc",
        "rootfs/sys",
        "rootfs/dev",
        "rootfs/tmp",
        "rootfs/mnt",
    ] {
        member(&mut archive, name, DIRECTORY, b"");
    }
    member(&mut archive, "init", PROGRAM, own);
    member(&mut archive, "crun", PROGRAM, crun);
    member(&mut archive, "rootfs/bin/busybox", PROGRAM, busybox);
    for name in [
        "sh", "cat", "true", "false", "echo", "id", "env", "pwd", "sleep", "stty", "tty", "grep",
        "head", "dd", "md5sum", "ls", "stat", "hostname", "touch", "umask", "yes", "wc", "mount",
        "chmod", "kill", "readlink", "mknod", "tr", "ps", "seq", "sed", "printf", "test", "mkdir",
        "rm", "ipcs", "ln", "chown", "ip", "ping", "nc",
    ] {
        member(
            &mut archive,
            &format!("rootfs/bin/{name}"),
            0o120_777,
            b"busybox",
        );
    }
    member(
        &mut archive,
        "rootfs/etc/passwd",
        FILE,
        b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n",
    );
    member(
        &mut archive,
        "rootfs/etc/script",
        PROGRAM,
        b"#!/nosuch/interpreter\n",
    );
    member(
        &mut archive,
        "rootfs/etc/garbage",
        PROGRAM,
        b"\x7fELFgarbage",
    );
    member(&mut archive, "TRAILER!!!", 0, b"");
    archive
}

fn find(
    variable: &str,
    what: &str,
    candidates: impl Iterator<Item = PathBuf>,
) -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(PathBuf::from(path));
    }
    candidates
        .filter(|path| path.is_file())
        .max()
        .ok_or_else(|| format!("no {what} found; set {variable} to one"))
}

/// Files named `name*` in the directories `depth` levels below `directory`.
fn below(directory: &Path, depth: u32, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flatten()
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() && depth > 0 {
                return below(&path, depth - 1, name);
            }
            let fits = path.is_file() && entry.file_name().to_string_lossy().starts_with(name);
            Vec::from_iter(fits.then_some(path))
        })
        .collect()
}

fn kernel() -> Result<PathBuf, String> {
    let cache = Path::new("/var/cache/hadron");
    let tuned = below(&cache.join("kernel"), 2, "vmlinux");
    let debian = below(&cache.join("deb"), 3, "vmlinuz");
    let candidates = if tuned.is_empty() { debian } else { tuned };
    find("HADRON_TEST_KERNEL", "kernel", candidates.into_iter())
}

fn is_debian(kernel: &Path) -> bool {
    kernel.to_string_lossy().contains("vmlinuz")
}

/// Four, of which 0 and 1, and 2 and 3, are on one wire. Debian's kernel has their driver as a module, which is not there.
fn nics(kernel: &Path) -> Vec<String> {
    let nic = |number: u32| {
        let wire = number / 2;
        [
            "-netdev".to_string(),
            format!("hubport,id=nic{number},hubid={wire}"),
            "-device".to_string(),
            format!("virtio-net-device,netdev=nic{number},mac=02:00:00:00:00:0{number}"),
        ]
    };
    let count = if is_debian(kernel) { 0 } else { 4 };
    (0..count).flat_map(nic).collect()
}

fn initrd_path() -> PathBuf {
    std::env::temp_dir().join(format!("hadron-agent-test-{}.cpio", std::process::id()))
}

fn start() -> Result<Child, String> {
    let text = |error: std::io::Error| error.to_string();
    let own = fs::read("/proc/self/exe").map_err(text)?;
    let busybox = ["/bin/busybox", "/usr/bin/busybox"]
        .map(PathBuf::from)
        .into_iter();
    let busybox =
        fs::read(find("HADRON_TEST_BUSYBOX", "static busybox", busybox)?).map_err(text)?;
    let crun = below(Path::new("/var/cache/hadron/crun"), 1, "crun").into_iter();
    let crun = fs::read(find("HADRON_TEST_CRUN", "crun", crun)?).map_err(text)?;
    let qemu = ["/usr/bin/qemu-system-x86_64"]
        .map(PathBuf::from)
        .into_iter();
    let qemu = find("HADRON_TEST_QEMU", "qemu-system-x86_64", qemu)?;
    let kernel = kernel()?;
    let initrd = initrd_path();
    let mut file = fs::File::create(&initrd).map_err(text)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
        .map_err(text)?;
    file.write_all(&initramfs(&own, &busybox, &crun))
        .map_err(text)?;
    let only = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_default();
    let smp = std::env::var("HADRON_TEST_CPUS").unwrap_or_else(|_| "1".into());
    println!("kernel {}", kernel.display());
    // A bzImage needs a machine with a BIOS; an ELF kernel is entered through PVH.
    let machine: &[&str] = if is_debian(&kernel) {
        &["-M", "pc,acpi=on"]
    } else {
        &["-M", "microvm,acpi=off"]
    };
    Command::new(qemu)
        .args([
            "-accel",
            "tcg,thread=multi",
            "-cpu",
            "EPYC-Rome,-erms",
            "-m",
            "768",
            "-smp",
            &smp,
            "-global",
            "virtio-mmio.force-legacy=false",
        ])
        .args(machine)
        .args([
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-serial",
            "stdio",
            "-no-reboot",
        ])
        .args(nics(&kernel))
        .arg("-kernel")
        .arg(&kernel)
        .arg("-initrd")
        .arg(&initrd)
        .arg("-append")
        .arg(format!(
            "console=ttyS0 quiet panic=-1 reboot=t no_timer_check fb_tunnels=none dummy.numdummies=0 ifb.numifbs=0 only={only}"
        ))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run QEMU: {error}"))
}

/// Boots and judges.
pub fn run() -> ExitCode {
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let mut qemu = match start() {
        Ok(qemu) => qemu,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let verdict = watch(&mut qemu);
    let _ = qemu.kill();
    let _ = qemu.wait();
    let _ = fs::remove_file(initrd_path());
    match verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn watch(qemu: &mut Child) -> Result<(), String> {
    let output = qemu.stdout.take().ok_or("QEMU has no output")?;
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let end = Instant::now() + DEADLINE;
    let mut verdict = None;
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                let line = line.trim_end();
                println!("{line}");
                if let Some(rest) = line.strip_prefix("test result: ") {
                    verdict = Some(rest.starts_with("ok"));
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                return Err(format!(
                    "the guest was not done in {} seconds",
                    DEADLINE.as_secs()
                ));
            }
            // QEMU has exited.
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    match verdict {
        Some(true) => Ok(()),
        Some(false) => Err("some tests failed".into()),
        None => Err("the guest ended before the tests did".into()),
    }
}
