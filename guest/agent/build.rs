//! Generates the messages and the service trait of agent.proto.
//!
//! At build time rather than checked in: the generator is pure Rust and ttrpc's own build needs it
//! anyway, so this costs nothing and the code can never be older than the protocol.

use ttrpc_codegen::{Codegen, Customize, ProtobufCustomize};

const PROTO: &str = "../../proto/hadron/agent.proto";

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed={PROTO}");
    Codegen::new()
        .input(PROTO)
        .include("../../proto/hadron")
        .rust_protobuf()
        .customize(Customize {
            async_all: true,
            ..Default::default()
        })
        .rust_protobuf_customize(
            ProtobufCustomize::default()
                .gen_mod_rs(false)
                .lite_runtime(true),
        )
        .run()?;
    // The generated files begin with inner attributes, which only a module's own file may have.
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    let modules = ["agent", "agent_ttrpc"]
        .map(|name| format!("#[path = \"{out}/{name}.rs\"]\npub mod {name};\n"))
        .concat();
    std::fs::write(format!("{out}/protocol.rs"), modules)
}
