//! Directories that a guest sees, and the way to the mounts in them.
//!
//! Each is the root of a mount namespace of its own, in which nothing is but what is mounted there for the pod. Whoever has its
//! descriptor sees that, in any namespace; no list of the host's mounts has it, and no other mount namespace a copy. It keeps
//! nothing of the host's busy, and is gone, whatever is mounted there, with the last descriptor.
//!
//! A file server that wants to be told of a directory by a path, as virtiofsd in Rust does, finds none: it has to start in the
//! namespace, where `lend` makes a copy of the host's mounts appear for as long as it starts, with the share in it.

use std::io::Read;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use hadron_proc::Mount;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};
use serde_json::json;

use super::attach::{set_attributes, set_propagation};
use super::options::{Attributes, Depth, Propagation};
use crate::answers::Reply;
use crate::descriptor;
use crate::error::{OpError, OpResult, check_path};
use crate::request;
use crate::thread;

/// What is in a share's namespace: the share, and the place of the host's mounts while it is lent.
const SHARE: &str = "/share";
const HOST: &str = "/host";

/// Makes so many of them. `fds` of the answer are three for each: its namespace, the directory itself, and the same where places
/// for mounts can be made; to whoever has only the second it is read-only.
pub fn make(request: &request::MakeShares) -> OpResult<Reply> {
    let fds = make_all(request.count)?;
    let numbers: Vec<_> = fds.iter().map(AsRawFd::as_raw_fd).collect();
    Ok(Reply::with_fds(json!({ "fds": numbers }), fds))
}

pub fn make_all(count: u32) -> OpResult<Vec<OwnedFd>> {
    thread::apart(|| {
        make_here(count).map_err(|errno| OpError::os(errno, "a mount namespace cannot be made"))
    })
}

/// To be called on a thread of its own, which is left in the last of the namespaces.
fn make_here(count: u32) -> Result<Vec<OwnedFd>, Errno> {
    let proc = open_proc()?;
    leave_the_host()?;
    let mut fds = Vec::new();
    for _ in 0..count {
        fds.extend(make_one(&proc)?);
    }
    Ok(fds)
}

/// Into a namespace with an empty root. What is copied of the host's is let go of again: a copy of a mount that is nobody's
/// slave would keep its file system busy.
fn leave_the_host() -> Result<(), Errno> {
    copy_namespace()?;
    let root = mount_empty("/")?;
    for place in [SHARE, HOST] {
        rustix::fs::mkdirat(&root, &place[1..], Mode::RWXU)?;
    }
    rustix::process::fchdir(&root)?;
    match rustix::process::pivot_root(".", ".") {
        Ok(()) => rustix::mount::unmount(".", UnmountFlags::DETACH)?,
        // The initramfs, where a host has it for its root, cannot be left. It lies below, where nobody comes.
        Err(Errno::INVAL) => rustix::process::chroot(".")?,
        Err(errno) => return Err(errno),
    }
    rustix::process::chdir("/")
}

fn make_one(proc: &OwnedFd) -> Result<[OwnedFd; 3], Errno> {
    copy_namespace()?;
    let directory = mount_empty(SHARE)?;
    let clone = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    let places = rustix::mount::open_tree(&directory, c"", clone)?;
    // A guest that goes its own ways could fill the host's memory.
    let readonly = Attributes {
        set: libc::MOUNT_ATTR_RDONLY,
        clear: 0,
    };
    set_attributes(&directory, &readonly, Depth::Top)?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let namespace = rustix::fs::openat(proc, "thread-self/ns/mnt", flags, Mode::empty())?;
    Ok([namespace, directory, places])
}

/// Takes the calling thread into a copy of its mount namespace, of which nothing comes back to the one that it was in.
pub fn copy_namespace() -> Result<(), Errno> {
    // SAFETY: only UnshareFlags::FILES could harm other threads.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS)? };
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private)
}

/// An empty directory on top of a place; on that of the root whoever enters the namespace comes to it.
fn mount_empty(place: &str) -> Result<OwnedFd, Errno> {
    let context = rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    rustix::mount::fsconfig_set_string(&context, "source", "hadron")?;
    rustix::mount::fsconfig_set_string(&context, "mode", "755")?;
    rustix::mount::fsconfig_create(&context)?;
    let tree = rustix::mount::fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::empty(),
    )?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    rustix::mount::move_mount(&tree, c"", CWD, place, flags)?;
    Ok(tree)
}

fn open_proc() -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open("/proc", flags, Mode::empty())
}

/// One that `make` has made. Paths in it are absolute: it is their root.
#[derive(Clone, Copy)]
pub struct Share<'fd> {
    namespace: BorrowedFd<'fd>,
    directory: BorrowedFd<'fd>,
    places: BorrowedFd<'fd>,
}

/// Lets a program that starts in the share's namespace, with `/host` as its root directory, find the host's files, and in the place of
/// the directory `place` the share. The root directory's name is what is answered.
pub fn lend(request: &request::LendShare) -> OpResult<Reply> {
    check_path("place of the share", &request.place)?;
    let share = Share::of(&request.share)?;
    let failed = |errno| OpError::os(errno, "the pod's mounts cannot be lent to a file server");
    let host = clone_host().map_err(failed)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    share.visit(|| {
        rustix::mount::move_mount(&host, c"", CWD, HOST, flags).map_err(failed)?;
        let place = format!("{HOST}{}", request.place);
        rustix::mount::move_mount(share.directory, c"", CWD, place, flags).map_err(|errno| {
            let _ = rustix::mount::unmount(HOST, UnmountFlags::DETACH);
            failed(errno)
        })
    })?;
    Ok(Reply::of(json!({ "root": HOST })))
}

