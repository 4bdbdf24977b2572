//! The pod's network, in the guest's own network namespace, which all containers share.
//!
//! The host says what it shall be, whole, each time anew. What is there and is wanted is asked for again, which changes
//! nothing; what was made and is not wanted any more is removed; what programs of the pod have made stays.

mod addresses;
mod links;
mod neighbours;
mod netlink;
mod nics;
mod routes;
mod rules;
mod wanted;

use nix::errno::Errno;

use crate::child::Job;
use crate::error::{Error, Result};
use crate::protocol::agent as proto;
use crate::reaper::Reaper;
use netlink::{Netlink, Refusal};
use nics::Nics;
use wanted::{Device, Interface, Wanted};

/// The network as it was made last.
#[derive(Default)]
pub struct Network {
    nics: Nics,
    made: Wanted,
    /// Puts NICs out of sight.
    hiding: Option<Job>,
}

impl Network {
    /// Answers what could not be carried out, a sentence each. NICs without an interface may be seen until `settle`.
    pub async fn set(&mut self, reaper: &Reaper, network: proto::Network) -> Result<Vec<String>> {
        self.settle().await;
        let mut problems = Vec::new();
        let mut wanted = wanted::read(network, &mut problems);
        let idle = self.discover_idle(&wanted.interfaces);
        let in_the_way = idle
            .iter()
            .filter_map(|device| nics::interface_of(device))
            .any(|name| wanted.interfaces.iter().any(|it| it.name == name));
        if in_the_way {
            self.hide(reaper, idle.clone())?;
            self.settle().await;
        }
        let mut netlink = Netlink::open()?;
        self.remove(&mut netlink, &wanted, &mut problems);
        links::set(
            &mut netlink,
            &self.nics,
            &wanted.interfaces,
            &self.made.interfaces,
            &mut problems,
        );
        self.add(&mut netlink, &mut wanted, &mut problems);
        self.made = wanted;
        if !in_the_way {
            self.hide(reaper, idle)?;
        }
        Ok(problems)
    }

    /// What was said last is so as a whole.
    pub async fn settle(&mut self) {
        if let Some(job) = self.hiding.take()
            && let Err(error) = job.finished().await
        {
            log::warn!("{error}");
        }
    }

    /// The NICs that are to be out of sight and are not yet.
    fn discover_idle(&mut self, wanted: &[Interface]) -> Vec<String> {
        self.nics.discover();
        if wanted.iter().any(|it| !self.nics.knows(it.slot)) {
            self.nics.discover_plugged();
        }
        self.nics
            .with_driver(|slot| wanted.iter().all(|interface| interface.slot != slot))
    }

    /// The kernel takes some 40 ms for it, of which most is waiting, and whoever asks it for something of a network waits as
    /// long: so this comes last, and nobody is held up but who would see them.
    fn hide(&mut self, reaper: &Reaper, idle: Vec<String>) -> Result<()> {
        if idle.is_empty() {
            return Ok(());
        }
        self.hiding = Some(Job::start(reaper, move || {
            idle.iter().try_for_each(|device| {
                nics::unbind(device).map_err(|error| {
                    Error::internal(format!(
                        "the NIC {device} cannot be put out of sight: {error}"
                    ))
                })
            })
        })?);
        Ok(())
    }

    /// What is on an interface that goes, goes with it.
    fn remove(&self, netlink: &mut Netlink, wanted: &Wanted, problems: &mut Vec<String>) {
        let index = |device| self.nics.index(device);
        let mut keep = |what: String, result: std::result::Result<(), Refusal>| match result {
            Err(refusal) if !is_gone(refusal.errno) => {
                problems.push(format!("{what} cannot be removed: {refusal}"));
            }
            _ => (),
        };
        for rule in &self.made.rules {
            if !wanted.rules.contains(rule) {
                keep(format!("the {rule}"), rules::remove(netlink, rule));
            }
        }
        for neighbour in &self.made.neighbours {
            if !wanted.neighbours.contains(neighbour)
                && let Some(index) = index(neighbour.device)
            {
                let result = neighbours::remove(netlink, neighbour, index);
                keep(format!("the neighbour {}", neighbour.address), result);
            }
        }
        for route in &self.made.routes {
            if !wanted.routes.contains(route)
                && let Some(indexes) = routes::devices(route)
                    .map(index)
                    .collect::<Option<Vec<_>>>()
            {
                let result = routes::remove(netlink, route, &indexes);
                keep(format!("the route to {route}"), result);
            }
        }
        for address in &self.made.addresses {
            if !wanted.addresses.iter().any(|it| it.is(address))
                && let Some(index) = index(address.device)
            {
                let result = addresses::remove(netlink, address, index);
                keep(format!("the address {address}"), result);
            }
        }
    }

    /// What could not be made is not in `wanted` afterwards, unless it was made before.
    fn add(&self, netlink: &mut Netlink, wanted: &mut Wanted, problems: &mut Vec<String>) {
        // What is on an interface that could not be made is not told one by one.
        let index = |device| self.nics.index(device);
        let Wanted {
            interfaces,
            addresses,
            routes,
            neighbours,
            rules,
        } = wanted;
        addresses.retain(|address| {
            let Some(index) = index(address.device) else {
                return false;
            };
            let name = name(address.device, interfaces);
            if let Err(refusal) = addresses::add(netlink, address, index) {
                problems.push(format!(
                    "the address {address} of {name} cannot be set: {refusal}"
                ));
                return self.made.addresses.iter().any(|made| made.is(address));
            }
            if let Some(route) = routes::unwanted(address, routes)
                && let Err(refusal) = routes::remove(netlink, &route, &[index])
                && !is_gone(refusal.errno)
            {
                problems.push(format!(
                    "the kernel's route to {route} on {name} cannot be removed: {refusal}"
                ));
            }
            true
        });
        routes.sort_by_key(routes::is_far);
        routes.retain(|route| {
            let Some(indexes) = routes::devices(route)
                .map(index)
                .collect::<Option<Vec<_>>>()
            else {
                return false;
            };
            match routes::add(netlink, route, &indexes) {
                Ok(()) => true,
                Err(refusal) => {
                    problems.push(format!("the route to {route} cannot be made: {refusal}"));
                    self.made.routes.contains(route)
                }
            }
        });
        neighbours.retain(|neighbour| {
            let Some(index) = index(neighbour.device) else {
                return false;
            };
            match neighbours::add(netlink, neighbour, index) {
                Ok(()) => true,
                Err(refusal) => {
                    problems.push(format!(
                        "the neighbour {} of {} cannot be made: {refusal}",
                        neighbour.address,
                        name(neighbour.device, interfaces)
                    ));
                    self.made.neighbours.contains(neighbour)
                }
            }
        });
        rules.retain(|rule| match rules::add(netlink, rule) {
            Ok(()) => true,
            Err(refusal) => {
                problems.push(format!("the {rule} cannot be made: {refusal}"));
                self.made.rules.contains(rule)
            }
        });
    }
}

/// Errors of removing what is not there, or what is on an interface that has no IPv6 any more.
fn is_gone(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::ESRCH
            | Errno::ENXIO
            | Errno::ENOENT
            | Errno::EADDRNOTAVAIL
            | Errno::ENODEV
            | Errno::ENETUNREACH
    )
}

fn name(device: Device, interfaces: &[Interface]) -> &str {
    let mut interfaces = interfaces.iter();
    let interface = interfaces.find(|it| Device::Nic(it.slot) == device);
    interface.map_or("lo", |interface| &interface.name)
}
