//! The requests, as JSON has them: `{"id":N,"op":"...",...}`.

use std::net::IpAddr;
use std::os::fd::RawFd;

use serde::Deserialize;

use crate::error::{OpError, OpResult};

/// Ids are JSON numbers of JavaScript; larger ones would not come back as they were.
pub const MAX_ID: u64 = (1 << 53) - 1;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
pub enum Operation {
    MakeShares(MakeShares),
    LendShare(LendShare),
    TakeShareBack(Share),
    Mount(Mount),
    MakeWritable(MakeWritable),
    DescribeMount(DescribeMount),
    UmountTree(Umount),
    KillProcess(KillProcess),
    SpawnTask(SpawnTask),
    SpawnVmm(SpawnVmm),
    SpawnProgram(SpawnProgram),
    ReapChild(ReapChild),
    WaitClockSet(Empty),
    Cancel(Cancel),
    SendFds(SendFds),
    Socketpair(Empty),
    ListenUnix(ListenUnix),
    CreateNetns(Empty),
    RemoveDirectory(RemoveDirectory),
    MakeCgroups(MakeCgroups),
    EnterCgroups(EnterCgroups),
    LeaveCgroups(LeaveCgroups),
    RemoveCgroups(RemoveCgroups),
    OpenNetwork(Path),
    ReadNetwork(Descriptor),
    WaitNetworkChange(Descriptor),
    OpenTap(OpenTap),
    JoinLinks(JoinLinks),
    SeparateLinks(SeparateLinks),
    RemoveLinks(RemoveLinks),
    OpenLoopback(Path),
    ListenTcp(ListenTcp),
    AcceptConnection(Descriptor),
    RefuseConnection(Descriptor),
    Dial(Dial),
    CheckKvm(Path),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeShares {
    pub count: u32,
}

/// The descriptors of one that was made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub namespace: RawFd,
    pub directory: RawFd,
    pub places: RawFd,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LendShare {
    pub share: Share,
    /// A directory of the host.
    pub place: String,
}

/// One mount as containerd describes it: every option is one word of mount(8). `target` is a path of the share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    pub share: Share,
    #[serde(rename = "type")]
    pub kind: String,
    pub source: String,
    pub target: String,
    pub options: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeWritable {
    pub share: Share,
    pub target: String,
    /// What is bound there.
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribeMount {
    pub share: Share,
    pub target: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Umount {
    pub share: Share,
    pub target: String,
    /// MNT_DETACH: also what is in use.
    pub detach: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KillProcess {
    pub pid: i32,
    pub start_time: u64,
    pub signal: i32,
}

/// A program that dies with this process, in a network namespace (native/task says what it is given).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpawnTask {
    pub program: String,
    /// From argv[0] on.
    pub arguments: Vec<String>,
    /// Path of the network namespace.
    pub netns: String,
}

/// hadron-vmm, which dies with this process (native/hadron-vmm says what it is given).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpawnVmm {
    pub program: String,
    /// "new", or the path of the network namespace.
    pub netns: String,
    /// Of which the child gets a duplicate.
    pub socket: RawFd,
}

/// A program that is given descriptors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpawnProgram {
    pub program: String,
    /// From argv[1] on; argv[0] is the program's path.
    pub arguments: Vec<String>,
    /// The child gets duplicates, which are its descriptors from 3 on.
    pub fds: Vec<RawFd>,
}

/// Answered when the child has exited and is reaped; every child is to be asked for once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReapChild {
    pub pid: i32,
}

/// Gives up a wait; `request` is its id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    pub request: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendFds {
    pub socket: i32,
    pub data: String,
    pub fds: Vec<i32>,
    pub timeout_ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenUnix {
    pub path: String,
    pub backlog: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    pub path: String,
}

/// A cgroup in one hierarchy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CgroupPlace {
    pub mount_point: String,
    /// Within the mount.
    pub path: String,
    /// Of version 1's controller cpuset.
    pub cpuset: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeCgroups {
    pub places: Vec<CgroupPlace>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnterCgroups {
    pub pid: i32,
    pub directories: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveCgroups {
    pub pid: i32,
    /// Where it goes.
    pub places: Vec<CgroupPlace>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveCgroups {
    pub directories: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveDirectory {
    pub path: String,
    /// The name of the one file that may be in it.
    pub file: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    pub fd: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenTap {
    /// Path of the network namespace.
    pub netns: String,
    pub queues: usize,
}

/// Indexes of interfaces in the namespace of `fd`, which OpenNetwork gave.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinLinks {
    pub fd: i32,
    pub link: u32,
    pub tap: u32,
    /// Of the link.
    pub mtu: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeparateLinks {
    pub fd: i32,
    pub link: u32,
    pub tap: u32,
}

/// In the network namespace of this process.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListenTcp {
    pub address: IpAddr,
    pub port: u16,
    /// "::" is not for IPv4 as well.
    pub ipv6_only: bool,
}

/// A server of the host. `netns`: path of the network namespace that it is in; its address is one of the loopback.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum Dial {
    Tcp {
        netns: String,
        address: IpAddr,
        port: u16,
    },
    Udp {
        netns: String,
        address: IpAddr,
        port: u16,
    },
    Unix {
        path: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveLinks {
    pub fd: i32,
    pub links: Vec<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// The id, apart from what is asked for: a request that cannot be understood is still answered.
/// None when there is no id to answer to.
pub fn parse(json: &[u8]) -> Option<(u64, OpResult<Operation>)> {
    let mut value: serde_json::Value = serde_json::from_slice(json).ok()?;
    let id = value
        .as_object_mut()?
        .remove("id")?
        .as_u64()
        .filter(|id| *id <= MAX_ID)?;
    let operation = serde_json::from_value(value)
        .map_err(|error| OpError::invalid(format!("the request cannot be understood: {error}")));
    Some((id, operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let (id, operation) =
            parse(br#"{"id":7,"op":"killProcess","pid":1,"startTime":2,"signal":9}"#).unwrap();
        assert_eq!(id, 7);
        assert!(matches!(
            operation,
            Ok(Operation::KillProcess(KillProcess {
                pid: 1,
                start_time: 2,
                signal: 9
            }))
        ));
        assert!(matches!(
            parse(br#"{"id":0,"op":"socketpair"}"#),
            Some((0, Ok(Operation::Socketpair(_))))
        ));
    }

    #[test]
    fn refusals_name_what_is_wrong() {
        for (json, named) in [
            (&br#"{"id":1,"op":"format"}"#[..], "format"),
            (br#"{"id":1,"op":"reapChild","pid":"x"}"#, "expected i32"),
            (br#"{"id":1,"op":"reapChild","pid":1,"extra":1}"#, "extra"),
            (br#"{"id":1,"op":"socketpair","extra":1}"#, "extra"),
            (br#"{"id":1,"pid":1}"#, "op"),
        ] {
            let (_, operation) = parse(json).unwrap();
            let message = operation.unwrap_err().message;
            assert!(message.contains(named), "{message}");
        }
    }

    #[test]
    fn without_an_id_there_is_nobody_to_answer() {
        for json in [
            &b""[..],
            b"[]",
            b"{}",
            b"{\"op\":\"socketpair\"}",
            b"{\"id\":-1,\"op\":\"socketpair\"}",
            b"\xff",
            b"{\"id\":9007199254740992}",
        ] {
            assert!(parse(json).is_none());
        }
    }
}
