//! Why the embedded PostgreSQL does not run, in words its operator can act on.

use std::path::PathBuf;

/// The oldest major version that Entaku's SQL works with.
pub(super) const MINIMUM_MAJOR: u32 = 15;

/// Why the embedded PostgreSQL does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// No binaries anywhere.
    #[error("PostgreSQL {MINIMUM_MAJOR} or newer is not installed. Install it with: {install}")]
    NotInstalled {
        /// The command for the package manager of this system.
        install: String,
    },
    /// `ENTAKU_PG_BIN` is set and leads nowhere.
    #[error("ENTAKU_PG_BIN is {}, where initdb and postgres are not found or do not run", dir.display())]
    NoBinariesThere {
        /// The value of the variable.
        dir: PathBuf,
    },
    /// Only versions that are too old.
    #[error(
        "PostgreSQL {found} is installed, {MINIMUM_MAJOR} or newer is needed. Install it with: {install} \
         (where that gives an older version: https://www.postgresql.org/download/)"
    )]
    TooOld {
        /// The newest major version found.
        found: u32,
        /// The command for the package manager of this system.
        install: String,
    },
    /// The cluster on disk is of a version whose binaries are gone.
    #[error(
        "the database was made by PostgreSQL {needed}, which is not installed any more: \
         install it again, or move the data with pg_upgrade or pg_dump"
    )]
    VersionGone {
        /// The major version that made the cluster.
        needed: u32,
    },
    /// Another Entaku has the directory.
    #[error("another Entaku (process {}) is using {}", pid.as_deref().unwrap_or("unknown"), data_dir.display())]
    Locked {
        /// The directory both want.
        data_dir: PathBuf,
        /// The process that has it, where it could be read.
        pid: Option<String>,
    },
    /// A server that no Entaku watches has the cluster.
    #[error("a PostgreSQL server that Entaku did not start (process {pid}) is using {}: stop it first", data.display())]
    Occupied {
        /// The cluster.
        data: PathBuf,
        /// The server's process.
        pid: u32,
    },
    /// Root, and nobody to run the server as.
    #[error("PostgreSQL refuses to run as root, and there is neither an account `postgres` nor `nobody` to run it as")]
    NoAccount,
    /// The cluster's files belong to root or to an account that is gone.
    #[error("{} belongs to user {uid}, as whom PostgreSQL cannot run", path.display())]
    ForeignOwner {
        /// The home of the cluster.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// Root, and the account of the server cannot enter the directory.
    #[error("the account {account}, as which PostgreSQL runs, cannot reach {}", path.display())]
    Unreachable {
        /// The account of the server.
        account: String,
        /// The directory it cannot enter.
        path: PathBuf,
    },
    /// A directory that must be ours alone exists and is not.
    #[error("{} should be a directory that only its owner, the account of PostgreSQL, can enter", path.display())]
    NotPrivate {
        /// The directory.
        path: PathBuf,
    },
    /// `initdb` refused.
    #[error("initdb failed: {said}")]
    Initdb {
        /// Its last words.
        said: String,
    },
    /// The server ended while starting.
    #[error("PostgreSQL ended while starting ({}): {said}", log.display())]
    Exited {
        /// The end of its log.
        said: String,
        /// The whole log.
        log: PathBuf,
    },
    /// The server neither became ready nor ended.
    #[error("PostgreSQL was not ready after {seconds} s; see {}", log.display())]
    NotReady {
        /// How long it was given.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The fast shutdown took too long and was forced.
    #[error("PostgreSQL (process {pid}) did not stop within {seconds} s and was forced to")]
    NotStopped {
        /// The server's process.
        pid: u32,
        /// How long it was given.
        seconds: u64,
    },
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The verb.
        doing: &'static str,
        /// Its object.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
