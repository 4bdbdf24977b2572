//! Servers of the host that the guest reaches as if they were its own: the agent listens in their place, and joins each
//! connection, and each flow of datagrams, with a stream to a port of the host. What is behind that is the host's matter.

mod datagrams;
mod streams;

use std::collections::HashMap;
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, UdpSocket, UnixListener};
use tokio::task::JoinHandle;

use crate::error::{Code, Error, Result};
use crate::protocol::agent as proto;
use crate::transport::Connector;

/// By the host's port.
#[derive(Default)]
pub struct Doors(Mutex<HashMap<u32, Door>>);

/// Nobody listens any more when it is dropped; connections that are there go on.
struct Door {
    task: JoinHandle<()>,
    /// Of a unix socket.
    path: Option<PathBuf>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(path) = &self.path {
            // It may have been removed already.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Doors {
    /// ALREADY_EXISTS for a port that has one, or when somebody else listens there.
    pub async fn open(
        &self,
        connector: &Arc<dyn Connector>,
        request: proto::ListenRequest,
    ) -> Result<()> {
        let proto::ListenRequest {
            kind,
            address,
            host_port,
            limit,
            owner,
            ..
        } = request;
        let taken = || {
            Error::new(
                Code::ALREADY_EXISTS,
                format!("port {host_port} of the host is listened for already"),
            )
        };
        if self.lock().contains_key(&host_port) {
            return Err(taken());
        }
        let limit = usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| Error::invalid(format!("{limit} is not from 1 to {MAX_LIMIT}")))?;
        let failed = |error: std::io::Error| {
            let code = match error.raw_os_error() {
                Some(libc::EADDRINUSE) => Code::ALREADY_EXISTS,
                _ => Code::INTERNAL,
            };
            let text = crate::error::errno_text(&error);
            Error::new(code, format!("cannot listen on {kind} {address}: {text}"))
        };
        let host = Host {
            connector: Arc::clone(connector),
            port: host_port,
            limit,
        };
        let mut path = None;
        let task = match kind.as_str() {
            "tcp" => {
                let listener = TcpListener::bind(ip(&address)?).await.map_err(failed)?;
                tokio::spawn(streams::serve(host, listener.into()))
            }
            "udp" => {
                let socket = UdpSocket::bind(ip(&address)?).await.map_err(failed)?;
                tokio::spawn(datagrams::serve(host, socket))
            }
            "unix" => {
                let listener = unix(Path::new(&address), owner.as_ref()).map_err(failed)?;
                path = Some(PathBuf::from(&address));
                tokio::spawn(streams::serve(host, listener.into()))
            }
            _ => return Err(Error::invalid(format!("{kind:?} is not a kind of server"))),
        };
        let door = Door { task, path };
        match self.lock().entry(host_port) {
            std::collections::hash_map::Entry::Occupied(_) => Err(taken()),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(door);
                Ok(())
            }
        }
    }

    /// What is not there is no error.
    pub async fn close(&self, host_port: u32) {
        let door = self.lock().remove(&host_port);
        if let Some(mut door) = door {
            door.task.abort();
            // An error, since it was.
            let _ = (&mut door.task).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Door>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unix(path: &Path, owner: Option<&proto::Owner>) -> std::io::Result<UnixListener> {
    let Some(owner) = owner else {
        return UnixListener::bind(path);
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let listener = UnixListener::bind(path)?;
    // chown(2) first, since it takes mode bits away.
    std::os::unix::fs::lchown(path, Some(owner.uid), Some(owner.gid))
        .and_then(|()| std::fs::set_permissions(path, Permissions::from_mode(owner.mode)))
        .inspect_err(|_| {
            // Or nobody could listen there again.
            let _ = std::fs::remove_file(path);
        })?;
    Ok(listener)
}

/// What a door leads to.
struct Host {
    connector: Arc<dyn Connector>,
    port: u32,
    /// The most connections or flows at a time.
    limit: usize,
}

/// What the memory of connections and flows is reckoned for.
const MAX_LIMIT: usize = 1024;

fn ip(address: &str) -> Result<SocketAddr> {
    let parsed = address.parse();
    parsed.map_err(|_| Error::invalid(format!("{address:?} is not an address with a port")))
}
