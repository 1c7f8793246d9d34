//! `entaku keys init` and `entaku keys rotate`: the key ring of an installation.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::kernel::keys::{self, KeyRing};

/// Makes the file where there is none, and checks and completes it where there is one. Needs no database.
pub fn init() -> Result<()> {
    let path = path()?;
    KeyRing::read_or_create(&path).with_context(|| format!("ENTAKU_KEYS_FILE {}", path.display()))?;
    Ok(())
}

/// Lets the next signing key sign. Every server is restarted afterwards, one after another, before the next rotation.
#[allow(clippy::print_stdout)]
pub fn rotate() -> Result<()> {
    let path = path()?;
    let rotated = keys::rotate(&path).with_context(|| format!("ENTAKU_KEYS_FILE {}", path.display()))?;
    println!("signs: {}\nnext: {}", rotated.signs, rotated.next);
    for id in rotated.retired {
        println!("retired: {id}");
    }
    Ok(())
}

fn path() -> Result<PathBuf> {
    Ok(PathBuf::from(std::env::var("ENTAKU_KEYS_FILE").context("ENTAKU_KEYS_FILE is not set")?))
}
