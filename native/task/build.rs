//! How hadron-task is linked: without the C library's startup code and, as the product has it (`crt-static`), to a fixed
//! place in memory, so that nothing has to be relocated before its first instruction.

fn main() {
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-nostartfiles");
    if features.split(',').any(|feature| feature == "crt-static") {
        println!("cargo:rustc-link-arg-bins=-static");
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
