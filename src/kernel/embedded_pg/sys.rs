//! The few system calls that the standard library does not have.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The requests that the postmaster understands.
#[derive(Debug, Clone, Copy)]
#[repr(i32)]
pub(super) enum Signal {
    /// Roll back, write everything, end.
    FastShutdown = libc::SIGINT,
    /// End at once; the next start recovers.
    ImmediateShutdown = libc::SIGQUIT,
}

/// The user this process acts as.
pub(super) fn uid() -> u32 {
    // SAFETY: `geteuid` takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}

pub(super) fn is_root() -> bool {
    uid() == 0
}

/// Whether the process exists, even if only as a zombie or as another user's.
pub(super) fn exists(pid: u32) -> bool {
    match send(pid, 0) {
        Ok(()) => true,
        Err(error) => error.raw_os_error() == Some(libc::EPERM),
    }
}

/// Sends `signal`; a process that is already gone is as good as one that obeys.
pub(super) fn signal(pid: u32, signal: Signal) {
    let _ = send(pid, signal as i32);
}

fn send(pid: u32, signal: i32) -> io::Result<()> {
    // Zero and negative numbers would address whole groups of processes.
    let pid = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0).ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: `kill` takes two integers by value and touches no memory of ours.
    if unsafe { libc::kill(pid, signal) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Lets the kernel end the child (immediate shutdown) when the thread that spawns it ends, and so when this process does.
#[cfg(target_os = "linux")]
pub(super) fn die_with_parent(command: &mut Command) {
    let parent = libc::pid_t::try_from(std::process::id());
    // SAFETY: between fork and exec the closure makes two system calls that are async-signal-safe and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGQUIT) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the request was made; then nobody would end the child.
            if parent == Ok(libc::getppid()) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
        });
    }
}

/// Elsewhere there is no such request: a server that outlives its Entaku is ended by the next start.
#[cfg(not(target_os = "linux"))]
pub(super) fn die_with_parent(_: &mut Command) {}
