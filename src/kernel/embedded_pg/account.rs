//! The account that PostgreSQL runs as: it refuses root and wants an entry in the user database.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{LaunchError, failed, sys};

const PASSWD: &str = "/etc/passwd";
/// Preferred first.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// An unprivileged user of this system; only root can and must become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account for a new cluster, `None` for "as we are".
    pub(super) fn for_new_cluster() -> Result<Option<Self>, LaunchError> {
        if !sys::is_root() {
            return Ok(None);
        }
        let all = Self::all()?;
        let preferred = CANDIDATES.iter().find_map(|name| all.iter().find(|account| account.name == *name));
        preferred.cloned().map(Some).ok_or(LaunchError::NoAccount)
    }

    /// The account for a cluster whose files belong to `uid`, `None` for "as we are".
    pub(super) fn owning(uid: u32, path: &Path) -> Result<Option<Self>, LaunchError> {
        if !sys::is_root() {
            return Ok(None);
        }
        let owner = Self::all()?.into_iter().find(|account| account.uid == uid && uid != 0);
        owner.map(Some).ok_or_else(|| LaunchError::ForeignOwner { path: path.into(), uid })
    }

    fn all() -> Result<Vec<Self>, LaunchError> {
        let text = fs::read_to_string(PASSWD).map_err(failed("read", Path::new(PASSWD)))?;
        Ok(text.lines().filter_map(Self::parse).collect())
    }

    /// `name:password:uid:gid:…`
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Self { name, uid, gid })
    }

    /// Whether the account can enter `dir`. Tried rather than computed, so that every access rule of the system counts.
    pub(super) fn can_enter(&self, dir: &Path) -> bool {
        let mut attempt = Command::new("/bin/sh");
        attempt.args(["-c", ":"]).current_dir(dir).uid(self.uid).gid(self.gid);
        attempt.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        attempt.status().is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn a_line_of_the_user_database_is_read() {
        let account = Account::parse("postgres:x:101:104:administrator,,,:/var/lib/postgresql:/bin/bash");
        assert_eq!(account, Some(Account { name: "postgres".into(), uid: 101, gid: 104 }));
    }

    #[test]
    fn lines_without_numbers_are_skipped() {
        assert_eq!(Account::parse("nobody:*:-2:-2"), None);
        assert_eq!(Account::parse("# comment"), None);
    }
}
