//! crun's log: JSON objects, one a line.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use tokio::io::unix::AsyncFd;

use crate::transport::read;

/// No line is longer; what is, is cut.
const LINE_MAX: usize = 16 << 10;

/// The reading end of a log.
pub struct Log {
    pipe: AsyncFd<OwnedFd>,
    line: Vec<u8>,
}

impl Log {
    /// `pipe` must not block.
    pub fn new(pipe: AsyncFd<OwnedFd>) -> Self {
        Self {
            pipe,
            line: Vec::new(),
        }
    }

    /// The next error, or `None` at the log's end: nobody can write to it any more. Warnings go to the agent's log.
    pub async fn error(&mut self) -> io::Result<Option<String>> {
        loop {
            let mut ready = self.pipe.readable().await?;
            let mut bytes = [0; 4096];
            let Ok(length) = ready.try_io(|pipe| read(pipe.as_raw_fd(), &mut bytes)) else {
                continue;
            };
            let bytes = &bytes[..length?];
            if let Some(message) = take(&mut self.line, bytes) {
                return Ok(Some(message));
            }
            if bytes.is_empty() {
                return Ok(None);
            }
        }
    }

    /// An error that is there already.
    pub fn error_now(&mut self) -> Option<String> {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = read(self.pipe.get_ref().as_raw_fd(), &mut bytes) {
            if let Some(message) = take(&mut self.line, &bytes[..length]) {
                return Some(message);
            }
        }
        None
    }
}

/// Adds `bytes` to the unfinished `line`; the first error of the lines that this ends.
fn take(line: &mut Vec<u8>, bytes: &[u8]) -> Option<String> {
    let mut found = None;
    for byte in bytes {
        if *byte == b'\n' {
            found = found.or_else(|| parse(line));
            line.clear();
        } else if line.len() < LINE_MAX {
            line.push(*byte);
        }
    }
    found
}

/// The message of an error.
fn parse(line: &[u8]) -> Option<String> {
    let Ok(entry) = serde_json::from_slice::<serde_json::Value>(line) else {
        let text = String::from_utf8_lossy(line).into_owned();
        return (!text.trim().is_empty()).then_some(text);
    };
    let message = entry.get("msg")?.as_str()?;
    if entry.get("level").and_then(|level| level.as_str()) == Some("error") {
        return Some(message.to_string());
    }
    // runc does not say this at all, and profiles name many a call that this kernel does not have.
    if message.starts_with("unknown seccomp syscall") {
        log::debug!("crun: {message}");
    } else {
        log::warn!("crun: {message}");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_counts() {
        let mut line = Vec::new();
        let text = b"{\"msg\":\"hm\",\"level\":\"warning\"}\n{\"msg\":\"one\",\"level\":\"error\"}\n{\"msg\":\"two\",\"level\":\"error\"}\n";
        assert_eq!(take(&mut line, text).as_deref(), Some("one"));
        assert!(line.is_empty());
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        let mut line = Vec::new();
        assert_eq!(take(&mut line, b"{\"msg\":\"a\\nb\",\"le"), None);
        assert_eq!(
            take(&mut line, b"vel\":\"error\"}\n").as_deref(),
            Some("a\nb")
        );
    }

    #[test]
    fn what_is_no_json_is_an_error_too() {
        assert_eq!(
            take(&mut Vec::new(), b"Killed\n\n").as_deref(),
            Some("Killed")
        );
    }

    #[test]
    fn a_line_without_an_end_is_bounded() {
        let mut line = Vec::new();
        take(&mut line, &vec![b'x'; LINE_MAX * 2]);
        assert_eq!(line.len(), LINE_MAX);
    }
}
