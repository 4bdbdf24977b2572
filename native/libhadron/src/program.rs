//! Starting a program that is given descriptors, by posix_spawn(3): std has no way to give any beside the standard ones but code that
//! runs between fork(2) and execve(2), for which it copies this process.

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr::null_mut;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::answers::Reply;
use crate::error::{OpError, OpResult, check_path};
use crate::request::SpawnProgram;
use crate::{child, descriptor};

/// The child's first descriptor that is none of the standard ones.
const FIRST: RawFd = 3;
/// Of this process's environment nothing is needed.
const ENVIRONMENT: &CStr = c"PATH=/usr/sbin:/usr/bin:/sbin:/bin";
/// The working directory of the daemon is the bundle, which must not be kept busy.
const DIRECTORY: &CStr = c"/";

unsafe extern "C" {
    /// Of the GNU C library, since 2.29; not in the crate libc for it.
    fn posix_spawn_file_actions_addchdir_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        path: *const c_char,
    ) -> c_int;
}

/// Standard input and output are /dev/null. `fd` of the answer is the reading end of its standard error, non-blocking and close-on-exec.
/// To be called on a thread that lives as long as the child is to live.
pub fn spawn(request: &SpawnProgram) -> OpResult<Reply> {
    check_path("program", &request.program)?;
    let program = c_string(&request.program)?;
    let arguments = request.arguments.iter().map(|argument| c_string(argument));
    let arguments = arguments.collect::<OpResult<Vec<_>>>()?;
    let null = rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| OpError::os(errno, "/dev/null cannot be opened"))?;
    let (read, write) = child::pipe()?;
    let given = duplicates(&request.fds)?;

    let mut actions = Actions::new()?;
    actions.change_directory(DIRECTORY)?;
    for (fd, number) in [(&null, 0), (&null, 1), (&write, 2)] {
        actions.give(fd, number)?;
    }
    for (fd, number) in given.iter().zip(FIRST..) {
        actions.give(fd, number)?;
    }
    let attributes = Attributes::with_default_signals()?;
    let words = std::iter::once(&program).chain(&arguments);
    let argv: Vec<_> = words
        .map(|word| word.as_ptr().cast_mut())
        .chain([null_mut()])
        .collect();
    let environment = [ENVIRONMENT.as_ptr().cast_mut(), null_mut()];
    let mut pid = 0;
    // SAFETY: all pointers are to what lives until the end of this function; the lists end with a null pointer.
    let errno = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            &raw const actions.0,
            &raw const attributes.0,
            argv.as_ptr(),
            environment.as_ptr(),
        )
    };
    checked(errno, || format!("{} cannot be executed", request.program))?;
    child::started(pid.cast_unsigned(), read)
}

fn c_string(text: &str) -> OpResult<CString> {
    CString::new(text).map_err(|_| {
        OpError::invalid(format!(
            "the word {text:?} contains a zero byte, which no program can be given"
        ))
    })
}

/// None of them has a number that one of them is to have in the child.
fn duplicates(fds: &[RawFd]) -> OpResult<Vec<OwnedFd>> {
    let count = RawFd::try_from(fds.len()).map_err(|_| OpError::invalid("too many descriptors"))?;
    fds.iter()
        .map(|fd| {
            rustix::io::fcntl_dupfd_cloexec(descriptor::borrow(*fd)?, FIRST.saturating_add(count))
                .map_err(|errno| {
                    OpError::os(errno, format!("descriptor {fd} cannot be given away"))
                })
        })
        .collect()
}

