//! Starting a program by posix_spawn(3): std has no way to give any descriptors beside the standard ones but code that runs between
//! fork(2) and execve(2), for which it copies this process.

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr::null_mut;

use rustix::io::Errno;

use crate::error::{OpError, OpResult, check_path};

/// The working directory of the daemon is the bundle, which must not be kept busy.
const DIRECTORY: &CStr = c"/";

unsafe extern "C" {
    /// Of the GNU C library, since 2.29; not in the crate libc for it.
    fn posix_spawn_file_actions_addchdir_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        path: *const c_char,
    ) -> c_int;
}

/// A program, and all that it is to have of this process.
pub struct Program<'a> {
    /// An absolute path.
    pub path: &'a str,
    /// Its name is the first of them.
    pub arguments: &'a [String],
    /// Each as NAME=VALUE.
    pub environment: &'a [String],
    /// Standard input, output and error.
    pub standard: [&'a OwnedFd; 3],
    /// From 3 on. None of them has a number that one of them is to have.
    pub more: &'a [OwnedFd],
}

impl Program<'_> {
    /// Answers its pid. To be called on a thread that lives as long as it is to live, if it asks for its parent's death.
    pub fn start(&self) -> OpResult<u32> {
        check_path("program", self.path)?;
        if self.arguments.is_empty() {
            return Err(OpError::invalid(
                "a program needs at least the argument that is its name",
            ));
        }
        let path = c_string(self.path)?;
        let arguments = Words::new(self.arguments)?;
        let environment = Words::new(self.environment)?;
        let mut actions = Actions::new()?;
        actions.change_directory(DIRECTORY)?;
        for (fd, number) in self.standard.into_iter().chain(self.more).zip(0..) {
            actions.give(fd, number)?;
        }
        let attributes = Attributes::with_default_signals()?;
        let mut pid = 0;
        // SAFETY: all pointers are to what lives until the end of this function; the lists end with a null pointer.
        let errno = unsafe {
            libc::posix_spawn(
                &raw mut pid,
                path.as_ptr(),
                &raw const actions.0,
                &raw const attributes.0,
                arguments.pointers().as_ptr(),
                environment.pointers().as_ptr(),
            )
        };
        checked(errno, || format!("{} cannot be executed", self.path))?;
        Ok(pid.cast_unsigned())
    }
}

/// Words as C has them.
struct Words(Vec<CString>);

impl Words {
    fn new(words: &[String]) -> OpResult<Self> {
        let words = words.iter().map(|word| c_string(word));
        Ok(Self(words.collect::<OpResult<_>>()?))
    }

    /// The last one is null. They are good as long as `self`.
    fn pointers(&self) -> Vec<*mut c_char> {
        let words = self.0.iter().map(|word| word.as_ptr().cast_mut());
        words.chain([null_mut()]).collect()
    }
}

fn c_string(text: &str) -> OpResult<CString> {
    CString::new(text).map_err(|_| {
        OpError::invalid(format!(
            "the word {text:?} contains a zero byte, which no program can be given"
        ))
    })
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
