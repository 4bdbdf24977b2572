//! overlay, whose layers are paths of any length with any characters (the kernel's overlayfs.rst).
//!
//! Three ways to name the layers, the best one that the kernel has:
//!
//! - by descriptor (Linux 6.13): nothing to quote, no limit;
//! - one string a layer (`lowerdir+`, Linux 6.7): 255 bytes each, longer ones go by /proc/self/fd;
//! - mount(2): all in one page, quoted; /proc/self/fd again when that is too long. Before Linux 6.5 overlay
//!   has no context of its own, and the kernel's stand-in takes any string: only the descriptor tells.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::attach::proc_path;
use super::filesystem::{Context, MAX_STRING};
use super::legacy;
use super::options::MountOptions;
use crate::error::{OpError, OpResult};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Lower,
    /// A lower layer of file contents only: after `::`.
    Data,
    Upper,
    Work,
}

struct Layer {
    key: Key,
    path: String,
    directory: OwnedFd,
}

struct Overlay<'a> {
    source: &'a str,
    target: &'a str,
    options: &'a MountOptions,
    layers: Vec<Layer>,
    /// What is not a layer.
    rest: Vec<(&'a str, Option<&'a str>)>,
}

/// The kernel does not know this way of naming layers.
enum Unsupported {
    ThisWay,
    /// No other one than mount(2)'s either.
    Contexts,
}

pub fn mount(source: &str, target: &str, options: &MountOptions) -> OpResult<OwnedFd> {
    let overlay = Overlay::new(source, target, options)?;
    for way in [Overlay::by_descriptor, Overlay::by_string] {
        match way(&overlay)? {
            Ok(tree) => return Ok(tree),
            Err(Unsupported::ThisWay) => {}
            Err(Unsupported::Contexts) => break,
        }
    }
    overlay.by_mount()
}

impl<'a> Overlay<'a> {
    fn new(source: &'a str, target: &'a str, options: &'a MountOptions) -> OpResult<Self> {
        let mut layers = Vec::new();
        let mut rest = Vec::new();
        for (key, value) in &options.data {
            match (key.as_str(), value.as_deref()) {
                ("lowerdir", Some(list)) => {
                    for (key, path) in split_lower(list) {
                        layers.push(Layer::open(key, path, target)?);
                    }
                }
                ("upperdir", Some(path)) => {
                    layers.push(Layer::open(Key::Upper, unescape(path), target)?)
                }
                ("workdir", Some(path)) => {
                    layers.push(Layer::open(Key::Work, unescape(path), target)?)
                }
                (key, value) => rest.push((key, value)),
            }
        }
        // What the kernel would only refuse with EINVAL.
        let count = |key| {
            layers
                .iter()
                .filter(|layer: &&Layer| layer.key == key)
                .count()
        };
        let wrong = match (
            count(Key::Lower),
            count(Key::Data),
            count(Key::Upper),
            count(Key::Work),
        ) {
            (0, ..) => "has no lowerdir option; it needs at least one layer",
            (1, 0, 0, _) => {
                "has one lowerdir and no upperdir; use a bind mount for a single directory"
            }
            (_, _, 0, _) | (_, _, 1, 1) => "",
            (_, _, 1, 0) => {
                "has an upperdir but no workdir; it needs an empty directory beside the upperdir"
            }
            _ => "names its upperdir or workdir more than once",
        };
        if !wrong.is_empty() {
            return Err(OpError::invalid(format!(
                "the overlay for {target:?} {wrong}"
            )));
        }
        // The first one tells whether the kernel knows `lowerdir+`.
        layers.sort_by_key(|layer| layer.key);
        Ok(Self {
            source,
            target,
            options,
            layers,
            rest,
        })
    }

    fn by_descriptor(&self) -> OpResult<Result<OwnedFd, Unsupported>> {
        let context = Context::open("overlay", self.target)?;
        for (index, layer) in self.layers.iter().enumerate() {
            match context.set_fd(layer.key.append(), &layer.directory) {
                Ok(()) => {}
                Err(Errno::INVAL | Errno::BADF) if index == 0 => {
                    return Ok(Err(Unsupported::ThisWay));
                }
                // fsconfig(2): a file system that takes its options from mount(2) only.
                Err(Errno::OPNOTSUPP) if index == 0 => return Ok(Err(Unsupported::Contexts)),
                Err(errno) => return Err(self.layer_error(&context, errno, layer)),
            }
        }
        self.finish(&context).map(Ok)
    }