/// Undoes `lend`. Whoever has made the share its root directory meanwhile keeps it.
pub fn take_back(request: &request::Share) -> OpResult<Reply> {
    let share = Share::of(request)?;
    let failed = |errno| OpError::os(errno, "the pod's mounts cannot be taken back");
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    share.visit(|| {
        rustix::mount::move_mount(share.directory, c"", CWD, SHARE, flags).map_err(failed)?;
        rustix::mount::unmount(HOST, UnmountFlags::DETACH).map_err(failed)
    })?;
    Ok(Reply::empty())
}

/// All that the calling thread's namespace has, as mounts that hear of no change there and tell of none.
fn clone_host() -> Result<OwnedFd, Errno> {
    let clone = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    let tree = rustix::mount::open_tree(CWD, "/", clone)?;
    let private = Propagation {
        kind: libc::MS_PRIVATE,
        depth: Depth::Recursive,
    };
    set_propagation(&tree, private)?;
    Ok(tree)
}

impl<'fd> Share<'fd> {
    pub fn of(request: &request::Share) -> OpResult<Self> {
        Ok(Self {
            namespace: descriptor::borrow(request.namespace)?,
            directory: descriptor::borrow(request.directory)?,
            places: descriptor::borrow(request.places)?,
        })
    }

    /// Runs `work` where paths are the share's. What the host has is known by descriptors only.
    pub fn enter<T: Send>(self, work: impl FnOnce(&Inside) -> OpResult<T> + Send) -> OpResult<T> {
        let failed = |errno| OpError::os(errno, "the pod's mounts cannot be reached");
        let inside = Inside {
            proc: open_proc().map_err(failed)?,
        };
        self.visit(move || {
            // Wherever it is mounted just now.
            let change_root = || {
                rustix::process::fchdir(self.directory)?;
                rustix::process::chroot(".")
            };
            change_root().map_err(failed)?;
            work(&inside)
        })
    }

    /// Runs `work` in the namespace, on a thread of its own.
    pub fn visit<T: Send>(self, work: impl FnOnce() -> OpResult<T> + Send) -> OpResult<T> {
        thread::apart(move || {
            let enter = || {
                // A mount namespace is for those who share their root directory with nobody.
                // SAFETY: only UnshareFlags::FILES could harm other threads.
                unsafe { rustix::thread::unshare_unsafe(UnshareFlags::FS)? };
                let kind = Some(LinkNameSpaceType::Mount);
                rustix::thread::move_into_link_name_space(self.namespace, kind)
            };
            enter().map_err(|errno| OpError::os(errno, "the pod's mounts cannot be reached"))?;
            work()
        })
    }

    /// Makes what something is mounted on, if `target` lies directly in the share; what lies deeper has to be there.
    pub fn make_place(self, target: &str, kind: FileType) -> OpResult<()> {
        let Some(name) = place_of(target) else {
            return Ok(());
        };
        let made = if kind == FileType::Directory {
            rustix::fs::mkdirat(self.places, name, Mode::RWXU)
        } else {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
            rustix::fs::openat(self.places, name, flags, Mode::RUSR | Mode::WUSR).map(drop)
        };
        match made {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(OpError::os(
                errno,
                format!("the mount target {target:?} cannot be made"),
            )),
        }
    }

    /// Undoes `make_place`. What is not there is no error.
    pub fn remove_place(self, target: &str) -> OpResult<()> {
        let Some(name) = place_of(target) else {
            return Ok(());
        };
        let removed = match rustix::fs::unlinkat(self.places, name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTDIR) => rustix::fs::unlinkat(self.places, name, AtFlags::empty()),
            removed => removed,
        };
        match removed {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(OpError::os(
                errno,
                format!("the mount target {target:?} cannot be removed"),
            )),
        }
    }
}

/// The name of what lies directly in the share.
fn place_of(target: &str) -> Option<&str> {
    let name = target.strip_prefix('/')?;
    (!matches!(name, "" | "." | "..") && !name.contains('/')).then_some(name)
}

/// What is left of the host in a share's namespace.
pub struct Inside {
    proc: OwnedFd,
}

impl Inside {
    /// The namespace's mounts, in the order of mounting.
    pub fn mounts(&self) -> OpResult<Vec<Mount>> {
        Ok(hadron_proc::parse_mounts(&self.table()?))
    }

    /// The same as proc_pid_mountinfo(5) has it.
    pub fn table(&self) -> OpResult<Vec<u8>> {
        let failed = |errno| OpError::os(errno, "the pod's mounts cannot be read");
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let table = rustix::fs::openat(&self.proc, "thread-self/mountinfo", flags, Mode::empty())
            .map_err(failed)?;
        let mut text = Vec::new();
        std::fs::File::from(table)
            .read_to_end(&mut text)
            .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        Ok(text)
    }
}
