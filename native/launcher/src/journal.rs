//! The pod's journal: what exists on the host for the pod, written by the daemon before it is made. Its first lines are
//! `start`'s: the socket, and the daemon itself.
//!
//! One entry a line, fields separated by one space, each percent-encoded; test/vectors/journal.json is the common
//! truth of this reader and of the daemon's writer (src/host/journal-entry.ts).

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A thing that exists on the host for the pod.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// `start_time` is field 22 of /proc/PID/stat: it tells the process from a later one with its pid.
    Process {
        pid: u32,
        start_time: u64,
        role: String,
    },
    Mount(PathBuf),
    Directory(PathBuf),
    File(PathBuf),
}

/// A journal as it was found.
#[derive(Debug, Default)]
pub struct Journal {
    /// In the order of making.
    pub entries: Vec<Entry>,
    /// A sentence for every line that was skipped.
    pub warnings: Vec<String>,
}

/// Reads every line that can be read.
///
/// A last line without its line feed was cut short while it was written, so its thing was never made. It is skipped:
/// half a path would be the path of something else.
pub fn parse(text: &[u8]) -> Journal {
    let mut journal = Journal::default();
    let end = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let (whole, rest) = text.split_at(end);
    for (index, line) in whole.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match parse_line(&line[..line.len() - 1]) {
            Some(entry) => journal.entries.push(entry),
            None => {
                let line = line[..line.len() - 1].escape_ascii();
                journal.warnings.push(format!(
                    "skipped line {} of the journal, which is no entry: {line}",
                    index + 1
                ));
            }
        }
    }
    if !rest.is_empty() {
        journal.warnings.push(format!(
            "skipped the journal's last line, which is cut short: {}",
            rest.escape_ascii()
        ));
    }
    journal
}

/// The line for a process, with its line feed. `role`: unreserved characters only.
pub fn process_line(pid: u32, start_time: u64, role: &str) -> String {
    format!("process {pid} {start_time} {role}\n")
}

/// The line for a file, with its line feed.
pub fn file_line(path: &Path) -> String {
    let mut line = String::from("file ");
    for byte in path.as_os_str().as_bytes() {
        if is_unreserved(*byte) {
            line.push(char::from(*byte));
        } else {
            line.push_str(&format!("%{byte:02X}"));
        }
    }
    line.push('\n');
    line
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte)
}

fn parse_line(line: &[u8]) -> Option<Entry> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    Some(match fields.as_slice() {
        [b"process", pid, start_time, role] => Entry::Process {
            // pid_t is signed, and 0 would mean the caller's process group.
            pid: u32::try_from(number(pid)?)
                .ok()
                .filter(|pid| (1..=0x7fff_ffff).contains(pid))?,
            start_time: number(start_time)?,
            role: String::from_utf8(decode(role)?).ok()?,
        },
        [b"mount", path] => Entry::Mount(absolute(path)?),
        [b"directory", path] => Entry::Directory(absolute(path)?),
        [b"file", path] => Entry::File(absolute(path)?),
        _ => return None,
    })
}

fn number(field: &[u8]) -> Option<u64> {
    if field.is_empty() || !field.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// A path that undoing may touch: absolute, not `/`, and without `..`, which a writer of true paths never has.
fn absolute(field: &[u8]) -> Option<PathBuf> {
    let path = PathBuf::from(OsString::from_vec(decode(field)?));
    let plain = path.components().all(|part| {
        matches!(
            part,
            std::path::Component::RootDir | std::path::Component::Normal(_)
        )
    });
    (path.has_root() && path.parent().is_some() && plain).then_some(path)
}

fn decode(field: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(field.len());
    let mut bytes = field.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(*bytes.next()?)? * 16 + hex(*bytes.next()?)?,
            byte if is_unreserved(*byte) => *byte,
            _ => return None,
        });
    }
    (!decoded.is_empty() && !decoded.contains(&0)).then_some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
