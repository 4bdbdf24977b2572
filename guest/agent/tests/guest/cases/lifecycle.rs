//! States, exits, signals, additional processes.

use std::time::Duration;

use futures::future::join_all;
use hadron_agent::pod_pids;
use hadron_agent::protocol::agent as proto;
use nix::unistd::Pid;
use serde_json::{Value, json};
use ttrpc::Code;

use crate::client::{Guest, process_json, read, rest_of, spec, within};

pub async fn exit_statuses(guest: &Guest) {
    for status in [0, 1, 42, 255] {
        assert_eq!(guest.shell(&format!("exit {status}")).await.status, status);
    }
}

pub async fn killed_by_a_signal(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    guest.end(&id).await;
    // PID 1 of a namespace only gets signals that it has a handler for.
    let id = guest.id();
    let spec = spec(&[
        "sh",
        "-c",
        "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done",
    ]);
    let streams = guest.port();
    let mut stdio = proto::Stdio::new();
    stdio.stdout_port = streams.number;
    guest.create(&id, &spec, stdio).await.expect("create");
    let mut stdout = within(streams.accept()).await;
    guest.start(&id).await.expect("start");
    let mut up = [0; 3];
    within(tokio::io::AsyncReadExt::read_exact(&mut stdout, &mut up))
        .await
        .expect("up");
    guest.kill(&id, "", 15, false).await.expect("kill");
    assert_eq!(guest.wait(&id, "").await, Ok(7));
    let refused = guest.kill(&id, "", 15, false).await.expect_err("exited");
    assert_eq!(refused.0, Code::NOT_FOUND, "{}", refused.1);
    guest.delete(&id).await.expect("delete");
}

pub async fn two_hundred_that_exit_at_once(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let process = process_json(&["true"]);
    for number in 0..200 {
        let exec_id = format!("e{number}");
        guest
            .exec_start(&id, &exec_id, &process, proto::Stdio::new())
            .await
            .expect("exec");
        assert_eq!(guest.wait(&id, &exec_id).await, Ok(0));
        guest.delete_process(&id, &exec_id).await.expect("delete");
    }
    guest.end(&id).await;
}

pub async fn states_and_refusals(guest: &Guest) {
    let id = guest.id();
    let spec = spec(&["sleep", "1000"]);
    guest
        .create(&id, &spec, proto::Stdio::new())
        .await
        .expect("create");
    let again = guest
        .create(&id, &spec, proto::Stdio::new())
        .await
        .expect_err("twice");
    assert_eq!(again.0, Code::ALREADY_EXISTS, "{}", again.1);
    let early = guest.pause(&id).await.expect_err("created");
    assert_eq!(early.0, Code::FAILED_PRECONDITION);
    assert!(early.1.ends_with("it is created"), "{}", early.1);
    guest
        .exec_start(&id, "early", &process_json(&["true"]), proto::Stdio::new())
        .await
        .expect("exec before the start");
    assert_eq!(guest.wait(&id, "early").await, Ok(0));
    guest.start(&id).await.expect("start");
    let twice = guest.start(&id).await.expect_err("running");
    assert_eq!(twice.0, Code::FAILED_PRECONDITION);
    assert!(twice.1.ends_with("it is running"), "{}", twice.1);
    let running = guest.delete(&id).await.expect_err("running");
    assert_eq!(running.0, Code::FAILED_PRECONDITION, "{}", running.1);
    guest.kill(&id, "", 9, false).await.expect("kill");
    assert_eq!(guest.wait(&id, "").await, Ok(137));
    let stopped = guest.start(&id).await.expect_err("stopped");
    assert!(stopped.1.ends_with("it is stopped"), "{}", stopped.1);
    guest.delete(&id).await.expect("delete");
    let gone = guest.wait(&id, "").await.expect_err("deleted");
    assert_eq!(gone.0, Code::NOT_FOUND, "{}", gone.1);
}

pub async fn every_waiter_is_answered(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let waits = join_all((0..20).map(|_| guest.wait(&id, "")));
    let kill = guest.kill(&id, "", 9, false);
    let (statuses, killed) = tokio::join!(waits, kill);
    killed.expect("kill");
    assert!(statuses.iter().all(|status| *status == Ok(137)));
    assert_eq!(guest.wait(&id, "").await, Ok(137));
    guest.delete(&id).await.expect("delete");
}

