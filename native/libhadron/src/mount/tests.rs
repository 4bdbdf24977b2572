use std::process::Command;

use rustix::mount::UnmountFlags;
use serde_json::json;

use super::*;
use crate::request::Umount;
use crate::testing::{PrivateMounts, is_readonly, soon, words};

/// Targets as the test's thread sees them.
impl PrivateMounts {
    fn run(&self, kind: &str, source: &str, target: &str, options: &[&str]) -> OpResult<()> {
        let request = Mount {
            share: self.request(),
            kind: kind.into(),
            source: source.into(),
            target: self.target_of(target).into(),
            options: words(options),
        };
        mount(&request).map(drop)
    }

    fn make_writable(&self, target: &str, source: &str) -> OpResult<bool> {
        let reply = make_writable(&MakeWritable {
            share: self.request(),
            target: self.target_of(target).into(),
            source: source.into(),
        })?;
        Ok(reply.value()["writable"].as_bool().unwrap())
    }

    fn describe(&self, target: &str) -> OpResult<serde_json::Value> {
        let reply = describe(&DescribeMount {
            share: self.request(),
            target: self.target_of(target).into(),
        })?;
        Ok(reply.value().clone())
    }

    fn umount(&self, target: &str, detach: bool) -> OpResult<u64> {
        let reply = umount_tree(&Umount {
            share: self.request(),
            target: self.target_of(target).into(),
            detach,
        })?;
        Ok(reply.value()["unmounted"].as_u64().unwrap())
    }
}

#[test]
fn a_file_system_with_its_options() {
    let mounts = PrivateMounts::new();
    let target = mounts.seen("/a b\nc");
    mounts
        .run(
            "tmpfs",
            "name",
            &target,
            &[
                "size=64k", "mode=711", "nosuid", "nodev", "noexec", "noatime",
            ],
        )
        .unwrap();
    let line = mounts.line(&target).unwrap();
    let (attributes, superblock) = line.split_once(" - ").unwrap();
    assert!(
        attributes.contains("rw,nosuid,nodev,noexec,noatime"),
        "{line}"
    );
    assert!(
        superblock.contains("tmpfs name") && superblock.contains("size=64k,mode=711"),
        "{line}"
    );
    assert!(!is_readonly(&target));
    mounts.run("tmpfs", "tmpfs", &target, &["ro"]).unwrap();
    assert!(is_readonly(&target));
    // The place goes with them.
    assert_eq!(mounts.umount(&target, false).unwrap(), 2);
    assert!(!std::fs::exists(&target).unwrap());
}

#[test]
fn strings_above_255_bytes_take_the_old_way() {
    let mounts = PrivateMounts::new();
    let target = mounts.seen("/target");
    let name = "n".repeat(300);
    mounts
        .run(
            "tmpfs",
            &name,
            &target,
            &["size=64k", "ro", "nodev", "strictatime"],
        )
        .unwrap();
    let line = mounts.line(&target).unwrap();
    assert!(
        line.contains(&name) && line.contains("ro,nodev") && !line.contains("relatime"),
        "{line}"
    );
    assert!(is_readonly(&target));
    let error = mounts
        .run("tmpfs", &name, &target, &["size=1,2"])
        .unwrap_err();
    assert!(error.message.contains("comma"), "{}", error.message);
    let error = mounts
        .run(
            "tmpfs",
            "tmpfs",
            &target,
            &[&format!("size={}", "1".repeat(5000))],
        )
        .unwrap_err();
    assert!(error.message.contains("4095"), "{}", error.message);
}

