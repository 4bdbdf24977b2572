//! Flows of datagrams. Each sender has a stream of its own, in which the length stands before each datagram, two bytes, the
//! higher one first. What cannot be taken at once is lost, as on any network.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::sleep;

use super::Host;
use crate::transport::Stream;

const LONGEST: usize = u16::MAX as usize;
const PREFIX: usize = 2;

/// A flow without a datagram for so long is over.
const IDLE: Duration = Duration::from_secs(60);

/// Datagrams that wait for their stream.
const QUEUED: usize = 8;

struct Flow {
    queue: Sender<Vec<u8>>,
    /// When its sender was last heard.
    heard: Instant,
}

/// Beyond the limit the flow ends whose sender has been silent longest.
pub async fn serve(host: Host, socket: UdpSocket) {
    let (host, socket) = (Arc::new(host), Arc::new(socket));
    let mut flows: HashMap<SocketAddr, Flow> = HashMap::new();
    let mut buffer = vec![0; LONGEST];
    loop {
        let (length, sender) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // The kernel tells of an earlier datagram that nobody took.
            Err(error) => {
                log::debug!("a datagram to port {} was lost: {error}", host.port);
                continue;
            }
        };
        if flows.get(&sender).is_none_or(|flow| flow.queue.is_closed()) {
            make_room(&mut flows, host.limit);
            let (queue, queued) = channel(QUEUED);
            tokio::spawn(flow(Arc::clone(&host), Arc::clone(&socket), sender, queued));
            let heard = Instant::now();
            flows.insert(sender, Flow { queue, heard });
        }
        if let Some(flow) = flows.get_mut(&sender) {
            flow.heard = Instant::now();
            let mut framed = Vec::with_capacity(PREFIX + length);
            // Not more than the buffer.
            framed.extend((length as u16).to_be_bytes());
            framed.extend(&buffer[..length]);
            // Full: it is lost.
            let _ = flow.queue.try_send(framed);
        }
    }
}

/// For one more. A flow ends when its queue is dropped.
fn make_room(flows: &mut HashMap<SocketAddr, Flow>, limit: usize) {
    if flows.len() < limit {
        return;
    }
    flows.retain(|_, flow| !flow.queue.is_closed());
    if flows.len() >= limit
        && let Some(oldest) = flows
            .iter()
            .min_by_key(|(_, flow)| flow.heard)
            .map(|(sender, _)| *sender)
    {
        flows.remove(&oldest);
    }
}

async fn flow(
    host: Arc<Host>,
    socket: Arc<UdpSocket>,
    sender: SocketAddr,
    queue: Receiver<Vec<u8>>,
) {
    if let Err(error) = carry(&host, &socket, sender, queue).await {
        let port = host.port;
        log::debug!("datagrams of {sender} to port {port} of the host are lost: {error}");
    }
}

async fn carry(
    host: &Host,
    socket: &UdpSocket,
    sender: SocketAddr,
    mut queue: Receiver<Vec<u8>>,
) -> io::Result<()> {
    let mut stream = Stream::new(host.connector.connect(host.port).await?, Arc::default())?;
    let mut input = Vec::new();
    loop {
        tokio::select! {
            framed = queue.recv() => match framed {
                Some(framed) => stream.write_all(&framed).await?,
                None => return Ok(()),
            },
            read = stream.read_buf(&mut input) => if read? == 0 {
                return Ok(());
            },
            () = sleep(IDLE) => return Ok(()),
        }
        while let Some(datagram) = first(&input) {
            // Whoever sent may be gone.
            let _ = socket.send_to(datagram, sender).await;
            let end = PREFIX + datagram.len();
            input.drain(..end);
        }
        if input.is_empty() {
            input = Vec::new();
        }
    }
}

/// The first datagram, if all of it is there.
fn first(input: &[u8]) -> Option<&[u8]> {
    let (length, rest) = input.split_first_chunk::<PREFIX>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_in_a_stream() {
        assert_eq!(first(&[]), None);
        assert_eq!(first(&[0]), None);
        assert_eq!(first(&[0, 2, 7]), None);
        assert_eq!(first(&[0, 2, 7, 8, 0]), Some(&[7, 8][..]));
        assert_eq!(first(&[0, 0, 9]), Some(&[][..]));
    }

    #[test]
    fn the_longest_silent_one_makes_room() {
        let now = Instant::now();
        let mut queues = Vec::new();
        let mut flows = HashMap::new();
        for number in 0..3_u16 {
            let (queue, queued) = channel(1);
            queues.push(queued);
            let heard = now + Duration::from_secs(u64::from(3 - number));
            let sender = SocketAddr::from(([127, 0, 0, 1], number));
            flows.insert(sender, Flow { queue, heard });
        }
        make_room(&mut flows, 4);
        assert_eq!(flows.len(), 3);
        let ports = |flows: &HashMap<SocketAddr, Flow>| {
            let mut ports: Vec<u16> = flows.keys().map(SocketAddr::port).collect();
            ports.sort_unstable();
            ports
        };
        make_room(&mut flows, 3);
        assert_eq!(ports(&flows), [0, 1]);
        // One that has ended goes before all others.
        queues[0].close();
        make_room(&mut flows, 2);
        assert_eq!(ports(&flows), [1]);
    }
}
