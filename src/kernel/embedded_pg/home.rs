//! Where the cluster lives: in the data directory, or, where the account of the server cannot reach that, elsewhere.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, lchown};
use std::path::{Path, PathBuf};

use super::account::Account;
use super::{Durability, LaunchError, failed, sys};

/// The home of a cluster and the account whose it is.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) dir: PathBuf,
    /// `None`: this process is not root and runs the server as itself.
    pub(super) account: Option<Account>,
}

impl Home {
    /// Finds the home that belongs to `data_dir`, or makes one.
    pub(super) fn prepare(data_dir: &Path, durability: Durability) -> Result<Self, LaunchError> {
        let pointer = data_dir.join("postgres.path");
        match fs::read(&pointer) {
            Ok(path) => Self::existing(OsString::from_vec(path).into())?.if_reachable(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::inside(data_dir.join("postgres"), &pointer, durability)
            }
            Err(error) => Err(failed("read", &pointer)(error)),
        }
    }

    /// An unreachable home that has a cluster is an error: an empty one elsewhere would look like lost data.
    fn inside(dir: PathBuf, pointer: &Path, durability: Durability) -> Result<Self, LaunchError> {
        let home = if is_given_away(&dir) { Self::existing(dir)? } else { Self::new(dir)? };
        if home.is_reachable() || home.data().exists() {
            return home.if_reachable();
        }
        fs::remove_dir_all(&home.dir).map_err(failed("remove", &home.dir))?;
        Self::elsewhere(pointer, durability)
    }

    /// The name is new each time: whoever deletes a data directory and starts again must not find the old rows.
    fn elsewhere(pointer: &Path, durability: Durability) -> Result<Self, LaunchError> {
        let account = Account::for_new_cluster()?;
        let name = format!("entaku-{:016x}", RandomState::new().hash_one(pointer));
        let home = Self::new(shelter(account.as_ref(), durability)?.join(name))?.if_reachable()?;
        write_whole(pointer, home.dir.as_os_str())?;
        tracing::info!(
            home = %home.dir.display(), pointer = %pointer.display(),
            "the account of PostgreSQL cannot reach the data directory: the database is kept elsewhere"
        );
        Ok(home)
    }

    fn new(dir: PathBuf) -> Result<Self, LaunchError> {
        let account = Account::for_new_cluster()?;
        make_private(&dir, account.as_ref())?;
        Ok(Self { dir, account })
    }

    /// The server continues as the owner of the files, whoever starts it.
    fn existing(dir: PathBuf) -> Result<Self, LaunchError> {
        let owner = fs::metadata(&dir).map_err(failed("read", &dir))?.uid();
        let account = Account::owning(owner, &dir)?;
        Ok(Self { dir, account })
    }

    fn is_reachable(&self) -> bool {
        self.account.as_ref().is_none_or(|account| account.can_enter(&self.dir))
    }

    fn if_reachable(self) -> Result<Self, LaunchError> {
        if self.is_reachable() {
            return Ok(self);
        }
        let account = self.account.map(|account| account.name).unwrap_or_default();
        Err(LaunchError::Unreachable { account, path: self.dir })
    }

    /// The cluster itself (`PGDATA`).
    pub(super) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The major version that made the cluster, if there is one.
    pub(super) fn version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }
}

/// Makes the data directory and gives its absolute path. Root leaves it passable, not readable, for the server's account;
/// each file in it guards itself.
pub(super) fn make_data_dir(path: &Path) -> Result<PathBuf, LaunchError> {
    let mode = if sys::is_root() { 0o711 } else { 0o700 };
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(mode).create(path).map_err(failed("make", path))?;
    path.canonicalize().map_err(failed("resolve", path))
}

/// Whether a home was finished: one that still belongs to root was interrupted before it got its owner.
fn is_given_away(dir: &Path) -> bool {
    fs::metadata(dir).is_ok_and(|found| found.uid() != 0 || !sys::is_root())
}

/// Makes a directory that only `account` can enter; one that is there already must be just that.
pub(super) fn make_private(dir: &Path, account: Option<&Account>) -> Result<(), LaunchError> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed("make", dir)(error)),
        _ => {}
    }
    let owners = [sys::uid(), account.map_or(sys::uid(), |account| account.uid)];
    let found = fs::symlink_metadata(dir).map_err(failed("read", dir))?;
    if !found.is_dir() || found.mode() & 0o077 != 0 || !owners.contains(&found.uid()) {
        return Err(LaunchError::NotPrivate { path: dir.into() });
    }
    let Some(account) = account else { return Ok(()) };
    lchown(dir, Some(account.uid), Some(account.gid)).map_err(failed("give away", dir))
}

/// The parent of the homes that cannot be where they were asked for.
fn shelter(account: Option<&Account>, durability: Durability) -> Result<PathBuf, LaunchError> {
    let dir = match durability {
        Durability::Durable => PathBuf::from("/var/lib/entaku"),
        Durability::Throwaway => temporary(account),
    };
    DirBuilder::new().recursive(true).mode(0o711).create(&dir).map_err(failed("make", &dir))?;
    Ok(dir)
}

/// The directory of temporary files, or `/tmp` where that is root's own.
pub(super) fn temporary(account: Option<&Account>) -> PathBuf {
    let usual = Some(std::env::temp_dir()).filter(|dir| account.is_none_or(|account| account.can_enter(dir)));
    usual.unwrap_or_else(|| "/tmp".into())
}

/// Appears whole or not at all.
fn write_whole(path: &Path, content: &OsStr) -> Result<(), LaunchError> {
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, content.as_bytes()).map_err(failed("write", &unfinished))?;
    fs::rename(&unfinished, path).map_err(failed("write", path))
}
