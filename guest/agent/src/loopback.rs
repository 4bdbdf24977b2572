//! Connections of the host to servers on the guest's loopback, such as `kubectl port-forward` makes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::protocol::agent as proto;
use crate::transport::{Connector, Stream};

/// A server whose backlog is full does not answer at all.
const CONNECT: Duration = Duration::from_secs(10);

/// In each direction.
const BUFFER: usize = 64 << 10;

/// Joins the server with a stream to the host's port. Both are there when it answers; their bytes flow by themselves.
pub async fn connect(
    connector: &Arc<dyn Connector>,
    request: &proto::ConnectLoopbackRequest,
) -> Result<()> {
    let (tcp_port, host_port) = (request.tcp_port, request.host_port);
    let mut server = dial(tcp_port, &addresses(request)?).await?;
    let failed = |error| {
        Error::os(
            format!("cannot connect to port {host_port} of the host"),
            error,
        )
    };
    let host = connector.connect(host_port).await.map_err(failed)?;
    let mut host = Stream::new(host, Arc::default()).map_err(failed)?;
    tokio::spawn(async move {
        // Whichever side breaks off, both are closed then, which the other one sees.
        let copied = copy_bidirectional_with_sizes(&mut server, &mut host, BUFFER, BUFFER).await;
        if let Err(error) = copied {
            log::debug!("a connection to port {tcp_port} of the loopback broke off: {error}");
        }
    });
    Ok(())
}

/// In the order in which they are tried.
fn addresses(request: &proto::ConnectLoopbackRequest) -> Result<Vec<IpAddr>> {
    let address = &request.address;
    if !address.is_empty() {
        let parsed = address.parse();
        let invalid = |_| Error::invalid(format!("{address:?} is not an address"));
        return Ok(vec![parsed.map_err(invalid)?]);
    }
    let mut addresses = vec![
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ];
    if request.ipv6_first {
        addresses.reverse();
    }
    Ok(addresses)
}

async fn dial(port: u32, addresses: &[IpAddr]) -> Result<TcpStream> {
    let number = u16::try_from(port)
        .map_err(|_| Error::invalid(format!("{port} is not the number of a TCP port")))?;
    let mut last = None;
    for address in addresses {
        match timeout(CONNECT, TcpStream::connect((*address, number))).await {
            Ok(Ok(stream)) => {
                // Who dials decides how bytes are gathered; failing that costs time, not bytes.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = last.or(Some(crate::error::errno_text(&error))),
            Err(_) => last = last.or(Some("it does not answer".into())),
        }
    }
    Err(Error::precondition(format!(
        "no server of the pod can be reached on port {port} of its loopback: {}",
        last.unwrap_or_default()
    )))
}
