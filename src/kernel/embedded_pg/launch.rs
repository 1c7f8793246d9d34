//! How the programs of PostgreSQL are called: as the right account, in a known environment.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::account::Account;
use super::sys;

/// The same on every machine; macOS has no `C.UTF-8`.
pub(super) const LOCALE: &str = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };

/// The rest, `PG…` and our own secrets among it, stays here.
const INHERITED: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];

/// A call of `program` as `account` that ends with this process and does not hear its Ctrl-C.
pub(super) fn command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    // Not where we are: the account may be unable to stand there.
    command.current_dir("/").stdin(Stdio::null()).process_group(0);
    command.env_clear().env("LC_ALL", LOCALE);
    command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    sys::die_with_parent(&mut command);
    command
}
