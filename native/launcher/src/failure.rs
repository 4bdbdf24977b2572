//! What can go wrong in the launcher: kinds to match, each with its sentence for the person who reads containerd's log.
//!
//! What has a subject of its own is told apart beside that.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::{args, cgroup, group, input, installation, pod};

/// What went wrong; as text, and what is allowed or what to do.
#[derive(Debug, Error)]
pub enum Failure {
    #[error(transparent)]
    Arguments(#[from] args::Error),
    #[error(transparent)]
    Input(#[from] input::Error),
    #[error(transparent)]
    Group(#[from] group::Error),
    #[error(transparent)]
    Pod(#[from] pod::Error),
    #[error(transparent)]
    Cgroup(#[from] cgroup::Error),
    #[error(transparent)]
    Installation(#[from] installation::Error),
    #[error("the bundle '{}' must be an absolute path", .0.display())]
    RelativeBundle(PathBuf),
    #[error("an earlier pod of the group '{group}' left behind: {}", .left.join("; "))]
    LeftBehind { group: String, left: Vec<String> },
    #[error("the pod of the group '{0}' is made and removed again and again")]
    Restless(String),
    /// The host refused.
    #[error("{what}: {source}")]
    System { what: String, source: io::Error },
}

pub type Result<T> = std::result::Result<T, Failure>;

/// Says what could not be done, before the cause.
pub trait Context<T> {
    /// `what` reads "<what>: <cause>"; it is only made when something failed.
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<io::Error>> Context<T> for std::result::Result<T, E> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Failure::System {
            what: what(),
            source: cause.into(),
        })
    }
}
