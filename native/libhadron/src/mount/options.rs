//! The option words of mount(8), as containerd and the OCI runtime specification use them.

use rustix::io::Errno;
use rustix::mount::MountFlags;

use crate::error::{OpError, OpResult};

#[derive(Debug, Default, PartialEq, Eq)]
pub struct MountOptions {
    /// `bind` or `rbind`.
    pub bind: Option<Depth>,
    /// Attributes of the mount itself (MOUNT_ATTR_*).
    pub attributes: Attributes,
    /// Attributes of the mount and of all below it: the OCI specification's `rro`, `rnosuid`, ...
    pub recursive: Attributes,
    pub propagation: Option<Propagation>,
    /// The source is a file that needs a loop device.
    pub loop_device: bool,
    /// For the file system: `key=value` or a word alone.
    pub data: Vec<(String, Option<String>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    Top,
    Recursive,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    pub set: u64,
    pub clear: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Propagation {
    /// MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE.
    pub kind: u64,
    pub depth: Depth,
}

/// Words, with the attributes that they set and clear.
const ATTRIBUTES: [(&str, u64, u64); 17] = [
    ("ro", libc::MOUNT_ATTR_RDONLY, 0),
    ("rw", 0, libc::MOUNT_ATTR_RDONLY),
    ("nosuid", libc::MOUNT_ATTR_NOSUID, 0),
    ("suid", 0, libc::MOUNT_ATTR_NOSUID),
    ("nodev", libc::MOUNT_ATTR_NODEV, 0),
    ("dev", 0, libc::MOUNT_ATTR_NODEV),
    ("noexec", libc::MOUNT_ATTR_NOEXEC, 0),
    ("exec", 0, libc::MOUNT_ATTR_NOEXEC),
    ("nosymfollow", libc::MOUNT_ATTR_NOSYMFOLLOW, 0),
    ("symfollow", 0, libc::MOUNT_ATTR_NOSYMFOLLOW),
    ("nodiratime", libc::MOUNT_ATTR_NODIRATIME, 0),
    ("diratime", 0, libc::MOUNT_ATTR_NODIRATIME),
    // The next four share a field of the attributes, which is cleared as a whole (mount_setattr(2)).
    ("noatime", libc::MOUNT_ATTR_NOATIME, libc::MOUNT_ATTR__ATIME),
    ("atime", libc::MOUNT_ATTR_RELATIME, libc::MOUNT_ATTR__ATIME),
    (
        "relatime",
        libc::MOUNT_ATTR_RELATIME,
        libc::MOUNT_ATTR__ATIME,
    ),
    (
        "norelatime",
        libc::MOUNT_ATTR_STRICTATIME,
        libc::MOUNT_ATTR__ATIME,
    ),
    (
        "strictatime",
        libc::MOUNT_ATTR_STRICTATIME,
        libc::MOUNT_ATTR__ATIME,
    ),
];

/// For mount(2): attributes and superblock words with their flags.
const LEGACY_ATTRIBUTES: [(u64, MountFlags); 7] = [
    (libc::MOUNT_ATTR_RDONLY, MountFlags::RDONLY),
    (libc::MOUNT_ATTR_NOSUID, MountFlags::NOSUID),
    (libc::MOUNT_ATTR_NODEV, MountFlags::NODEV),
    (libc::MOUNT_ATTR_NOEXEC, MountFlags::NOEXEC),
    (libc::MOUNT_ATTR_NOSYMFOLLOW, MountFlags::NOSYMFOLLOW),
    (libc::MOUNT_ATTR_NODIRATIME, MountFlags::NODIRATIME),
    (libc::MOUNT_ATTR_NOATIME, MountFlags::NOATIME),
];
const LEGACY_WORDS: [(&str, MountFlags); 5] = [
    ("sync", MountFlags::SYNCHRONOUS),
    ("dirsync", MountFlags::DIRSYNC),
    ("lazytime", MountFlags::LAZYTIME),
    ("mand", MountFlags::PERMIT_MANDATORY_FILE_LOCKING),
    ("silent", MountFlags::SILENT),
];

/// Of mount(8) alone: they say nothing to the kernel.
const IGNORED: [&str; 8] = [
    "", "defaults", "auto", "noauto", "nofail", "_netdev", "async", "loud",
];
/// What would be another operation than to mount something new.
const REFUSED: [&str; 6] = ["remount", "move", "user", "users", "uidmap", "gidmap"];

impl MountOptions {
    /// Every element is one option: a comma in it is part of a path, not a separator. Of options that
    /// contradict each other the last one counts.
    pub fn parse(words: &[String]) -> OpResult<Self> {
        let mut options = Self::default();
        for word in words {
            if word.contains('\0') {
                return Err(OpError::invalid(format!(
                    "the mount option {word:?} contains a zero byte"
                )));
            }
            if !options.take_word(word) {
                let (key, value) = match word.split_once('=') {
                    Some((key, value)) => (key, Some(value.to_owned())),
                    None => (word.as_str(), None),
                };
                if REFUSED.contains(&key) {
                    let message =
                        format!("the mount option {key:?} is not supported here; leave it out");
                    return Err(OpError::new(Errno::OPNOTSUPP, message));
                }
                options.data.push((key.to_owned(), value));
            }
        }
        Ok(options)
    }

    fn take_word(&mut self, word: &str) -> bool {
        if IGNORED.contains(&word) || word.starts_with("x-") {
            return true;
        }
        if let Some(&(_, set, clear)) = ATTRIBUTES.iter().find(|(name, ..)| *name == word) {
            self.attributes.add(set, clear);
            return true;
        }
        let (name, depth) = match word.strip_prefix('r') {
            Some(name) => (name, Depth::Recursive),
            None => (word, Depth::Top),
        };
        let kind = match name {
            "private" => libc::MS_PRIVATE,
            "slave" => libc::MS_SLAVE,
            "shared" => libc::MS_SHARED,
            "unbindable" => libc::MS_UNBINDABLE,
            "bind" => {
                self.bind = Some(depth);
                return true;
            }
            "loop" if depth == Depth::Top => {
                self.loop_device = true;
                return true;
            }
            _ => {
                let recursive = ATTRIBUTES
                    .iter()
                    .find(|(known, ..)| depth == Depth::Recursive && *known == name);
                if let Some(&(_, set, clear)) = recursive {
                    self.recursive.add(set, clear);
                }
                return recursive.is_some();
            }
        };
        self.propagation = Some(Propagation { kind, depth });
        true
    }

    pub fn readonly(&self) -> bool {
        (self.attributes.set | self.recursive.set) & libc::MOUNT_ATTR_RDONLY != 0
    }

    /// The same for mount(2): its flags, and what is left for its data.
    pub fn legacy(&self) -> (MountFlags, Vec<(&str, Option<&str>)>) {
        let set = self.attributes.set | self.recursive.set;
        let mut flags = MountFlags::empty();
        for (attribute, flag) in LEGACY_ATTRIBUTES {
            if set & attribute != 0 {
                flags |= flag;
            }
        }
        // RELATIME is 0 and the kernel's default; STRICTATIME shares the field with NOATIME.
        if set & libc::MOUNT_ATTR__ATIME == libc::MOUNT_ATTR_STRICTATIME {
            flags |= MountFlags::STRICTATIME;
        }
        let mut data = Vec::new();
        for (key, value) in &self.data {
            match LEGACY_WORDS
                .iter()
                .find(|(word, _)| value.is_none() && word == key)
            {
                Some((_, flag)) => flags |= *flag,
                None => data.push((key.as_str(), value.as_deref())),
            }
        }
        (flags, data)
    }
}

impl Attributes {
    fn add(&mut self, set: u64, clear: u64) {
        self.set = (self.set & !clear) | set;
        self.clear = (self.clear & !set) | clear;
    }

    pub fn is_empty(&self) -> bool {
        self.set == 0 && self.clear == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> OpResult<MountOptions> {
        MountOptions::parse(
            &words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn attributes_and_what_is_for_the_file_system() {
        let options = parse(&[
            "ro",
            "nosuid",
            "size=1m",
            "sync",
            "mode=755",
            "defaults",
            "x-mount.mkdir",
        ])
        .unwrap();
        assert_eq!(
            options.attributes.set,
            libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID
        );
        assert!(options.readonly());
        let data: Vec<_> = options
            .data
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_deref()))
            .collect();
        assert_eq!(
            data,
            [("size", Some("1m")), ("sync", None), ("mode", Some("755"))]
        );
        let (flags, data) = options.legacy();
        assert_eq!(
            flags,
            MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::SYNCHRONOUS
        );
        assert_eq!(data, [("size", Some("1m")), ("mode", Some("755"))]);
    }

    #[test]
    fn the_last_word_counts() {
        let options = parse(&["ro", "rw"]).unwrap();
        assert_eq!(
            (options.attributes.set, options.attributes.clear),
            (0, libc::MOUNT_ATTR_RDONLY)
        );
        let options = parse(&["rw", "ro"]).unwrap();
        assert_eq!(
            (options.attributes.set, options.attributes.clear),
            (libc::MOUNT_ATTR_RDONLY, 0)
        );
        for (words, set) in [
            (["noatime", "relatime"], libc::MOUNT_ATTR_RELATIME),
            (["relatime", "noatime"], libc::MOUNT_ATTR_NOATIME),
            (["noatime", "strictatime"], libc::MOUNT_ATTR_STRICTATIME),
        ] {
            let attributes = parse(&words).unwrap().attributes;
            assert_eq!(
                (attributes.set, attributes.clear),
                (set, libc::MOUNT_ATTR__ATIME)
            );
        }
    }

    #[test]
    fn words_that_begin_with_r() {
        let options = parse(&["rbind", "rro", "rslave"]).unwrap();
        assert_eq!(options.bind, Some(Depth::Recursive));
        assert_eq!(options.recursive.set, libc::MOUNT_ATTR_RDONLY);
        assert!(options.attributes.is_empty());
        assert_eq!(
            options.propagation,
            Some(Propagation {
                kind: libc::MS_SLAVE,
                depth: Depth::Recursive
            })
        );
        let options = parse(&["redirect_dir=on", "relatime", "rloop"]).unwrap();
        assert_eq!(options.data.len(), 2);
        assert!(!options.loop_device);
        assert!(parse(&["loop"]).unwrap().loop_device);
    }

    #[test]
    fn a_comma_does_not_separate() {
        let options = parse(&["upperdir=/a,ro,b"]).unwrap();
        assert_eq!(
            options.data,
            [("upperdir".to_owned(), Some("/a,ro,b".to_owned()))]
        );
        assert!(!options.readonly());
    }

    #[test]
    fn refusals_name_the_word() {
        for word in ["remount", "uidmap=0:1:1"] {
            let error = parse(&[word]).unwrap_err();
            assert_eq!(error.errno, Errno::OPNOTSUPP);
            assert!(error.message.contains(word.split('=').next().unwrap()));
        }
        assert_eq!(parse(&["a\0b"]).unwrap_err().errno, Errno::INVAL);
    }
}
