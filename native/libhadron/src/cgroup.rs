//! Cgroups of the host: making those of a pod, taking processes there and back, removing them.
//!
//! A pod has one in every hierarchy, ten of them with cgroups of version 1. All of them are one operation each here: in Node they
//! would be a hundred turns of the threads that all its work with files shares.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use serde_json::json;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::{CgroupPlace, EnterCgroups, LeaveCgroups, MakeCgroups, RemoveCgroups};

/// Version 1's memory nodes and CPUs, which a new cgroup does not inherit; without them nobody can be in it.
const CPUSET_FILES: [&str; 2] = ["cpuset.cpus", "cpuset.mems"];
/// Version 2's: which controllers a cgroup has, and which of them those below it have.
const CONTROLLERS: &str = "cgroup.controllers";
const HANDED_DOWN: &str = "cgroup.subtree_control";
/// For processes that were killed, and leave it a moment later.
const EMPTY_TIMEOUT: Duration = Duration::from_secs(2);
const EMPTY_PAUSE: Duration = Duration::from_millis(5);

/// Makes them, with those above, which stay, as with runc. `readOnly` of the answer: indexes of those that cannot be made since the
/// hierarchy is mounted read-only. After a failure some are there.
pub fn make(request: &MakeCgroups) -> OpResult<Reply> {
    let mut read_only = Vec::new();
    for (index, place) in request.places.iter().enumerate() {
        check_path("mount point of cgroups", &place.mount_point)?;
        let path = plain(&place.path)?;
        if let Err(error) = make_one(place, path) {
            if error.kind() != ErrorKind::ReadOnlyFilesystem {
                let directory = Path::new(&place.mount_point).join(path);
                let what = format!(
                    "the cgroup {} of the pod cannot be made",
                    directory.display()
                );
                return Err(failed(&error, what));
            }
            read_only.push(index);
        }
    }
    Ok(Reply::of(json!({ "readOnly": read_only })))
}

/// Takes a process into cgroups. After a failure it may be in some of them.
///
/// The kernel waits for a grace period of RCU, 5 to 20 ms, in which no process of the host can begin or end; once for all of them
/// if they follow each other at once.
pub fn enter(request: &EnterCgroups) -> OpResult<Reply> {
    for directory in &request.directories {
        check_path("cgroup", directory)?;
        put(request.pid, Path::new(directory)).map_err(|error| {
            let what = format!("the pod's processes cannot be put into the cgroup {directory}");
            failed(&error, what)
        })?;
    }
    Ok(Reply::empty())
}

/// Takes a process to other cgroups, each within its mount; one that is gone, or takes no processes any more, is no reason to stay: then it is
/// the root. `problems` of the answer: a sentence for each that it could not go to.
pub fn leave(request: &LeaveCgroups) -> OpResult<Reply> {
    let mut problems = Vec::new();
    for CgroupPlace {
        mount_point, path, ..
    } in &request.places
    {
        check_path("mount point of cgroups", mount_point)?;
        let root = Path::new(mount_point);
        for directory in [root.join(plain(path)?), root.to_owned()] {
            match put(request.pid, &directory) {
                Ok(()) => break,
                Err(error) => problems
                    .push(failed(&error, format!("the cgroup {}", directory.display())).message),
            }
        }
    }
    Ok(Reply::of(json!({ "problems": problems })))
}

/// Removes their directories, which have to become empty in a while. `gone` of the answer: those that are not there any more;
/// `problem`: a sentence for the first of the others, or null.
pub fn remove(request: &RemoveCgroups) -> OpResult<Reply> {
    let deadline = Instant::now() + EMPTY_TIMEOUT;
    let (mut gone, mut problem) = (Vec::new(), None);
    for directory in &request.directories {
        check_path("cgroup", directory)?;
        match remove_empty(directory, deadline) {
            Ok(()) => gone.push(directory),
            Err(error) => {
                let what = format!("the cgroup {directory} cannot be removed");
                problem.get_or_insert_with(|| failed(&error, what).message);
            }
        }
    }
    Ok(Reply::of(json!({ "gone": gone, "problem": problem })))
}

