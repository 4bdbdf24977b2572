//! hadron-vmm: runs one virtual machine inside of a jail.
//!
//! `hadron-vmm --parent PID --netns new|PATH`
//!
//! Two processes. The outer one is the daemon's child: it is in the pod's network namespace, makes the inner one, waits and ends
//! as that ended. The inner one is in the jail ([`jail`]) before it reads its configuration, and there it runs the VM. Standard
//! input is the control socket, standard error takes the words of both.
//!
//! Exit status of the outer one: 0 when the VM has ended, 1 when there is no VM or it failed, 2 when the command line is wrong,
//! 101 for a fault of the VMM's own. If a signal killed the inner one, the outer one is killed by it as well: SIGSYS
//! says that a thread broke its filter ([`seccomp`]).

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod arguments;
pub mod fault;
pub mod jail;
pub mod launch;
pub mod news;
pub mod program;
pub mod seccomp;
pub mod session;

use std::io::Write;

/// A sentence for the log, as one line of standard error.
pub fn say(sentence: &str) {
    // In one write(2), as far as a pipe takes it, so that the lines of two processes do not mix.
    let line = format!("hadron-vmm: {sentence}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Ends this process at once: no thread ends in order, nothing is released that the kernel does not release better.
pub fn leave(status: i32) -> ! {
    // SAFETY: nothing of this process runs any more.
    unsafe { libc::_exit(status) }
}
