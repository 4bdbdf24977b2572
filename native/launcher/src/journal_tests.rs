use super::*;
use std::path::Path;

fn encode(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes()
        .map(|byte| {
            if unreserved(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn role_fields(role: &Role) -> String {
    match role {
        Role::Daemon => "daemon".to_owned(),
        Role::Vmm(name) => format!("vmm {}", encode(name)),
        Role::Helper(name) => format!("helper {}", encode(name)),
        Role::Container(name) => format!("container {}", encode(name)),
    }
}

fn line(entry: &Entry) -> String {
    let path = |path: &Path| encode(path.to_str().unwrap());
    match entry {
        Entry::Process {
            pid,
            start_time,
            role,
        } => format!("process {pid} {start_time} {}", role_fields(role)),
        Entry::Mount(at) => format!("mount {}", path(at)),
        Entry::Directory(at) => format!("directory {}", path(at)),
        Entry::File(at) => format!("file {}", path(at)),
        Entry::Cgroup(at) => format!("cgroup {}", path(at)),
        Entry::Qdisc(link, netns) => format!("qdisc {link} {}", path(netns)),
    }
}

/// The vectors that the daemon's writer is tested with, too. Each stands on a line of its own in that file.
fn vectors() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../test/vectors/journal.json"
    );
    std::fs::read_to_string(path).expect("the shared vectors")
}

fn member(object: &str, name: &str) -> Option<String> {
    let found = crate::json::string_members(object.as_bytes(), None, &[name])
        .expect("a vector is an object");
    found.into_iter().next().flatten()
}

#[test]
fn the_shared_vectors_of_valid_lines() {
    let vectors = vectors();
    let mut seen = 0;
    for vector in vectors
        .lines()
        .filter(|vector| vector.contains("\"entry\""))
    {
        let object = vector.trim().trim_end_matches(',');
        let encoded = member(object, "line").expect("a line");
        let (_, entry) = object.split_once("\"entry\":").expect("an entry");
        let entry = entry
            .trim()
            .strip_suffix('}')
            .expect("the vector's end")
            .trim();
        let journal = parse(format!("{encoded}\n").as_bytes());
        assert!(journal.warnings.is_empty(), "{:?}", journal.warnings);
        let [parsed] = journal.entries.as_slice() else {
            panic!("{encoded}")
        };
        assert_eq!(line(parsed), encoded);
        match parsed {
            Entry::Process {
                pid,
                start_time,
                role,
            } => {
                let (word, name) = match role {
                    Role::Daemon => ("daemon", None),
                    Role::Vmm(name) => ("vmm", Some(name)),
                    Role::Helper(name) => ("helper", Some(name)),
                    Role::Container(name) => ("container", Some(name)),
                };
                assert_eq!(member(entry, "role").as_deref(), Some(word));
                assert_eq!(member(entry, "name").as_ref(), name);
                assert!(entry.contains(&format!("\"pid\": {pid},")), "{entry}");
                assert!(
                    entry.contains(&format!("\"startTime\": {start_time},")),
                    "{entry}"
                );
            }
            Entry::Mount(path)
            | Entry::Directory(path)
            | Entry::File(path)
            | Entry::Cgroup(path) => {
                assert_eq!(member(entry, "path").as_deref(), path.to_str());
            }
            Entry::Qdisc(link, netns) => {
                assert!(entry.contains(&format!("\"link\": {link},")), "{entry}");
                assert_eq!(member(entry, "netns").as_deref(), netns.to_str());
            }
        }
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} vectors");
}

#[test]
fn the_shared_vectors_of_invalid_lines_are_skipped() {
    let vectors = vectors();
    let mut seen = 0;
    for vector in vectors.lines().filter(|vector| vector.contains("\"why\"")) {
        let encoded = member(vector.trim().trim_end_matches(','), "line").expect("a line");
        let journal = parse(format!("file /before\n{encoded}\nfile /after\n").as_bytes());
        let around = [Entry::File("/before".into()), Entry::File("/after".into())];
        assert_eq!(journal.entries, around, "{encoded}");
        assert_eq!((journal.warnings.len(), journal.unknown.len()), (1, 0));
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} vectors");
}

#[test]
fn the_shared_vectors_of_unknown_kinds_are_named() {
    let vectors = vectors();
    let mut seen = 0;
    for vector in vectors
        .lines()
        .filter(|vector| vector.contains("\"kind\"") && !vector.contains("\"entry\""))
    {
        let encoded = member(vector.trim().trim_end_matches(','), "line").expect("a line");
        let journal = parse(format!("file /before\n{encoded}\nfile /after\n").as_bytes());
        assert_eq!(journal.entries.len(), 2);
        assert!(journal.warnings.is_empty());
        let [sentence] = journal.unknown.as_slice() else {
            panic!("{encoded}")
        };
        assert!(
            sentence.contains("line 2") && sentence.contains(&encoded),
            "{sentence}"
        );
        seen += 1;
    }
    assert!(seen >= 5, "only {seen} vectors");
}

#[test]
fn paths_that_undoing_must_never_touch() {
    for path in ["/", "//", "/a/../b", "/..", "relative", "%2e%2e"] {
        let journal = parse(format!("directory {path}\n").as_bytes());
        assert!(
            journal.entries.is_empty() && journal.warnings.len() == 1,
            "{path}"
        );
    }
}

#[test]
fn a_line_cut_short_is_not_believed() {
    let text = b"directory /run/hadron/0f/rootfs\nmount /run/hadron/0f/rootfs/0\n";
    let whole = parse(text);
    assert_eq!(whole.entries.len(), 2);
    for end in 0..text.len() {
        let journal = parse(&text[..end]);
        let lines = text[..end].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(journal.entries, whole.entries[..lines]);
        assert_eq!(
            journal.warnings.len(),
            usize::from(end > 0 && text[end - 1] != b'\n')
        );
    }
}

#[test]
fn any_bytes_are_survived() {
    let mut state = 1u64;
    for _ in 0..200 {
        let text: Vec<u8> = (0..500)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 33).to_le_bytes()[0]
            })
            .collect();
        let journal = parse(&text);
        assert!(journal.entries.is_empty() && !journal.warnings.is_empty());
    }
}
