use std::process::Command;

use serde_json::json;

use super::*;
use crate::request::Umount;
use crate::testing::{PrivateMounts, is_readonly, mount_line, words};

fn run(kind: &str, source: &str, target: &str, options: &[&str]) -> OpResult<()> {
    let request = Mount {
        kind: kind.into(),
        source: source.into(),
        target: target.into(),
        options: words(options),
    };
    mount(&request).map(drop)
}

fn make_writable_of(target: &str, source: &str) -> OpResult<bool> {
    let reply = make_writable(&MakeWritable {
        target: target.into(),
        source: source.into(),
    })?;
    Ok(reply.value()["writable"].as_bool().unwrap())
}

fn umount_of(target: &str, detach: bool) -> OpResult<bool> {
    Ok(umount_tree_of(target, detach)? > 0)
}

fn umount_tree_of(target: &str, detach: bool) -> OpResult<u64> {
    let reply = umount_tree(&Umount {
        target: target.into(),
        detach,
    })?;
    Ok(reply.value()["unmounted"].as_u64().unwrap())
}

#[test]
fn a_file_system_with_its_options() {
    let mounts = PrivateMounts::new();
    let target = mounts.directory("a b\nc");
    run(
        "tmpfs",
        "name",
        &target,
        &[
            "size=64k", "mode=711", "nosuid", "nodev", "noexec", "noatime",
        ],
    )
    .unwrap();
    let line = mount_line(&target).unwrap();
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
    run("tmpfs", "tmpfs", &target, &["ro"]).unwrap();
    assert!(is_readonly(&target));
    // The one below is seen again.
    assert!(umount_of(&target, false).unwrap());
    assert!(!is_readonly(&target));
}

