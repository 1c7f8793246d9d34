//! What PostgreSQL says.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{LaunchError, failed};

/// A longer log becomes the predecessor when the server starts.
const LARGE_BYTES: u64 = 16 << 20;
/// As much of it as belongs into an error message.
const LAST_WORDS_BYTES: u64 = 2_000;

/// The log file of one data directory.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    file: File,
    heard: Cell<u64>,
}

impl Log {
    pub(super) fn open(data_dir: &Path) -> Result<Self, LaunchError> {
        let path = data_dir.join("postgres.log");
        if fs::metadata(&path).is_ok_and(|found| found.len() > LARGE_BYTES) {
            fs::rename(&path, data_dir.join("postgres.log.1")).map_err(failed("rename", &path))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = options.open(&path).map_err(failed("open", &path))?;
        Ok(Self { path, file, heard: Cell::new(0) })
    }

    /// An end for a child to write to; [`Self::last_words`] are from here on.
    pub(super) fn writer(&self) -> io::Result<Stdio> {
        self.heard.set(self.file.metadata()?.len());
        Ok(self.file.try_clone()?.into())
    }

    /// The end of what was said since the last [`Self::writer`].
    pub(super) fn last_words(&self) -> String {
        let mut said = Vec::new();
        let _ = self.read_end(&mut said);
        String::from_utf8_lossy(&said).trim().to_owned()
    }

    fn read_end(&self, into: &mut Vec<u8>) -> io::Result<()> {
        let mut file = &self.file;
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(self.heard.get().max(end.saturating_sub(LAST_WORDS_BYTES))))?;
        file.take(LAST_WORDS_BYTES).read_to_end(into)?;
        Ok(())
    }
}
