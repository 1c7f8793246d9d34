//! The directory of the socket, the only way to the server.

use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::LaunchError;
use super::home::{Home, make_private, temporary};

/// Only a part of the socket's name: nothing listens on it.
pub(super) const PORT: u16 = 5432;

/// What the kernel takes as the path of a socket.
const LONGEST_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// A directory that only the account of the server can enter.
#[derive(Debug)]
pub(super) struct SocketDir {
    pub(super) path: PathBuf,
    borrowed: bool,
}

impl SocketDir {
    /// In the home, or among the temporary files where the home's path is too long.
    pub(super) fn prepare(home: &Home) -> Result<Self, LaunchError> {
        let inside = home.dir.join("run");
        let borrowed = !fits(&inside);
        let path = if borrowed { short(home) } else { inside };
        make_private(&path, home.account.as_ref())?;
        Ok(Self { path, borrowed })
    }

    pub(super) fn file(&self) -> PathBuf {
        file(&self.path)
    }

    /// Where the server notes whose socket it is.
    pub(super) fn lock_file(&self) -> PathBuf {
        self.path.join(format!(".s.PGSQL.{PORT}.lock"))
    }

    pub(super) fn answers(&self) -> bool {
        UnixStream::connect(self.file()).is_ok()
    }

    /// Port and TLS mode are named so that `PGPORT` and `PGSSLMODE` of the caller do not count.
    pub(super) fn url(&self, role: &str, database: &str) -> String {
        let host = self.path.to_string_lossy();
        let [role, database, host] = [role, database, &host].map(encode);
        format!("postgres://{role}@localhost:{PORT}/{database}?host={host}&sslmode=disable")
    }
}

impl Drop for SocketDir {
    fn drop(&mut self) {
        if self.borrowed {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

/// A URL is text, so the path must be, too.
fn fits(dir: &Path) -> bool {
    file(dir).to_str().is_some_and(|path| path.len() <= LONGEST_BYTES)
}

/// The same for each start, so that kills leave one directory and not many.
fn short(home: &Home) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    home.dir.hash(&mut hasher);
    let name = format!("entaku-{:016x}", hasher.finish());
    let usual = temporary(home.account.as_ref()).join(&name);
    if fits(&usual) { usual } else { Path::new("/tmp").join(name) }
}

/// Percent-encodes everything that has a meaning in some part of a URL.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut url, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_measured_in_bytes_with_the_socket_in_it() {
        let longest = "/".to_owned() + &"a".repeat(LONGEST_BYTES - "//.s.PGSQL.5432".len());
        assert!(fits(Path::new(&longest)));
        assert!(!fits(Path::new(&(longest + "a"))));
        assert!(!fits(Path::new(&("/".to_owned() + &"円".repeat(40)))));
    }

    #[test]
    fn every_character_survives_the_url() {
        let socket = SocketDir { path: "/tmp/円 卓,&?#%".into(), borrowed: false };
        let url = socket.url("a@b", "c/d");
        assert!(
            url.starts_with(
                "postgres://a%40b@localhost:5432/c%2Fd?host=%2Ftmp%2F%E5%86%86%20%E5%8D%93%2C%26%3F%23%25&"
            )
        );
    }
}
