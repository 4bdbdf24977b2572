//! The order of unmounting.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use hadron_proc::Mount;

/// The mounts at or below `target`, each after all that are mounted on it: the order of unmounting.
pub fn tree_below(mounts: &[Mount], target: &Path) -> Vec<Mount> {
    let mut children: HashMap<u32, Vec<usize>> = HashMap::new();
    for (index, mount) in mounts.iter().enumerate() {
        if mount.id != mount.parent {
            children.entry(mount.parent).or_default().push(index);
        }
    }
    let below: HashSet<usize> = mounts
        .iter()
        .enumerate()
        .filter(|(_, mount)| mount.point.starts_with(target))
        .map(|(index, _)| index)
        .collect();
    let mut order = Vec::with_capacity(below.len());
    let mut seen = HashSet::new();
    // Depth first, without recursion: a mount is taken when it is met the second time.
    for start in 0..mounts.len() {
        let mut stack = vec![(start, false)];
        while let Some((index, children_done)) = stack.pop() {
            if children_done {
                if below.contains(&index) {
                    order.push(mounts[index].clone());
                }
            } else if seen.insert(index) {
                stack.push((index, true));
                let of_this = children.get(&mounts[index].id).into_iter().flatten();
                stack.extend(of_this.map(|child| (*child, false)));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_unmounting() {
        let mount = |id, parent, point: &str| Mount {
            id,
            parent,
            device: "0:1".into(),
            root: "/".into(),
            point: point.into(),
            flags: "rw".into(),
            kind: "tmpfs".into(),
        };
        let mounts = [
            mount(1, 1, "/"),
            mount(10, 1, "/t"),
            // Moved below a younger one, so the ids say nothing.
            mount(5, 12, "/t/a/b"),
            mount(12, 10, "/t/a"),
            mount(13, 12, "/t/a"),
            mount(14, 1, "/tt"),
            mount(15, 1, "/s"),
        ];
        let order: Vec<u32> = tree_below(&mounts, Path::new("/t"))
            .iter()
            .map(|mount| mount.id)
            .collect();
        assert_eq!(order.len(), 4);
        let position = |id| order.iter().position(|other| *other == id).unwrap();
        assert!(
            position(5) < position(12)
                && position(13) < position(12)
                && position(12) < position(10)
        );
        assert_eq!(tree_below(&mounts, Path::new("/t/a/b")).len(), 1);
        assert_eq!(tree_below(&mounts, Path::new("/")).len(), mounts.len());
        assert!(tree_below(&mounts, Path::new("/nothing")).is_empty());
    }
}
