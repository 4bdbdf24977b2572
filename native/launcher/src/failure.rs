//! The launcher's only error: a sentence for the person who reads containerd's log.

use std::fmt;

/// What went wrong, and what is allowed or what to do.
#[derive(Debug)]
pub struct Failure(pub String);

pub type Result<T> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `Err` with a formatted sentence.
#[macro_export]
macro_rules! fail {
    ($($argument:tt)*) => { Err($crate::failure::Failure(format!($($argument)*))) };
}

/// Says what could not be done, before the cause.
pub trait Context<T> {
    /// `what` reads "<what> (<cause>)"; it is only made when something failed.
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Failure(format!("{}: {cause}", what())))
    }
}
