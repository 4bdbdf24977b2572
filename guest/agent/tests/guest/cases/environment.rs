//! What the process finds: users, rights, mounts, limits.

use serde_json::{Value, json};

use crate::client::{Guest, process_json, spec};

async fn text(guest: &Guest, script: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut spec = spec(&["sh", "-c", script]);
    change(&mut spec);
    let output = guest.run(&spec, None).await;
    assert_eq!(
        output.stderr,
        b"",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.text()
}

pub async fn user_groups_umask(guest: &Guest) {
    let text = text(guest, "id -u; id -g; id -G; umask", |spec| {
        spec["process"]["user"] =
            json!({ "uid": 1000, "gid": 100, "additionalGids": [7, 8], "umask": 0o77 });
    })
    .await;
    assert_eq!(text, "1000\n100\n100 7 8\n0077");
}

pub async fn cwd_env_and_hostname(guest: &Guest) {
    let text = text(
        guest,
        "pwd; echo $A; hostname; cat /proc/sys/kernel/hostname",
        |spec| {
            // It is made if it is not there, as runc does.
            spec["process"]["cwd"] = "/tmp/made/for/it".into();
            spec["process"]["env"] = json!(["PATH=/bin", "A=b=c d"]);
        },
    )
    .await;
    assert_eq!(text, "/tmp/made/for/it\nb=c d\ninside\ninside");
}

pub async fn home_of_the_user(guest: &Guest) {
    let home = async |uid: u32| {
        text(guest, "echo $HOME", |spec| {
            spec["process"]["user"]["uid"] = uid.into()
        })
        .await
    };
    assert_eq!(
        (home(0).await, home(1000).await, home(5).await),
        ("/root".into(), "/home/user".into(), "/".into())
    );
}

pub async fn capabilities_and_no_new_privileges(guest: &Guest) {
    let script = "grep -E '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status | tr -d '\\t' | tr '\\n' ' '";
    let change = |spec: &mut Value| {
        let set = json!(["CAP_CHOWN", "CAP_KILL"]);
        spec["process"]["capabilities"] =
            json!({ "bounding": set, "effective": set, "permitted": set });
    };
    let expected = "CapPrm:0000000000000021 CapEff:0000000000000021 CapBnd:0000000000000021 CapAmb:0000000000000000 NoNewPrivs:1";
    assert_eq!(text(guest, script, change).await, expected);
    let without = text(guest, script, |spec| {
        change(spec);
        spec["process"]["noNewPrivileges"] = false.into();
    });
    assert!(without.await.ends_with("NoNewPrivs:0"));
    let id = guest.sleeper(change).await;
    let mut process = process_json(&["sh", "-c", script]);
    process["capabilities"] =
        json!({ "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"] });
    assert_eq!(
        guest.exec(&id, &process, None).await.text(),
        expected.replace("21", "20")
    );
    // Not root: nothing is left.
    process["user"]["uid"] = 1000.into();
    process["capabilities"] = json!({ "bounding": [], "effective": [], "permitted": [] });
    assert_eq!(
        guest.exec(&id, &process, None).await.text(),
        expected.replace("21", "00")
    );
    guest.end(&id).await;
}

pub async fn limits(guest: &Guest) {
    let change = |process: &mut Value| {
        process["rlimits"] = json!([
            { "type": "RLIMIT_NOFILE", "soft": 100, "hard": 200 },
            { "type": "RLIMIT_CORE", "soft": 0, "hard": 0 }
        ]);
        process["oomScoreAdj"] = 77.into();
    };
    let script = "ulimit -n; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj";
    let inside = text(guest, script, |spec| change(&mut spec["process"])).await;
    assert_eq!(inside, "100\n200\n0\n77");
    let id = guest.sleeper(|_| {}).await;
    let mut process = process_json(&["sh", "-c", script]);
    change(&mut process);
    assert_eq!(
        guest.exec(&id, &process, None).await.text(),
        "100\n200\n0\n77"
    );
    guest.end(&id).await;
}

