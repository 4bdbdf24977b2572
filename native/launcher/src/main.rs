//! containerd-shim-hadron-v2: what containerd runs to start and to clean up after a pod's shim daemon.
//!
//! It lives for milliseconds. containerd's contract for it: docs of containerd, core/runtime/v2/README.md.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod cgroup;
mod daemon;
mod delete;
mod directories;
mod failure;
mod group;
mod input;
mod installation;
mod journal;
mod json;
mod mounts;
mod pod;
mod processes;
mod proto;
mod qdisc;
mod start;
mod sweep;
mod undo;
mod wait;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use failure::{Context, Result};

const NAME: &str = "containerd-shim-hadron-v2";
/// The runtime's name in containerd's configuration.
const RUNTIME: &str = "io.containerd.hadron.v2";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The revision that was built, if whoever built it said so.
const REVISION: &str = match option_env!("HADRON_REVISION") {
    Some(revision) => revision,
    None => "",
};
/// What src/sandbox makes of a spec, and the guest's crun with it; src/sandbox/features.test.ts holds them together.
const FEATURES: &str = include_str!("../features.json");

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            // stdout and stderr are one pipe, and containerd puts what is in it into the middle of a line.
            let end = if std::io::stderr().is_terminal() {
                "\n"
            } else {
                ""
            };
            let _ = write!(std::io::stderr(), "{NAME}: {failure}{end}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let args = args::parse(std::env::args_os().skip(1))?;
    let mut out = std::io::stdout();
    if args.help {
        print(&mut out, format!("{}\n", args::USAGE).as_bytes())?;
    } else if args.version {
        let text = format!("{NAME}:\n  Version:  {VERSION}\n  Revision: {REVISION}\n\n");
        print(&mut out, text.as_bytes())?;
    } else if args.info {
        let options = input::read_stdin()?;
        print(
            &mut out,
            &proto::runtime_info(RUNTIME, VERSION, REVISION, &options, FEATURES),
        )?;
    } else {
        match args.command.as_deref() {
            Some("start") => start::start(&args, &mut out)?,
            Some("delete") => {
                let answer = delete::delete(&args, |warning| {
                    let _ = writeln!(std::io::stderr(), "{NAME}: {warning}");
                })?;
                print(&mut out, &answer)?;
            }
            Some("sweep") => sweep::sweep(&args.id, |level, sentence| {
                let _ = writeln!(
                    std::io::stderr(),
                    "level={level} msg=\"{}\"",
                    sentence.escape_debug()
                );
            })?,
            command => {
                let what = match command {
                    Some(command) => {
                        format!("the command '{}' is not known", command.escape_debug())
                    }
                    None => "there is no command".to_owned(),
                };
                let _ = writeln!(
                    std::io::stderr(),
                    "{NAME}: {what}; allowed are start, delete and sweep\n{}",
                    args::USAGE
                );
                return Ok(ExitCode::from(2));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(out: &mut impl Write, answer: &[u8]) -> Result<()> {
    out.write_all(answer)
        .and_then(|()| out.flush())
        .context(|| "stdout cannot be written".to_owned())
}