    fn by_string(&self) -> OpResult<Result<OwnedFd, Unsupported>> {
        let context = Context::open("overlay", self.target)?;
        for (index, layer) in self.layers.iter().enumerate() {
            // `lowerdir+` is taken as it is; the kernel takes backslashes out of the other two.
            let quoted = match layer.key {
                Key::Lower | Key::Data => layer.path.clone(),
                Key::Upper | Key::Work => layer.path.replace('\\', "\\\\"),
            };
            let path = if quoted.len() > MAX_STRING {
                proc_path(layer.directory.as_fd())
            } else {
                quoted
            };
            match context.set_string(layer.key.append(), &path) {
                Ok(()) => {}
                Err(error) if error.errno == Errno::INVAL && index == 0 => {
                    return Ok(Err(Unsupported::ThisWay));
                }
                Err(error) => return Err(self.layer_error(&context, error.errno, layer)),
            }
        }
        self.finish(&context).map(Ok)
    }

    fn finish(&self, context: &Context<'_>) -> OpResult<OwnedFd> {
        context.set_string(
            "source",
            if self.source.is_empty() {
                "overlay"
            } else {
                self.source
            },
        )?;
        context.set_superblock_flags(self.options)?;
        for (key, value) in &self.rest {
            context.set(key, *value)?;
        }
        context.mount()
    }

    fn by_mount(&self) -> OpResult<OwnedFd> {
        legacy::in_copy(self.target, || {
            Overlay::new(self.source, self.target, self.options)?.mount_here()
        })
    }

    fn mount_here(&self) -> OpResult<OwnedFd> {
        let plain = self.data(|layer| layer.path.clone());
        let data = if plain.len() > legacy::MAX_DATA {
            self.data(|layer| proc_path(layer.directory.as_fd()))
        } else {
            plain
        };
        legacy::mount_here("overlay", self.source, self.target, self.options, &data)
    }

    /// The options as mount(2) takes them.
    fn data(&self, path_of: impl Fn(&Layer) -> String) -> String {
        let mut lower = String::new();
        let mut options = Vec::new();
        for layer in &self.layers {
            let path = escape(&path_of(layer));
            match layer.key {
                Key::Lower if lower.is_empty() => lower = path,
                Key::Lower => lower = format!("{lower}:{path}"),
                Key::Data => lower = format!("{lower}::{path}"),
                Key::Upper => options.push(format!("upperdir={path}")),
                Key::Work => options.push(format!("workdir={path}")),
            }
        }
        options.insert(0, format!("lowerdir={lower}"));
        let (_, words) = self.options.legacy();
        for (key, value) in words {
            match (key, value) {
                ("lowerdir" | "upperdir" | "workdir", Some(_)) => {}
                (key, Some(value)) => options.push(format!("{key}={}", escape(value))),
                (key, None) => options.push(key.to_owned()),
            }
        }
        options.join(",")
    }

    fn layer_error(&self, context: &Context<'_>, errno: Errno, layer: &Layer) -> OpError {
        context.error(
            errno,
            &format!("does not take {:?} as {}", layer.path, layer.key.name()),
        )
    }
}

impl Layer {
    /// Opened first: whatever the kernel says later, here it is clear which path is wrong.
    fn open(key: Key, path: String, target: &str) -> OpResult<Self> {
        let name = key.name();
        if !path.starts_with('/') {
            let message = format!(
                "the {name} {path:?} of the overlay for {target:?} must be an absolute path"
            );
            return Err(OpError::invalid(message));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path.as_str(), flags, Mode::empty()).map_err(|errno| {
            OpError::os(
                errno,
                format!("the {name} {path:?} of the overlay for {target:?} cannot be opened"),
            )
        })?;
        Ok(Self {
            key,
            path,
            directory,
        })
    }
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Lower | Self::Data => "lowerdir",
            Self::Upper => "upperdir",
            Self::Work => "workdir",
        }
    }

    fn append(self) -> &'static str {
        match self {
            Self::Lower => "lowerdir+",
            Self::Data => "datadir+",
            Self::Upper => "upperdir",
            Self::Work => "workdir",
        }
    }
}

/// Splits at the colons that no backslash protects; a layer after two colons is one of data.
fn split_lower(list: &str) -> Vec<(Key, String)> {
    let mut layers = vec![(Key::Lower, String::new())];
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        if character == ':' {
            let key = if characters.next_if_eq(&':').is_some() {
                Key::Data
            } else {
                Key::Lower
            };
            layers.push((key, String::new()));
            continue;
        }
        let literal = if character == '\\' {
            characters.next()
        } else {
            Some(character)
        };
        if let (Some(literal), Some((_, path))) = (literal, layers.last_mut()) {
            path.push(literal);
        }
    }
    layers
}

/// A backslash protects what follows it (ovl_unescape in the kernel).
fn unescape(path: &str) -> String {
    let mut characters = path.chars();
    let mut plain = String::with_capacity(path.len());
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' {
            characters.next()
        } else {
            Some(character)
        });
    }
    plain
}

fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for character in path.chars() {
        if matches!(character, '\\' | ',' | ':') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests;