#[test]
fn strings_above_255_bytes_take_the_old_way() {
    let mounts = PrivateMounts::new();
    let target = mounts.directory("target");
    let name = "n".repeat(300);
    run(
        "tmpfs",
        &name,
        &target,
        &["size=64k", "ro", "nodev", "strictatime"],
    )
    .unwrap();
    let line = mount_line(&target).unwrap();
    assert!(
        line.contains(&name) && line.contains("ro,nodev") && !line.contains("relatime"),
        "{line}"
    );
    assert!(is_readonly(&target));
    let error = run("tmpfs", &name, &target, &["size=1,2"]).unwrap_err();
    assert!(error.message.contains("comma"), "{}", error.message);
    let error = run(
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
    let target = mounts.directory("target");
    let file = mounts.file("file", &"\0".repeat(1 << 20));
    let link = format!("{target}-link");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    for (kind, source, to, options, errno, named) in [
        ("nosuchfs", "x", &*target, &[][..], Errno::NODEV, "nosuchfs"),
        (
            "format/mkdir/overlay",
            "x",
            &target,
            &[],
            Errno::OPNOTSUPP,
            "format/mkdir/overlay",
        ),
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
        ("tmpfs", "x", &file, &[], Errno::NOTDIR, "file"),
        ("bind", "/absent", &target, &[], Errno::NOENT, "/absent"),
        ("bind", &file, &target, &[], Errno::NOTDIR, "directories"),
        ("bind", &target, &target, &["size=1"], Errno::INVAL, "size"),
        ("ext4", &file, &target, &["loop"], Errno::INVAL, "ext4"),
    ] {
        let error = run(kind, source, to, options).unwrap_err();
        assert_eq!(error.errno, errno, "{}", error.message);
        assert!(error.message.contains(named), "{}", error.message);
    }
    assert_eq!((mount_line(&target), mount_line(&file)), (None, None));
}

#[test]
fn bind_of_a_directory_and_of_a_file() {
    let mounts = PrivateMounts::new();
    let (source, target) = (
        mounts.directory("source, with: \\"),
        mounts.directory("target"),
    );
    run("bind", &source, &target, &["bind"]).unwrap();
    std::fs::write(format!("{target}/file"), "text").unwrap();
    let (file, place) = (format!("{source}/file"), mounts.file("place", ""));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
    run("bind", &file, &place, &["bind", "ro"]).unwrap();
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
    let (source, below) = (mounts.directory("source"), mounts.directory("source/below"));
    run("tmpfs", "tmpfs", &below, &[]).unwrap();
    std::fs::write(format!("{below}/file"), "").unwrap();
    let targets = ["flat", "deep", "readonly", "oci"].map(|name| mounts.directory(name));
    let [flat, deep, readonly, oci] = &targets;
    run("bind", &source, flat, &["bind", "ro"]).unwrap();
    run("bind", &source, deep, &["rbind"]).unwrap();
    run("bind", &source, readonly, &["rbind", "rro"]).unwrap();
    run("none", &source, oci, &["rbind", "ro", "rprivate"]).unwrap();
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
    assert!(make_writable_of(oci, &source).unwrap());
    assert!(make_writable_of(readonly, &source).unwrap());
    assert!(!is_readonly(oci) && !is_readonly(format!("{oci}/below")));
    assert!(!is_readonly(readonly) && is_readonly(format!("{readonly}/below")));
    // Where nothing is mounted, and of what the host has for reading alone.
    let error = make_writable_of(&format!("{source}/below/file"), &source).unwrap_err();
    assert_eq!(error.errno, Errno::INVAL, "{}", error.message);
    assert!(!make_writable_of(oci, &format!("{readonly}/below")).unwrap());
    // None of it came back to the source.
    assert!(!is_readonly(&source) && !is_readonly(&below));
    assert_eq!(umount_tree_of(deep, false).unwrap(), 2);
    assert!(mount_line(&below).is_some());
}

#[test]
fn a_bind_is_private_unless_it_is_told_otherwise() {
    let mounts = PrivateMounts::new();
    let source = mounts.directory("source");
    run("tmpfs", "tmpfs", &source, &["shared"]).unwrap();
    assert!(mount_line(&source).unwrap().contains("shared:"));
    let below = mounts.directory("source/below");
    // Below a shared mount, too, where every new mount is shared at first.
    let targets = ["private", "slave", "source/inside"].map(|name| mounts.directory(name));
    let [private, slave, inside] = &targets;
    run("bind", &source, private, &["rbind"]).unwrap();
    run("bind", &source, slave, &["rbind", "rslave"]).unwrap();
    run("bind", &below, inside, &["bind"]).unwrap();
    for target in [private, inside] {
        let line = mount_line(target).unwrap();
        assert!(
            !line.contains("shared:") && !line.contains("master:"),
            "{line}"
        );
    }
    assert!(mount_line(slave).unwrap().contains("master:"));

    run("tmpfs", "tmpfs", &below, &[]).unwrap();
    std::fs::write(format!("{below}/file"), "").unwrap();
    assert!(!std::fs::exists(format!("{private}/below/file")).unwrap());
    assert!(std::fs::exists(format!("{slave}/below/file")).unwrap());
    // And not the other way either.
    run("tmpfs", "tmpfs", &format!("{private}/below"), &[]).unwrap();
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
    let target = mounts.directory("target");
    run("ext4", &image, &target, &["rw", "loop"]).unwrap();
    std::fs::write(format!("{target}/file"), "text").unwrap();
    let line = mount_line(&target).unwrap();
    let device = line
        .split_once(" - ext4 /dev/")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert!(umount_of(&target, false).unwrap());
    run("ext4", &image, &target, &["ro", "loop"]).unwrap();
    assert!(is_readonly(&target));
    assert_eq!(
        std::fs::read_to_string(format!("{target}/file")).unwrap(),
        "text"
    );
    assert!(umount_of(&target, false).unwrap());
    // It detached itself, or it has found another user: not this file.
    let backing = std::fs::read_to_string(format!("/sys/block/{device}/loop/backing_file"))
        .unwrap_or_default();
    assert!(!backing.contains(&image), "{backing}");
}

#[test]
fn unmounting_what_is_not_there() {
    let mounts = PrivateMounts::new();
    let target = mounts.directory("target");
    let file = mounts.file("file", "");
    for path in [
        &target,
        &file,
        &format!("{target}/absent"),
        &format!("{target}/absent/below"),
    ] {
        assert!(!umount_of(path, false).unwrap());
        assert!(!umount_of(path, true).unwrap());
        assert_eq!(umount_tree_of(path, false).unwrap(), 0);
    }
    assert_eq!(
        umount_of("relative", false).unwrap_err().errno,
        Errno::INVAL
    );
}

#[test]
fn unmounting_what_is_in_use() {
    let mounts = PrivateMounts::new();
    let target = mounts.directory("target");
    run("tmpfs", "tmpfs", &target, &[]).unwrap();
    let file = std::fs::File::create(format!("{target}/file")).unwrap();
    let error = umount_of(&target, false).unwrap_err();
    assert_eq!(error.errno, Errno::BUSY);
    assert!(error.message.contains(&target));
    let error = umount_tree_of(&target, false).unwrap_err();
    assert_eq!(error.errno, Errno::BUSY);
    assert!(error.message.contains(&target));
    assert!(umount_of(&target, true).unwrap());
    assert_eq!(mount_line(&target), None);
    drop(file);
}

#[test]
fn unmounting_a_tree() {
    let mounts = PrivateMounts::new();
    let target = mounts.directory("tree \\ of\n\tmounts #1");
    let mut count = 0;
    let mut mount_on = |path: &str| {
        std::fs::create_dir_all(path).unwrap();
        run("tmpfs", "tmpfs", path, &[]).unwrap();
        count += 1;
    };
    for name in ["", "/a", "/a/b", "/a/b/c d", "/e"] {
        mount_on(&format!("{target}{name}"));
    }
    // Twice on one place, and over others, which are hidden by it.
    mount_on(&format!("{target}/e"));
    mount_on(&format!("{target}/a"));
    mount_on(&target);
    mount_on(&format!("{target}/a"));
    let beside = format!("{target}-beside");
    std::fs::create_dir(&beside).unwrap();
    run("tmpfs", "tmpfs", &beside, &[]).unwrap();
    // Through a symbolic link in a directory above.
    let link = mounts
        .root
        .parent()
        .unwrap()
        .join(format!("libhadron-link-{}", std::process::id()));
    std::os::unix::fs::symlink(&mounts.root, &link).unwrap();
    let through_link = link.join(std::path::Path::new(&target).file_name().unwrap());
    let result = umount_tree_of(through_link.to_str().unwrap(), false);
    std::fs::remove_file(&link).unwrap();
    assert_eq!(result.unwrap(), count);
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0);
    assert!(mount_line(&beside).is_some());
    assert_eq!(
        umount_tree(&Umount {
            target,
            detach: true
        })
        .unwrap()
        .value(),
        &json!({ "unmounted": 0 })
    );
}

