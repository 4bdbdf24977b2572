//! CLOCK_REALTIME, which is the host's.
//!
//! What the host says is late by the time that the message took. So a clock that is behind it is surely behind, and is
//! set at once; one that is ahead of it may be right, and is set back only when the host, which knows how long the
//! message took at most, asks for that.

use std::io;

use nix::sys::time::{TimeSpec, TimeValLike};
use nix::time::{ClockId, clock_settime};

use crate::error::{Error, Result};
use crate::reaper::realtime_ns;

/// Differences below this one are left alone: the clock need not jump for them.
const FINE_NS: i64 = 2_000_000;

/// Up to here a clock is slowed down, by half a millisecond a second, and does not jump back: programs expect that time
/// goes on. What is farther off would take minutes.
const SLEW_NS: i64 = 40_000_000;

/// Sets the clock; nanoseconds since 1970.
pub fn set(realtime_ns: i64) -> Result<()> {
    check(realtime_ns)?;
    clock_settime(ClockId::CLOCK_REALTIME, TimeSpec::nanoseconds(realtime_ns))
        .map_err(|errno| Error::os("cannot set the clock", errno))
}

/// Corrects the clock by what the host's was when it sent this. Answers by how much ours was ahead, in nanoseconds.
pub fn correct(host_ns: i64, backwards: bool) -> Result<i64> {
    check(host_ns)?;
    let ahead = realtime_ns().saturating_sub(host_ns);
    if ahead < -FINE_NS || (backwards && ahead > SLEW_NS) {
        set(host_ns)?;
    } else if backwards && ahead > FINE_NS {
        slew(-ahead)?;
    }
    Ok(ahead)
}

fn check(realtime_ns: i64) -> Result<()> {
    if realtime_ns < 0 {
        return Err(Error::invalid(format!(
            "realtime_ns must be nanoseconds since 1970, not {realtime_ns}"
        )));
    }
    Ok(())
}

/// adjtime(3): what is left of an earlier one is forgotten.
fn slew(by_ns: i64) -> Result<()> {
    // SAFETY: all-zero is a valid timex.
    let mut change: libc::timex = unsafe { std::mem::zeroed() };
    change.modes = libc::ADJ_OFFSET_SINGLESHOT;
    change.offset = by_ns / 1000;
    // SAFETY: change outlives the call.
    if unsafe { libc::adjtimex(&raw mut change) } == -1 {
        return Err(Error::os(
            "cannot correct the clock",
            io::Error::last_os_error(),
        ));
    }
    Ok(())
}
