//! `postmaster.pid`: what the server says about itself, and what is left of it after a violent end.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::socket::SocketDir;
use super::wait::until;
use super::{LaunchError, failed, sys};

/// An immediate shutdown kills what has not ended after five seconds.
const ORPHAN_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: u32,
    pub(super) ready: bool,
}

pub(super) fn read(data: &Path) -> Option<PidFile> {
    parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
}

/// The first line is the process id, negative without a postmaster; the eighth is the state, padded.
fn parse(text: &str) -> Option<PidFile> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim_start_matches('-').parse().ok()?;
    let ready = lines.nth(6).is_some_and(|state| state.trim_end() == "ready");
    Some(PidFile { pid, ready })
}

/// Removes what a dead server left. To be called with the lock held, so that a server that is alive has lost its Entaku:
/// it has been told to end, and is waited for.
pub(super) fn clear(data: &Path, socket: &SocketDir) -> Result<(), LaunchError> {
    if let Some(PidFile { pid, .. }) = read(data) {
        outlive(pid, data)?;
    }
    for leftover in [data.join("postmaster.pid"), socket.file(), socket.lock_file()] {
        match fs::remove_file(&leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("remove", &leftover)(error)),
            _ => {}
        }
    }
    Ok(())
}

fn outlive(pid: u32, data: &Path) -> Result<(), LaunchError> {
    if cfg!(not(target_os = "linux")) && serves(pid, data) {
        sys::signal(pid, sys::Signal::FastShutdown);
    }
    if until(ORPHAN_LIMIT, || !serves(pid, data)) {
        return Ok(());
    }
    Err(LaunchError::Occupied { data: data.into(), pid })
}

/// Whether the process is a living server of this cluster: zombies still answer signals, and numbers are used again.
fn serves(pid: u32, data: &Path) -> bool {
    if !sys::exists(pid) || is_zombie(pid) {
        return false;
    }
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(cwd) => data.canonicalize().is_ok_and(|data| data == cwd),
        // Not ours to see, or no such file system.
        Err(_) => fs::read(format!("/proc/{pid}/comm")).map_or(true, |name| name == b"postgres\n"),
    }
}

fn is_zombie(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    state.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_in_the_eighth_line() {
        let text = "4711\n/data\n1700000000\n5432\n/run\n\n  123456 7\nready   \n";
        assert_eq!(parse(text), Some(PidFile { pid: 4711, ready: true }));
        assert_eq!(parse(&text.replace("ready", "starting")), Some(PidFile { pid: 4711, ready: false }));
    }

    #[test]
    fn half_a_file_is_a_server_that_is_not_ready() {
        assert_eq!(parse("4711\n/data\n"), Some(PidFile { pid: 4711, ready: false }));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_process_that_is_something_else_serves_no_cluster() {
        assert!(!serves(std::process::id(), Path::new("/nonexistent")));
    }
}
