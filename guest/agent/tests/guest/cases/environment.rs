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
    assert_eq!(
        text(guest, script, change).await,
        "0\n 0 100000 65536\nagain"
    );
    let id = guest.sleeper(change).await;
    let output = guest
        .exec(&id, &process_json(&["sh", "-c", script]), None)
        .await;
    assert_eq!(output.text(), "0\n 0 100000 65536\nagain");
    guest.end(&id).await;
}
