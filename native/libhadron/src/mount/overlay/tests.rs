use super::*;
use crate::mount::attach::attach;
use crate::testing::{PrivateMounts, words};

const ODD: &str = "a, b:c\\d\ne\t#\u{e9}\"'";

fn options(words_: &[&str]) -> MountOptions {
    MountOptions::parse(&words(words_)).unwrap()
}

fn read(path: &str, name: &str) -> String {
    std::fs::read_to_string(format!("{path}/{name}")).unwrap()
}

fn mount_on(mounts: &PrivateMounts, target: &str, words: &[&str]) {
    let options = options(words);
    let tree = mount("overlay", target, &options).unwrap();
    attach(&tree, mounts.share(), mounts.target_of(target), &options).unwrap();
}

type Way = for<'a> fn(&Overlay<'a>) -> OpResult<Result<OwnedFd, Unsupported>>;

/// Overlay takes its options through fsconfig(2) since this version.
const CONTEXTS: (u32, u32) = (6, 5);

/// The ways that this kernel has to have.
fn ways() -> Vec<(&'static str, Way)> {
    let ways: [(_, _, Way); 3] = [
        ((6, 13), "descriptor", |overlay| overlay.by_descriptor()),
        ((6, 7), "string", |overlay| overlay.by_string()),
        ((0, 0), "mount", |overlay| overlay.by_mount().map(Ok)),
    ];
    let there = ways.into_iter().filter(|(since, ..)| kernel() >= *since);
    there.map(|(_, name, way)| (name, way)).collect()
}

