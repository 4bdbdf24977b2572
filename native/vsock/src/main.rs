//! hadron-vsock

fn main() {}
