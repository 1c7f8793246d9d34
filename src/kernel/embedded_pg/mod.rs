//! The private PostgreSQL of an installation that has no database server.
//!
//! [`Cluster::start`] needs nothing but the binaries of PostgreSQL ≥ 15. It leaves in the data directory:
//!
//! ```text
//! lock            held by the one Entaku that uses the directory; contains its process id
//! postgres.log    what PostgreSQL says; started anew, one predecessor kept, when it has grown large
//! postgres/       the home: `data/` (the cluster) and `run/` (its socket), open to one account only
//! postgres.path   instead of `postgres/`: where the home is, when the server's account cannot reach the data directory
//! ```
//!
//! There is no TCP port and no password: whoever may enter the home directory may connect.
//! The server dies with this process, however this process ends, and the next start recovers it.

mod account;
mod error;
mod find;
mod home;
mod initdb;
mod launch;
mod lock;
mod log;
mod pid_file;
mod postmaster;
mod socket;
mod spawner;
mod sys;
mod wait;

use std::path::{Path, PathBuf};

pub use error::LaunchError;
use home::Home;
use lock::Lock;
use log::Log;
use postmaster::{Postmaster, Setup};
use socket::SocketDir;

/// The superuser that `initdb` creates; reached through [`Cluster::superuser_url`].
const SUPERUSER: &str = "postgres";

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A commit that was acknowledged survives (`fsync`, `full_page_writes` and `synchronous_commit` on).
    Durable,
    /// For tests: a killed server may lose its last commits, a crashed machine everything.
    Throwaway,
}

/// A running PostgreSQL of our own; dropping it shuts it down.
#[derive(Debug)]
pub struct Cluster {
    postmaster: Postmaster,
    socket: SocketDir,
    // Declared last, hence released last: the directory is free only after the server has ended.
    _lock: Lock,
}

impl Cluster {
    /// Makes the cluster where there is none, starts it and waits until it accepts connections.
    ///
    /// Blocking: about half a second the first time and 50 ms later, longer after a crash that has much to recover.
    /// The binaries come from `ENTAKU_PG_BIN`, else from `PATH`, else from the usual places, newest first;
    /// an existing cluster gets the version that made it.
    pub fn start(data_dir: &Path, durability: Durability) -> Result<Self, LaunchError> {
        let data_dir = home::make_data_dir(data_dir)?;
        let lock = Lock::take(&data_dir)?;
        let home = Home::prepare(&data_dir, durability)?;
        let binaries = find::binaries(home.version())?;
        initdb::ensure(&binaries, &home, durability)?;
        let socket = SocketDir::prepare(&home)?;
        let log = Log::open(&data_dir)?;
        let setup = Setup { binaries: &binaries, home: &home, socket: &socket, log: &log, durability };
        let postmaster = Postmaster::start(&setup)?;
        tracing::info!(version = binaries.major, home = %home.dir.display(), "PostgreSQL is ready");
        Ok(Self { postmaster, socket, _lock: lock })
    }

    /// Where `role` finds `database`; names are taken as they are, in any characters.
    pub fn url(&self, role: &str, database: &str) -> String {
        self.socket.url(role, database)
    }

    /// The superuser in the maintenance database: for the bootstrap and for tests, never for serving.
    pub fn superuser_url(&self) -> String {
        self.url(SUPERUSER, "postgres")
    }

    /// Ends the server: open transactions are rolled back, everything committed is on disk.
    ///
    /// Blocking, about 20 ms. An error says that it had to be forced, after which the next start recovers.
    pub fn stop(mut self) -> Result<(), LaunchError> {
        self.postmaster.stop()
    }
}

/// A running PostgreSQL that another Entaku process keeps: short commands visit it while the server serves.
#[derive(Debug)]
pub struct Neighbour {
    socket: SocketDir,
}

impl Neighbour {
    /// The cluster of `data_dir`, if it accepts connections.
    pub fn find(data_dir: &Path) -> Result<Option<Self>, LaunchError> {
        let home = Home::prepare(&home::make_data_dir(data_dir)?, Durability::Durable)?;
        let socket = SocketDir::prepare(&home)?;
        Ok(socket.answers().then_some(Self { socket }))
    }

    /// Where `role` finds `database`.
    pub fn url(&self, role: &str, database: &str) -> String {
        self.socket.url(role, database)
    }
}

/// An I/O error with what was attempted and where.
fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> LaunchError {
    let path = PathBuf::from(path);
    move |source| LaunchError::Io { doing, path, source }
}