#[test]
fn refusals_name_what_is_wrong() {
    let mounts = PrivateMounts::new();
    let target = mounts.seen("/target");
    let file = mounts.file("file", &"\0".repeat(1 << 20));
    let source = mounts.directory("source");
    // What lies in a mount of the share.
    let top = mounts.seen("/top");
    mounts.run("tmpfs", "tmpfs", &top, &[]).unwrap();
    let (place, link) = (format!("{top}/file"), format!("{top}/link"));
    std::fs::write(&place, "").unwrap();
    std::os::unix::fs::symlink("file", &link).unwrap();
    for (kind, source, to, options, errno, named) in [
        ("nosuchfs", "x", &*target, &[][..], Errno::NODEV, "nosuchfs"),
        ("", "x", &target, &[], Errno::INVAL, "no file system type"),
        (
            "tmpfs",
            "x",
            &target,
            &["nonsense"],
            Errno::INVAL,
            "nonsense",
        ),
        (
            "tmpfs",
            "x",
            "/absent/target",
            &[],
            Errno::NOENT,
            "/absent/target",
        ),
        ("tmpfs", "x", "target", &[], Errno::INVAL, "absolute"),
        ("tmpfs", "x", &link, &[], Errno::LOOP, "symbolic link"),
        ("tmpfs", "x", &place, &[], Errno::NOTDIR, "file"),
        ("bind", "/absent", &target, &[], Errno::NOENT, "/absent"),
        ("bind", &file, &top, &[], Errno::NOTDIR, "directories"),
        ("bind", &source, &target, &["size=1"], Errno::INVAL, "size"),
        ("ext4", &file, &target, &["loop"], Errno::INVAL, "ext4"),
    ] {
        let error = mounts.run(kind, source, to, options).unwrap_err();
        assert_eq!(error.errno, errno, "{}", error.message);
        assert!(error.message.contains(named), "{}", error.message);
    }
    assert_eq!((mounts.line(&target), mounts.line(&place)), (None, None));
}

#[test]
fn bind_of_a_directory_and_of_a_file() {
    let mounts = PrivateMounts::new();
    let source = mounts.directory("source, with: \\");
    let (target, place) = (mounts.seen("/target"), mounts.seen("/place"));
    mounts.run("bind", &source, &target, &["bind"]).unwrap();
    std::fs::write(format!("{target}/file"), "text").unwrap();
    let file = format!("{source}/file");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
    mounts.run("bind", &file, &place, &["bind", "ro"]).unwrap();
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "text");
    assert_eq!(
        std::fs::write(&place, "").unwrap_err().kind(),
        std::io::ErrorKind::ReadOnlyFilesystem
    );
    std::fs::write(&file, "changed").unwrap();
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "changed");
}

#[test]
fn bind_with_what_is_mounted_below() {
    let mounts = PrivateMounts::new();
    let (source, below) = (mounts.directory("source"), mounts.tmpfs("source/below"));
    std::fs::write(format!("{below}/file"), "").unwrap();
    let targets = ["/flat", "/deep", "/readonly", "/oci"].map(|path| mounts.seen(path));
    let [flat, deep, readonly, oci] = &targets;
    mounts.run("bind", &source, flat, &["bind", "ro"]).unwrap();
    mounts.run("bind", &source, deep, &["rbind"]).unwrap();
    mounts
        .run("bind", &source, readonly, &["rbind", "rro"])
        .unwrap();
    mounts
        .run("none", &source, oci, &["rbind", "ro", "rprivate"])
        .unwrap();
    assert!(!std::fs::exists(format!("{flat}/below/file")).unwrap());
    for (target, top_readonly, below_readonly) in [
        (deep, false, false),
        (readonly, true, true),
        (oci, true, false),
    ] {
        assert!(std::fs::exists(format!("{target}/below/file")).unwrap());
        assert_eq!(is_readonly(target), top_readonly, "{target}");
        assert_eq!(
            is_readonly(format!("{target}/below")),
            below_readonly,
            "{target}"
        );
    }
    // A writer came: of the topmost only.
    assert!(mounts.make_writable(oci, &source).unwrap());
    assert!(mounts.make_writable(readonly, &source).unwrap());
    assert!(!is_readonly(oci) && !is_readonly(format!("{oci}/below")));
    assert!(!is_readonly(readonly) && is_readonly(format!("{readonly}/below")));
    // Where nothing is mounted, and of what the host has for reading alone.
    let error = mounts
        .make_writable(&format!("{oci}/below/file"), &source)
        .unwrap_err();
    assert_eq!(error.errno, Errno::INVAL, "{}", error.message);
    assert!(
        !mounts
            .make_writable(oci, &format!("{readonly}/below"))
            .unwrap()
    );
    // None of it came back to the source.
    assert!(!is_readonly(&source) && !is_readonly(&below));
    assert_eq!(mounts.umount(deep, false).unwrap(), 2);
    assert!(mounts.line(&below).is_some());
}