pub async fn created_but_never_started(guest: &Guest) {
    let id = guest.id();
    guest
        .create(&id, &spec(&["true"]), proto::Stdio::new())
        .await
        .expect("create");
    guest.delete(&id).await.expect("delete");
}

pub async fn signals_to_all(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let process = process_json(&["sleep", "1000"]);
    for exec_id in ["a", "b"] {
        guest
            .exec_start(&id, exec_id, &process, proto::Stdio::new())
            .await
            .expect("exec");
    }
    let mut names: Vec<_> = guest
        .processes(&id)
        .await
        .expect("list")
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    names.sort();
    assert_eq!(names, ["", "a", "b"]);
    guest.kill(&id, "a", 15, false).await.expect("kill a");
    assert_eq!(guest.wait(&id, "a").await, Ok(143));
    let busy = guest.delete_process(&id, "b").await.expect_err("running");
    assert_eq!(busy.0, Code::FAILED_PRECONDITION, "{}", busy.1);
    guest.kill(&id, "", 9, true).await.expect("kill all");
    assert_eq!(guest.wait(&id, "").await, Ok(137));
    assert_eq!(guest.wait(&id, "b").await, Ok(137));
    let nobody = guest.kill(&id, "", 9, true).await.expect_err("nobody");
    assert_eq!(nobody.0, Code::NOT_FOUND, "{}", nobody.1);
    guest.delete(&id).await.expect("delete");
}

pub async fn execs(guest: &Guest) {
    let id = guest.sleeper(|spec| spec["hostname"] = "box".into()).await;
    let mut process = process_json(&[
        "sh",
        "-c",
        "id -u; id -g; id -G; pwd; echo $A; hostname; umask; echo $HOME; exit 3",
    ]);
    process["user"] = json!({ "uid": 1000, "gid": 100, "additionalGids": [7, 8], "umask": 0o27 });
    process["cwd"] = "/tmp".into();
    process["env"] = json!(["PATH=/bin", "A=b c"]);
    let output = guest.exec(&id, &process, None).await;
    assert_eq!(
        output.text(),
        "1000\n100\n100 7 8\n/tmp\nb c\nbox\n0027\n/home/user"
    );
    assert_eq!(output.status, 3);
    let output = guest
        .exec(&id, &process_json(&["cat"]), Some(b"through"))
        .await;
    assert_eq!(output.text(), "through");
    // The same namespaces as the init process.
    let script = "for n in ipc uts mnt pid cgroup; do readlink /proc/self/ns/$n; readlink /proc/1/ns/$n; done";
    let output = guest
        .exec(&id, &process_json(&["sh", "-c", script]), None)
        .await
        .text();
    let links: Vec<_> = output.lines().collect();
    assert_eq!(links.len(), 10);
    assert!(links.chunks(2).all(|pair| pair[0] == pair[1]), "{output}");
    let twice = process_json(&["sleep", "1000"]);
    guest
        .exec_start(&id, "same", &twice, proto::Stdio::new())
        .await
        .expect("exec");
    let refused = guest
        .exec_start(&id, "same", &twice, proto::Stdio::new())
        .await
        .expect_err("twice");
    assert_eq!(refused.0, Code::ALREADY_EXISTS, "{}", refused.1);
    guest.end(&id).await;
}

pub async fn ten_execs_at_once(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let processes: Vec<_> = (0..10)
        .map(|number| process_json(&["sh", "-c", &format!("echo {number}; exit {number}")]))
        .collect();
    let outputs = join_all(
        processes
            .iter()
            .map(|process| guest.exec(&id, process, None)),
    )
    .await;
    for (number, output) in outputs.iter().enumerate() {
        assert_eq!(
            (output.text(), output.status),
            (number.to_string(), number as u32)
        );
    }
    guest.end(&id).await;
}

pub async fn exec_into_a_stopped_container(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    guest.kill(&id, "", 9, false).await.expect("kill");
    assert_eq!(guest.wait(&id, "").await, Ok(137));
    let process = process_json(&["true"]);
    let refused = guest
        .exec_start(&id, "late", &process, proto::Stdio::new())
        .await
        .expect_err("stopped");
    assert_eq!(refused.0, Code::FAILED_PRECONDITION);
    assert!(refused.1.ends_with("it is stopped"), "{}", refused.1);
    guest.delete(&id).await.expect("delete");
}

