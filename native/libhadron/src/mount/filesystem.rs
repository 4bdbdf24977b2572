//! Mounts of a file system that the kernel makes from its type and options.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags};

use super::options::MountOptions;
use super::{legacy, loop_device};
use crate::error::{OpError, OpResult, check_path};

/// fsconfig(2) takes strings of up to 255 bytes.
pub const MAX_STRING: usize = 255;

pub fn mount(kind: &str, source: &str, target: &str, options: &MountOptions) -> OpResult<OwnedFd> {
    if options.loop_device {
        check_path("file for the loop device", source)?;
        // Held until the file system holds it: a loop device that nobody has open detaches itself.
        let device = loop_device::attach(source, options.readonly())?;
        return mount_source(kind, &device.path, target, options);
    }
    mount_source(kind, source, target, options)
}

fn mount_source(
    kind: &str,
    source: &str,
    target: &str,
    options: &MountOptions,
) -> OpResult<OwnedFd> {
    let too_long = |text: &str| text.len() > MAX_STRING;
    if too_long(source)
        || options
            .data
            .iter()
            .any(|(_, value)| value.as_deref().is_some_and(too_long))
    {
        return legacy::mount(kind, source, target, options);
    }
    let context = Context::open(kind, target)?;
    context.set_string("source", source)?;
    context.set_superblock_flags(options)?;
    for (key, value) in &options.data {
        context.set(key, value.as_deref())?;
    }
    context.mount()
}

/// A file system context (fsopen(2)), with what its errors shall say.
pub struct Context<'a> {
    fd: OwnedFd,
    kind: &'a str,
    target: &'a str,
}

impl<'a> Context<'a> {
    pub fn open(kind: &'a str, target: &'a str) -> OpResult<Self> {
        let fd = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC).map_err(|errno| {
            let hint = match errno {
                Errno::NODEV => {
                    "; the kernel does not know it, load its module or choose another snapshotter"
                }
                _ => "",
            };
            OpError::os(
                errno,
                format!("the file system type {kind:?} cannot be mounted on {target:?}{hint}"),
            )
        })?;
        Ok(Self { fd, kind, target })
    }

    pub fn set(&self, key: &str, value: Option<&str>) -> OpResult<()> {
        match value {
            Some(value) => self.set_string(key, value),
            None => rustix::mount::fsconfig_set_flag(&self.fd, key)
                .map_err(|errno| self.error(errno, &format!("does not take the option {key:?}"))),
        }
    }

    pub fn set_string(&self, key: &str, value: &str) -> OpResult<()> {
        rustix::mount::fsconfig_set_string(&self.fd, key, value).map_err(|errno| {
            self.error(
                errno,
                &format!("does not take the option {:?}", format!("{key}={value}")),
            )
        })
    }

    pub fn set_fd(&self, key: &str, fd: &OwnedFd) -> Result<(), Errno> {
        rustix::mount::fsconfig_set_fd(&self.fd, key, fd)
    }

    /// `ro` is meant for the superblock as well, as with mount(2): a read-only medium needs it.
    pub fn set_superblock_flags(&self, options: &MountOptions) -> OpResult<()> {
        if options.readonly() {
            self.set("ro", None)
        } else {
            Ok(())
        }
    }

    /// The mount, attached to nothing yet.
    pub fn mount(&self) -> OpResult<OwnedFd> {
        rustix::mount::fsconfig_create(&self.fd)
            .map_err(|errno| self.error(errno, "cannot be mounted"))?;
        rustix::mount::fsmount(
            &self.fd,
            FsMountFlags::FSMOUNT_CLOEXEC,
            MountAttrFlags::empty(),
        )
        .map_err(|errno| self.error(errno, "cannot be mounted"))
    }

    pub fn error(&self, errno: Errno, what: &str) -> OpError {
        let Self { kind, target, .. } = self;
        let log = self.log();
        let explained = match (log.is_empty(), errno) {
            (false, _) => format!(" (the kernel says: {log})"),
            (true, Errno::INVAL) => " (dmesg may say why)".to_owned(),
            (true, _) => String::new(),
        };
        OpError::os(
            errno,
            format!("the {kind} file system for {target:?} {what}{explained}"),
        )
    }

    /// What the file system had to complain about: one message a read, "e erofs: ..." (fsopen(2)).
    fn log(&self) -> String {
        let mut messages: Vec<String> = Vec::new();
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = rustix::io::read(&self.fd, &mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]);
            let text = text.trim_end();
            if let Some(message) = text.strip_prefix("e ").or_else(|| text.strip_prefix("w ")) {
                messages.push(message.to_owned());
            }
            // The kernel keeps eight; more would come from somewhere else.
            if messages.len() == 8 {
                break;
            }
        }
        messages.join("; ")
    }
}
