//! cgroups: figures, limits, running out of memory.

use hadron_agent::protocol::agent as proto;
use serde_json::json;
use ttrpc::Code;

use crate::client::{Guest, process_json, spec, within};

pub async fn stats(guest: &Guest) {
    let id = guest
        .sleeper(|spec| {
            spec["linux"]["resources"] = json!({
                "memory": { "limit": 67_108_864 }, "pids": { "limit": 50 },
                "cpu": { "shares": 1024, "quota": 50_000, "period": 100_000 }
            });
        })
        .await;
    assert_eq!(guest.stat(&id, "memory.max").await, "67108864");
    assert_eq!(guest.stat(&id, "pids.max").await, "50");
    assert_eq!(guest.stat(&id, "pids.current").await, "1");
    assert_eq!(guest.stat(&id, "cpu.max").await, "50000 100000");
    assert!(
        guest
            .stat(&id, "memory.current")
            .await
            .parse::<u64>()
            .expect("number")
            > 0
    );
    let before = guest.stat(&id, "cpu.stat").await;
    guest
        .exec(&id, &process_json(&["seq", "1", "10000"]), None)
        .await;
    assert_ne!(guest.stat(&id, "cpu.stat").await, before);
    for file in ["memory.stat", "memory.events", "io.stat"] {
        guest.stat(&id, file).await;
    }
    guest.end(&id).await;
}

pub async fn update(guest: &Guest) {
    let id = guest.sleeper(|_| {}).await;
    let resources = json!({
        "memory": { "limit": 33_554_432, "reservation": 1_048_576 },
        "cpu": { "quota": 20_000, "period": 50_000, "shares": 512 },
        "pids": { "limit": 7 },
        "unified": { "memory.high": "16777216" }
    });
    guest.update(&id, resources).await.expect("update");
    for (file, value) in [
        ("memory.max", "33554432"),
        ("memory.low", "1048576"),
        ("memory.high", "16777216"),
        ("cpu.max", "20000 50000"),
        ("cpu.weight", "20"),
        ("pids.max", "7"),
    ] {
        assert_eq!(guest.stat(&id, file).await, value, "{file}");
    }
    guest
        .update(&id, json!({ "memory": { "limit": -1 } }))
        .await
        .expect("update");
    assert_eq!(guest.stat(&id, "memory.max").await, "max");
    assert_eq!(guest.stat(&id, "pids.max").await, "7");
    for (resources, word) in [
        (json!({ "cpu": { "cpus": "900" } }), "cpuset.cpus"),
        (json!({ "cpu": { "period": 1 } }), "cpu.max"),
        (
            json!({ "unified": { "memory.nosuch": "1" } }),
            "memory.nosuch",
        ),
        (json!({ "memory": { "limit": -9 } }), "memory.limit"),
    ] {
        let refused = guest.update(&id, resources).await.expect_err(word);
        assert!(refused.1.contains(word), "{}", refused.1);
        assert!(
            [Code::INVALID_ARGUMENT, Code::FAILED_PRECONDITION].contains(&refused.0),
            "{}",
            refused.1
        );
    }
    guest.end(&id).await;
}

pub async fn memory_limit(guest: &Guest) {
    let mut events = guest.events().await;
    let mut spec = spec(&["sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1"]);
    spec["linux"]["resources"] = json!({ "memory": { "limit": 16_777_216, "swap": 16_777_216 } });
    spec["process"]["args"] = json!(["dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"]);
    let id = guest.id();
    guest
        .create(&id, &spec, proto::Stdio::new())
        .await
        .expect("create");
    guest.start(&id).await.expect("start");
    assert_eq!(guest.wait(&id, "").await, Ok(137));
    let event = within(events.recv()).await.expect("event").expect("open");
    assert_eq!(event.oom().container_id, id);
    guest.delete(&id).await.expect("delete");
    // There is one subscriber.
    let mut second = guest.events().await;
    assert!(within(second.recv()).await.is_err());
}

pub async fn pids_limit(guest: &Guest) {
    let mut spec = spec(&[
        "sh",
        "-c",
        "for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done 2>&1; exit 3",
    ]);
    spec["linux"]["resources"] = json!({ "pids": { "limit": 5 } });
    let output = guest.run(&spec, None).await;
    assert!(output.text().contains("fork"), "{output:?}");
}