#[test]
fn a_slave_follows_its_source_and_does_not_lead_it() {
    let mounts = PrivateMounts::new();
    let (source, target) = (mounts.directory("source"), mounts.directory("target"));
    run("tmpfs", "tmpfs", &source, &["shared"]).unwrap();
    for name in ["below", "own"] {
        std::fs::create_dir(format!("{source}/{name}")).unwrap();
    }
    // The target's parent is shared as well, as /run is where systemd has made it.
    let parent = mounts.directory("parent");
    run("tmpfs", "tmpfs", &parent, &["shared"]).unwrap();
    let inner = format!("{parent}/target");
    std::fs::create_dir(&inner).unwrap();
    for target in [&target, &inner] {
        run("bind", &source, target, &["rbind", "rslave"]).unwrap();
        let line = mount_line(target).unwrap();
        assert!(
            !line.contains("shared:") && line.contains("master:"),
            "{line}"
        );
    }

    let below = format!("{source}/below");
    run("tmpfs", "tmpfs", &below, &[]).unwrap();
    let seen = |target: &str| mount_line(&format!("{target}/below")).is_some();
    assert!(seen(&target) && seen(&inner));
    assert!(umount_of(&below, false).unwrap());
    assert!(!seen(&target) && !seen(&inner));

    run("tmpfs", "tmpfs", &format!("{inner}/own"), &[]).unwrap();
    assert!(mount_line(&format!("{source}/own")).is_none());
    assert!(mount_line(&format!("{target}/own")).is_none());
    assert_eq!(umount_tree_of(&inner, false).unwrap(), 2);
    assert!(mount_line(&source).is_some());
}