pub async fn seccomp_holds_for_execs_too(guest: &Guest) {
    let filter = json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{ "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 }]
    });
    let script = "grep ^Seccomp: /proc/self/status; mkdir /tmp/x 2>&1";
    for no_new_privileges in [true, false] {
        let mut spec = spec(&["sh", "-c", script]);
        spec["linux"]["seccomp"] = filter.clone();
        spec["process"]["noNewPrivileges"] = no_new_privileges.into();
        let output = guest.run(&spec, None).await.text();
        assert!(output.starts_with("Seccomp:\t2\n"), "{output}");
        assert!(output.contains("Function not implemented"), "{output}");
        let id = guest
            .sleeper(|spec| spec["linux"]["seccomp"] = filter.clone())
            .await;
        let mut process = process_json(&["sh", "-c", script]);
        process["noNewPrivileges"] = no_new_privileges.into();
        let output = guest.exec(&id, &process, None).await.text();
        assert!(output.starts_with("Seccomp:\t2\n"), "{output}");
        assert!(output.contains("Function not implemented"), "{output}");
        guest.end(&id).await;
    }
}

pub async fn masked_and_readonly_paths(guest: &Guest) {
    let script =
        "wc -c < /proc/timer_list; echo 1 > /proc/sys/kernel/panic || echo no; ls /mnt | wc -l";
    let mut spec = spec(&["sh", "-c", script]);
    spec["linux"]["maskedPaths"] = json!(["/proc/timer_list", "/mnt", "/nosuch"]);
    let output = guest.run(&spec, None).await;
    assert_eq!(output.text(), "0\nno\n0");
}

pub async fn readonly_root(guest: &Guest) {
    let text = text(
        guest,
        "touch /x 2>/dev/null || echo no; touch /run/x && echo yes",
        |spec| {
            spec["root"]["readonly"] = true.into();
        },
    )
    .await;
    assert_eq!(text, "no\nyes");
}

