//! The pod's journal: what exists on the host for the pod, written by the daemon before it is made. Its first lines are
//! `start`'s: the socket, and the daemon itself.
//!
//! One entry a line, fields separated by one space, each percent-encoded; test/vectors/journal.json is the common
//! truth of this reader and of the daemon's writer (src/host/journal-entry.ts).

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What a process is for the pod. The names are for a person.
#[derive(Debug, PartialEq, Eq)]
pub enum Role {
    Daemon,
    /// Runs the guest.
    Vmm(String),
    /// Of the VMM.
    Helper(String),
    /// Stands for the container with this id.
    Container(String),
}

impl Display for Role {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daemon => f.write_str("the daemon"),
            Self::Vmm(name) | Self::Helper(name) => f.write_str(name),
            Self::Container(id) => write!(f, "the process of container {id}"),
        }
    }
}

/// A thing that exists on the host for the pod.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// `start_time` is field 22 of /proc/PID/stat: it tells the process from a later one with its pid.
    Process {
        pid: u32,
        start_time: u64,
        role: Role,
    },
    Mount(PathBuf),
    Directory(PathBuf),
    File(PathBuf),
    /// What takes the packets that come in on the interface with this index, in the network namespace at this path.
    Qdisc(i32, PathBuf),
    /// The directory of one, in one hierarchy.
    Cgroup(PathBuf),
}

/// A journal as it was found.
#[derive(Debug, Default)]
pub struct Journal {
    /// In the order of making.
    pub entries: Vec<Entry>,
    /// A sentence for every line that was skipped, since it makes no sense.
    pub warnings: Vec<String>,
    /// A sentence for every line of a kind that only another version knows: what it names is still there.
    pub unknown: Vec<String>,
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
        let line = &line[..line.len() - 1];
        let (number, text) = (index + 1, line.escape_ascii());
        match parse_line(line) {
            Ok(entry) => journal.entries.push(entry),
            Err(Refused::Unknown) => journal.unknown.push(format!(
                "line {number} of the journal is of a kind that this version of Hadron does not know, and was not undone: {text}"
            )),
            Err(Refused::Malformed) => journal.warnings.push(format!(
                "skipped line {number} of the journal, which is no entry: {text}"
            )),
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

/// The line for the daemon, with its line feed.
pub fn daemon_line(pid: u32, start_time: u64) -> String {
    format!("process {pid} {start_time} daemon\n")
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

enum Refused {
    Malformed,
    Unknown,
}

fn parse_line(line: &[u8]) -> Result<Entry, Refused> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let entry = match fields.as_slice() {
        [b"process", pid, start_time, role @ ..] if !role.is_empty() => {
            process(pid, start_time, parse_role(role)?)
        }
        [b"mount", path] => absolute(path).map(Entry::Mount),
        [b"directory", path] => absolute(path).map(Entry::Directory),
        [b"file", path] => absolute(path).map(Entry::File),
        [b"qdisc", link, netns] => qdisc(link, netns),
        [b"cgroup", path] => absolute(path).map(Entry::Cgroup),
        [
            b"process" | b"mount" | b"directory" | b"file" | b"qdisc" | b"cgroup",
            ..,
        ] => None,
        [kind, _, ..] if is_word(kind) => return Err(Refused::Unknown),
        _ => None,
    };
    entry.ok_or(Refused::Malformed)
}

fn process(pid: &[u8], start_time: &[u8], role: Role) -> Option<Entry> {
    Some(Entry::Process {
        // pid_t is signed, and 0 would mean the caller's process group.
        pid: u32::try_from(number(pid)?)
            .ok()
            .filter(|pid| (1..=0x7fff_ffff).contains(pid))?,
        start_time: number(start_time)?,
        role,
    })
}

fn qdisc(link: &[u8], netns: &[u8]) -> Option<Entry> {
    let link = i32::try_from(number(link)?).ok().filter(|link| *link > 0)?;
    Some(Entry::Qdisc(link, absolute(netns)?))
}

fn parse_role(fields: &[&[u8]]) -> Result<Role, Refused> {
    let named: fn(String) -> Role = match fields[0] {
        b"daemon" if fields.len() == 1 => return Ok(Role::Daemon),
        b"daemon" => return Err(Refused::Malformed),
        b"vmm" => Role::Vmm,
        b"helper" => Role::Helper,
        b"container" => Role::Container,
        role if decode(role).is_some() => return Err(Refused::Unknown),
        _ => return Err(Refused::Malformed),
    };
    match fields[1..] {
        [name] => decode(name)
            .and_then(|name| String::from_utf8(name).ok())
            .map(named)
            .ok_or(Refused::Malformed),
        _ => Err(Refused::Malformed),
    }
}

/// What a kind looks like, of whichever version.
fn is_word(field: &[u8]) -> bool {
    !field.is_empty() && field.iter().all(u8::is_ascii_lowercase)
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
