//! Finds the binaries of PostgreSQL.

use std::cmp::Reverse;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::MINIMUM_MAJOR;
use super::{LaunchError, sys};

/// Where packages put them: a directory, and the beginning of the names below it that end in a version.
const PLACES: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@"),
];

/// What installs PostgreSQL, by the program that does it.
const INSTALLERS: [(&str, &str); 4] = [
    ("apt-get", "apt-get update && apt-get install -y postgresql"),
    ("dnf", "dnf install -y postgresql-server"),
    ("apk", "apk add postgresql"),
    ("brew", "brew install postgresql@17"),
];

/// A directory with `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) dir: PathBuf,
    pub(super) major: u32,
}

/// The binaries for a cluster of the version `needed`, or for a new one.
pub(super) fn binaries(needed: Option<u32>) -> Result<Binaries, LaunchError> {
    if let Some(dir) = env::var_os("ENTAKU_PG_BIN").filter(|dir| !dir.is_empty()) {
        let dir = PathBuf::from(dir);
        let found = probe(&dir).ok_or(LaunchError::NoBinariesThere { dir })?;
        return choose(vec![found], needed);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = env::split_paths(&path).chain(PLACES.iter().flat_map(|(parent, prefix)| versions(parent, prefix)));
    choose(dirs.filter_map(|dir| probe(&dir)).collect(), needed)
}

/// The first that fits: `PATH` was searched before the usual places, and those newest first.
fn choose(found: Vec<Binaries>, needed: Option<u32>) -> Result<Binaries, LaunchError> {
    let newest = found.iter().map(|it| it.major).max();
    let fits = |it: &Binaries| needed.map_or(it.major >= MINIMUM_MAJOR, |needed| it.major == needed);
    match (found.into_iter().find(fits), newest, needed) {
        (Some(binaries), ..) => Ok(binaries),
        (None, None, _) => Err(LaunchError::NotInstalled { install: install_command() }),
        (None, Some(_), Some(needed)) => Err(LaunchError::VersionGone { needed }),
        (None, Some(found), None) => Err(LaunchError::TooOld { found, install: install_command() }),
    }
}

/// `dir` if both programs are there. A link, as in `/usr/local/bin`, leads to the directory where the others are, too.
fn probe(dir: &Path) -> Option<Binaries> {
    let postgres = dir.join("postgres").canonicalize().ok()?;
    let dir = postgres.parent()?.to_owned();
    dir.join("initdb").is_file().then_some(())?;
    let output = Command::new(&postgres).arg("--version").current_dir("/").output().ok()?;
    let major = major(&String::from_utf8_lossy(&output.stdout))?;
    Some(Binaries { dir, major })
}

/// `postgres (PostgreSQL) 15.18 (Debian …)`, also `18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn versions(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(version, _)| Reverse(*version));
    found.into_iter().map(|(_, dir)| dir).collect()
}

fn install_command() -> String {
    let path: OsString = env::var_os("PATH").unwrap_or_default();
    let is_here = |program: &str| env::split_paths(&path).any(|dir| dir.join(program).is_file());
    let installer = INSTALLERS.iter().find(|(program, _)| is_here(program));
    match installer {
        None => "your system's package manager, or see https://www.postgresql.org/download/".into(),
        Some(("brew", command)) => (*command).into(),
        Some((_, command)) if sys::is_root() => (*command).into(),
        Some((_, command)) => format!("sudo sh -c '{command}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|&major| Binaries { dir: format!("/{major}").into(), major }).collect()
    }

    #[test]
    fn versions_are_read_as_packagers_write_them() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("mysqld Ver 8"), None);
    }

    #[test]
    fn a_new_cluster_gets_the_first_version_that_is_new_enough() {
        assert!(matches!(choose(installed(&[14, 16, 17]), None), Ok(Binaries { major: 16, .. })));
    }

    #[test]
    fn an_existing_cluster_gets_its_own_version() {
        assert!(matches!(choose(installed(&[17, 15]), Some(15)), Ok(Binaries { major: 15, .. })));
        assert!(matches!(choose(installed(&[17]), Some(15)), Err(LaunchError::VersionGone { needed: 15 })));
    }

    #[test]
    fn too_old_is_not_the_same_as_not_installed() {
        assert!(matches!(choose(installed(&[13, 14]), None), Err(LaunchError::TooOld { found: 14, .. })));
        assert!(matches!(choose(vec![], None), Err(LaunchError::NotInstalled { .. })));
        assert!(matches!(choose(vec![], Some(15)), Err(LaunchError::NotInstalled { .. })));
    }
}
