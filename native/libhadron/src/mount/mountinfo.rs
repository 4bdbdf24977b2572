//! /proc/thread-self/mountinfo (proc_pid_mountinfo(5)).

use std::collections::{HashMap, HashSet};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPoint {
    pub id: u32,
    pub parent: u32,
    /// Bytes: the kernel does not care for UTF-8.
    pub path: Vec<u8>,
}

/// Of the calling thread's mount namespace. It can be another one than its process's.
pub fn read() -> std::io::Result<Vec<MountPoint>> {
    Ok(parse(&std::fs::read("/proc/thread-self/mountinfo")?))
}

/// Lines that are not as the manual says are passed over.
pub fn parse(text: &[u8]) -> Vec<MountPoint> {
    text.split(|byte| *byte == b'\n')
        .filter_map(parse_line)
        .collect()
}

fn parse_line(line: &[u8]) -> Option<MountPoint> {
    let mut fields = line.split(|byte| *byte == b' ');
    let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
    let (id, parent) = (number()?, number()?);
    // The device and the root within the file system lie between.
    let path = unescape(fields.nth(2)?);
    Some(MountPoint { id, parent, path })
}

/// Space, tab, line feed, backslash and # come as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
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
    bytes
}

/// The mounts at or below `target`, each after all that are mounted on it: the order of unmounting.
pub fn tree_below(mounts: &[MountPoint], target: &[u8]) -> Vec<MountPoint> {
    let mut children: HashMap<u32, Vec<usize>> = HashMap::new();
    for (index, mount) in mounts.iter().enumerate() {
        if mount.id != mount.parent {
            children.entry(mount.parent).or_default().push(index);
        }
    }
    let below: HashSet<usize> = mounts
        .iter()
        .enumerate()
        .filter(|(_, mount)| is_below(&mount.path, target))
        .map(|(index, _)| index)
        .collect();
    let mut order = Vec::with_capacity(below.len());
    let mut seen = HashSet::new();
    // Depth first, without recursion: a mount is taken when it is met the second time.
    for start in 0..mounts.len() {
        let mut stack = vec![(start, false)];
        while let Some((index, children_done)) = stack.pop() {
            if children_done {
                if below.contains(&index) {
                    order.push(mounts[index].clone());
                }
            } else if seen.insert(index) {
                stack.push((index, true));
                let of_this = children.get(&mounts[index].id).into_iter().flatten();
                stack.extend(of_this.map(|child| (*child, false)));
            }
        }
    }
    order
}

fn is_below(path: &[u8], target: &[u8]) -> bool {
    match path.strip_prefix(target) {
        Some(rest) => rest.is_empty() || rest[0] == b'/' || target == b"/",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let text = b"36 35 98:0 /mnt1 /a\\040b\\011c\\012d\\134e\\043f rw,noatime master:1 - ext3 /dev/root rw\nnonsense\n\n";
        assert_eq!(
            parse(text),
            [MountPoint {
                id: 36,
                parent: 35,
                path: b"/a b\tc\nd\\e#f".to_vec()
            }]
        );
        assert_eq!(unescape(b"\\0"), b"\\0");
        assert_eq!(unescape(b"\\999\\\\"), b"\\999\\\\");
        assert_eq!(unescape(b"\\303\\251"), "\u{e9}".as_bytes());
    }

    #[test]
    fn order_of_unmounting() {
        let mount = |id, parent, path: &str| MountPoint {
            id,
            parent,
            path: path.into(),
        };
        let mounts = [
            mount(1, 1, "/"),
            mount(10, 1, "/t"),
            // Moved below a younger one, so the ids say nothing.
            mount(5, 12, "/t/a/b"),
            mount(12, 10, "/t/a"),
            mount(13, 12, "/t/a"),
            mount(14, 1, "/tt"),
            mount(15, 1, "/s"),
        ];
        let order: Vec<u32> = tree_below(&mounts, b"/t")
            .iter()
            .map(|mount| mount.id)
            .collect();
        assert_eq!(order.len(), 4);
        let position = |id| order.iter().position(|other| *other == id).unwrap();
        assert!(
            position(5) < position(12)
                && position(13) < position(12)
                && position(12) < position(10)
        );
        assert_eq!(tree_below(&mounts, b"/t/a/b").len(), 1);
        assert_eq!(tree_below(&mounts, b"/").len(), mounts.len());
        assert!(tree_below(&mounts, b"/nothing").is_empty());
    }
}
