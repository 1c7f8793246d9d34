//! Password hashing: argon2id (RFC 9106) with the installation's pepper, on threads that give way to everybody else, on
//! all cores but one, and for half of the time: a scheduler that is fair between processes lets the database wait for a
//! core that hashes, whatever the thread's priority. Whoever proves something takes a place first; the rest of a rush
//! waits before it has taken anything of the database, or is sent away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, KeyId, Params, ParamsBuilder, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::kernel::error::{Error, Result};
use crate::kernel::keys::{KeyRing, Pepper};
use crate::kernel::read::sql::Sql;
use crate::kernel::text::normal_password;
use crate::kernel::tx::Tx;

/// Hashes and verifies passwords.
pub struct Passwords {
    keys: Arc<KeyRing>,
    cores: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Callers that have a place or wait for one; more are sent away.
    queue: Arc<Semaphore>,
    /// What an unknown user's password is compared with, so that the work is the same.
    nobody: String,
    hashes: AtomicU64,
}

/// A place among those who prove something: their statements run, or their password is hashed.
#[must_use]
pub struct Place {
    _queue: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Passwords {
    /// How many may wait for a place.
    const QUEUE: usize = 64;

    /// Prepares the hash that unknown users are compared with.
    pub fn new(keys: Arc<KeyRing>) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).max(1));
        let nobody = hash(&keys, "an account that does not exist")?;
        Ok(Self {
            keys,
            cores: Arc::new(Semaphore::new(cores)),
            // One more than cores: the statements of one run while the password of another is hashed.
            places: Arc::new(Semaphore::new(cores + 1)),
            queue: Arc::new(Semaphore::new(cores + 1 + Self::QUEUE)),
            nobody,
            hashes: AtomicU64::new(0),
        })
    }

    /// Waits for a place. To be held from the first statement of a proof to its last.
    ///
    /// # Errors
    /// UNAVAILABLE where too many wait.
    pub async fn place(&self) -> Result<Place> {
        let queue = self.queue.clone().try_acquire_owned().map_err(|_| Error::Unavailable)?;
        let place = self.places.clone().acquire_owned().await.map_err(Error::internal)?;
        Ok(Place { _queue: queue, _place: place })
    }

    /// The hash of a new password, as a PHC string that names its pepper (`keyid`).
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = normal_password(password);
        self.work(move |keys| hash(keys, &password)).await?
    }

    /// Does the password fit the stored hash? Without a stored hash the work is done all the same.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        let password = normal_password(password);
        let (password, short) = if password.len() > LONGEST { (String::new(), false) } else { (password, true) };
        let fits = self.work(move |keys| verify(keys, &password, &stored)).await??;
        Ok(fits && known && short)
    }

    /// A new hash for a password that was verified, where the stored one is outdated.
    pub async fn renewed(&self, password: &str, stored: &str) -> Result<Option<String>> {
        if outdated(&self.keys, stored)? { self.hash(password).await.map(Some) } else { Ok(None) }
    }

    /// How many passwords were hashed or compared.
    pub fn count(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce(&KeyRing) -> T + Send + 'static) -> Result<T> {
        let core = self.cores.clone().acquire_owned().await.map_err(Error::internal)?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        let (keys, (answer, answered)) = (self.keys.clone(), oneshot::channel());
        let run = move || {
            give_way();
            let begun = Instant::now();
            let done = job(&keys);
            // Nobody waits any more where the request was given up.
            answer.send(done).ok();
            std::thread::sleep(begun.elapsed());
            drop(core);
        };
        std::thread::Builder::new().name("password".to_owned()).spawn(run).map_err(Error::internal)?;
        answered.await.map_err(Error::internal)
    }
}

/// Lowers the priority of this thread for good, so that it computes when nobody else has to. A thread of the runtime
/// could not be raised again without privileges.
fn give_way() {
    // Elsewhere the same call would lower the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::debug!(%error, "a password is hashed at the usual priority");
    }
}

/// The longest password that is looked at, in bytes of its normal form.
pub const LONGEST: usize = 256;

fn argon2(pepper: &Pepper) -> Result<Argon2<'_>> {
    let keyid = KeyId::new(pepper.id.as_bytes()).map_err(Error::internal)?;
    let params = ParamsBuilder::new().keyid(keyid).build().map_err(Error::internal)?;
    Argon2::new_with_secret(&pepper.key, Algorithm::Argon2id, Version::default(), params).map_err(Error::internal)
}

