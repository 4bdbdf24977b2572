//! What becomes of the agent when the host's connection does not last.

use hadron_agent::protocol::agent as proto;
use hadron_agent::transport::AGENT_PORT;
use serde_json::json;
use ttrpc::Code;

use crate::client::{Guest, Port, ROOTFS, within};

pub async fn a_lost_one_is_replaced(guest: &Guest) {
    let mut events = guest.events().await;
    let running = guest.sleeper(|_| {}).await;
    let hungry = guest
        .sleeper(|spec| {
            let script = "until [ -e /go ]; do sleep 0.1; done; exec tail /dev/zero";
            spec["process"]["args"] = json!(["sh", "-c", script]);
            spec["linux"]["resources"] = json!({"memory": {"limit": 8 << 20}});
        })
        .await;

    let listening = Port::listen(AGENT_PORT);
    guest.hang_up();
    let go = format!("{ROOTFS}/go");
    std::fs::write(&go, "").expect("go");
    let other = Guest::new(within(listening.accept()).await.into_std().expect("socket"));

    // What nobody could be told waits for somebody.
    let mut again = other.events().await;
    let event = within(again.recv()).await.expect("event").expect("open");
    assert_eq!(event.oom().container_id, hungry);
    assert_eq!(other.wait(&hungry, "").await, Ok(137));
    let lost = within(events.recv()).await;
    assert!(
        !matches!(lost, Ok(Some(_))),
        "{lost:?} on the lost connection"
    );
    let mut second = other.events().await;
    let taken = within(second.recv()).await.expect_err("two subscribers");
    assert!(taken.to_string().contains("subscriber already"), "{taken}");

    let made = other
        .create_sandbox(proto::CreateSandboxRequest::new())
        .await
        .expect_err("made already");
    assert_eq!(made.0, Code::FAILED_PRECONDITION, "{}", made.1);
    other.delete(&hungry).await.expect("delete");
    std::fs::remove_file(&go).expect("remove");
    other.end(&running).await;
}
