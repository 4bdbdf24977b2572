//! The process under a real QEMU with a Linux guest.
//!
//! It has no test harness, because that one cannot skip at run time: without QEMU or a kernel every
//! test is reported as ignored, with the reason.

#![allow(clippy::unwrap_used)] // A test may panic.

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::process::Process;
use common::vm::{Kernel, Tools, Vm};
use common::{pattern, pipe, read_pattern, write_pattern};

/// A process, a guest, and the directory of both.
struct Bench {
    process: Process,
    vm: Vm,
    pattern: Vec<u8>,
}

type Test = fn(&mut Bench);

const TESTS: [(&str, Test); 12] = [
    (
        "writes_of_any_size_arrive_whole",
        writes_of_any_size_arrive_whole,
    ),
    ("the_guest_reads_100_mb", the_guest_reads_100_mb),
    ("half_closes_are_kept_apart", half_closes_are_kept_apart),
    ("many_streams_at_once", many_streams_at_once),
    (
        "a_slow_reader_slows_the_guest",
        a_slow_reader_slows_the_guest,
    ),
    (
        "a_reader_that_is_gone_fails_the_writer",
        a_reader_that_is_gone_fails_the_writer,
    ),
    ("full_disk_fails_the_writer", full_disk_fails_the_writer),
    ("unreserved_ports_are_refused", unreserved_ports_are_refused),
    ("streams_survive_a_pause", streams_survive_a_pause),
    ("a_reset_drops_streams", a_reset_drops_streams),
    ("speed", speed),
    ("death_of_the_vm_ends_joins", death_of_the_vm_ends_joins),
];

