//! containerd-shim-hadron-v2

fn main() {}
