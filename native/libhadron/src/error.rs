//! The error of an operation: an errno for programs, a sentence for people.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::io::Errno;

/// What goes back to the caller as `{"error":{"errno":...,"message":...}}`.
#[derive(Debug)]
pub struct OpError {
    pub errno: Errno,
    /// A sentence that names what is wrong and what to do.
    pub message: String,
}

pub type OpResult<T> = Result<T, OpError>;

impl OpError {
    pub fn new(errno: Errno, message: impl Into<String>) -> Self {
        Self {
            errno,
            message: message.into(),
        }
    }

    /// A system call that failed: `what` says what was tried, the errno's text is added.
    pub fn os(errno: Errno, what: impl Display) -> Self {
        Self {
            errno,
            message: format!("{what}: {}", errno_text(errno)),
        }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Errno::INVAL, message)
    }
}

/// Runs an operation so that a panic in it is an error of its own and its thread lives on.
pub fn guarded<T>(operation: impl FnOnce() -> OpResult<T>) -> OpResult<T> {
    catch_unwind(AssertUnwindSafe(operation)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> OpError {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    OpError::new(
        Errno::IO,
        format!("libhadron has a fault; please report it: {text}"),
    )
}

/// strerror(3)'s text.
pub fn errno_text(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The symbol of errno(3); a number for one that no operation here is expected to meet.
pub fn errno_name(errno: Errno) -> String {
    macro_rules! names {
        ($($constant:ident => $name:literal),* $(,)?) => {
            match errno {
                $(Errno::$constant => $name.to_owned(),)*
                other => other.raw_os_error().to_string(),
            }
        };
    }
    names! {
        PERM => "EPERM", NOENT => "ENOENT", SRCH => "ESRCH", INTR => "EINTR", IO => "EIO",
        NXIO => "ENXIO", TOOBIG => "E2BIG", BADF => "EBADF", CHILD => "ECHILD", AGAIN => "EAGAIN", NOMEM => "ENOMEM",
        ACCESS => "EACCES", FAULT => "EFAULT", NOTBLK => "ENOTBLK", BUSY => "EBUSY",
        EXIST => "EEXIST", XDEV => "EXDEV", NODEV => "ENODEV", NOTDIR => "ENOTDIR",
        ISDIR => "EISDIR", INVAL => "EINVAL", NFILE => "ENFILE", MFILE => "EMFILE",
        NOTTY => "ENOTTY", TXTBSY => "ETXTBSY", FBIG => "EFBIG", NOSPC => "ENOSPC",
        ROFS => "EROFS", MLINK => "EMLINK", PIPE => "EPIPE", RANGE => "ERANGE",
        NAMETOOLONG => "ENAMETOOLONG", NOSYS => "ENOSYS", NOTEMPTY => "ENOTEMPTY",
        LOOP => "ELOOP", NODATA => "ENODATA", OVERFLOW => "EOVERFLOW", BADFD => "EBADFD",
        PROTO => "EPROTO", BADMSG => "EBADMSG", NOTSOCK => "ENOTSOCK", MSGSIZE => "EMSGSIZE",
        OPNOTSUPP => "EOPNOTSUPP", AFNOSUPPORT => "EAFNOSUPPORT", ADDRINUSE => "EADDRINUSE",
        CONNABORTED => "ECONNABORTED", CONNRESET => "ECONNRESET", NOBUFS => "ENOBUFS",
        NOTCONN => "ENOTCONN", TIMEDOUT => "ETIMEDOUT", CONNREFUSED => "ECONNREFUSED",
        STALE => "ESTALE", UCLEAN => "EUCLEAN", DQUOT => "EDQUOT", CANCELED => "ECANCELED",
        NOMEDIUM => "ENOMEDIUM", TOOMANYREFS => "ETOOMANYREFS", USERS => "EUSERS",
    }
}

/// Refuses what cannot be a path of a system call. `role` names the path in the sentence.
pub fn check_path(role: &str, path: &str) -> OpResult<()> {
    if !path.starts_with('/') {
        return Err(OpError::invalid(format!(
            "the {role} {path:?} must be an absolute path"
        )));
    }
    if path.contains('\0') {
        return Err(OpError::invalid(format!(
            "the {role} {path:?} contains a zero byte, which no path can"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts() {
        assert_eq!(errno_name(Errno::NOSPC), "ENOSPC");
        assert_eq!(errno_name(Errno::from_raw_os_error(133)), "133");
        let error = OpError::os(Errno::NOENT, "the file /x cannot be opened");
        assert_eq!(
            error.message,
            "the file /x cannot be opened: No such file or directory"
        );
    }

    #[test]
    fn a_panic_is_an_error() {
        let error = guarded::<()>(|| panic!("number {}", 7)).unwrap_err();
        assert!(error.message.contains("number 7"));
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
    }

    #[test]
    fn paths() {
        assert!(check_path("target", "/a b").is_ok());
        assert_eq!(check_path("target", "a").unwrap_err().errno, Errno::INVAL);
        assert!(
            check_path("target", "/a\0b")
                .unwrap_err()
                .message
                .contains("zero byte")
        );
    }
}
