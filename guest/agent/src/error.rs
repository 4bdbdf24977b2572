//! What a request can fail with: a status code that the host acts on and a sentence for a person.

use std::fmt;
use std::io;

pub use ttrpc::Code;

/// An answer other than the expected one. The codes are those that agent.proto lists.
#[derive(Debug, Clone)]
pub struct Error {
    /// As google.rpc.Code.
    pub code: Code,
    /// A whole sentence that names what is wrong.
    pub message: String,
}

/// The result of everything that a request can ask for.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with the given code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The request cannot be carried out as written.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::INVALID_ARGUMENT, message)
    }

    /// No such container or process, or it has exited.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NOT_FOUND, message)
    }

    /// The container or process is in the wrong state, which the message names; or the guest lacks the feature.
    pub fn precondition(message: impl Into<String>) -> Self {
        Self::new(Code::FAILED_PRECONDITION, message)
    }

    /// The guest kernel refused, or the agent itself is at fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::INTERNAL, message)
    }

    /// A system call failed: "`doing`: errno's text".
    pub fn os(doing: impl fmt::Display, error: impl Into<io::Error>) -> Self {
        Self::internal(format!("{doing}: {}", errno_text(&error.into())))
    }
}

/// strerror's words without the "(os error N)" that io::Error appends.
pub fn errno_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_string(),
        None => error.to_string(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for ttrpc::Error {
    fn from(error: Error) -> Self {
        ttrpc::Error::RpcStatus(ttrpc::get_status(error.code, error.message))
    }
}