pub async fn mounts(guest: &Guest) {
    let directory = format!("/tmp/mounts-{}", guest.fresh());
    std::fs::create_dir_all(&directory).expect("mkdir");
    std::fs::write(format!("{directory}/file"), "content").expect("write");
    let script = "cat /mnt/file; touch /mnt/new; cat /etc/single; touch /tmp/ro/x 2>/dev/null || echo no; \
        grep -c ' /tmp/small tmpfs.*size=64k' /proc/mounts; grep -c shm /proc/mounts; touch /dev/shm/x /dev/mqueue/q; ls /sys/fs/cgroup/cgroup.procs";
    let text = text(guest, script, |spec| {
        let mounts = spec["mounts"].as_array_mut().expect("mounts");
        let bind = |to: &str, from: String, options: Value| {
            json!({ "destination": to, "type": "bind", "source": from, "options": options })
        };
        mounts.push(bind("/mnt", directory.clone(), json!(["rbind", "rw"])));
        mounts.push(bind("/etc/single", format!("{directory}/file"), json!(["bind", "ro"])));
        mounts.push(bind("/tmp/ro", directory.clone(), json!(["rbind", "ro", "rprivate"])));
        mounts.push(json!({ "destination": "/tmp/small", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k"] }));
    })
    .await;
    assert_eq!(text, "contentcontentno\n1\n1\n/sys/fs/cgroup/cgroup.procs");
    assert!(std::path::Path::new(&format!("{directory}/new")).exists());
    std::fs::remove_dir_all(directory).expect("rm");
}

pub async fn sysctls_and_devices(guest: &Guest) {
    let text = text(guest, "cat /proc/sys/kernel/shmmni; stat -c '%t:%T %a' /dev/mydev; ls -l /dev/null | head -c 1; echo; readlink /dev/fd", |spec| {
        spec["linux"]["sysctl"] = json!({ "kernel.shmmni": "123" });
        spec["linux"]["devices"] =
            json!([{ "path": "/dev/mydev", "type": "c", "major": 1, "minor": 7, "fileMode": 0o600, "uid": 0, "gid": 0 }]);
    })
    .await;
    assert_eq!(text, "123\n1:7 600\nc\n/proc/self/fd");
}

pub async fn user_namespace(guest: &Guest) {
    let change = |spec: &mut Value| {
        let map = json!([{ "containerID": 0, "hostID": 100_000, "size": 65536 }]);
        spec["linux"]["uidMappings"] = map.clone();
        spec["linux"]["gidMappings"] = map;
        let namespaces = spec["linux"]["namespaces"]
            .as_array_mut()
            .expect("namespaces");
        namespaces.push(json!({ "type": "user" }));
        // sysfs belongs to the network namespace, which is the guest's.
        let mounts = spec["mounts"].as_array_mut().expect("mounts");
        mounts.retain(|mount| {
            mount["destination"] != "/sys" && mount["destination"] != "/sys/fs/cgroup"
        });
    };
    let script = "id -u; cat /proc/self/uid_map | tr -s ' '; echo again > /dev/stdout";
    let expected = "0\n 0 100000 65536\nagain";
    // What has no owner in the namespace cannot be opened there.
    let streams = || {
        let mut streams = guest.streams(None);
        streams.stdio.pipe_uid = 100_000;
        streams.stdio.pipe_gid = 100_000;
        streams
    };
    let mut spec = spec(&["sh", "-c", script]);
    change(&mut spec);
    assert_eq!(guest.run_with(&spec, streams()).await.text(), expected);
    let id = guest.sleeper(change).await;
    let process = process_json(&["sh", "-c", script]);
    let output = guest.exec_with(&id, &process, streams()).await;
    assert_eq!(output.text(), expected);
    guest.end(&id).await;
}

pub async fn absent_and_unknown_capabilities(guest: &Guest) {
    let script = "grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status | tr -d '\\t' | tr '\\n' ' '";
    let none = "CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000";
    let absent = text(guest, script, |spec| {
        let process = spec["process"].as_object_mut().expect("object");
        process.remove("capabilities");
    });
    assert_eq!(absent.await, none);
    let unknown = text(guest, script, |spec| {
        let set = json!(["CAP_KILL", "CAP_UNKNOWN"]);
        spec["process"]["capabilities"] =
            json!({ "bounding": set, "effective": set, "permitted": set });
    });
    assert_eq!(
        unknown.await,
        none.replace("000 ", "020 ")
            .replace("Bnd:0000000000000000", "Bnd:0000000000000020")
    );
}

pub async fn limits_have_all_64_bits(guest: &Guest) {
    let output = text(guest, "ulimit -Sf; ulimit -Hf; ulimit -Sc", |spec| {
        spec["process"]["rlimits"] = json!([
            { "type": "RLIMIT_FSIZE", "soft": u64::MAX, "hard": u64::MAX },
            { "type": "RLIMIT_CORE", "soft": u64::MAX - 1, "hard": u64::MAX }
        ]);
    });
    // busybox counts in blocks of 512 and 1024 bytes.
    let output = output.await;
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines[..2], ["unlimited", "unlimited"]);
    assert_ne!(lines[2], "unlimited");
}

pub async fn mount_points_through_links(guest: &Guest) {
    let directory = format!("/tmp/links-{}", guest.fresh());
    std::fs::create_dir_all(&directory).expect("mkdir");
    std::fs::write(format!("{directory}/file"), "content").expect("write");
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, format!("{}/{name}", crate::client::ROOTFS))
            .expect("link");
    };
    link("../run/made/resolv.conf", "etc/dangling");
    link("/tmp", "etc/absolute");
    let bind = |to: &str, from: String| json!({ "destination": to, "type": "bind", "source": from, "options": ["rbind", "ro"] });
    let output = text(
        guest,
        "cat /etc/dangling; cat /tmp/below/file; ls /run/made",
        |spec| {
            let mounts = spec["mounts"].as_array_mut().expect("mounts");
            mounts.push(bind("/etc/dangling", format!("{directory}/file")));
            mounts.push(bind("/etc/absolute/below", directory.clone()));
        },
    );
    let output = output.await;
    for name in ["etc/dangling", "etc/absolute"] {
        std::fs::remove_file(format!("{}/{name}", crate::client::ROOTFS)).expect("rm");
    }
    std::fs::remove_dir_all(directory).expect("rm");
    assert_eq!(output, "contentcontentresolv.conf");
}