#[test]
fn a_bind_is_private_unless_it_is_told_otherwise() {
    let mounts = PrivateMounts::new();
    let source = mounts.shared_tmpfs("source");
    assert!(mounts.line(&source).unwrap().contains("shared:"));
    let below = mounts.directory("source/below");
    mounts.directory("source/inside");
    // Below a shared mount, too, where every new mount is shared at first.
    let targets = ["/private", "/slave", "/shared/inside"].map(|path| mounts.seen(path));
    let [private, slave, inside] = &targets;
    let shared = mounts.seen("/shared");
    mounts
        .run("bind", &source, &shared, &["rbind", "shared"])
        .unwrap();
    assert!(mounts.line(&shared).unwrap().contains("shared:"));
    mounts.run("bind", &source, private, &["rbind"]).unwrap();
    mounts
        .run("bind", &source, slave, &["rbind", "rslave"])
        .unwrap();
    mounts.run("bind", &below, inside, &["bind"]).unwrap();
    for target in [private, inside] {
        let line = mounts.line(target).unwrap();
        assert!(
            !line.contains("shared:") && !line.contains("master:"),
            "{line}"
        );
    }
    assert!(mounts.line(slave).unwrap().contains("master:"));

    mounts.tmpfs("source/below");
    std::fs::write(format!("{below}/file"), "").unwrap();
    assert!(!std::fs::exists(format!("{private}/below/file")).unwrap());
    assert!(std::fs::exists(format!("{slave}/below/file")).unwrap());
    // And not the other way either.
    mounts
        .run("tmpfs", "tmpfs", &format!("{private}/below"), &[])
        .unwrap();
    std::fs::write(format!("{private}/below/other"), "").unwrap();
    assert!(!std::fs::exists(format!("{below}/other")).unwrap());
}

#[test]
fn a_file_as_block_device() {
    let mounts = PrivateMounts::new();
    let image = mounts.file("image, with comma", "");
    std::fs::File::options()
        .write(true)
        .open(&image)
        .unwrap()
        .set_len(4 << 20)
        .unwrap();
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-F", &image])
        .status()
        .unwrap();
    assert!(made.success());
    let target = mounts.seen("/target");
    mounts
        .run("ext4", &image, &target, &["rw", "loop"])
        .unwrap();
    std::fs::write(format!("{target}/file"), "text").unwrap();
    let line = mounts.line(&target).unwrap();
    let device = line
        .split_once(" - ext4 /dev/")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(mounts.umount(&target, false).unwrap(), 1);
    mounts
        .run("ext4", &image, &target, &["ro", "loop"])
        .unwrap();
    assert!(is_readonly(&target));
    assert_eq!(
        std::fs::read_to_string(format!("{target}/file")).unwrap(),
        "text"
    );
    assert_eq!(mounts.umount(&target, false).unwrap(), 1);
    // It detached itself, or it has found another user: not this file.
    let backing = std::fs::read_to_string(format!("/sys/block/{device}/loop/backing_file"))
        .unwrap_or_default();
    assert!(!backing.contains(&image), "{backing}");
}

#[test]
fn unmounting_what_is_not_there() {
    let mounts = PrivateMounts::new();
    let top = mounts.seen("/top");
    mounts.run("tmpfs", "tmpfs", &top, &[]).unwrap();
    std::fs::write(format!("{top}/file"), "").unwrap();
    for path in ["/top/file", "/top/absent", "/top/absent/below", "/absent"] {
        for detach in [false, true] {
            assert_eq!(mounts.umount(path, detach).unwrap(), 0);
        }
    }
    assert!(std::fs::exists(format!("{top}/file")).unwrap());
    assert_eq!(
        mounts.umount("relative", false).unwrap_err().errno,
        Errno::INVAL
    );
}