pub async fn pause_and_resume(guest: &Guest) {
    let id = guest
        .sleeper(|spec| {
            spec["process"]["args"] = json!(["sh", "-c", "while :; do :; done"]);
        })
        .await;
    guest.pause(&id).await.expect("pause");
    let usage = async || guest.stat(&id, "cpu.stat").await;
    let before = usage().await;
    // Other things happen meanwhile, but not in the container.
    assert_eq!(guest.shell("exit 5").await.status, 5);
    assert_eq!(usage().await, before);
    let paused = guest
        .exec_start(&id, "x", &process_json(&["true"]), proto::Stdio::new())
        .await;
    assert!(paused.expect_err("paused").1.ends_with("it is paused"));
    assert!(guest.pause(&id).await.is_err());
    guest.resume(&id).await.expect("resume");
    assert_eq!(guest.shell("exit 5").await.status, 5);
    assert_ne!(usage().await, before);
    // A paused container can be killed.
    guest.pause(&id).await.expect("pause");
    guest.end(&id).await;
}

pub async fn without_a_pid_namespace(guest: &Guest) {
    // Its child outlives it; deleting the container must end it (the leftovers check looks).
    let mut spec = spec(&["sh", "-c", "sleep 1000 & echo $$"]);
    spec["linux"]["namespaces"] =
        json!([{ "type": "mount" }, { "type": "ipc" }, { "type": "uts" }]);
    let id = guest.id();
    let port = guest.port();
    let mut stdio = proto::Stdio::new();
    stdio.stdout_port = port.number;
    let pid = guest.create(&id, &spec, stdio).await.expect("create");
    let mut stdout = within(port.accept()).await;
    guest.start(&id).await.expect("start");
    assert_eq!(guest.wait(&id, "").await, Ok(0));
    assert_eq!(guest.processes(&id).await.expect("list").len(), 1);
    guest.delete(&id).await.expect("delete");
    let text = rest_of(&mut stdout).await;
    assert_eq!(text.trim(), pid.to_string());
}

pub async fn shared_namespaces(guest: &Guest) {
    let id = guest.id();
    let pid = guest
        .create(&id, &spec(&["sleep", "1000"]), proto::Stdio::new())
        .await
        .expect("create");
    guest.start(&id).await.expect("start");
    let mut member = spec(&[
        "sh",
        "-c",
        "ps | grep -c 'sleep 1000'; readlink /proc/self/ns/ipc; readlink /proc/self/ns/net",
    ]);
    member["linux"]["namespaces"] = json!([
        { "type": "mount" },
        { "type": "pid", "path": format!("/proc/{pid}/ns/pid") },
        { "type": "ipc", "path": format!("/proc/{pid}/ns/ipc") },
        { "type": "uts", "path": format!("/proc/{pid}/ns/uts") }
    ]);
    member.as_object_mut().expect("object").remove("hostname");
    let text = guest.run(&member, None).await.text();
    let link = |name| {
        std::fs::read_link(format!("/proc/{name}"))
            .expect("link")
            .display()
            .to_string()
    };
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].parse::<u32>().expect("count") >= 1, "{text}");
    assert_eq!(lines[1], link(format!("{pid}/ns/ipc")));
    // And the guest's own network namespace.
    assert_eq!(lines[2], link("1/ns/net".to_string()));
    guest.end(&id).await;
}

