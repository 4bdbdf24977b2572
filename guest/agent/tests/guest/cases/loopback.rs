//! The host reaches servers on the guest's loopback.

use hadron_agent::protocol::agent as proto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use ttrpc::Code;

use crate::client::{Answer, Guest, Port, within};

async fn connect(guest: &Guest, tcp_port: u32, port: &Port) -> Answer<proto::Empty> {
    connect_first(guest, tcp_port, port, false).await
}

async fn connect_first(
    guest: &Guest,
    tcp_port: u32,
    port: &Port,
    ipv6_first: bool,
) -> Answer<proto::Empty> {
    let request = proto::ConnectLoopbackRequest {
        ipv6_first,
        tcp_port,
        host_port: port.number,
        ..Default::default()
    };
    guest.connect_loopback(request).await
}

/// Bytes both ways at once, and each side ends by itself.
pub async fn a_server_is_reached(guest: &Guest) {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(address).await.expect("listen");
        let tcp_port = listener.local_addr().expect("address").port();
        let server = async {
            let (stream, _) = listener.accept().await.expect("accept");
            let (mut reader, mut writer) = stream.into_split();
            tokio::io::copy(&mut reader, &mut writer)
                .await
                .expect("echo");
        };
        let host = async {
            let port = guest.port();
            connect(guest, tcp_port.into(), &port)
                .await
                .expect("connected");
            let (mut reader, mut writer) = port.accept().await.into_split();
            let bytes: Vec<u8> = (0..1_000_000_u32)
                .map(|number| (number % 251) as u8)
                .collect();
            let write = async {
                writer.write_all(&bytes).await.expect("write");
                writer.shutdown().await.expect("shutdown");
            };
            let mut received = Vec::new();
            let ((), length) = futures::join!(write, reader.read_to_end(&mut received));
            length.expect("read");
            assert!(received == bytes, "{} bytes came back", received.len());
        };
        within(async { futures::join!(server, host) }).await;
    }
}

/// Two servers of one port: who dials decides.
pub async fn two_families(guest: &Guest) {
    let ipv4 = TcpListener::bind("127.0.0.1:0").await.expect("listen");
    let tcp_port = ipv4.local_addr().expect("address").port();
    let ipv6 = TcpListener::bind(("::1", tcp_port)).await.expect("listen");
    for (ipv6_first, server) in [(false, &ipv4), (true, &ipv6)] {
        let port = guest.port();
        connect_first(guest, tcp_port.into(), &port, ipv6_first)
            .await
            .expect("connected");
        within(server.accept()).await.expect("accept");
    }
    drop(ipv6);
    let port = guest.port();
    connect_first(guest, tcp_port.into(), &port, true)
        .await
        .expect("connected");
    within(ipv4.accept()).await.expect("accept");
}

/// Who listens is told, and reached at another address than the loopback's, too.
pub async fn listeners_are_told(guest: &Guest) {
    let mut told = guest.watch_listeners().await;
    let mut listening = async |address: &str| {
        within(async {
            loop {
                let message = told.recv().await.expect("news").expect("more of it");
                let found = message.listeners.iter().any(|it| it.address == address);
                if found || address.is_empty() && message.listeners.is_empty() {
                    return;
                }
            }
        })
        .await;
    };
    listening("").await;
    let listener = TcpListener::bind("127.0.0.9:0").await.expect("listen");
    listening("127.0.0.9").await;
    let port = guest.port();
    let request = |address: &str| proto::ConnectLoopbackRequest {
        tcp_port: listener.local_addr().expect("address").port().into(),
        host_port: port.number,
        address: address.into(),
        ..Default::default()
    };
    let refused = |answer: Answer<proto::Empty>| answer.expect_err("refused").0;
    let code = refused(guest.connect_loopback(request("")).await);
    assert_eq!(code, Code::FAILED_PRECONDITION);
    let code = refused(guest.connect_loopback(request("nine")).await);
    assert_eq!(code, Code::INVALID_ARGUMENT);
    guest
        .connect_loopback(request("127.0.0.9"))
        .await
        .expect("connected");
    within(listener.accept()).await.expect("accept");
    drop(listener);
    listening("").await;
}

pub async fn without_a_server(guest: &Guest) {
    let port = guest.port();
    let (code, sentence) = connect(guest, 8001, &port).await.expect_err("refused");
    assert_eq!(code, Code::FAILED_PRECONDITION);
    assert_eq!(
        sentence,
        "no server of the pod can be reached on port 8001 of its loopback: Connection refused"
    );
    let (code, sentence) = connect(guest, 65536, &port).await.expect_err("refused");
    assert_eq!(code, Code::INVALID_ARGUMENT);
    assert!(sentence.starts_with("65536 is not"), "{sentence}");
}