fn main() -> ExitCode {
    // Arguments other than a filter, such as --nocapture, are the harness's and mean nothing here.
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let directory =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("qemu-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let started = Instant::now();
    let chosen: Vec<_> = TESTS
        .iter()
        .filter(|(name, _)| {
            filter
                .as_ref()
                .is_none_or(|filter| name.contains(filter.as_str()))
        })
        .collect();
    println!("\nrunning {} tests", chosen.len());
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    match Tools::find(&directory) {
        Err(reason) => {
            for (name, _) in &chosen {
                println!("test {name} ... ignored, {reason}");
                ignored += 1;
            }
        }
        Ok(tools) => {
            match &tools.kernel {
                Kernel::Tuned(path) => println!("kernel: {}", path.display()),
                Kernel::Debian(path, _) => println!("kernel: {} (with modules)", path.display()),
            }
            for (name, test) in &chosen {
                let result = std::panic::catch_unwind(|| run(&tools, &directory, *test));
                println!(
                    "test {name} ... {}",
                    if result.is_ok() { "ok" } else { "FAILED" }
                );
                match result {
                    Ok(()) => passed += 1,
                    Err(_) => failed += 1,
                }
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
         {} filtered out; finished in {:.2}s\n",
        TESTS.len() - chosen.len(),
        started.elapsed().as_secs_f64()
    );
    if failed == 0 {
        std::fs::remove_dir_all(&directory).unwrap();
        ExitCode::SUCCESS
    } else {
        println!("the console's log is in {}", directory.display());
        ExitCode::FAILURE
    }
}

fn run(tools: &Tools, directory: &Path, test: Test) {
    let _ = std::fs::remove_file(directory.join("vsock.sock"));
    let mut process = Process::start(directory, false);
    let vm = Vm::boot(tools, &mut process, directory);
    let mut bench = Bench {
        process,
        vm,
        pattern: pattern(),
    };
    test(&mut bench);
    assert!(bench.process.stop().success());
}

impl Bench {
    /// The guest writes to a port of its own; a thread reads and compares.
    fn guest_writes(&mut self, port: u32, bytes: usize, chunk: usize) -> Duration {
        let (reader, writer) = pipe();
        self.process.accept(port, "out", &writer);
        drop(writer);
        let pattern = self.pattern.clone();
        let reading = thread::spawn(move || read_pattern(reader, &pattern));
        let micros = self
            .vm
            .run(&format!("write {port} {bytes} {chunk}"))
            .unwrap();
        assert_eq!(reading.join().unwrap(), Ok(bytes));
        assert_eq!(self.process.ended(port.into()), (bytes as u64, None));
        Duration::from_micros(micros.parse().unwrap())
    }
}

fn writes_of_any_size_arrive_whole(bench: &mut Bench) {
    for (index, chunk) in [
        1,
        4095,
        32 * 1024,
        32 * 1024 + 1,
        65_536,
        300_000,
        1_000_000,
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = if chunk == 1 { 2_000 } else { 5_000_000 };
        bench.guest_writes(2000 + index as u32, bytes, chunk);
    }
    bench.guest_writes(2100, 0, 1);
    bench.guest_writes(2101, 100_000_000, 200_000);
}

fn the_guest_reads_100_mb(bench: &mut Bench) {
    for (port, bytes) in [(2000, 100_000_000), (2001, 0), (2002, 1)] {
        let (reader, writer) = pipe();
        bench.process.accept(port, "in", &reader);
        drop(reader);
        let pattern = bench.pattern.clone();
        let writing = thread::spawn(move || write_pattern(writer, &pattern, bytes));
        assert_eq!(bench.vm.run(&format!("read {port}")), Ok(bytes.to_string()));
        writing.join().unwrap().unwrap();
        assert_eq!(bench.process.ended(port.into()), (bytes as u64, None));
    }
}

fn half_closes_are_kept_apart(bench: &mut Bench) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    bench.process.accept(2000, "both", &theirs);
    drop(theirs);
    bench.vm.start("half 2000 3000000");
    let from = File::from(std::os::fd::OwnedFd::from(ours.try_clone().unwrap()));
    // Its end comes while the other half is open.
    assert_eq!(read_pattern(from, &bench.pattern), Ok(3_000_000));
    let to = File::from(std::os::fd::OwnedFd::from(ours.try_clone().unwrap()));
    write_pattern(to, &bench.pattern, 5_000_000).unwrap();
    ours.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(bench.vm.answer(), Ok("5000000".into()));
    assert_eq!(bench.process.ended(2000), (8_000_000, None));
}

fn many_streams_at_once(bench: &mut Bench) {
    let mut files = Vec::new();
    for port in 2000..2200 {
        let (reader, writer) = pipe();
        bench.process.accept(port, "out", &writer);
        files.push(reader);
    }
    for port in 2000..2200 {
        bench.vm.run(&format!("hold {port} 10000")).unwrap();
    }
    for mut file in files {
        let mut bytes = vec![0; 10_000];
        file.read_exact(&mut bytes).unwrap();
        assert!(bytes == bench.pattern[..10_000]);
    }
    println!("  200 streams: PSS {} KiB", bench.process.memory("Pss:"));
}

fn a_slow_reader_slows_the_guest(bench: &mut Bench) {
    let (reader, writer) = pipe();
    bench.process.accept(2000, "out", &writer);
    drop(writer);
    let before = bench.process.memory("Pss:");
    bench.vm.start("write 2000 50000000 100000");
    // Nobody reads: the pipe fills, then our buffer, then the guest's writer blocks.
    let capacity = rustix::pipe::fcntl_getpipe_size(&reader).unwrap() as u64;
    let deadline = Instant::now() + Duration::from_secs(30);
    while bench.process.progress(2000) < capacity {
        assert!(Instant::now() < deadline, "the pipe does not fill");
    }
    let (other_reader, other_writer) = pipe();
    bench.process.accept(2001, "in", &other_reader);
    write_pattern(other_writer, &bench.pattern, 10).unwrap();
    let grown = bench.process.memory("Pss:").saturating_sub(before);
    assert!(grown < 2048, "the process grew by {grown} KiB");
    assert_eq!(bench.process.progress(2000), capacity);
    assert_eq!(read_pattern(reader, &bench.pattern), Ok(50_000_000));
    bench.vm.answer().unwrap();
    assert_eq!(bench.process.ended(2000), (50_000_000, None));
    assert_eq!(bench.vm.run("read 2001"), Ok("10".into()));
}

fn a_reader_that_is_gone_fails_the_writer(bench: &mut Bench) {
    let (reader, writer) = pipe();
    bench.process.accept(2000, "out", &writer);
    drop((reader, writer));
    let answer = bench.vm.run("until-error 2000").unwrap();
    assert!(
        ["BrokenPipe", "ConnectionReset", "NotConnected"].contains(&&*answer),
        "{answer}"
    );
    let (_, error) = bench.process.ended(2000);
    assert!(
        error
            .unwrap()
            .contains("nobody reads what the guest sends to port 2000")
    );
}

fn full_disk_fails_the_writer(bench: &mut Bench) {
    let full = File::options().write(true).open("/dev/full").unwrap();
    bench.process.accept(2000, "out", &full);
    bench.vm.run("until-error 2000").unwrap();
    let (bytes, error) = bench.process.ended(2000);
    assert_eq!(bytes, 0);
    assert!(error.unwrap().contains("No space left on device"));
}

fn unreserved_ports_are_refused(bench: &mut Bench) {
    let error = bench.vm.run("connect 2000").unwrap_err();
    assert!(error.contains("Connection reset"), "{error}");
    // A port serves one stream.
    let (_reader, writer) = pipe();
    bench.process.accept(2001, "out", &writer);
    bench.vm.run("hold 2001 1").unwrap();
    bench.vm.run("connect 2001").unwrap_err();
}

fn streams_survive_a_pause(bench: &mut Bench) {
    let (reader, writer) = pipe();
    bench.process.accept(2000, "out", &writer);
    drop(writer);
    bench.vm.start("write 2000 50000000 100000");
    let mut start = vec![0; 1_000_000];
    (&reader).read_exact(&mut start).unwrap();
    assert!(start == bench.pattern[..1_000_000]);
    for _ in 0..5 {
        bench.vm.qmp(&["stop", "cont"]);
    }
    let mut rest = Vec::new();
    (&reader).read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), 49_000_000);
    let last = 49_999_999 % common::PATTERN;
    assert_eq!(rest.last(), Some(&bench.pattern[last]));
    bench.vm.answer().unwrap();
    assert_eq!(bench.process.ended(2000), (50_000_000, None));
}

