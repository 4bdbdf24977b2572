//! hadron-agent

fn main() {}
