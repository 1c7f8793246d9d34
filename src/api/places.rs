//! How many channels stay open for one caller: each costs memory as long as it lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::rates::Caller;
use crate::kernel::error::{Error, Result};

/// Channels of one account.
const OF_ACCOUNT: u32 = 10;
/// Channels of one address without a sign-in: a school has one address.
const OF_ADDRESS: u32 = 100;

/// The channels that are open, by caller.
#[derive(Clone, Default)]
pub struct Places(Arc<Mutex<HashMap<Caller, u32>>>);

/// A channel's place; it is given back when this is dropped.
pub struct Place {
    places: Places,
    caller: Caller,
}

impl Places {
    /// Takes a place.
    ///
    /// # Errors
    /// RATE_LIMITED when the caller has all of theirs.
    pub fn take(&self, caller: Caller) -> Result<Place> {
        let most = match caller {
            Caller::Account(_) => OF_ACCOUNT,
            Caller::Address(_) => OF_ADDRESS,
            Caller::Free => u32::MAX,
        };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_default();
        if *count >= most {
            return Err(Error::RateLimited);
        }
        *count += 1;
        Ok(Place { places: self.clone(), caller })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
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
        let (places, caller) = (Places::default(), Caller::Account(AccountId(uuid::Uuid::now_v7())));
        let mut taken: Vec<_> = (0..OF_ACCOUNT).map(|_| places.take(caller).expect("a place")).collect();
        assert!(places.take(caller).is_err());
        assert!(places.take(Caller::Account(AccountId(uuid::Uuid::now_v7()))).is_ok());
        taken.pop();
        assert!(places.take(caller).is_ok());
        drop(taken);
        assert!(places.0.lock().expect("a map").is_empty());
    }
}
