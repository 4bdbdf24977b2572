//! Memory of the guest as a file system that several containers mount: a volume that has no other place.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, fchown};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, mkdirat};

use crate::error::{Error, Result};
use crate::share::{open_beneath, open_directory, open_with};

/// Of a directory.
pub struct Owner {
    /// All of chmod(2)'s twelve bits.
    pub mode: u32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

/// A tmpfs.
pub struct Memory {
    /// Where it is mounted.
    pub target: String,
    /// 0: as much as there is.
    pub size: u64,
    /// Of its root.
    pub owner: Owner,
    /// A directory in it: relative, or empty for none.
    pub below: String,
    /// Of what is made below.
    pub below_owner: Owner,
}

/// Makes what is not there yet. Only the agent's own thread does so: nobody makes the same beside it.
pub fn make(memory: &Memory) -> Result<()> {
    let failed = |error: io::Error| {
        Error::os(
            format!(
                "cannot make the memory {} of {}",
                memory.below, memory.target
            ),
            error,
        )
    };
    if let Some(parent) = std::path::Path::new(&memory.target).parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match fs::create_dir(&memory.target) {
        Ok(()) => mount_new(memory).map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    make_below(memory).map_err(failed)
}

fn mount_new(memory: &Memory) -> io::Result<()> {
    let Owner { mode, uid, gid } = memory.owner;
    let options = format!("size={},mode={mode:o},uid={uid},gid={gid}", memory.size);
    mount(
        Some("tmpfs"),
        memory.target.as_str(),
        Some("tmpfs"),
        MsFlags::empty(),
        Some(options.as_str()),
    )
    .inspect_err(|_| {
        // Or the next one would take it for mounted.
        let _ = fs::remove_dir(&memory.target);
    })?;
    Ok(())
}

/// Containers may write there, so no symbolic link is followed on the way. What is there is not looked at: whoever binds it does.
fn make_below(memory: &Memory) -> io::Result<()> {
    let mut directory = open_directory(&memory.target)?;
    for name in memory.below.split('/').filter(|name| !name.is_empty()) {
        make_one(&directory, name, &memory.below_owner)?;
        directory = match open_beneath(&directory, name) {
            // A file, which then is the last.
            Err(error) if error.raw_os_error() == Some(libc::ENOTDIR) => return Ok(()),
            opened => opened?,
        };
    }
    Ok(())
}

fn make_one(directory: &File, name: &str, owner: &Owner) -> io::Result<()> {
    match mkdirat(Some(directory.as_raw_fd()), name, Mode::S_IRWXU) {
        Err(Errno::EEXIST) => return Ok(()),
        made => made?,
    }
    // By the descriptor: a container may have put something else into its place. chown(2) first, since it takes mode bits away.
    let made = open_with(directory, name, libc::O_RDONLY | libc::O_DIRECTORY)?;
    fchown(&made, Some(owner.uid), Some(owner.gid))?;
    made.set_permissions(Permissions::from_mode(owner.mode))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn what_is_missing_is_made_and_no_symbolic_link_followed() {
        let root = std::env::temp_dir().join(format!("memory-test-{}", std::process::id()));
        fs::create_dir_all(root.join("there")).expect("directories");
        fs::set_permissions(root.join("there"), fs::Permissions::from_mode(0o711)).expect("mode");
        symlink("/", root.join("out")).expect("link");
        symlink("there", root.join("in")).expect("link");
        fs::write(root.join("file"), "content").expect("file");
        let metadata = fs::metadata(&root).expect("metadata");
        let owner = |mode| Owner {
            mode,
            uid: metadata.uid(),
            gid: metadata.gid(),
        };
        let below = |below: &str| {
            make_below(&Memory {
                target: root.to_string_lossy().into_owned(),
                size: 0,
                owner: owner(0o700),
                below: below.into(),
                below_owner: owner(0o2775),
            })
        };
        for path in ["", "there/a/b", "there/a/b", "file"] {
            below(path).expect(path);
        }
        for path in ["out/x", "in/x", "out", "in"] {
            assert!(below(path).is_err(), "{path}");
        }
        let mode = |path: &str| fs::metadata(root.join(path)).expect(path).mode() & 0o7777;
        assert_eq!(
            [mode("there"), mode("there/a"), mode("there/a/b")],
            [0o711, 0o2775, 0o2775]
        );
        assert!(!root.join("there/x").exists());
        assert_eq!(fs::read(root.join("file")).expect("file"), b"content");
        fs::remove_dir_all(root).expect("removed");
    }
}