#[test]
fn unmounting_what_is_in_use() {
    let mounts = PrivateMounts::new();
    let target = mounts.seen("/target");
    mounts.run("tmpfs", "tmpfs", &target, &[]).unwrap();
    let file = std::fs::File::create(format!("{target}/file")).unwrap();
    let error = mounts.umount(&target, false).unwrap_err();
    assert_eq!(error.errno, Errno::BUSY);
    assert!(error.message.contains("/target"));
    assert!(std::fs::exists(format!("{target}/file")).unwrap());
    assert_eq!(mounts.umount(&target, true).unwrap(), 1);
    assert!(!std::fs::exists(&target).unwrap());
    drop(file);
}

#[test]
fn unmounting_a_tree() {
    let mounts = PrivateMounts::new();
    let target = mounts.seen("/tree \\ of\n\tmounts #1");
    let mut count = 0;
    let mut mount_on = |path: &str| {
        let target = format!("{target}{path}");
        if !path.is_empty() {
            std::fs::create_dir_all(&target).unwrap();
        }
        mounts.run("tmpfs", "tmpfs", &target, &[]).unwrap();
        count += 1;
    };
    for name in ["", "/a", "/a/b", "/a/b/c d", "/e"] {
        mount_on(name);
    }
    // Twice on one place, and over others, which are hidden by it.
    mount_on("/e");
    mount_on("/a");
    mount_on("");
    mount_on("/a");
    let beside = format!("{target}-beside");
    mounts.run("tmpfs", "tmpfs", &beside, &[]).unwrap();
    assert_eq!(mounts.umount(&target, false).unwrap(), count);
    assert!(!std::fs::exists(&target).unwrap());
    assert!(mounts.line(&beside).is_some());
    assert_eq!(mounts.umount(&target, true).unwrap(), 0);
}

#[test]
fn a_slave_follows_its_source_and_does_not_lead_it() {
    let mounts = PrivateMounts::new();
    let source = mounts.shared_tmpfs("source");
    for name in ["below", "own"] {
        std::fs::create_dir(format!("{source}/{name}")).unwrap();
    }
    let target = mounts.seen("/target");
    mounts
        .run("bind", &source, &target, &["rbind", "rslave"])
        .unwrap();
    let line = mounts.line(&target).unwrap();
    assert!(
        !line.contains("shared:") && line.contains("master:"),
        "{line}"
    );

    let below = mounts.tmpfs("source/below");
    let seen = || mounts.line(&format!("{target}/below")).is_some();
    assert!(seen());
    rustix::mount::unmount(&below, UnmountFlags::empty()).unwrap();
    assert!(!seen());

    mounts
        .run("tmpfs", "tmpfs", &format!("{target}/own"), &[])
        .unwrap();
    assert!(mounts.line(&format!("{source}/own")).is_none());
    assert_eq!(mounts.umount(&target, false).unwrap(), 2);
    assert!(mounts.line(&source).is_some());
}

#[test]
fn a_mount_is_described() {
    let mounts = PrivateMounts::new();
    let (source, file) = (mounts.directory("source"), mounts.file("file", ""));
    std::fs::create_dir(format!("{source}/inner")).unwrap();
    let target = mounts.seen("/target");
    mounts
        .run("bind", &source, &target, &["rbind", "ro", "nosuid"])
        .unwrap();
    let of = |path: &str| mounts.describe(&format!("{target}{path}")).unwrap();
    let flags = json!(["ro", "nosuid", "relatime"]);
    for path in ["", "/inner"] {
        assert_eq!(of(path), json!({ "flags": flags, "othersBelow": false }));
    }
    mounts
        .run("tmpfs", "tmpfs", &format!("{target}/inner"), &["noexec"])
        .unwrap();
    assert_eq!(of(""), json!({ "flags": flags, "othersBelow": true }));
    let flags = json!(["rw", "noexec", "relatime"]);
    assert_eq!(
        of("/inner"),
        json!({ "flags": flags, "othersBelow": false })
    );
    // A name that merely begins alike is not below.
    let other = mounts.seen("/target-other");
    mounts.run("bind", &file, &other, &["bind"]).unwrap();
    assert_eq!(
        mounts.describe(&other).unwrap()["othersBelow"],
        json!(false)
    );
    let error = mounts.describe("/absent").unwrap_err();
    assert_eq!(error.errno, Errno::NOENT);
}

