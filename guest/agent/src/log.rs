//! The agent's own log: one line each on the console, which the host keeps.

use std::io::Write;

use log::{LevelFilter, Log, Metadata, Record};

use crate::error::{Error, Result};

struct Console;

impl Log for Console {
    fn enabled(&self, metadata: &Metadata) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // One write, so that lines of the kernel and of children do not come in between.
        let line = format!(
            "hadron-agent: {}: {}\n",
            record.level().as_str().to_ascii_lowercase(),
            record.args()
        );
        // Nothing can be done about a console that does not take the line.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

/// Installs the logger at level warn. Standard error must be the console.
pub fn install() {
    if log::set_logger(&Console).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
}

/// Takes one of off, error, warn, info, debug, trace; "" leaves the level as it is.
pub fn set_level(level: &str) -> Result<()> {
    if level.is_empty() {
        return Ok(());
    }
    let filter = level.parse().map_err(|_| {
        Error::invalid(format!(
            "log level {level:?} is not one of off, error, warn, info, debug, trace"
        ))
    })?;
    log::set_max_level(filter);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_level_is_refused_by_name() {
        let error = set_level("loud").expect_err("not a level");
        assert!(error.message.contains("\"loud\""), "{error}");
    }
}
