//! Mount points, and what is read-only.

use serde_json::{Value, json};

use crate::client::{Guest, ROOTFS, spec};

async fn text(guest: &Guest, script: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut spec = spec(&["sh", "-c", script]);
    change(&mut spec);
    guest.run(&spec, None).await.text()
}

fn push(spec: &mut Value, mount: Value) {
    spec["mounts"].as_array_mut().expect("mounts").push(mount);
}

pub async fn mount_points_that_are_made(guest: &Guest) {
    let script = "stat -c %a /made /made/bound /made/tmp /made/in; cat /made/in/proc/self/comm; ls -d /made/in/sys/kernel; ls /tmp/proc/self/comm";
    let output = text(guest, script, |spec| {
        push(
            spec,
            json!({ "destination": "/made/bound/here", "type": "bind", "source": "/sys", "options": ["rbind", "ro"] }),
        );
        push(
            spec,
            json!({ "destination": "/made/tmp", "type": "tmpfs", "source": "tmpfs" }),
        );
        push(
            spec,
            json!({ "destination": "/made/in/proc", "type": "proc", "source": "proc" }),
        );
        push(
            spec,
            json!({ "destination": "/made/in/sys/", "type": "sysfs", "source": "sysfs" }),
        );
        // Links below the root lead to where they lead in the container.
        std::os::unix::fs::symlink("/tmp", format!("{ROOTFS}/mnt/link")).expect("link");
        push(
            spec,
            json!({ "destination": "/mnt/link/proc", "type": "proc", "source": "proc" }),
        );
    });
    let output = output.await;
    std::fs::remove_file(format!("{ROOTFS}/mnt/link")).expect("rm");
    std::fs::remove_dir_all(format!("{ROOTFS}/made")).expect("rm");
    std::fs::remove_dir(format!("{ROOTFS}/tmp/proc")).expect("rm");
    assert_eq!(
        output,
        "755\n755\n1777\n755\ncat\n/made/in/sys/kernel\n/tmp/proc/self/comm"
    );
}

pub async fn a_proc_needs_a_directory(guest: &Guest) {
    std::os::unix::fs::symlink("/tmp", format!("{ROOTFS}/mnt/link")).expect("link");
    for destination in ["/mnt/link", "/etc/passwd", "/etc/passwd/below"] {
        let mut spec = spec(&["true"]);
        push(
            &mut spec,
            json!({ "destination": destination, "type": "proc", "source": "proc" }),
        );
        let refused = guest.create(&guest.id(), &spec, Default::default()).await;
        assert!(refused.is_err(), "{destination}");
    }
    std::fs::remove_file(format!("{ROOTFS}/mnt/link")).expect("rm");
}

pub async fn dangling_links(guest: &Guest) {
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, format!("{ROOTFS}/{name}")).expect("link");
    };
    std::fs::create_dir_all(format!("{ROOTFS}/opt/inner")).expect("mkdir");
    link("beside", "opt/inner/file");
    link("../made", "opt/inner/directory");
    link("/opt/absolute", "opt/inner/parent");
    let script =
        "ls -A /opt /opt/inner | tr '\\n' ' '; cat /opt/inner/beside; ls /opt/made /opt/absolute/x";
    let output = text(guest, script, |spec| {
        let bind = |to: &str, from: &str| json!({ "destination": to, "type": "bind", "source": from, "options": ["bind", "ro"] });
        push(
            spec,
            bind("/opt/inner/file", &format!("{ROOTFS}/etc/passwd")),
        );
        push(spec, bind("/opt/inner/directory", &format!("{ROOTFS}/etc")));
        push(spec, bind("/opt/inner/parent/x", &format!("{ROOTFS}/etc")));
    });
    let output = output.await;
    std::fs::remove_dir_all(format!("{ROOTFS}/opt")).expect("rm");
    assert!(output.contains("root:x:0:0"), "{output}");
    assert!(
        output.starts_with("/opt: absolute inner made  /opt/inner: beside directory file parent"),
        "{output}"
    );
    assert_eq!(output.matches("garbage").count(), 2, "{output}");
}

pub async fn a_fifo_in_the_way(guest: &Guest) {
    let fifo = format!("{ROOTFS}/mnt/fifo");
    nix::unistd::mkfifo(
        fifo.as_str(),
        nix::sys::stat::Mode::from_bits_truncate(0o644),
    )
    .expect("mkfifo");
    for kind in ["tmpfs", "proc"] {
        for destination in ["/mnt/fifo", "/mnt/fifo/below", "/mnt/fifo/far/below"] {
            let mut spec = spec(&["true"]);
            push(
                &mut spec,
                json!({ "destination": destination, "type": kind, "source": kind }),
            );
            let refused = guest.create(&guest.id(), &spec, Default::default()).await;
            assert!(refused.is_err(), "{kind} on {destination}");
        }
    }
    std::fs::remove_file(fifo).expect("rm");
}

pub async fn read_only_paths_that_overlap(guest: &Guest) {
    let directory = format!("/tmp/readonly-{}", guest.fresh());
    std::fs::create_dir_all(&directory).expect("mkdir");
    std::fs::create_dir_all(format!("{ROOTFS}/opt/inner")).expect("mkdir");
    std::fs::create_dir_all(format!("{ROOTFS}/opt/volume")).expect("mkdir");
    let script =
        "for d in /opt /opt/inner /opt/volume; do touch $d/x 2>&1; done | grep -c 'Read-only'";
    let output = text(guest, script, |spec| {
        push(
            spec,
            json!({ "destination": "/opt/volume", "type": "bind", "source": directory, "options": ["rbind", "ro"] }),
        );
        spec["linux"]["readonlyPaths"] = json!(["/opt/inner", "/opt"]);
    });
    let output = output.await;
    let root = text(
        guest,
        "touch /x 2>&1 | grep -c 'Read-only'; touch /run/x && echo run",
        |spec| spec["linux"]["readonlyPaths"] = json!(["/"]),
    );
    let root = root.await;
    std::fs::remove_dir_all(format!("{ROOTFS}/opt")).expect("rm");
    std::fs::remove_dir_all(directory).expect("rm");
    assert_eq!(output, "3");
    assert_eq!(root, "1\nrun");
}