pub async fn the_pods_pid_namespace(guest: &Guest) {
    let share = |spec: &mut Value| {
        spec["linux"]["namespaces"] = json!([
            { "type": "mount" }, { "type": "ipc" }, { "type": "uts" },
            { "type": "pid", "path": pod_pids::PATH }
        ]);
    };
    let list = "cd /proc; for pid in [0-9]*; do read -r name <$pid/comm && echo $name; done";
    let run = async |script: &str| {
        let mut spec = spec(&["sh", "-c", script]);
        share(&mut spec);
        guest.run(&spec, None).await.text()
    };
    let id = guest.sleeper(share).await;
    assert_eq!(run(list).await, "pause\nsleep\nsh");
    // Its init process cannot be signalled, and reaps what is left to it.
    let script = "kill -9 1; orphan=$(sh -c 'sleep 0.1 >/dev/null & echo $!')
        while [ -e /proc/$orphan ]; do sleep 0.05; done
        grep -E '^(Uid|Groups|CapPrm)' /proc/1/status";
    let output = run(script).await;
    let lines: Vec<_> = output.lines().collect();
    let rest = [
        "Uid:\t65535\t65535\t65535\t65535",
        "Groups:\t ",
        "CapPrm:\t0000000000000000",
    ];
    assert_eq!(lines, rest);
    let pause = pids_named("pause");
    assert_eq!(pause.len(), 1, "{pause:?}");
    for directory in ["root", "fd"] {
        let path = format!("/proc/{}/{directory}", pause[0]);
        assert_eq!(std::fs::read_dir(path).expect(directory).count(), 0);
    }
    // With it all others end, and the next container has another.
    nix::sys::signal::kill(pause[0], nix::sys::signal::SIGKILL).expect("kill");
    assert_eq!(guest.wait(&id, "").await, Ok(137));
    guest.delete(&id).await.expect("delete");
    within(async {
        while !pids_named("pause").is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_eq!(run(list).await, "pause\nsh");
    assert_eq!(pids_named("pause").len(), 1);
}

/// Of the whole guest.
fn pids_named(comm: &str) -> Vec<Pid> {
    std::fs::read_dir("/proc")
        .expect("proc")
        .flatten()
        .filter(|entry| {
            let found = std::fs::read_to_string(entry.path().join("comm"));
            found.is_ok_and(|text| text.trim_end() == comm)
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .collect()
}

pub async fn five_containers_beside_each_other(guest: &Guest) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(guest.sleeper(|_| {}).await);
    }
    assert_eq!(read("/sys/fs/cgroup/hadron/cgroup.procs"), "");
    let process = process_json(&["hostname"]);
    let outputs = join_all(ids.iter().map(|id| guest.exec(id, &process, None))).await;
    assert!(outputs.iter().all(|output| output.text() == "inside"));
    join_all(ids.iter().map(|id| guest.end(id))).await;
}

pub async fn what_outlives_init_in_a_shared_pid_namespace(guest: &Guest) {
    let id = guest.id();
    let pid = guest
        .create(&id, &spec(&["sleep", "1000"]), proto::Stdio::new())
        .await
        .expect("create");
    guest.start(&id).await.expect("start");
    let mut member = spec(&["sh", "-c", "sleep 1000 & sleep 1000 & exit 3"]);
    member["linux"]["namespaces"] = json!([
        { "type": "mount" }, { "type": "ipc" }, { "type": "uts" },
        { "type": "pid", "path": format!("/proc/{pid}/ns/pid") }
    ]);
    let other = guest.id();
    let port = guest.port();
    let stdio = proto::Stdio {
        stdout_port: port.number,
        ..Default::default()
    };
    guest.create(&other, &member, stdio).await.expect("create");
    let mut stdout = within(port.accept()).await;
    guest.start(&other).await.expect("start");
    assert_eq!(guest.wait(&other, "").await, Ok(3));
    assert_eq!(guest.processes(&other).await.expect("list").len(), 2);
    guest.kill(&other, "", 9, true).await.expect("kill all");
    // The end of the output is the end of the last of them.
    rest_of(&mut stdout).await;
    guest.delete(&other).await.expect("delete");
    guest.end(&id).await;
}

pub async fn an_exec_that_waits_for_its_cpu_holds_up_nobody(guest: &Guest) {
    let busy = json!(["sh", "-c", "while :; do :; done"]);
    let slow = guest
        .sleeper(|spec| {
            spec["process"]["args"] = busy.clone();
            spec["linux"]["resources"] = json!({ "cpu": { "quota": 1500, "period": 100_000 } });
        })
        .await;
    let quick = guest.sleeper(|_| {}).await;
    let process = process_json(&["echo", "done"]);
    let slow_exec = guest.exec(&slow, &process, None);
    let quick_execs = async {
        for _ in 0..3 {
            assert_eq!(guest.exec(&quick, &process, None).await.text(), "done");
        }
    };
    futures::pin_mut!(slow_exec);
    futures::pin_mut!(quick_execs);
    match futures::future::select(slow_exec, quick_execs).await {
        futures::future::Either::Left(_) => panic!("1.5 % of a CPU were faster"),
        futures::future::Either::Right(((), slow_exec)) => {
            assert_eq!(slow_exec.await.text(), "done");
        }
    }
    guest.end(&slow).await;
    guest.end(&quick).await;
}
