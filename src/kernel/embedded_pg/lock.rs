//! One Entaku per data directory. The kernel releases the lock however the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{LaunchError, failed};

/// The lock on a data directory, held while this value lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock or says at once who has it.
    pub(super) fn take(data_dir: &Path) -> Result<Self, LaunchError> {
        let path = data_dir.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(failed("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(data_dir, file)),
            Err(TryLockError::Error(source)) => return Err(failed("lock", &path)(source)),
        }
        sign(&mut file).map_err(failed("write", &path))?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    /// Closing is not enough: a child that is being spawned has the file, too, until it becomes its program.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn held(data_dir: &Path, file: File) -> LaunchError {
    let mut text = String::new();
    let _ = file.take(20).read_to_string(&mut text);
    let pid = Some(text.trim().to_owned()).filter(|pid| !pid.is_empty());
    LaunchError::Locked { data_dir: data_dir.into(), pid }
}
