//! /proc/PID/stat (proc_pid_stat(5)).

use std::io::{self, ErrorKind};

/// ESRCH (errno(3)), for which std has no kind: the process went away between open and read.
const ESRCH: i32 = 3;
/// In the flags (include/linux/sched.h).
const PF_EXITING: u64 = 4;

/// What there is to know of a process, or a zombie.
#[derive(Debug, PartialEq, Eq)]
pub struct Stat {
    state: u8,
    flags: u64,
    /// Field 22, in clock ticks since boot: it tells the process from a later one with its pid.
    pub start_time: u64,
}

impl Stat {
    /// Whether all of its threads have ended: it is a zombie, at most.
    pub fn has_exited(&self) -> bool {
        matches!(self.state, b'Z' | b'X')
    }

    /// Whether it has exited, or its main thread is about to.
    pub fn is_exiting(&self) -> bool {
        self.has_exited() || self.flags & PF_EXITING != 0
    }

    /// The second field, the program's name, may contain anything: only the last ")" is surely its end.
    fn parse(text: &[u8]) -> Option<Self> {
        let end = text.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(text.get(end + 1..)?).ok()?;
        let mut fields = rest.split_ascii_whitespace();
        Some(Self {
            // Field 3; each `nth` counts from the field after the one before.
            state: *fields.next()?.as_bytes().first()?,
            flags: fields.nth(9 - 4)?.parse().ok()?,
            start_time: fields.nth(22 - 10)?.parse().ok()?,
        })
    }
}

/// `None` if there is no such process. A text of an unknown form is `ErrorKind::InvalidData`.
pub fn stat(pid: u32) -> io::Result<Option<Stat>> {
    let path = format!("/proc/{pid}/stat");
    match std::fs::read(&path) {
        Ok(text) => Stat::parse(&text).map(Some).ok_or_else(|| {
            io::Error::new(
                ErrorKind::InvalidData,
                format!("{path} has an unknown form"),
            )
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_and_spaces() {
        let rest = "S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 1";
        for name in ["cat", "a) R 7 (b", ") ", "(", "Z) Z 1 1", "a\nb", "\u{e9}"] {
            let text = format!("4242 ({name}) {rest}\n");
            assert_eq!(
                Stat::parse(text.as_bytes()),
                Some(Stat {
                    state: b'S',
                    flags: 4_194_560,
                    start_time: 987_654
                })
            );
        }
        for text in ["", "4242 (cat", "4242 (cat) S 1 2", "4242 (cat)"] {
            assert_eq!(Stat::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_fields_are_those_of_the_manual() {
        let fields: Vec<String> = (4..=52).map(|field| field.to_string()).collect();
        let text = format!("12 (a) X {}", fields.join(" "));
        let stat = Stat::parse(text.as_bytes()).unwrap();
        assert_eq!((stat.state, stat.flags, stat.start_time), (b'X', 9, 22));
    }

    #[test]
    fn who_exits() {
        let stat = |state, flags| Stat {
            state,
            flags,
            start_time: 1,
        };
        assert!(!stat(b'S', 0x40_0100).is_exiting());
        assert!(stat(b'S', PF_EXITING).is_exiting() && !stat(b'S', PF_EXITING).has_exited());
        assert!(stat(b'Z', 0).has_exited() && stat(b'X', 0).is_exiting());
    }

    #[test]
    fn of_processes_that_are_there_and_that_are_not() {
        let own = stat(std::process::id()).unwrap().unwrap();
        assert!(!own.is_exiting() && own.start_time > 0);
        assert_eq!(stat(u32::MAX).unwrap(), None);
    }
}
