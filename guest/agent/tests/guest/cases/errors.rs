//! Requests that cannot be carried out: the right code, a sentence, and an agent that goes on.

use hadron_agent::protocol::agent as proto;
use serde_json::json;
use ttrpc::Code;

use crate::client::{Guest, process_json, spec};

pub async fn programs_that_cannot_run(guest: &Guest) {
    let running = guest.sleeper(|_| {}).await;
    for (program, at_create, message) in [
        (
            "nosuch",
            true,
            "exec: \"nosuch\": executable file not found in $PATH",
        ),
        (
            "/nosuch",
            true,
            "exec: \"/nosuch\": stat /nosuch: no such file or directory",
        ),
        (
            "/etc/passwd",
            true,
            "exec: \"/etc/passwd\": permission denied",
        ),
        ("/etc", true, "exec: \"/etc\": is a directory"),
        (
            "/etc/script",
            false,
            "exec /etc/script: no such file or directory",
        ),
        (
            "/etc/garbage",
            false,
            "exec /etc/garbage: exec format error",
        ),
    ] {
        let id = guest.id();
        let created = guest
            .create(&id, &spec(&[program]), proto::Stdio::new())
            .await;
        let refused = if at_create {
            created.expect_err(program)
        } else {
            created.expect(program);
            let refused = guest.start(&id).await.expect_err(program);
            assert_eq!(guest.wait(&id, "").await, Ok(1));
            guest.delete(&id).await.expect("delete");
            refused
        };
        assert_eq!(refused, (Code::INVALID_ARGUMENT, message.to_string()));
        let refused = guest
            .exec_start(
                &running,
                "x",
                &process_json(&[program]),
                proto::Stdio::new(),
            )
            .await
            .expect_err(program);
        assert_eq!(refused, (Code::INVALID_ARGUMENT, message.to_string()));
    }
    guest.end(&running).await;
}

pub async fn unknown_ids(guest: &Guest) {
    let not_found = |answer: Result<(), (Code, String)>| {
        let (code, message) = answer.expect_err("unknown");
        assert_eq!(code, Code::NOT_FOUND, "{message}");
        assert!(message.contains("nosuch"), "{message}");
    };
    not_found(guest.start("nosuch").await);
    not_found(guest.delete("nosuch").await);
    not_found(guest.wait("nosuch", "").await.map(|_| ()));
    not_found(guest.kill("nosuch", "", 9, true).await);
    not_found(guest.pause("nosuch").await);
    not_found(guest.processes("nosuch").await.map(|_| ()));
    not_found(guest.update("nosuch", json!({})).await);
    let id = guest.sleeper(|_| {}).await;
    not_found(guest.wait(&id, "nosuch").await.map(|_| ()));
    not_found(guest.kill(&id, "nosuch", 9, false).await);
    not_found(guest.delete_process(&id, "nosuch").await);
    guest.end(&id).await;
}

pub async fn broken_requests(guest: &Guest) {
    let invalid = |answer: Result<u32, (Code, String)>| {
        let (code, message) = answer.expect_err("broken");
        assert_eq!(code, Code::INVALID_ARGUMENT, "{message}");
    };
    for id in ["", "..", "a/b", "a\0b"] {
        invalid(
            guest
                .create(id, &spec(&["true"]), proto::Stdio::new())
                .await,
        );
    }
    let id = guest.id();
    for bytes in ["", "{", "[]", "{\"ociVersion\":\"1.0.0\"}"] {
        let request = proto::CreateContainerRequest {
            container_id: id.clone(),
            spec_json: bytes.into(),
            ..Default::default()
        };
        invalid(guest.create_container(request).await.map(|_| 0));
    }
    let mut spec = spec(&["true"]);
    spec["process"]["rlimits"] = json!([{ "type": "RLIMIT_NOSUCH", "soft": 1, "hard": 1 }]);
    invalid(guest.create(&id, &spec, proto::Stdio::new()).await);
    // Nobody listens on this port.
    let stdio = proto::Stdio {
        stdout_port: 999_999,
        ..Default::default()
    };
    let refused = guest
        .create(&id, &crate::client::spec(&["true"]), stdio)
        .await
        .expect_err("port");
    assert!(refused.1.contains("999999"), "{}", refused.1);
    let running = guest.sleeper(|_| {}).await;
    invalid(guest.kill(&running, "", 65, false).await.map(|()| 0));
    invalid(guest.resize(&running, "", 70_000, 1).await.map(|()| 0));
    invalid(
        guest
            .exec_start(&running, "", &process_json(&["true"]), proto::Stdio::new())
            .await,
    );
    invalid(
        guest
            .exec_start(&running, "x", &json!({}), proto::Stdio::new())
            .await,
    );
    invalid(
        guest
            .set_clock(proto::SetClockRequest {
                realtime_ns: -1,
                ..Default::default()
            })
            .await
            .map(|_| 0),
    );
    guest.sync(proto::Empty::new()).await.expect("sync");
    guest.end(&running).await;
}

pub async fn the_sandbox_is_made_once(guest: &Guest) {
    let refused = guest
        .create_sandbox(proto::CreateSandboxRequest::new())
        .await
        .expect_err("twice");
    assert_eq!(refused.0, Code::FAILED_PRECONDITION, "{}", refused.1);
}

pub async fn mounts_that_fail(guest: &Guest) {
    let mut spec = spec(&["true"]);
    let mounts = spec["mounts"].as_array_mut().expect("mounts");
    mounts.push(json!({ "destination": "/mnt", "type": "bind", "source": "/nosuch/source", "options": ["rbind"] }));
    let refused = guest
        .create(&guest.id(), &spec, proto::Stdio::new())
        .await
        .expect_err("mount");
    assert!(
        refused.1.contains("/nosuch/source") || refused.1.contains("No such file"),
        "{}",
        refused.1
    );
    println!("     {}", refused.1);
    let mut spec = crate::client::spec(&["true"]);
    spec["root"]["path"] = "/nosuch/root".into();
    let refused = guest
        .create(&guest.id(), &spec, proto::Stdio::new())
        .await
        .expect_err("root");
    assert!(refused.1.contains("/nosuch/root"), "{}", refused.1);
}
