//! What a process in the jail sees of the host, and what of it the host sees.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use hadron_vmm_process::jail::FIRST_ID;
use serde_json::{Value, json};

use crate::{Inside, Jailed, Test};

pub const TESTS: &[Test] = &[("inside_there_is_nothing", inside_there_is_nothing)];
pub const INSIDE: &[Inside] = &[("look", look)];

const ABSTRACT: &str = "hadron-jail-test";

fn errno<T>(result: std::io::Result<T>) -> i32 {
    result
        .err()
        .and_then(|error| error.raw_os_error())
        .unwrap_or(0)
}

/// Answers to one message, which says what there is outside, by what it sees of it.
fn look(control: OwnedFd) {
    let mut control = UnixStream::from(control);
    let mut bytes = [0; 1024];
    let count = control.read(&mut bytes).unwrap();
    let outside: Value = serde_json::from_slice(&bytes[..count]).unwrap();
    let paths = [
        "/etc/passwd",
        "/",
        "/proc/self/status",
        "/dev/kvm",
        "..",
        "/proc/1/root/etc",
    ];
    let pid_of = |who: &str| i32::try_from(outside[who].as_i64().unwrap()).unwrap();
    // SAFETY: no pointers; signal 0 asks whether there is somebody.
    let signal = |pid| errno_of(unsafe { libc::kill(pid, 0) });
    // SAFETY: F_GETFD takes any number, and no pointer.
    let is_open = |fd: &i32| unsafe { libc::fcntl(*fd, libc::F_GETFD) } >= 0;
    let descriptors = (0..1024).filter(is_open).count();
    let seen = json!({
        "files": paths.map(|path| errno(fs::File::open(path))).to_vec(),
        "directory": errno(fs::read_dir("/")),
        "made": errno(fs::create_dir("/x")),
        "pid": std::process::id(),
        "parent": std::os::unix::process::parent_id(),
        "signals": [signal(pid_of("parent")), signal(pid_of("outer")), signal(1)],
        "everybody": signal(-1),
        "tcp": errno(TcpStream::connect(("127.0.0.1", outside["port"].as_u64().unwrap() as u16))),
        "abstract": errno(UnixStream::connect_addr(&SocketAddr::from_abstract_name(ABSTRACT).unwrap())),
        "path": errno(UnixStream::connect(outside["path"].as_str().unwrap())),
        "interfaces": interfaces(),
        "descriptors": descriptors,
        "ids": [rustix::process::getuid().as_raw(), rustix::process::geteuid().as_raw(), rustix::process::getgid().as_raw()],
        "groups": rustix::process::getgroups().unwrap().len(),
        "host": rustix::system::uname().nodename().to_str().unwrap(),
        "environment": std::env::vars().count(),
        "mount": errno(rustix::mount::mount("x", "/", "tmpfs", rustix::mount::MountFlags::empty(), None).map_err(Into::into)),
        "uid": errno(rustix::thread::set_thread_uid(rustix::process::Uid::ROOT).map_err(Into::into)),
        "dumpable": rustix::process::dumpable_behavior().unwrap() == rustix::process::DumpableBehavior::NotDumpable,
    });
    writeln!(control, "{seen}").unwrap();
    // Until the test has looked from outside.
    let _ = control.read(&mut bytes);
}

fn errno_of(result: i32) -> i32 {
    match result {
        0 => 0,
        _ => std::io::Error::last_os_error().raw_os_error().unwrap(),
    }
}

/// Names of network interfaces.
fn interfaces() -> Vec<String> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )
    .unwrap();
    let name = |index| rustix::net::netdevice::index_to_name(socket.as_fd(), index).ok();
    (1..64).filter_map(name).collect()
}

fn inside_there_is_nothing() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = SocketAddr::from_abstract_name(ABSTRACT).unwrap();
    let _abstract = UnixListener::bind_addr(&address).unwrap();
    let path = std::env::temp_dir().join(format!("hadron-jail-{}", std::process::id()));
    let _listener = UnixListener::bind(&path).unwrap();
    // Without close-on-exec: what a daemon forgets.
    let leaked = fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();

    let mut jailed = Jailed::start("look");
    let outside = json!({
        "parent": std::process::id(), "outer": jailed.child.id(), "self": 1,
        "port": tcp.local_addr().unwrap().port(), "path": path,
    });
    write!(jailed.control, "{outside}").unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(&jailed.control), &mut line).unwrap();
    fs::remove_file(&path).unwrap();
    let seen: Value = serde_json::from_str(&line).unwrap();
    let (eacces, esrch) = (libc::EACCES, libc::ESRCH);
    assert_eq!(
        seen,
        json!({
            "files": vec![eacces; 6],
            "directory": eacces,
            "made": eacces,
            "pid": 1,
            "parent": 0,
            "signals": [esrch, esrch, 0],
            "everybody": esrch,
            "tcp": libc::ENETUNREACH,
            "abstract": libc::ECONNREFUSED,
            "path": eacces,
            "interfaces": ["lo"],
            "descriptors": 4,
            "ids": [1, 1, 1],
            "groups": 0,
            "host": "hadron-vmm",
            "environment": 0,
            "mount": libc::EPERM,
            "uid": libc::EINVAL,
            "dumpable": true,
        })
    );

    let inner = jailed.inner();
    let outer = jailed.child.id();
    let id = FIRST_ID + inner;
    for pid in [outer, inner] {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let none = "0000000000000000";
        for (name, value) in [
            ("Uid", format!("{id}\t{id}\t{id}\t{id}")),
            ("Gid", format!("{id}\t{id}\t{id}\t{id}")),
            ("Groups", String::new()),
            ("NoNewPrivs", "1".to_owned()),
            ("CapInh", none.to_owned()),
            ("CapPrm", none.to_owned()),
            ("CapEff", none.to_owned()),
            ("CapBnd", none.to_owned()),
            ("CapAmb", none.to_owned()),
        ] {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            assert_eq!(line.unwrap().trim(), value, "{name} of {pid}");
        }
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core"))
            .unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    }
    let mounts = fs::read_to_string(format!("/proc/{inner}/mountinfo")).unwrap();
    assert_eq!(mounts.lines().count(), 1, "{mounts}");
    assert!(
        mounts.contains(" / / ro,") && mounts.contains("tmpfs"),
        "{mounts}"
    );
    for kind in ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"] {
        let of = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/{kind}")).unwrap();
        assert_ne!(of(inner), of(outer), "{kind}");
        // The outer one has a new network alone.
        assert_eq!(of(outer) == of(std::process::id()), kind != "net", "{kind}");
    }
    drop(jailed.control.shutdown(std::net::Shutdown::Both));
    let (status, words) = jailed.end();
    assert_eq!((status.code(), words.as_str()), (Some(0), ""));
}