pub async fn tmpfs_and_what_it_covers(guest: &Guest) {
    let rootfs = crate::client::ROOTFS;
    std::fs::create_dir_all(format!("{rootfs}/opt/sub")).expect("mkdir");
    std::fs::write(format!("{rootfs}/opt/sub/file"), "kept").expect("write");
    std::fs::set_permissions(
        format!("{rootfs}/opt"),
        std::os::unix::fs::PermissionsExt::from_mode(0o1751),
    )
    .expect("chmod");
    let script = "stat -c %a /opt /mnt; cat /opt/sub/file; ls /mnt; grep -c '^none /tmp tmpfs' /proc/mounts; touch /opt/new";
    let output = text(guest, script, |spec| {
        let mounts = spec["mounts"].as_array_mut().expect("mounts");
        mounts.push(json!({ "destination": "/opt", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"] }));
        mounts.push(json!({ "destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["mode=710"] }));
        mounts.push(json!({ "destination": "/tmp", "type": "tmpfs" }));
    });
    let output = output.await;
    std::fs::remove_dir_all(format!("{rootfs}/opt")).expect("rm");
    assert!(output.starts_with("1751\n710\nkept"), "{output}");
}

pub async fn readonly_paths_add_ro_and_nothing_else(guest: &Guest) {
    let script = "grep ' /mnt ' /proc/mounts | tail -n 1 | cut -d ' ' -f 4; /opt/true && echo runs; touch /opt/x 2>&1";
    let rootfs = crate::client::ROOTFS;
    std::fs::create_dir_all(format!("{rootfs}/opt")).expect("mkdir");
    std::fs::copy(
        format!("{rootfs}/bin/busybox"),
        format!("{rootfs}/opt/true"),
    )
    .expect("copy");
    let output = text(guest, script, |spec| {
        let mounts = spec["mounts"].as_array_mut().expect("mounts");
        mounts.push(json!({ "destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "noexec"] }));
        spec["linux"]["readonlyPaths"] = json!(["/mnt", "/opt", "/nosuch"]);
    });
    let output = output.await;
    std::fs::remove_dir_all(format!("{rootfs}/opt")).expect("rm");
    let lines: Vec<_> = output.lines().collect();
    let flags: Vec<_> = lines[0].split(',').collect();
    assert!(
        flags.contains(&"ro") && flags.contains(&"nosuid") && flags.contains(&"noexec"),
        "{output}"
    );
    assert!(!flags.contains(&"nodev"), "{output}");
    assert_eq!(lines[1], "runs");
    assert!(lines[2].contains("Read-only file system"), "{output}");
}

pub async fn devices_and_their_rules(guest: &Guest) {
    let script = "stat -c '%t:%T %a %u:%g' /dev/log2 /srv/zero; head -c 1 /srv/zero | wc -c; \
        read() { dd if=$1 of=/dev/null bs=8k count=1 2>&1 | grep -c 'not permitted'; }; \
        read /dev/kmsg; mknod /run/x c 1 11 && read /run/x";
    let devices = json!([
        { "path": "/dev/log2", "type": "c", "major": 1, "minor": 11, "fileMode": 0o640, "uid": 5, "gid": 6 },
        { "path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11 },
        { "path": "/srv/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 0o444 }
    ]);
    let run = async |rules: Value| {
        text(guest, script, |spec| {
            spec["linux"]["devices"] = devices.clone();
            // The kernel's log is for those that have it.
            for (_, set) in spec["process"]["capabilities"]
                .as_object_mut()
                .expect("object")
            {
                set.as_array_mut().expect("array").push("CAP_SYSLOG".into());
            }
            spec["linux"]["resources"] = json!({ "devices": rules });
        })
        .await
    };
    let deny = json!([{ "allow": false, "access": "rwm" }]);
    assert_eq!(run(deny).await, "1:b 640 5:6\n1:5 444 0:0\n1\n1\n1");
    let allow = json!([{ "allow": false, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": 11, "access": "rw" }]);
    assert_eq!(run(allow).await, "1:b 640 5:6\n1:5 444 0:0\n1\n0\n0");
    let _ = std::fs::remove_dir_all(format!("{}/srv", crate::client::ROOTFS));
}

pub async fn execve_decides_who_may_execute(guest: &Guest) {
    let rootfs = crate::client::ROOTFS;
    let program = format!("{rootfs}/bin/owned");
    std::fs::copy(format!("{rootfs}/bin/busybox"), &program).expect("copy");
    std::fs::set_permissions(
        &program,
        std::os::unix::fs::PermissionsExt::from_mode(0o744),
    )
    .expect("chmod");
    let mut spec = spec(&["/bin/sh", "-c", "exit 6"]);
    spec["process"]["args"] = json!(["/bin/owned", "true"]);
    // busybox goes by its first argument's name, and has no applet "owned".
    assert_eq!(guest.run(&spec, None).await.status, 127);
    let none = json!([]);
    spec["process"]["capabilities"] =
        json!({ "bounding": none, "effective": none, "permitted": none });
    assert_eq!(guest.run(&spec, None).await.status, 127);
    spec["process"]["user"] = json!({ "uid": 1000, "gid": 1000 });
    let id = guest.id();
    let refused = match guest.create(&id, &spec, Default::default()).await {
        Ok(_) => {
            let refused = guest.start(&id).await.expect_err("not for others");
            guest.delete(&id).await.expect("delete");
            refused
        }
        Err(refused) => refused,
    };
    std::fs::remove_file(program).expect("rm");
    assert!(refused.1.ends_with("permission denied"), "{}", refused.1);
}

pub async fn a_filter_knows_only_the_programs_calls(guest: &Guest) {
    // All that a static program that prints a line needs, and the exec that makes it one.
    let names = json!([
        "execve",
        "arch_prctl",
        "brk",
        "set_tid_address",
        "set_robust_list",
        "rseq",
        "prlimit64",
        "readlink",
        "readlinkat",
        "getrandom",
        "mprotect",
        "newfstatat",
        "fstat",
        "write",
        "exit_group",
        "getuid",
        "ioctl",
        "prctl"
    ]);
    for action in ["SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS"] {
        let filter = json!({
            "defaultAction": action, "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [{ "names": names, "action": "SCMP_ACT_ALLOW" }]
        });
        let mut spec = spec(&["echo", "through"]);
        spec["linux"]["seccomp"] = filter.clone();
        let output = guest.run(&spec, None).await;
        assert_eq!(
            (output.text().as_str(), output.status),
            ("through", 0),
            "{action}"
        );
    }
}

pub async fn home_and_its_absence(guest: &Guest) {
    for (environment, expected) in [
        (json!(["PATH=/bin", "HOME="]), "/root"),
        (json!(["PATH=/bin", "HOME=/x"]), "/x"),
        (json!(["PATH=/bin", "A=1", "A=2"]), "/root2"),
    ] {
        let change = |process: &mut Value| process["env"] = environment.clone();
        let output = text(guest, "echo $HOME$A", |spec| change(&mut spec["process"]));
        assert_eq!(output.await, expected);
    }
    let id = guest.sleeper(|_| {}).await;
    let mut process = process_json(&["sh", "-c", "echo $HOME"]);
    process["env"] = json!(["PATH=/bin", "HOME="]);
    assert_eq!(guest.exec(&id, &process, None).await.text(), "/root");
    guest.end(&id).await;
}

pub async fn root_propagation(guest: &Guest) {
    // The guest's own root is private, so a slave of it has no master.
    for (name, shared) in [("rslave", false), ("rprivate", false), ("rshared", true)] {
        let output = text(
            guest,
            "grep ' / / ' /proc/self/mountinfo || grep ' / ' /proc/self/mountinfo | head -n 1",
            |spec| {
                spec["linux"]["rootfsPropagation"] = name.into();
            },
        );
        let output = output.await;
        let fields = output.split(" - ").next().expect("fields");
        assert_eq!(fields.contains(" shared:"), shared, "{name}: {output}");
        assert!(!fields.contains("master:"), "{name}: {output}");
    }
}

pub async fn dev_null_stays_roots(guest: &Guest) {
    let mut spec = spec(&["stat", "-c", "%u:%g %a", "/dev/null"]);
    spec["process"]["user"] = json!({ "uid": 1000, "gid": 1000 });
    assert_eq!(guest.run(&spec, None).await.text(), "0:0 666");
    let id = guest.sleeper(|_| {}).await;
    guest.exec(&id, &spec["process"], None).await;
    let again = guest.exec(&id, &spec["process"], None).await;
    assert_eq!(again.text(), "0:0 666");
    guest.end(&id).await;
}

pub async fn a_passwd_that_is_no_file(guest: &Guest) {
    let passwd = format!("{}/etc/passwd", crate::client::ROOTFS);
    let kept = format!("{passwd}.kept");
    std::fs::rename(&passwd, &kept).expect("rename");
    nix::unistd::mkfifo(
        passwd.as_str(),
        nix::sys::stat::Mode::from_bits_truncate(0o644),
    )
    .expect("mkfifo");
    let output = text(guest, "echo $HOME", |_| {}).await;
    std::fs::rename(&kept, &passwd).expect("rename");
    assert_eq!(output, "/");
}

pub async fn no_environment_is_none(guest: &Guest) {
    let id = guest
        .sleeper(|spec| spec["process"]["env"] = json!(["PATH=/bin", "OF=the container"]))
        .await;
    let mut process = process_json(&["/bin/env"]);
    process["env"] = json!([]);
    let output = guest.exec(&id, &process, None).await;
    guest.end(&id).await;
    assert_eq!(output.text(), "HOME=/root");
}

pub async fn without_device_rules_there_are_runcs(guest: &Guest) {
    let script = "for n in '1 11' '5 1' '10 229' '1 5'; do rm -f /run/n; mknod /run/n c $n; \
        dd if=/run/n of=/dev/null bs=1 count=1 2>&1 | grep -c 'not permitted'; done; exit 0";
    for resources in [json!(null), json!({}), json!({ "devices": [] })] {
        let output = text(guest, script, |spec| {
            spec["linux"]["resources"] = resources.clone()
        });
        assert_eq!(output.await, "1\n1\n1\n0", "{resources}");
    }
}
