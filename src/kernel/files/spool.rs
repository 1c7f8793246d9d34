//! A file in the making: bytes are counted and hashed as they come. It has no name on the disk and is gone when it is
//! dropped.

use std::fs::File;
use std::io::{Read, Seek};

use aws_lc_rs::digest::{Context, SHA256};
use tokio::io::AsyncWriteExt;

use crate::kernel::error::{Error, Result};

/// A file that is being received.
pub struct Spool {
    file: tokio::fs::File,
    hash: Context,
    size: u64,
}

/// A file that is whole.
pub struct Spooled {
    /// Its bytes, from the first.
    pub file: File,
    /// How many.
    pub size: u64,
    /// Their SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl Spool {
    /// Nothing yet.
    pub(super) fn new(file: File) -> Self {
        Self { file: tokio::fs::File::from_std(file), hash: Context::new(&SHA256), size: 0 }
    }

    /// Takes more bytes and tells how many there are now.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        self.file.write_all(bytes).await.map_err(Error::internal)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(self.size)
    }

    /// There are no more.
    pub async fn done(mut self) -> Result<Spooled> {
        self.file.flush().await.map_err(Error::internal)?;
        let mut file = self.file.into_std().await;
        file.rewind().map_err(Error::internal)?;
        Ok(Spooled { file, size: self.size, sha256: digits(self.hash) })
    }
}

impl Spooled {
    /// A file that was written by other means. Reads it, so it may block.
    pub fn of(mut file: File) -> Result<Self> {
        file.rewind().map_err(Error::internal)?;
        let (mut hash, mut size, mut part) = (Context::new(&SHA256), 0, vec![0; 64 * 1024]);
        loop {
            let read = file.read(&mut part).map_err(Error::internal)?;
            if read == 0 {
                break;
            }
            hash.update(&part[..read]);
            size += read as u64;
        }
        file.rewind().map_err(Error::internal)?;
        Ok(Self { file, size, sha256: digits(hash) })
    }
}

fn digits(hash: Context) -> String {
    hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