/// What the child does before it is the program.
struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    fn new() -> OpResult<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the function fills it.
        let errno = unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) };
        checked(errno, || "a start cannot be prepared".to_owned())?;
        // SAFETY: it was filled.
        Ok(Self(unsafe { actions.assume_init() }))
    }

    fn change_directory(&mut self, path: &'static CStr) -> OpResult<()> {
        // SAFETY: both are valid; the path is copied.
        let errno = unsafe { posix_spawn_file_actions_addchdir_np(&raw mut self.0, path.as_ptr()) };
        checked(errno, || {
            "a working directory cannot be prepared".to_owned()
        })
    }

    /// The child's copy outlives execve(2), whatever `fd` does.
    fn give(&mut self, fd: &OwnedFd, number: RawFd) -> OpResult<()> {
        // SAFETY: the actions are valid, and numbers are all that it takes else.
        let errno = unsafe {
            libc::posix_spawn_file_actions_adddup2(&raw mut self.0, fd.as_raw_fd(), number)
        };
        checked(errno, || format!("descriptor {number} cannot be prepared"))
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: it is valid, and not used any more.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    /// No signal is blocked, and none is ignored: as Node has SIGPIPE.
    fn with_default_signals() -> OpResult<Self> {
        let failed = || "the signals of a start cannot be prepared".to_owned();
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the function fills it.
        let errno = unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) };
        checked(errno, failed)?;
        // SAFETY: it was filled.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let (mut none, mut every) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        // SAFETY: the sets are filled before they are read, and the attributes are valid.
        let errno = unsafe {
            libc::sigemptyset(none.as_mut_ptr());
            libc::sigfillset(every.as_mut_ptr());
            let to = &raw mut attributes.0;
            [
                libc::posix_spawnattr_setsigmask(to, none.as_ptr()),
                libc::posix_spawnattr_setsigdefault(to, every.as_ptr()),
                libc::posix_spawnattr_setflags(to, flags as libc::c_short),
            ]
        };
        errno
            .into_iter()
            .try_for_each(|errno| checked(errno, failed))?;
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it is valid, and not used any more.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// `errno`: what a function of spawn.h returns. `failed`: the error's sentence.
fn checked(errno: c_int, failed: impl FnOnce() -> String) -> OpResult<()> {
    match errno {
        0 => Ok(()),
        errno => Err(OpError::os(Errno::from_raw_os_error(errno), failed())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;

    use serde_json::json;

    use super::*;

    fn spawn_shell(script: &str, fds: Vec<RawFd>) -> (i32, File) {
        let reply = spawn(&SpawnProgram {
            program: "/bin/sh".to_owned(),
            arguments: vec!["-c".to_owned(), script.to_owned(), "name".to_owned()],
            fds,
        })
        .unwrap();
        let value = |name: &str| i32::try_from(reply.value()[name].as_i64().unwrap()).unwrap();
        let fd = rustix::io::dup(descriptor::borrow(value("fd")).unwrap()).unwrap();
        rustix::io::ioctl_fionbio(&fd, false).unwrap();
        (value("pid"), File::from(fd))
    }

    fn end(pid: i32) -> Reply {
        let pidfd = child::open(pid).unwrap();
        let mut fds = [rustix::event::PollFd::new(
            &pidfd,
            rustix::event::PollFlags::IN,
        )];
        rustix::event::poll(&mut fds, None).unwrap();
        child::reap(&pidfd).unwrap()
    }

    #[test]
    fn a_program_has_its_descriptors_and_little_else_of_ours() {
        let file = |text: &str| {
            let (read, write) = rustix::pipe::pipe().unwrap();
            rustix::io::write(&write, text.as_bytes()).unwrap();
            read
        };
        // In any order, also where one's number is the other's place.
        let (one, two) = (file("one\n"), file("two\n"));
        let given = vec![two.as_raw_fd(), one.as_raw_fd(), two.as_raw_fd()];
        let script = r#"pwd >&2; env | grep -v ^PWD= >&2; read a <&3; read b <&4; echo $0 $a $b >&2
            null=$(readlink /proc/$$/fd/0 /proc/$$/fd/1)
            [ /proc/$$/fd/5 -ef /proc/$$/fd/3 ] && same=yes
            signals=$(grep -E "Sig(Blk|Ign)" /proc/$$/status); echo $null >&2; echo $same >&2; echo $signals >&2; exit 5"#;
        let (pid, mut output) = spawn_shell(script, given);
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        assert_eq!(end(pid).value(), &json!({ "code": 5, "signal": null }));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "/");
        assert_eq!(lines[1], "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        assert_eq!(lines[2], "name two one");
        assert_eq!(lines[3], "/dev/null /dev/null");
        assert_eq!(lines[4], "yes");
        // The C library has two signals of its own ignored.
        let none = ["0000000000000000", "0000000180000000"];
        let words: Vec<_> = lines[5].split(' ').collect();
        assert_eq!(["SigBlk:", none[0], "SigIgn:"], words[..3]);
        assert!(none.contains(&words[3]), "{text}");
    }

    #[test]
    fn refusals_name_what_is_wrong() {
        for (program, arguments, fds, words) in [
            (
                "/no/such/program",
                "",
                vec![],
                "/no/such/program cannot be executed",
            ),
            ("program", "", vec![], "must be an absolute path"),
            ("/bin/true", "a\0b", vec![], "zero byte"),
            ("/bin/true", "", vec![-1], "-1 is not a file descriptor"),
            (
                "/bin/true",
                "",
                vec![1_000_000],
                "descriptor 1000000 cannot be given away",
            ),
        ] {
            let request = SpawnProgram {
                program: program.to_owned(),
                arguments: vec![arguments.to_owned()],
                fds,
            };
            let message = spawn(&request).unwrap_err().message;
            assert!(message.contains(words), "{message}");
        }
    }
}