fn hash(keys: &KeyRing, password: &str) -> Result<String> {
    let pepper = keys.pepper().map_err(Error::internal)?;
    let hash: PasswordHash = argon2(pepper)?.hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn verify(keys: &KeyRing, password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(Error::internal)?;
    let params = Params::try_from(&stored).map_err(Error::internal)?;
    let pepper =
        keys.pepper_of(params.keyid()).ok_or_else(|| Error::internal("a password of a pepper that is gone"))?;
    Ok(argon2(pepper)?.verify_password(password.as_bytes(), &stored).is_ok())
}

/// How many passwords of this municipality each pepper was mixed into, by its id.
pub async fn peppers_in_use(tx: &Tx) -> Result<Vec<(String, u64)>> {
    let text = "SELECT substring(password_hash FROM 'keyid=([^,$]+)') AS named, count(*) AS many FROM accounts \
                WHERE password_hash IS NOT NULL GROUP BY 1";
    let mut found = Vec::new();
    for row in tx.rows(Sql::new(text)).await? {
        let named: Option<String> = row.try_get("named")?;
        let id = STANDARD_NO_PAD.decode(named.unwrap_or_default()).map_err(Error::internal)?;
        let id = String::from_utf8(id).map_err(Error::internal)?;
        found.push((id, row.try_get::<_, i64>("many")?.unsigned_abs()));
    }
    Ok(found)
}

/// Was a hash made with other parameters, or another pepper, than new ones are?
fn outdated(keys: &KeyRing, stored: &str) -> Result<bool> {
    let now = argon2(keys.pepper().map_err(Error::internal)?)?.params().clone();
    let stored = PasswordHash::new(stored).map_err(Error::internal)?;
    let params = Params::try_from(&stored).map_err(Error::internal)?;
    let cost = |p: &Params| (p.m_cost(), p.t_cost(), p.p_cost());
    let same = stored.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && cost(&params) == cost(&now)
        && params.keyid() == now.keyid();
    Ok(!same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(keys: KeyRing) -> Passwords {
        Passwords::new(Arc::new(keys)).expect("passwords")
    }

    #[tokio::test]
    async fn a7_two_keyboards_give_one_password_and_too_long_ones_none() {
        let all = passwords(KeyRing::ephemeral().expect("keys"));
        let stored = all.hash("か\u{3099}っこうのパスワード１２").await.expect("a hash");
        for same in ["がっこうのパスワード12", "か\u{3099}っこうのﾊﾟｽﾜｰﾄﾞ12"] {
            assert!(all.verify(same, Some(&stored)).await.expect("compared"), "{same}");
        }
        let most = all.hash(&"😀".repeat(64)).await.expect("a hash");
        assert!(all.verify(&"😀".repeat(64), Some(&most)).await.expect("compared"));
        let before = all.count();
        assert!(!all.verify(&"😀".repeat(65), Some(&most)).await.expect("compared"), "nothing is cut off");
        assert_eq!(all.count(), before + 1, "and it takes as long");
    }

    #[tokio::test]
    async fn a8_a_hash_names_its_pepper_and_an_outdated_one_is_known() {
        let stored = |keys: &KeyRing, params: Params| {
            let pepper = keys.pepper().expect("a pepper");
            let argon2 = Argon2::new_with_secret(&pepper.key, Algorithm::Argon2id, Version::default(), params);
            let hash: PasswordHash = argon2.expect("argon2").hash_password(b"a long password").expect("a hash");
            hash.to_string()
        };
        let keys = KeyRing::ephemeral().expect("keys");
        let id = keys.pepper().expect("a pepper").id.clone();
        let weak = ParamsBuilder::new().t_cost(1).keyid(KeyId::new(id.as_bytes()).expect("an id")).build();
        let weak = stored(&keys, weak.expect("parameters"));
        let current = hash(&keys, "a long password").expect("a hash");
        assert!(current.contains("keyid="), "{current}");
        assert!(outdated(&keys, &weak).expect("read") && !outdated(&keys, &current).expect("read"));
        assert!(verify(&keys, "a long password", &weak).expect("compared"), "it verifies all the same");
        let rotated = keys.with_pepper("second", &[7; 32]);
        assert!(verify(&rotated, "a long password", &current).expect("compared"));
        assert!(outdated(&rotated, &current).expect("read"));
        let renewed = hash(&rotated, "a long password").expect("a hash");
        assert!(!outdated(&rotated, &renewed).expect("read"));
        let other = KeyRing::ephemeral().expect("keys");
        assert!(verify(&other, "a long password", &current).is_err(), "its pepper is gone");
    }
}
