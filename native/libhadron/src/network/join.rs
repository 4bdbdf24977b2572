//! Joining an interface and a tap, and undoing it: all that comes in on one goes out on the other. The namespace's own network stack
//! sees nothing of it.
//!
//! u32 rather than matchall: it is in every kernel that has classifiers at all.

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute, LinkFlags, LinkMessage,
};
use netlink_packet_route::tc::{
    TcAction, TcActionAttribute, TcActionGeneric, TcActionMirrorOption, TcActionOption,
    TcActionType, TcAttribute, TcFilterU32Option, TcHandle, TcMessage, TcMirror,
    TcMirrorActionType, TcOption, TcU32Key, TcU32Selector, TcU32SelectorFlags,
};
use rustix::io::Errno;

use super::netlink::{Failed, Netlink};
use crate::answers::Reply;
use crate::descriptor;
use crate::error::{OpError, OpResult};
use crate::request::{JoinLinks, RemoveLinks, SeparateLinks};

/// ETH_P_ALL, in the byte order in which it is on the wire.
const ANY_PROTOCOL: u32 = 0x0003_u16.to_be() as u32;
const PRIORITY: u32 = 1;
/// The group of interfaces that are about to be removed, by whomever; who makes one is in none (0).
const LEAVING: u32 = u32::from_be_bytes(*b"hdrn");
/// Ethernet's header and what a tap takes at most.
const MAX_TAP_MTU: u32 = 65_535 - 14;

/// Nothing is left when it fails.
pub fn join(request: &JoinLinks) -> OpResult<Reply> {
    let mut netlink = Netlink::new(descriptor::borrow(request.fd)?);
    let JoinLinks { link, tap, mtu, .. } = *request;
    prepare(&mut netlink, tap, mtu)
        .map_err(|failed| failure(failed, "the tap cannot be set up"))?;
    add_qdisc(&mut netlink, link).map_err(|failed| match failed {
        Failed::System(Errno::EXIST) => OpError::new(
            Errno::EXIST,
            "somebody has put an ingress qdisc on it already: another VM, or a filter of incoming packets",
        ),
        other => failure(other, "it cannot have an ingress qdisc"),
    })?;
    let joined = redirect(&mut netlink, link, tap)
        .and_then(|()| add_qdisc(&mut netlink, tap))
        .and_then(|()| redirect(&mut netlink, tap, link));
    if let Err(failed) = joined {
        let _ = delete_qdisc(&mut netlink, link);
        let _ = delete_qdisc(&mut netlink, tap);
        return Err(failure(failed, "its packets cannot be redirected"));
    }
    Ok(Reply::empty())
}

/// Undoes it. What is gone is no error.
pub fn separate(request: &SeparateLinks) -> OpResult<Reply> {
    let mut netlink = Netlink::new(descriptor::borrow(request.fd)?);
    for index in [request.link, request.tap] {
        match delete_qdisc(&mut netlink, index) {
            // There is no such interface, or it has no such qdisc.
            Ok(()) | Err(Failed::System(Errno::NODEV | Errno::NOENT | Errno::INVAL)) => {}
            Err(failed) => return Err(failure(failed, "the ingress qdisc cannot be removed")),
        }
    }
    Ok(Reply::empty())
}

/// Removes interfaces, whoever has a tap's descriptors. What is gone is no error.
///
/// All at once, as a group: the kernel waits for the end of what goes (rcu_barrier), 15 ms each time that it is asked.
pub fn remove(request: &RemoveLinks) -> OpResult<Reply> {
    let mut netlink = Netlink::new(descriptor::borrow(request.fd)?);
    let mut remains = |message| match netlink.change(message, 0) {
        Ok(()) => Ok(true),
        Err(Failed::System(Errno::NODEV)) => Ok(false),
        Err(failed) => Err(failure(failed, "the interfaces cannot be removed")),
    };
    let group = LinkAttribute::Group(LEAVING);
    for index in &request.links {
        let mut message = LinkMessage::default();
        message.header.index = *index;
        message.attributes = vec![group.clone()];
        remains(RouteNetlinkMessage::SetLink(message))?;
    }
    let mut message = LinkMessage::default();
    message.attributes = vec![group];
    remains(RouteNetlinkMessage::DelLink(message))?;
    Ok(Reply::empty())
}

fn failure(failed: Failed, what: &str) -> OpError {
    match failed {
        Failed::System(errno) => OpError::os(errno, what),
        Failed::Malformed(why) => OpError::new(Errno::PROTO, format!("{what}: {why}")),
    }
}

/// Up, and without addresses of its own: it shall not speak to the guest.
fn prepare(netlink: &mut Netlink<'_>, tap: u32, mtu: u32) -> Result<(), Failed> {
    let mut message = LinkMessage::default();
    message.header.index = tap;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    message.attributes = vec![
        LinkAttribute::Mtu(mtu.min(MAX_TAP_MTU)),
        LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(
            In6AddrGenMode::None,
        )])]),
    ];
    match netlink.change(RouteNetlinkMessage::SetLink(message.clone()), 0) {
        // A kernel without IPv6.
        Err(Failed::System(Errno::AFNOSUPPORT)) => {
            message.attributes.pop();
            netlink.change(RouteNetlinkMessage::SetLink(message), 0)
        }
        other => other,
    }
}

fn add_qdisc(netlink: &mut Netlink<'_>, index: u32) -> Result<(), Failed> {
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    netlink.change(RouteNetlinkMessage::NewQueueDiscipline(qdisc(index)), flags)
}

fn delete_qdisc(netlink: &mut Netlink<'_>, index: u32) -> Result<(), Failed> {
    netlink.change(RouteNetlinkMessage::DelQueueDiscipline(qdisc(index)), 0)
}

fn qdisc(index: u32) -> TcMessage {
    let mut message = TcMessage::default();
    message.header.index = index.cast_signed();
    message.header.handle = TcHandle {
        major: 0xffff,
        minor: 0,
    };
    message.header.parent = TcHandle::INGRESS;
    message.attributes = vec![TcAttribute::Kind("ingress".to_owned())];
    message
}

fn redirect(netlink: &mut Netlink<'_>, from: u32, to: u32) -> Result<(), Failed> {
    let mut generic = TcActionGeneric::default();
    generic.action = TcActionType::Stolen;
    let mut mirror = TcMirror::default();
    mirror.generic = generic;
    mirror.eaction = TcMirrorActionType::EgressRedir;
    mirror.ifindex = to;
    let mut action = TcAction::default();
    action.attributes = vec![
        TcActionAttribute::Kind("mirred".to_owned()),
        TcActionAttribute::Options(vec![TcActionOption::Mirror(TcActionMirrorOption::Parms(
            mirror,
        ))]),
    ];
    let mut everything = TcU32Key::default();
    everything.mask = 0;
    let mut selector = TcU32Selector::default();
    selector.flags = TcU32SelectorFlags::Terminal;
    selector.nkeys = 1;
    selector.keys = vec![everything];

    let mut message = TcMessage::default();
    message.header.index = from.cast_signed();
    message.header.parent = TcHandle {
        major: 0xffff,
        minor: 0,
    };
    message.header.info = PRIORITY << 16 | ANY_PROTOCOL;
    message.attributes = vec![
        TcAttribute::Kind("u32".to_owned()),
        TcAttribute::Options(vec![
            TcOption::U32(TcFilterU32Option::Selector(selector)),
            TcOption::U32(TcFilterU32Option::Action(vec![action])),
        ]),
    ];
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    netlink.change(RouteNetlinkMessage::NewTrafficFilter(message), flags)
}
