//! What a VM has of the host it gives back. Alone in its process, since it counts.

#![allow(clippy::unwrap_used)] // A test may panic.

mod toy;

use hadron_vmm::devices::rng::Rng;
use toy::Toy;

fn count(what: &str) -> usize {
    std::fs::read_dir(format!("/proc/self/{what}"))
        .unwrap()
        .count()
}

fn mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter(|line| line.contains("kvm-vcpu"))
        .count()
}

#[test]
fn nothing_is_left_of_a_vm() {
    // What is made once in a process is made now.
    let Some(first) = Toy::start(vec![]) else {
        return;
    };
    drop(first);
    let before = (count("fd"), count("task"));
    for _ in 0..5 {
        let toy = Toy::start(vec![Box::new(Rng::default())]).unwrap();
        assert!(count("task") > before.1 && mappings() > 0);
        drop(toy);
        assert_eq!((count("fd"), count("task")), before);
        assert_eq!(mappings(), 0);
    }
}
