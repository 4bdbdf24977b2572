//! What a seccomp profile does beside what it names.

use serde_json::{Value, json};

use crate::client::{Guest, ROOTFS, spec};

/// Where this program is in the containers' root file system: it then makes the system call that it is told.
const CALLER: &str = "bin/caller";

/// All that this program needs to make a system call and print what it answers.
const NEEDED: [&str; 29] = [
    "arch_prctl",
    "brk",
    "close",
    "execve",
    "exit_group",
    "fstat",
    "futex",
    "getpid",
    "getrandom",
    "gettid",
    "ioctl",
    "mmap",
    "mprotect",
    "munmap",
    "newfstatat",
    "openat",
    "poll",
    "prctl",
    "prlimit64",
    "read",
    "readlink",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "sched_getaffinity",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "write",
];
/// Older than `rseq`, and not among them.
const TIMES: &str = "100";
/// Newer than all of them: epoll_pwait2, fchmodat2, and one of the years to come.
const NEW: [&str; 3] = ["441", "452", "900"];

async fn answers(guest: &Guest, profile: Value, calls: &[&str]) -> Vec<String> {
    let mut args = vec!["/bin/caller", crate::CALL];
    args.extend(calls);
    let mut spec = spec(&args);
    spec["linux"]["seccomp"] = profile;
    let output = guest.run(&spec, None).await;
    output.text().lines().map(str::to_string).collect()
}

pub async fn new_calls_are_unknown(guest: &Guest) {
    let caller = format!("{ROOTFS}/{CALLER}");
    std::fs::copy("/proc/self/exe", &caller).expect("copy");
    let profile = |default: &str, architectures: &[&str]| {
        json!({
            "defaultAction": default, "architectures": architectures,
            "syscalls": [{ "names": NEEDED, "action": "SCMP_ACT_ALLOW" }]
        })
    };
    let calls = [TIMES, NEW[0], NEW[1], NEW[2]];
    let ours = answers(
        guest,
        profile("SCMP_ACT_ERRNO", &["SCMP_ARCH_X86_64"]),
        &calls,
    )
    .await;
    let all = ["SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_X86_64"];
    let three = answers(guest, profile("SCMP_ACT_ERRNO", &all), &calls).await;
    let killing = profile("SCMP_ACT_KILL_PROCESS", &["SCMP_ARCH_X86_64"]);
    let spared = answers(guest, killing.clone(), &NEW).await;
    let killed = answers(guest, killing, &[TIMES]).await;
    std::fs::remove_file(caller).expect("rm");
    let (eperm, enosys) = (libc::EPERM.to_string(), libc::ENOSYS.to_string());
    assert_eq!(ours, [&eperm, &enosys, &enosys, &enosys].map(Clone::clone));
    assert_eq!(three, ours);
    assert_eq!(spared, ours[1..]);
    assert_eq!(killed, [""; 0]);
}

pub async fn a_profile_is_not_taken_for_another(guest: &Guest) {
    let answers = [
        (json!(38), "Function not implemented"),
        (json!(13), "Permission denied"),
        (Value::Null, "Operation not permitted"),
        (json!(0), ""),
    ];
    for (number, text) in answers {
        let mut rule = json!({ "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO" });
        if !number.is_null() {
            rule["errnoRet"] = number;
        }
        let mut spec = spec(&["mkdir", "/tmp/x"]);
        spec["linux"]["seccomp"] = json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [rule] });
        let output = guest.run(&spec, None).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.trim_end().ends_with(text), "{said}");
        assert_eq!(output.status == 0, text.is_empty(), "{said}");
    }
}
