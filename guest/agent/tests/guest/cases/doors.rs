//! The guest reaches servers of the host.

use std::io::ErrorKind;

use hadron_agent::protocol::agent as proto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, UnixStream};
use ttrpc::Code;

use crate::client::{Answer, Guest, Port, within};

const ADDRESS: &str = "127.0.0.11:53";

async fn listen(
    guest: &Guest,
    kind: &str,
    address: &str,
    port: &Port,
    limit: u32,
) -> Answer<proto::Empty> {
    let request = proto::ListenRequest {
        kind: kind.into(),
        address: address.into(),
        host_port: port.number,
        limit,
        ..Default::default()
    };
    guest.listen(request).await
}

async fn unlisten(guest: &Guest, host_port: u32) {
    let request = proto::UnlistenRequest {
        host_port,
        ..Default::default()
    };
    guest.unlisten(request).await.expect("unlisten");
}

pub async fn connections_reach_the_host(guest: &Guest) {
    let (tcp, unix) = (guest.port(), guest.port());
    listen(guest, "tcp", ADDRESS, &tcp, 2).await.expect("tcp");
    listen(guest, "unix", "/run/door", &unix, 2)
        .await
        .expect("unix");
    for _ in 0..3 {
        let mut client = TcpStream::connect(ADDRESS).await.expect("connect");
        let mut server = within(tcp.next()).await;
        client.write_all(b"question").await.expect("write");
        client.shutdown().await.expect("shutdown");
        let mut text = String::new();
        within(server.read_to_string(&mut text))
            .await
            .expect("read");
        server.write_all(b"answer").await.expect("write");
        drop(server);
        within(client.read_to_string(&mut text))
            .await
            .expect("read");
        assert_eq!(text, "questionanswer");
    }
    let mut client = UnixStream::connect("/run/door").await.expect("connect");
    within(unix.next()).await.write_all(b"x").await.expect("x");
    assert_eq!(within(client.read_u8()).await.expect("read"), b'x');
    unlisten(guest, tcp.number).await;
    unlisten(guest, unix.number).await;
    let refused = TcpStream::connect(ADDRESS).await.expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert!(!std::path::Path::new("/run/door").exists());
}

pub async fn connections_beyond_the_limit_wait(guest: &Guest) {
    let port = guest.port();
    listen(guest, "tcp", ADDRESS, &port, 2).await.expect("tcp");
    let mut clients = Vec::new();
    for number in 0..4 {
        let mut client = TcpStream::connect(ADDRESS).await.expect("connect");
        client.write_u8(number).await.expect("write");
        clients.push(client);
    }
    let mut servers = Vec::new();
    for number in 0..2 {
        let mut server = within(port.next()).await;
        assert_eq!(within(server.read_u8()).await.expect("read"), number);
        servers.push(server);
    }
    drop((clients.remove(0), servers.remove(0)));
    let mut server = within(port.next()).await;
    assert_eq!(within(server.read_u8()).await.expect("read"), 2);
    unlisten(guest, port.number).await;
    // What was joined goes on.
    server.write_u8(9).await.expect("write");
    assert_eq!(within(clients[1].read_u8()).await.expect("read"), 9);
}

pub async fn a_host_that_is_not_there(guest: &Guest) {
    let port = guest.port();
    let number = port.number;
    listen(guest, "tcp", ADDRESS, &port, 2).await.expect("tcp");
    drop(port);
    for _ in 0..5 {
        // It may come before the connection was seen.
        let read = async { TcpStream::connect(ADDRESS).await?.read_u8().await };
        let error = within(read).await.expect_err("nobody");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    unlisten(guest, number).await;
}

async fn frame(server: &mut UnixStream) -> Vec<u8> {
    within(async {
        let length = server.read_u16().await.expect("length");
        let mut datagram = vec![0; length.into()];
        server.read_exact(&mut datagram).await.expect("datagram");
        datagram
    })
    .await
}

pub async fn flows_of_datagrams(guest: &Guest) {
    let port = guest.port();
    listen(guest, "udp", ADDRESS, &port, 2).await.expect("udp");
    let mut clients = Vec::new();
    let mut servers = Vec::new();
    let mut buffer = vec![0; 70_000];
    for number in 0..3_u8 {
        let client = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        // Whoever connects takes answers from nobody else.
        client.connect(ADDRESS).await.expect("connect");
        client.send(&[number]).await.expect("send");
        let mut server = within(port.next()).await;
        assert_eq!(frame(&mut server).await, [number]);
        let long = vec![number; 65_507];
        client.send(&long).await.expect("send");
        assert!(frame(&mut server).await == long);
        for answer in [&long[..], b"", b"last"] {
            server.write_u16(answer.len() as u16).await.expect("length");
            server.write_all(answer).await.expect("datagram");
            let length = within(client.recv(&mut buffer)).await.expect("recv");
            assert!(buffer[..length] == *answer);
        }
        clients.push(client);
        servers.push(server);
    }
    // The third has made the first one end, which begins anew when it is heard again.
    assert_eq!(within(servers[0].read(&mut buffer)).await.expect("end"), 0);
    clients[0].send(b"again").await.expect("send");
    let mut server = within(port.next()).await;
    assert_eq!(frame(&mut server).await, b"again");
    unlisten(guest, port.number).await;
    assert_eq!(within(servers[2].read(&mut buffer)).await.expect("end"), 0);
}

pub async fn broken_requests_and_ends(guest: &Guest) {
    let port = guest.port();
    for (kind, address, limit, says) in [
        ("sctp", ADDRESS, 1, "\"sctp\" is not"),
        ("tcp", "127.0.0.11", 1, "\"127.0.0.11\" is not"),
        ("tcp", ADDRESS, 0, "0 is not"),
        ("udp", ADDRESS, 5000, "5000 is not"),
    ] {
        let (code, sentence) = listen(guest, kind, address, &port, limit)
            .await
            .expect_err("refused");
        assert_eq!(code, Code::INVALID_ARGUMENT);
        assert!(sentence.starts_with(says), "{sentence}");
    }
    listen(guest, "tcp", ADDRESS, &port, 1).await.expect("tcp");
    let again = guest.port();
    for port in [&port, &again] {
        let (code, _) = listen(guest, "tcp", ADDRESS, port, 1)
            .await
            .expect_err("taken");
        assert_eq!(code, Code::ALREADY_EXISTS);
    }
    unlisten(guest, port.number).await;
    unlisten(guest, port.number).await;
}
