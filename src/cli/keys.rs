//! `entaku keys init`: the key ring of an installation, made once.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::kernel::keys::KeyRing;

/// Makes the file where there is none, and checks it where there is one. Needs no database.
pub fn init() -> Result<()> {
    let path = PathBuf::from(std::env::var("ENTAKU_KEYS_FILE").context("ENTAKU_KEYS_FILE is not set")?);
    KeyRing::read_or_create(&path).with_context(|| format!("ENTAKU_KEYS_FILE {}", path.display()))?;
    Ok(())
}
