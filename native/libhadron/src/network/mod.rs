//! A pod's network namespace on the host: reading it, following it, and putting taps into it. What follows from what is
//! there is the caller's business.

mod join;
pub mod loopback;
mod netlink;
mod read;
mod tap;
pub mod tcp;
#[cfg(test)]
mod tests;

use std::os::fd::{AsRawFd, BorrowedFd};

use serde_json::json;

pub use join::{join, remove, separate};
pub use read::read;
pub use tap::open as open_tap;

use crate::answers::Reply;
use crate::error::{OpError, OpResult};
use crate::netns;
use crate::request::Path;

const RTMGRP_LINK: u32 = 0x1;
const RTMGRP_NEIGH: u32 = 0x4;
const RTMGRP_IPV4_IFADDR: u32 = 0x10;
const RTMGRP_IPV4_ROUTE: u32 = 0x40;
const RTMGRP_IPV4_RULE: u32 = 0x80;
const RTMGRP_IPV6_IFADDR: u32 = 0x100;
const RTMGRP_IPV6_ROUTE: u32 = 0x400;
// Of RTNLGRP_*, which have no older names.
const RTMGRP_IPV6_RULE: u32 = 1 << 18;
/// Of sysctls, these tell of some.
const RTMGRP_IPV4_NETCONF: u32 = 1 << 23;
const RTMGRP_IPV6_NETCONF: u32 = 1 << 24;
const GROUPS: u32 = RTMGRP_LINK
    | RTMGRP_NEIGH
    | RTMGRP_IPV4_IFADDR
    | RTMGRP_IPV4_ROUTE
    | RTMGRP_IPV4_RULE
    | RTMGRP_IPV6_IFADDR
    | RTMGRP_IPV6_ROUTE
    | RTMGRP_IPV6_RULE
    | RTMGRP_IPV4_NETCONF
    | RTMGRP_IPV6_NETCONF;

/// A socket for requests and one that is told of changes, both within the namespace; they hold it. `own`: it is that of this
/// process.
pub fn open(request: &Path) -> OpResult<Reply> {
    let own = netns::is_own(&request.path)?;
    let (requests, changes) = netns::inside(&request.path, || {
        let failed = |errno| OpError::os(errno, "a socket of rtnetlink(7) cannot be opened");
        Ok((
            netlink::open(0).map_err(failed)?,
            netlink::open(GROUPS).map_err(failed)?,
        ))
    })?;
    let numbers = [requests.as_raw_fd(), changes.as_raw_fd()];
    Ok(Reply::with_fds(
        json!({ "own": own, "fds": numbers }),
        vec![requests, changes],
    ))
}

/// What has changed is read by `read`, whole; here it is only taken note of.
pub fn changed(socket: BorrowedFd<'_>) -> Reply {
    netlink::drain(socket);
    Reply::empty()
}
