//! A root directory with nothing in it.

use std::io;

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

/// A directory that every host has.
const PLACE: &str = "/proc";

/// Leaves all file systems for an empty one, in a mount namespace of this process's own: as a user whom that namespace knows, with its
/// capabilities. Nobody may enter even the empty one without capabilities (`mode=0`).
pub fn leave() -> io::Result<()> {
    // Neither way: the namespace was copied, and what it shares with the host's is only severed by this.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private)?;
    let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let options = c"mode=0,size=4096,nr_inodes=1";
    rustix::mount::mount("jail", PLACE, "tmpfs", flags, options)?;
    rustix::process::chdir(PLACE)?;
    // The old root is mounted on the new one then (pivot_root(2), NOTES), and "." is the old one.
    rustix::process::pivot_root(".", ".")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    rustix::process::chdir("/")?;
    Ok(())
}
