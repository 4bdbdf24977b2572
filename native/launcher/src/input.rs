//! What containerd writes to stdin.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::failure::{Context, Result};
use crate::wait::wait_readable;

/// containerd's own limit for the same input.
const MAX_BYTES: usize = 10 << 20;
/// containerd writes at once and closes; a person at a terminal shall not wait for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why it is not taken.
#[derive(Debug, Error)]
pub enum Error {
    #[error("stdin did not end within {} s; run this with </dev/null", PATIENCE.as_secs())]
    Open,
    #[error("stdin is longer than {MAX_BYTES} bytes, which no options need")]
    Long,
}

/// Everything up to the end of stdin; empty for /dev/null.
pub fn read_stdin() -> Result<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    // Not through std's buffer, which poll(2) does not know of.
    let stdin = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .context(|| "stdin cannot be opened".to_owned())?;
    let mut stdin = File::from(stdin);
    let mut input = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        if !wait_readable(&stdin, deadline).context(|| "stdin cannot be waited for".to_owned())? {
            return Err(Error::Open.into());
        }
        match stdin.read(&mut buffer) {
            Ok(0) => return Ok(input),
            Ok(length) if input.len() + length > MAX_BYTES => {
                return Err(Error::Long.into());
            }
            Ok(length) => input.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context(|| "stdin cannot be read".to_owned()),
        }
    }
}
