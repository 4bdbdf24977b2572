//! hadron-exec

fn main() {}
