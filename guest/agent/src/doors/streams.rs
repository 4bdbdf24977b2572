//! Connections: of TCP and of unix sockets.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::Host;
use crate::transport::Stream;

/// In each direction.
const BUFFER: usize = 64 << 10;

/// After an accept that fails for want of descriptors or memory: nobody tells when there are some again.
const PAUSE: Duration = Duration::from_millis(100);

pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}

impl Listener {
    async fn accept(&self) -> io::Result<Stream> {
        let socket = match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Who writes decides how bytes are gathered; failing that costs time, not bytes.
                let _ = stream.set_nodelay(true);
                OwnedFd::from(stream.into_std()?)
            }
            Self::Unix(listener) => OwnedFd::from(listener.accept().await?.0.into_std()?),
        };
        Stream::new(socket, Arc::default())
    }
}

/// Beyond the limit nobody is taken: they wait as with any server that is busy.
pub async fn serve(host: Host, listener: Listener) {
    let host = Arc::new(host);
    let permits = Arc::new(Semaphore::new(host.limit));
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match listener.accept().await {
            Ok(client) => {
                tokio::spawn(join(Arc::clone(&host), client, permit));
            }
            Err(error) => {
                log::warn!("cannot take a connection to port {}: {error}", host.port);
                sleep(PAUSE).await;
            }
        }
    }
}

async fn join(host: Arc<Host>, mut client: Stream, _permit: OwnedSemaphorePermit) {
    let port = host.port;
    let connected = host.connector.connect(port).await;
    let mut server = match connected.and_then(|fd| Stream::new(fd, Arc::default())) {
        Ok(server) => server,
        Err(error) => {
            log::debug!("the host refuses a connection to port {port}: {error}");
            client.reset_at_close();
            return;
        }
    };
    // Whichever side breaks off, both are closed then, which the other one sees.
    let copied = copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await;
    if let Err(error) = copied {
        log::debug!("a connection to port {port} of the host broke off: {error}");
    }
}
