//! The server process: started until it is ready, stopped until it is gone.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::find::Binaries;
use super::home::Home;
use super::log::Log;
use super::socket::{PORT, SocketDir};
use super::wait::until;
use super::{Durability, LaunchError, failed, launch, pid_file, spawner, sys};

/// Recovery after a crash replays at most the write-ahead log since the last checkpoint.
const START_LIMIT: Duration = Duration::from_mins(2);
const FAST_STOP_LIMIT: Duration = Duration::from_secs(30);
const FORCED_STOP_LIMIT: Duration = Duration::from_secs(10);

/// Said while the processes of a killed postmaster have not all noticed its death.
const PREDECESSOR_LIVES: &str = "is still in use";
const PREDECESSOR_PAUSE: Duration = Duration::from_millis(20);
const PREDECESSOR_LIMIT: Duration = Duration::from_secs(20);

/// Everything a server is started from.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    pub(super) binaries: &'a Binaries,
    pub(super) home: &'a Home,
    pub(super) socket: &'a SocketDir,
    pub(super) log: &'a Log,
    pub(super) durability: Durability,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
}

impl Postmaster {
    /// Starts the server and waits until it accepts connections.
    pub(super) fn start(setup: &Setup<'_>) -> Result<Self, LaunchError> {
        let started = Instant::now();
        loop {
            match Self::try_start(setup) {
                Err(LaunchError::Exited { said, .. })
                    if said.contains(PREDECESSOR_LIVES) && started.elapsed() < PREDECESSOR_LIMIT =>
                {
                    std::thread::sleep(PREDECESSOR_PAUSE);
                }
                outcome => return outcome,
            }
        }
    }

    fn try_start(setup: &Setup<'_>) -> Result<Self, LaunchError> {
        pid_file::clear(&setup.home.data(), setup.socket)?;
        let mut postmaster = Self::spawn(setup)?;
        postmaster.wait_until_ready(setup)?;
        Ok(postmaster)
    }

    fn spawn(setup: &Setup<'_>) -> Result<Self, LaunchError> {
        let program = setup.binaries.dir.join("postgres");
        let mut command = launch::command(&program, setup.home.account.as_ref());
        configure(&mut command, setup);
        let said = setup.log.writer().and_then(|out| Ok((out, setup.log.writer()?)));
        let (stdout, stderr) = said.map_err(failed("open", &setup.log.path))?;
        command.stdout(stdout).stderr(stderr);
        let child = spawner::spawn(command).map_err(failed("run", &program))?;
        Ok(Self { child })
    }

    fn wait_until_ready(&mut self, setup: &Setup<'_>) -> Result<(), LaunchError> {
        let data = setup.home.data();
        let decided = until(START_LIMIT, || self.has_ended() || self.is_ready(&data, setup.socket));
        let log = setup.log.path.clone();
        match (decided, self.has_ended()) {
            (true, false) => Ok(()),
            (false, _) => Err(LaunchError::NotReady { seconds: START_LIMIT.as_secs(), log }),
            (true, true) => Err(LaunchError::Exited { said: setup.log.last_words(), log }),
        }
    }

    fn is_ready(&self, data: &Path, socket: &SocketDir) -> bool {
        let said = pid_file::read(data);
        said.is_some_and(|it| it.ready && it.pid == self.child.id()) && socket.answers()
    }

    /// Also reaps the process.
    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Stops the server, at first politely; nothing to do when it has ended.
    pub(super) fn stop(&mut self) -> Result<(), LaunchError> {
        if self.obeys(sys::Signal::FastShutdown, FAST_STOP_LIMIT) {
            return Ok(());
        }
        if !self.obeys(sys::Signal::ImmediateShutdown, FORCED_STOP_LIMIT) {
            let _ = self.child.kill().and_then(|()| self.child.wait());
        }
        Err(LaunchError::NotStopped { pid: self.child.id(), seconds: FAST_STOP_LIMIT.as_secs() })
    }

    fn obeys(&mut self, signal: sys::Signal, limit: Duration) -> bool {
        if !self.has_ended() {
            sys::signal(self.child.id(), signal);
        }
        until(limit, || self.has_ended())
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(%error, "the embedded PostgreSQL was forced to stop");
        }
    }
}

/// All settings are arguments, so that a cluster made by an older Entaku gets today's.
fn configure(command: &mut Command, setup: &Setup<'_>) {
    command.arg("-D").arg(setup.home.data());
    let durable = if setup.durability == Durability::Durable { "on" } else { "off" };
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        command.arg("-c").arg(format!("{setting}={durable}"));
    }
    command.arg("-c").arg(format!("unix_socket_directories={}", quoted(&setup.socket.path)));
    command.arg("-c").arg(format!("port={PORT}"));
    for setting in SETTINGS {
        command.arg("-c").arg(setting);
    }
}

const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "max_connections=100",
    "unix_socket_permissions=0700",
    "log_destination=stderr",
    "logging_collector=off",
    // The details of an error quote the row, which may be somebody's personal data.
    "log_error_verbosity=terse",
    "log_timezone=UTC",
    "timezone=UTC",
];

/// The setting is a list; quoting makes commas and blanks part of the one path.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('"', "\"\""))
}
