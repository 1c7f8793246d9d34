//! Password hashing: argon2id (RFC 9106) with the installation's pepper, off the async threads and
//! never more at once than there are cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::kernel::error::{Error, Result};
use crate::kernel::keys::KeyRing;
use crate::kernel::text::normal_password;

/// Hashes and verifies passwords.
pub struct Passwords {
    keys: Arc<KeyRing>,
    permits: Arc<Semaphore>,
    /// Callers that may wait for a permit before they are sent away.
    queue: Arc<Semaphore>,
    /// What an unknown user's password is compared with, so that the work is the same.
    nobody: String,
    hashes: AtomicU64,
}

impl Passwords {
    /// How many sign-ins may wait for a core.
    const QUEUE: usize = 64;

    /// Prepares the hash that unknown users are compared with.
    pub fn new(keys: Arc<KeyRing>) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let nobody = hash(&keys, "an account that does not exist")?;
        Ok(Self {
            keys,
            permits: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(cores + Self::QUEUE)),
            nobody,
            hashes: AtomicU64::new(0),
        })
    }

    /// The hash of a new password, as a PHC string.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = normal_password(password);
        self.work(move |keys| hash(keys, &password)).await?
    }

    /// Does the password fit the stored hash? Without a stored hash the work is done all the same.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        let password: String = normal_password(password).chars().take(256).collect();
        let fits = self.work(move |keys| verify(keys, &password, &stored)).await??;
        Ok(fits && known)
    }

    /// How many passwords were hashed or compared.
    pub fn count(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce(&KeyRing) -> T + Send + 'static) -> Result<T> {
        let _place = self.queue.try_acquire().map_err(|_| Error::Unavailable)?;
        let permit = self.permits.clone().acquire_owned().await.map_err(Error::internal)?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        let keys = self.keys.clone();
        let run = move || {
            let _permit = permit;
            job(&keys)
        };
        tokio::task::spawn_blocking(run).await.map_err(Error::internal)
    }
}

fn argon2(keys: &KeyRing) -> Result<Argon2<'_>> {
    Argon2::new_with_secret(&keys.pepper, Algorithm::Argon2id, Version::default(), Params::default())
        .map_err(Error::internal)
}

fn hash(keys: &KeyRing, password: &str) -> Result<String> {
    let hash: PasswordHash = argon2(keys)?.hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn verify(keys: &KeyRing, password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(Error::internal)?;
    Ok(argon2(keys)?.verify_password(password.as_bytes(), &stored).is_ok())
}
