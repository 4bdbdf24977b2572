//! Which servers of TCP listen in the guest, for a host on whose addresses they are to be reached.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::time::sleep;

/// The kernel tells nobody that somebody listens.
const PERIOD: Duration = Duration::from_secs(1);

/// State LISTEN in the tables of proc_net(5).
const LISTEN: &str = "0A";

/// Those that listen now.
pub fn read() -> BTreeSet<SocketAddr> {
    // Without IPv6 there is no such table.
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
    let tables = tables.into_iter().flatten();
    tables.flat_map(|table| parse(&table)).collect()
}

/// Once others listen than those.
pub async fn change(known: &BTreeSet<SocketAddr>) -> BTreeSet<SocketAddr> {
    loop {
        sleep(PERIOD).await;
        let now = read();
        if now != *known {
            return now;
        }
    }
}

fn parse(table: &str) -> Vec<SocketAddr> {
    let lines = table.lines().skip(1);
    lines
        .filter_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let (local, state) = (fields.next()?, fields.nth(1)?);
            (state == LISTEN).then(|| address(local))?
        })
        .collect()
}

/// "0100007F:0050": words in the machine's byte order, which is the lower byte first.
fn address(text: &str) -> Option<SocketAddr> {
    let (words, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for at in (0..words.len()).step_by(8) {
        let word = u32::from_str_radix(words.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(octets) => IpAddr::from(Ipv4Addr::from(octets)),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables() {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue";
        let table = format!(
            "{head}
   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000
   2: 0100007F:0050 0100007F:0400 01 00000000:00000000 00:00000000
   3: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0
   4: broken:0016 0:0 0A
   5:
"
        );
        let found: Vec<String> = parse(&table).iter().map(SocketAddr::to_string).collect();
        assert_eq!(found, ["127.0.0.1:80", "0.0.0.0:8080", "[::1]:22"]);
    }

    #[test]
    fn a_listener_of_this_machine() {
        let listener = std::net::TcpListener::bind("[::1]:0").expect("listen");
        let address = listener.local_addr().expect("address");
        assert!(read().contains(&address));
        drop(listener);
        assert!(!read().contains(&address));
    }
}
