//! How much a caller may ask for in a time: points that run out and come back evenly ([`quota`]).
//!
//! Each process keeps its callers' purses in memory and spends from them without asking anybody. What was spent is
//! settled each second with the table all processes share ([`settling`]); the purse then holds what is left in all.

mod purse;
mod quota;
mod settling;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;
use tokio::sync::Notify;

use crate::kernel::clock::Clock;
use crate::kernel::config::WireConfig;
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::AccountId;
use crate::kernel::request::Request;
use purse::{Purse, nanoseconds};
use quota::Quota;
pub use quota::{Spent, Standing};
use settling::Unsettled;

/// What a request costs before anything is known of it, and one that was refused besides.
pub const ASKING: u64 = 1;
/// What a request costs that was refused: it was parsed, or its proof was verified.
pub const REFUSED: u64 = 9;
/// How many callers are kept. Who is forgotten is known again, as the shared table has it, a second later.
const KEPT: usize = 100_000;

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// Somebody signed in, wherever they are.
    Account(AccountId),
    /// Whoever asks from an address without signing in.
    Address(IpAddr),
    /// The same from one of the municipality's own networks, where many people have one address.
    Own(IpAddr),
    /// The system itself.
    Nobody,
}

impl Payer {
    /// Who pays for a request.
    pub fn of(request: &Request) -> Self {
        match (request.principal.account, request.whence) {
            (Some(account), _) => Self::Account(account),
            (None, Some(whence)) if whence.own => Self::Own(whence.network),
            (None, Some(whence)) => Self::Address(whence.network),
            (None, None) => Self::Nobody,
        }
    }

    /// As the shared table knows them: by a keyed hash, because addresses are personal.
    fn key(self, keys: &KeyRing) -> uuid::Uuid {
        let tag = match self {
            Self::Account(account) => keys.cursor_tag(&[b"points of account", account.0.as_bytes()]),
            Self::Address(address) => keys.cursor_tag(&[b"points of address", address.to_string().as_bytes()]),
            Self::Own(address) => keys.cursor_tag(&[b"points of network", address.to_string().as_bytes()]),
            Self::Nobody => [0; 16],
        };
        uuid::Uuid::from_bytes(tag)
    }
}

/// The limits, as one process keeps them.
pub struct Rates {
    account: Option<Quota>,
    address: Option<Quota>,
    own: Option<Quota>,
    purses: Cache<Payer, Arc<Purse>>,
    unsettled: Mutex<Unsettled>,
    /// Somebody has spent so much that the others should know at once.
    soon: Notify,
    clock: Clock,
}

impl Rates {
    /// As configured.
    pub fn new(config: &WireConfig, clock: &Clock) -> Self {
        let own = config.address_rate.map(|rate| rate.times(config.own_times));
        Self {
            account: config.account_rate.map(|rate| Quota::new("account", rate)),
            address: config.address_rate.map(|rate| Quota::new("address", rate)),
            own: own.map(|rate| Quota::new("network", rate)),
            purses: Cache::new(KEPT),
            unsettled: Mutex::default(),
            soon: Notify::new(),
            clock: clock.clone(),
        }
    }

    /// Takes points.
    pub fn spend(&self, payer: Payer, points: u64) -> Result<Option<Standing>, Spent> {
        let quota = match payer {
            Payer::Account(_) => &self.account,
            Payer::Address(_) => &self.address,
            Payer::Own(_) => &self.own,
            Payer::Nobody => return Ok(None),
        };
        let Some(quota) = quota else { return Ok(None) };
        let made = self.purses.get_or_insert_with(&payer, || Ok::<_, std::convert::Infallible>(Arc::default()));
        let purse = made.unwrap_or_else(|never| match never {});
        let (now, price) = (nanoseconds(self.clock.now()), quota.price(points));
        let until = purse.take(price, quota.all(), now).map_err(|wait| quota.spent(wait))?;
        let owed = purse.owe(price);
        if owed == price && price > 0 {
            let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
            unsettled.add(payer, purse, now);
        }
        if owed >= quota.much() && owed - price < quota.much() {
            self.soon.notify_one();
        }
        Ok(Some(quota.standing(until, now)))
    }
}
