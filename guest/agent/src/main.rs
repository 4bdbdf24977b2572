//! PID 1 of the guest. See the library.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use hadron_agent::crun::Crun;
use hadron_agent::transport::{AGENT_PORT, Connector, Vsock};
use hadron_agent::{boot, log as console, monotonic_ns, pod_pids, serve};

fn main() -> ExitCode {
    let init_entered_ns = monotonic_ns();
    if pod_pids::is_init() {
        pod_pids::hold();
    }
    if std::process::id() != 1 {
        eprintln!(
            "hadron-agent {} is the init process of Hadron's guests; it does nothing elsewhere",
            env!("CARGO_PKG_VERSION")
        );
        return ExitCode::FAILURE;
    }
    console::install();
    let end = boot::boot().and_then(|crun| run(crun, init_entered_ns));
    match end {
        Ok(()) => log::info!("the host is gone; the VM ends"),
        Err(error) => log::error!("{error}; the VM ends"),
    }
    boot::end()
}

fn run(crun: Crun, init_entered_ns: u64) -> hadron_agent::error::Result<()> {
    use hadron_agent::error::Error;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::os("cannot make the runtime", error))?;
    runtime.block_on(async {
        let stream = Vsock.connect(AGENT_PORT).await.map_err(|error| {
            Error::os(
                format!("cannot connect to the host's vsock port {AGENT_PORT}"),
                error,
            )
        })?;
        serve(
            stream,
            Arc::new(Vsock),
            crun,
            PathBuf::from(boot::STATE),
            init_entered_ns,
        )
        .await
    })
}
