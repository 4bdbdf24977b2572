//! The program. See the library beside it.

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use hadron_vmm_process::session::Session;
use hadron_vmm_process::{arguments, fault, jail, launch, leave, say, seccomp};

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(misuse) => {
            say(&format!("{misuse}; {}", arguments::USAGE));
            return ExitCode::from(2);
        }
    };
    let ended = jail::enter(&arguments)
        .map_err(|failure| failure.to_string())
        .and_then(|control| run(control).map_err(|error| error.to_string()));
    match ended {
        Ok(()) => leave(0),
        Err(sentence) => {
            say(&sentence);
            leave(1)
        }
    }
}

/// In the jail.
fn run(control: OwnedFd) -> std::io::Result<()> {
    fault::end_the_process();
    seccomp::report_violations()?;
    let mut session = Session::new(control, launch::make)?;
    let ended = session.run();
    std::mem::forget(session);
    ended.map(|_| ())
}
