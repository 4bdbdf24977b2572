//! What the tests of mounts share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::mount::{MountPropagationFlags, UnmountFlags};
use rustix::thread::UnshareFlags;

/// A tmpfs of its own in a mount namespace of its own, which ends with the test's thread: whatever a test
/// mounts, nobody else sees it, and nothing is left.
pub struct PrivateMounts {
    pub root: PathBuf,
}

impl PrivateMounts {
    /// Call it on the test's thread, and run operations on that thread.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // SAFETY: only UnshareFlags::FILES could harm other threads.
        unsafe {
            rustix::thread::unshare_unsafe(UnshareFlags::NEWNS).expect("these tests need root")
        };
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        rustix::mount::mount_change("/", private).unwrap();
        let name = format!(
            "libhadron-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let root = std::env::temp_dir().join(name);
        std::fs::create_dir(&root).unwrap();
        rustix::mount::mount(
            "tmpfs",
            &root,
            "tmpfs",
            rustix::mount::MountFlags::empty(),
            None,
        )
        .unwrap();
        Self { root }
    }

    /// The path of a new directory.
    pub fn directory(&self, name: &str) -> String {
        let path = self.root.join(name);
        std::fs::create_dir_all(&path).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The path of a new file.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.root.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for PrivateMounts {
    fn drop(&mut self) {
        let _ = rustix::mount::unmount(&self.root, UnmountFlags::DETACH);
        let _ = std::fs::remove_dir(&self.root);
    }
}

/// The options and optional fields ("shared:1") of the topmost mount at a path.
pub fn mount_line(path: &str) -> Option<String> {
    let escaped = path
        .replace('\\', "\\134")
        .replace(' ', "\\040")
        .replace('\n', "\\012")
        .replace('\t', "\\011");
    let text = std::fs::read_to_string("/proc/thread-self/mountinfo").unwrap();
    text.lines()
        .rfind(|line| line.split(' ').nth(4) == Some(&escaped))
        .map(str::to_owned)
}

pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub fn is_readonly(path: impl AsRef<Path>) -> bool {
    match std::fs::write(path.as_ref().join("probe"), "") {
        Ok(()) => {
            std::fs::remove_file(path.as_ref().join("probe")).unwrap();
            false
        }
        Err(error) => error.kind() == std::io::ErrorKind::ReadOnlyFilesystem,
    }
}