/// What the host does with its own while the pod has it.
#[test]
fn the_host_is_not_held_up() {
    let mounts = PrivateMounts::new();
    let (private, below) = (mounts.tmpfs("private"), mounts.tmpfs("private/below"));
    std::fs::write(format!("{below}/file"), "text").unwrap();
    let target = mounts.seen("/target");
    mounts
        .run("bind", &private, &target, &["rbind", "rprivate"])
        .unwrap();
    // A copy of its own in the thread's namespace would make the directory busy.
    rustix::mount::unmount(&below, UnmountFlags::empty()).unwrap();
    let file = format!("{target}/below/file");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
    std::fs::remove_dir(&below).unwrap();
    assert!(!std::fs::exists(&file).unwrap());
}

#[test]
fn a_share_has_nothing_of_the_host_and_is_read_only() {
    let mounts = PrivateMounts::new();
    let own = mounts.tmpfs("own");
    let table = mounts.share().enter(share::Inside::table).unwrap();
    let table = String::from_utf8(table).unwrap();
    assert_eq!(table.lines().count(), 1, "{table}");
    assert!(is_readonly(mounts.seen("/")));
    // What is mounted when a share is made does not stay in use.
    let shares = share::make_all(2).unwrap();
    assert_eq!(shares.len(), 6);
    let file = std::fs::File::create(format!("{own}/file")).unwrap();
    let error = rustix::mount::unmount(&own, UnmountFlags::empty()).unwrap_err();
    assert_eq!(error, Errno::BUSY);
    drop(file);
    soon(|| rustix::mount::unmount(&own, UnmountFlags::empty()).is_ok());
    let namespaces = [&shares[0], &shares[3]].map(|fd| rustix::fs::fstat(fd).unwrap().st_ino);
    assert_ne!(namespaces[0], namespaces[1]);
}

#[test]
fn a_share_is_lent_with_the_files_of_the_host_and_taken_back() {
    let mounts = PrivateMounts::new();
    let own = mounts.shared_tmpfs("own");
    let place = mounts.directory("own/place");
    std::fs::write(format!("{own}/file"), "of the host").unwrap();
    let bind = mounts.directory("bound");
    std::fs::write(format!("{bind}/file"), "of the pod").unwrap();
    mounts.run("bind", &bind, "/1", &["bind"]).unwrap();

    let lent = share::lend(&crate::request::LendShare {
        share: mounts.request(),
        place: place.clone(),
    });
    assert_eq!(lent.unwrap().value()["root"], "/host");
    let read = |path: String| {
        mounts
            .share()
            .visit(|| Ok(std::fs::read_to_string(path).ok()))
            .unwrap()
    };
    assert_eq!(read(format!("/host{own}/file")).unwrap(), "of the host");
    assert_eq!(read(format!("/host{place}/1/file")).unwrap(), "of the pod");
    // The host has no mount of it, although that place is on a shared one.
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
    // What is mounted and unmounted meanwhile is as ever.
    mounts.run("bind", &bind, "/2", &["bind"]).unwrap();
    assert_eq!(read(format!("/host{place}/2/file")).unwrap(), "of the pod");
    assert_eq!(
        mounts.share().enter(share::Inside::mounts).unwrap().len(),
        3
    );

    share::take_back(&mounts.request()).unwrap();
    assert_eq!(read(format!("/host{own}/file")), None);
    assert_eq!(read("/share/2/file".into()).unwrap(), "of the pod");
    assert_eq!(
        std::fs::read_to_string(mounts.seen("/1/file")).unwrap(),
        "of the pod"
    );
    rustix::mount::unmount(&own, UnmountFlags::empty()).unwrap();

    // Where it cannot be lent to, nothing of the host is left.
    let failed = share::lend(&crate::request::LendShare {
        share: mounts.request(),
        place: "/no/such/place".into(),
    });
    assert_eq!(failed.err().unwrap().errno, Errno::NOENT);
    assert_eq!(read("/host/proc/version".into()), None);
    assert_eq!(read("/share/1/file".into()).unwrap(), "of the pod");
}