fn kernel() -> (u32, u32) {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split('.').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn a_kernel_without_contexts_says_so() {
    let mounts = PrivateMounts::new();
    let of = |name| mounts.directory(name);
    let (one, two) = (of("one"), of("two"));
    let options = options(&[&format!("lowerdir={one}:{two}")]);
    let overlay = Overlay::new("overlay", "/target", &options).unwrap();
    let answer = overlay.by_descriptor().unwrap();
    assert_eq!(
        matches!(answer, Err(Unsupported::Contexts)),
        kernel() < CONTEXTS
    );
}

#[test]
fn lower_lists() {
    assert_eq!(
        split_lower("/a:/b"),
        [(Key::Lower, "/a".into()), (Key::Lower, "/b".into())]
    );
    assert_eq!(
        split_lower("/a\\:b\\,c\\\\:/d"),
        [(Key::Lower, "/a:b,c\\".into()), (Key::Lower, "/d".into())]
    );
    assert_eq!(
        split_lower("/a::/b"),
        [(Key::Lower, "/a".into()), (Key::Data, "/b".into())]
    );
    for path in ["/plain", "/a,b:c\\d", "\\", "/\\:"] {
        assert_eq!(unescape(&escape(path)), path);
        assert_eq!(split_lower(&escape(path)), [(Key::Lower, path.to_owned())]);
    }
}

#[test]
fn every_way_takes_odd_characters() {
    let mounts = PrivateMounts::new();
    for (name, way) in ways() {
        let of = |part: &str| mounts.directory(&format!("{name} {part} {ODD}"));
        let (one, two, upper, work) = (of("one"), of("two"), of("upper"), of("work"));
        let target = mounts.seen(&format!("/{name} {ODD}"));
        std::fs::write(format!("{one}/file"), "one").unwrap();
        std::fs::write(format!("{two}/file"), "two").unwrap();
        std::fs::write(format!("{two}/other"), "other").unwrap();
        // As containerd orders them.
        let options = options(&[
            "index=off",
            &format!("workdir={}", escape(&work)),
            &format!("upperdir={}", escape(&upper)),
            &format!("lowerdir={}:{}", escape(&one), escape(&two)),
            "nosuid",
        ]);
        let overlay = Overlay::new("overlay", &target, &options).unwrap();
        let tree = way(&overlay).unwrap();
        let tree = tree.unwrap_or_else(|_| panic!("{name}"));
        attach(&tree, mounts.share(), mounts.target_of(&target), &options).unwrap();
        assert_eq!(
            (read(&target, "file"), read(&target, "other")),
            ("one".into(), "other".into()),
            "{name}"
        );
        std::fs::write(format!("{target}/file"), "new").unwrap();
        assert_eq!(
            (read(&upper, "file"), read(&one, "file")),
            ("new".into(), "one".into()),
            "{name}"
        );
        let line = mounts.line(&target).unwrap();
        assert!(
            line.contains("nosuid") && line.contains(" overlay ") && !line.contains("shared:"),
            "{line}"
        );
    }
}

#[test]
fn every_way_takes_more_than_fits_a_string_or_a_page() {
    let mounts = PrivateMounts::new();
    for (name, way) in ways() {
        let layers: Vec<String> = (0..150)
            .map(|index| {
                let path = mounts.directory(&format!("{name}/{}/{index}", "deep".repeat(60)));
                assert!(path.len() > MAX_STRING);
                std::fs::write(format!("{path}/file{index}"), index.to_string()).unwrap();
                std::fs::write(format!("{path}/top"), index.to_string()).unwrap();
                path
            })
            .collect();
        let target = mounts.seen(&format!("/{name}-target"));
        let options = options(&[&format!("lowerdir={}", layers.join(":"))]);
        let overlay = Overlay::new("overlay", &target, &options).unwrap();
        let tree = way(&overlay).unwrap();
        let tree = tree.unwrap_or_else(|_| panic!("{name}"));
        attach(&tree, mounts.share(), mounts.target_of(&target), &options).unwrap();
        assert_eq!(read(&target, "top"), "0", "{name}");
        assert_eq!(read(&target, "file149"), "149", "{name}");
    }
}

#[test]
fn a_commas_path_as_containerd_sends_it() {
    let mounts = PrivateMounts::new();
    let (lower, top, target) = (
        mounts.directory("lo,wer, a"),
        mounts.directory("t,op"),
        mounts.seen("/target"),
    );
    std::fs::write(format!("{lower}/file"), "text").unwrap();
    let lowerdir = format!("lowerdir={top}:{lower}");
    mount_on(&mounts, &target, &[&lowerdir, "ro"]);
    assert_eq!(read(&target, "file"), "text");
    assert!(mounts.line(&target).unwrap().contains(" ro,"));
}

#[test]
fn refusals_name_the_path() {
    let mounts = PrivateMounts::new();
    let (lower, target) = (mounts.directory("lower"), mounts.seen("/target"));
    let refused = |words: &[&str]| mount("overlay", &target, &options(words)).unwrap_err();
    let error = refused(&[&format!("lowerdir={lower}:{lower}/absent")]);
    assert_eq!(error.errno, Errno::NOENT);
    assert!(
        error.message.contains("lower/absent") && error.message.contains("lowerdir"),
        "{}",
        error.message
    );
    assert!(refused(&["index=off"]).message.contains("no lowerdir"));
    assert!(refused(&["lowerdir=relative"]).message.contains("absolute"));
    let file = mounts.file("file", "");
    assert_eq!(refused(&[&format!("lowerdir={file}")]).errno, Errno::NOTDIR);
    let lowerdir = format!("lowerdir={lower}");
    let two = format!("lowerdir={lower}:{lower}");
    assert!(refused(&[&lowerdir]).message.contains("bind mount"));
    let upperdir = format!("upperdir={}", mounts.directory("upper"));
    assert!(refused(&[&lowerdir, &upperdir]).message.contains("workdir"));
    assert!(
        refused(&[&lowerdir, &upperdir, &upperdir])
            .message
            .contains("more than once")
    );
    // The kernel's own words are in the sentence.
    let error = refused(&[&two, "nonsense=1"]);
    let words = if kernel() < CONTEXTS {
        ["target", "dmesg may say why"]
    } else {
        ["nonsense", "kernel says"]
    };
    assert!(
        words.iter().all(|word| error.message.contains(word)),
        "{}",
        error.message
    );
    assert_eq!(mounts.line(&target), None);
}
