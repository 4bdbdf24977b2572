//! What tests share.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use crate::mount::share::{self, Share};
use crate::request;

/// A tmpfs in a mount namespace of its own, which ends with the test's thread, and a share: whatever a test mounts, nobody else sees
/// it, and nothing is left.
pub struct PrivateMounts {
    pub root: PathBuf,
    /// The share's namespace, the directory itself, and where its places are made.
    share: [OwnedFd; 3],
}

impl PrivateMounts {
    /// Call it on the test's thread, and run operations on that thread.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        share::copy_namespace().expect("these tests need root");
        let name = format!(
            "libhadron-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let root = std::env::temp_dir().join(name);
        std::fs::create_dir(&root).unwrap();
        rustix::mount::mount("tmpfs", &root, "tmpfs", MountFlags::empty(), None).unwrap();
        let share = share::make_all(1).unwrap().try_into().unwrap();
        Self { root, share }
    }

    /// As a request names it.
    pub fn request(&self) -> request::Share {
        let [namespace, directory, places] = &self.share;
        request::Share {
            namespace: namespace.as_raw_fd(),
            directory: directory.as_raw_fd(),
            places: places.as_raw_fd(),
        }
    }

    pub fn share(&self) -> Share<'_> {
        Share::of(&self.request()).unwrap()
    }

    /// Where the test's thread sees what is at a path of the share.
    pub fn seen(&self, path: &str) -> String {
        format!("{}{path}", self.share_directory())
    }

    /// The share's path of what the test's thread sees; another path as it is.
    pub fn target_of<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(&*self.share_directory()).unwrap_or(path)
    }

    fn share_directory(&self) -> String {
        format!("/proc/self/fd/{}", self.share[1].as_raw_fd())
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

    /// The path of a new directory with a tmpfs on it.
    pub fn tmpfs(&self, name: &str) -> String {
        let path = self.directory(name);
        rustix::mount::mount("tmpfs", &path, "tmpfs", MountFlags::empty(), None).unwrap();
        path
    }

    /// The same, shared.
    pub fn shared_tmpfs(&self, name: &str) -> String {
        let path = self.tmpfs(name);
        rustix::mount::mount_change(&path, MountPropagationFlags::SHARED).unwrap();
        path
    }

    /// The options and optional fields ("shared:1") of the topmost mount at a path that the test's thread sees.
    pub fn line(&self, path: &str) -> Option<String> {
        let target = self.target_of(path);
        let table = if target == path {
            std::fs::read_to_string("/proc/thread-self/mountinfo").unwrap()
        } else {
            let table = self.share().enter(share::Inside::table).unwrap();
            String::from_utf8(table).unwrap()
        };
        let escaped = target
            .replace('\\', "\\134")
            .replace(' ', "\\040")
            .replace('\n', "\\012")
            .replace('\t', "\\011");
        table
            .lines()
            .rfind(|line| line.split(' ').nth(4) == Some(&escaped))
            .map(str::to_owned)
    }
}

impl Drop for PrivateMounts {
    fn drop(&mut self) {
        let _ = rustix::mount::unmount(&self.root, UnmountFlags::DETACH);
        let _ = std::fs::remove_dir(&self.root);
    }
}

/// Until it is so: what a test closes lives on in a child that another test has just forked, until its exec.
pub fn soon(is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "it did not come true");
        std::thread::sleep(Duration::from_millis(5));
    }
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