fn make_one(place: &CgroupPlace, path: &Path) -> io::Result<()> {
    let mut directory = PathBuf::from(&place.mount_point);
    for name in path {
        let parent = directory.clone();
        hand_down(&parent);
        directory.push(name);
        match fs::DirBuilder::new().mode(0o755).create(&directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if place.cpuset {
            inherit_cpuset(&parent, &directory)?;
        }
    }
    Ok(())
}

/// Version 2: what is below counts for itself and can be limited, as runc has it. A cgroup with processes of its own cannot hand down all
/// of its controllers (cgroups(7), "no internal processes"); then it counts for all below. Version 1 has no such files.
fn hand_down(directory: &Path) {
    let read = |file| fs::read_to_string(directory.join(file)).unwrap_or_default();
    let (own, handed_down) = (read(CONTROLLERS), read(HANDED_DOWN));
    for name in own.split_whitespace() {
        if !handed_down.split_whitespace().any(|other| other == name) {
            // One at a time, since the kernel takes all of a line or nothing.
            let _ = write_to(directory, HANDED_DOWN, &format!("+{name}"));
        }
    }
}

fn inherit_cpuset(parent: &Path, child: &Path) -> io::Result<()> {
    for file in CPUSET_FILES {
        if fs::read_to_string(child.join(file))?.trim().is_empty() {
            fs::write(child.join(file), fs::read(parent.join(file))?)?;
        }
    }
    Ok(())
}

fn put(pid: i32, directory: &Path) -> io::Result<()> {
    write_to(directory, "cgroup.procs", &pid.to_string())
}

fn write_to(directory: &Path, file: &str, text: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(directory.join(file))?
        .write_all(text.as_bytes())
}

fn remove_empty(directory: &str, deadline: Instant) -> io::Result<()> {
    loop {
        match fs::remove_dir(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            // There is no event for it in version 1.
            Err(error) if error.kind() == ErrorKind::ResourceBusy && Instant::now() < deadline => {
                sleep(EMPTY_PAUSE);
            }
            removed => return removed,
        }
    }
}

/// A path within a mount, without its "/".
fn plain(path: &str) -> OpResult<&Path> {
    check_path("path of a cgroup", path)?;
    let path = Path::new(path.trim_start_matches('/'));
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    is_plain.then_some(path).ok_or_else(|| {
        OpError::invalid(format!(
            "the path of a cgroup {path:?} must be without \".\" and \"..\""
        ))
    })
}

fn failed(error: &io::Error, what: String) -> OpError {
    OpError::os(Errno::from_io_error(error).unwrap_or(Errno::IO), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(mount_point: &str, path: &str) -> CgroupPlace {
        CgroupPlace {
            mount_point: mount_point.to_owned(),
            path: path.to_owned(),
            cpuset: false,
        }
    }

    /// A directory that is no cgroup, which some of it cannot tell.
    #[test]
    fn what_is_above_stays() {
        let root = std::env::temp_dir().join(format!("libhadron-cgroup-{}", std::process::id()));
        fs::create_dir(&root).unwrap();
        let mount_point = root.to_str().unwrap();
        for _ in 0..2 {
            let places = vec![place(mount_point, "/above/pod")];
            let reply = make(&MakeCgroups { places }).unwrap();
            assert_eq!(reply.value(), &json!({ "readOnly": [] }));
        }
        let pod = format!("{mount_point}/above/pod");
        let absent = format!("{mount_point}/absent");
        let error = enter(&EnterCgroups {
            pid: 1,
            directories: vec![pod.clone()],
        });
        assert!(error.unwrap_err().message.contains(&pod));
        let busy = format!("{mount_point}/above");
        let directories = vec![absent.clone(), busy.clone(), pod.clone()];
        let reply = remove(&RemoveCgroups { directories }).unwrap();
        assert_eq!(reply.value()["gone"], json!([absent, pod]));
        assert!(reply.value()["problem"].as_str().unwrap().contains(&busy));
        fs::remove_dir(root.join("above")).unwrap();
        fs::remove_dir(root).unwrap();
    }

    /// Directories with version 2's files in them; the last one written is what the kernel would have been told last.
    #[test]
    fn those_above_hand_down_what_they_have() {
        let root = std::env::temp_dir().join(format!("libhadron-cgroup2-{}", std::process::id()));
        let above = root.join("above");
        fs::create_dir_all(&above).unwrap();
        for (directory, own, handed_down) in
            [(&root, "cpu memory", ""), (&above, "memory", "memory")]
        {
            fs::write(directory.join(CONTROLLERS), own).unwrap();
            fs::write(directory.join(HANDED_DOWN), handed_down).unwrap();
        }
        let places = vec![place(root.to_str().unwrap(), "/above/pod")];
        make(&MakeCgroups { places }).unwrap();
        let told = |directory: &Path| fs::read_to_string(directory.join(HANDED_DOWN)).unwrap();
        assert_eq!(told(&root), "+memory");
        assert_eq!(told(&above), "memory");
        assert!(!above.join("pod").join(HANDED_DOWN).exists());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn no_path_leads_out() {
        for path in ["/a/../..", "/..", "a", "/a/\0"] {
            let places = vec![place("/nowhere", path)];
            let error = make(&MakeCgroups { places }).unwrap_err();
            assert_eq!(error.errno, Errno::INVAL, "{path:?}");
        }
    }

    #[test]
    fn who_cannot_go_back_is_told() {
        let request = LeaveCgroups {
            pid: 1,
            places: vec![place("/nowhere", "/pod")],
        };
        let reply = leave(&request).unwrap();
        let problems = reply.value()["problems"].as_array().unwrap();
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
