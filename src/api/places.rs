//! How many channels stay open for one caller: each costs memory as long as it lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::rates::Payer;
use crate::kernel::error::{Error, Result};

/// Channels of one account.
const OF_ACCOUNT: u32 = 10;
/// Channels of one address without a sign-in: a school has one address.
const OF_ADDRESS: u32 = 100;

/// Channels of one of a municipality's own networks without a sign-in.
const OF_NETWORK: u32 = 2_000;
/// How many seconds to wait for one to be closed.
const WAIT: u64 = 5;

/// The channels that are open, by who pays.
#[derive(Clone, Default)]
pub struct Places(Arc<Mutex<HashMap<Payer, u32>>>);

/// A channel's place; it is given back when this is dropped.
pub struct Place {
    places: Places,
    payer: Payer,
}

impl Places {
    /// Takes a place.
    ///
    /// # Errors
    /// RATE_LIMITED when the caller has all of theirs.
    pub fn take(&self, payer: Payer) -> Result<Place> {
        let most = match payer {
            Payer::Account(_) => OF_ACCOUNT,
            Payer::Address(_) => OF_ADDRESS,
            Payer::Own(_) | Payer::Nobody => OF_NETWORK,
        };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(payer).or_default();
        if *count >= most {
            return Err(Error::RateLimited(WAIT));
        }
        *count += 1;
        Ok(Place { places: self.clone(), payer })
    }
}

impl Place {
    /// Becomes a place of another payer.
    ///
    /// # Errors
    /// RATE_LIMITED when they have all of theirs; then it stays what it was.
    pub fn give_to(&mut self, payer: Payer) -> Result<()> {
        if self.payer != payer {
            *self = self.places.take(payer)?;
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.payer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.payer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::principal::AccountId;

    #[test]
    fn w6_an_account_has_ten_places_and_gets_them_back() {
        let (places, payer) = (Places::default(), Payer::Account(AccountId(uuid::Uuid::now_v7())));
        let mut taken: Vec<_> = (0..OF_ACCOUNT).map(|_| places.take(payer).expect("a place")).collect();
        assert!(places.take(payer).is_err());
        assert!(places.take(Payer::Account(AccountId(uuid::Uuid::now_v7()))).is_ok());
        let mut stranger = places.take(Payer::Address([192, 0, 2, 1].into())).expect("a place");
        assert!(stranger.give_to(payer).is_err());
        taken.pop();
        stranger.give_to(payer).expect("a place");
        drop(stranger);
        assert!(places.take(payer).is_ok());
        drop(taken);
        assert!(places.0.lock().expect("a map").is_empty());
    }
}
