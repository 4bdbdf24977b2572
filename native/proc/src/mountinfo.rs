//! /proc/PID/mountinfo (proc_pid_mountinfo(5)).

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A mount of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// It is another mount's once this one is gone.
    pub id: u32,
    /// On which it is; its own for the root of the namespace.
    pub parent: u32,
    /// The file system's number, MAJOR:MINOR.
    pub device: String,
    /// What of the file system is shown.
    pub root: PathBuf,
    /// Where it is.
    pub point: PathBuf,
    /// Of the mount itself, not of its file system: "rw,nosuid", ...
    pub flags: String,
    /// The file system's type.
    pub kind: String,
}

/// The mounts of the calling thread's namespace, which can be another one than its process's, in the order of mounting.
pub fn mounts() -> io::Result<Vec<Mount>> {
    Ok(parse_mounts(&std::fs::read("/proc/thread-self/mountinfo")?))
}

/// Lines that are not as the manual says are passed over.
pub fn parse_mounts(table: &[u8]) -> Vec<Mount> {
    table
        .split(|byte| *byte == b'\n')
        .filter_map(parse_line)
        .collect()
}

/// Id, parent, device, root, mount point, options, any number of fields, "-", type, ...
fn parse_line(line: &[u8]) -> Option<Mount> {
    let text = |field: &[u8]| std::str::from_utf8(field).ok().map(str::to_owned);
    let mut fields = line.split(|byte| *byte == b' ');
    Some(Mount {
        id: text(fields.next()?)?.parse().ok()?,
        parent: text(fields.next()?)?.parse().ok()?,
        device: text(fields.next()?)?,
        root: unescape(fields.next()?),
        point: unescape(fields.next()?),
        flags: text(fields.next()?)?,
        kind: {
            fields.by_ref().find(|field| *field == b"-")?;
            text(fields.next()?)?
        },
    })
}

/// Space, tab, line feed, backslash and # come as three octal digits. The rest are bytes: the kernel does not care for UTF-8.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        if let (b'\\', Some([a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'])) =
            (first, after.get(..3))
        {
            bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
            rest = &after[3..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn fields_and_escapes() {
        let table = b"36 35 98:0 /mnt1 /a\\040b\\011c\\012d\\134e\\043f rw,noatime master:1 shared:7 - ext3 /dev/root rw\n\
            nonsense\n37 36 0:4 / /cut rw\n\n";
        assert_eq!(
            parse_mounts(table),
            [Mount {
                id: 36,
                parent: 35,
                device: "98:0".into(),
                root: "/mnt1".into(),
                point: "/a b\tc\nd\\e#f".into(),
                flags: "rw,noatime".into(),
                kind: "ext3".into(),
            }]
        );
    }

    #[test]
    fn what_is_no_escape_stays() {
        for (field, path) in [
            (&b"\\0"[..], "\\0"),
            (b"\\999\\\\", "\\999\\\\"),
            (b"\\477", "\\477"),
            (b"\\303\\251", "\u{e9}"),
        ] {
            assert_eq!(unescape(field), Path::new(path));
        }
    }

    #[test]
    fn knows_proc() {
        let mounts = mounts().unwrap();
        let proc = mounts
            .iter()
            .find(|mount| mount.point == Path::new("/proc"));
        assert_eq!(proc.unwrap().kind, "proc");
    }
}
