//! Makes the cluster, whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;

use super::find::Binaries;
use super::home::Home;
use super::launch::{LOCALE, command};
use super::{Durability, LaunchError, SUPERUSER, failed};

/// Runs `initdb` unless the home has a cluster. It works in a sibling that gets the real name at the end,
/// so that a directory with the real name is never half made.
pub(super) fn ensure(binaries: &Binaries, home: &Home, durability: Durability) -> Result<(), LaunchError> {
    let data = home.data();
    if data.exists() {
        return Ok(());
    }
    let unfinished = home.dir.join("data.new");
    remove(&unfinished)?;
    run(initdb(binaries, home, durability, &unfinished))?;
    fs::rename(&unfinished, &data).map_err(failed("finish", &data))?;
    File::open(&home.dir).and_then(|dir| dir.sync_all()).map_err(failed("write", &home.dir))
}

fn remove(unfinished: &Path) -> Result<(), LaunchError> {
    match fs::remove_dir_all(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", unfinished)(error)),
        _ => Ok(()),
    }
}

fn initdb(binaries: &Binaries, home: &Home, durability: Durability, into: &Path) -> Command {
    let mut initdb = command(&binaries.dir.join("initdb"), home.account.as_ref());
    initdb.arg("--pgdata").arg(into);
    initdb.args(["--username", SUPERUSER, "--encoding", "UTF8", "--locale", LOCALE]);
    initdb.args(["--auth-local", "trust", "--auth-host", "reject", "--data-checksums", "--no-instructions"]);
    if durability == Durability::Throwaway {
        initdb.arg("--no-sync");
    }
    initdb
}

fn run(mut initdb: Command) -> Result<(), LaunchError> {
    let program = Path::new(initdb.get_program()).to_owned();
    let output = initdb.output().map_err(failed("run", &program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(LaunchError::Initdb { said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}