fn a_reset_drops_streams(bench: &mut Bench) {
    let (reader, writer) = pipe();
    bench.process.accept(2000, "out", &writer);
    let (_unused_reader, unused) = pipe();
    bench.process.accept(2001, "out", &unused);
    drop(writer);
    bench.vm.run("hold 2000 100").unwrap();
    // The guest that comes up again finds a port to ask for commands.
    bench.vm.qmp(&["system_reset"]);
    let (bytes, error) = bench.process.ended(2000);
    assert_eq!(bytes, 100);
    assert!(error.unwrap().contains("the guest was reset"));
    assert_eq!(read_pattern(reader, &bench.pattern), Ok(100));
    // The reservation outlived the reset.
    assert_eq!(bench.process.progress(2001), 0);
    assert!(bench.process.ended(1000).1.is_some());
}

/// Prints figures; they are not judged.
fn speed(bench: &mut Bench) {
    println!("  PSS with a guest {} KiB", bench.process.memory("Pss:"));
    for chunk in [4096, 65_536, 1_000_000] {
        let (reader, writer) = pipe();
        let mut cat = Command::new("cat")
            .stdin(Stdio::from(reader))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        bench.process.accept(3000, "out", &writer);
        drop(writer);
        let bytes = 200_000_000;
        let micros: f64 = bench
            .vm
            .run(&format!("write 3000 {bytes} {chunk}"))
            .unwrap()
            .parse()
            .unwrap();
        assert!(cat.wait().unwrap().success());
        assert_eq!(bench.process.ended(3000), (bytes, None));
        println!(
            "  guest to pipe, writes of {chunk}: {:.0} MB/s",
            bytes as f64 / micros
        );
    }
    let (reader, writer) = pipe();
    bench.process.accept(3001, "in", &reader);
    drop(reader);
    let pattern = bench.pattern.clone();
    let start = Instant::now();
    let writing = thread::spawn(move || write_pattern(writer, &pattern, 100_000_000));
    bench.vm.run("read 3001").unwrap();
    writing.join().unwrap().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "  pipe to guest (which compares): {:.0} MB/s",
        100.0 / seconds
    );

    let (ours, theirs) = UnixStream::pair().unwrap();
    bench.process.accept(3002, "both", &theirs);
    let echo = thread::spawn(move || {
        let mut stream = ours;
        let mut byte = [0];
        while stream.read(&mut byte).unwrap() == 1 {
            stream.write_all(&byte).unwrap();
        }
    });
    drop(theirs);
    let micros = bench.vm.run("ping 3002 2000").unwrap();
    echo.join().unwrap();
    println!("  round trip guest, host thread, guest: median {micros} us");
    println!(
        "  PSS after that {} KiB, of it private {} KiB",
        bench.process.memory("Pss:"),
        bench.process.memory("Private_Dirty:")
    );
}

fn death_of_the_vm_ends_joins(bench: &mut Bench) {
    let (reader, writer) = pipe();
    bench.process.accept(2000, "out", &writer);
    let (_unused_reader, unused) = pipe();
    bench.process.accept(2001, "out", &unused);
    drop(writer);
    // More than a pipe holds, so that a part of it is in our buffer when the VM dies.
    bench.vm.run("hold 2000 200000").unwrap();
    bench.vm.kill();
    assert_eq!(read_pattern(reader, &bench.pattern), Ok(200_000));
    let (bytes, error) = bench.process.ended(2000);
    assert_eq!(bytes, 200_000);
    assert!(error.unwrap().contains("the virtual machine went away"));
    assert!(bench.process.ended(2001).1.is_some());
}
