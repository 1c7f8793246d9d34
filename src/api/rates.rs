//! How much a caller may ask for in a time: points that run out and come back evenly (GCRA). One word of
//! memory for each caller, looked at without a lock over others.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use governor::clock::{Clock as Governing, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use crate::api::address::household;
use crate::kernel::clock::Clock;
use crate::kernel::config::{Rate, WireConfig};
use crate::kernel::principal::{AccountId, Principal};

/// What a request costs before anything is known of it, and one that was refused besides.
pub const ASKING: u64 = 1;
/// What a request costs that was refused: it was parsed, or its proof was verified.
pub const REFUSED: u64 = 9;
/// After so many requests those who have all their points back are forgotten.
const FORGET_EACH: u32 = 50_000;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Somebody signed in, wherever they are: a town hall has one address.
    Account(AccountId),
    /// Whoever asks from an address.
    Address(IpAddr),
    /// Nobody that is limited.
    Free,
}

/// What a caller has left.
#[derive(Clone, Debug)]
pub struct Standing {
    name: &'static str,
    policy: HeaderValue,
    /// Points.
    pub remaining: u32,
    /// Until all of them are back.
    reset: Duration,
}

/// The caller has not enough left.
#[derive(Clone, Debug)]
pub struct Spent {
    standing: Standing,
    /// How long to wait.
    wait: Duration,
}

/// The limits of one server.
pub struct Rates {
    accounts: Option<Limiter<AccountId>>,
    addresses: Option<Limiter<IpAddr>>,
    failures: Option<Limiter<IpAddr>>,
    networks: Vec<IpNet>,
}

impl Rates {
    /// As configured.
    pub fn new(config: &WireConfig, clock: &Clock) -> Self {
        Self {
            accounts: config.account_rate.map(|rate| Limiter::new("account", rate, clock)),
            addresses: config.address_rate.map(|rate| Limiter::new("address", rate, clock)),
            failures: config.sign_in_rate.map(|rate| Limiter::new("sign-in", rate, clock)),
            networks: config.networks.clone(),
        }
    }

    /// Who a request is counted for.
    pub fn caller(&self, principal: &Principal, address: IpAddr) -> Caller {
        match principal.account {
            Some(account) => Caller::Account(account),
            None if self.networks.iter().any(|network| network.contains(&address)) => Caller::Free,
            None => Caller::Address(household(address)),
        }
    }

    /// Takes points from a caller.
    pub fn spend(&self, caller: Caller, points: u64) -> Result<Option<Standing>, Spent> {
        match (caller, &self.accounts, &self.addresses) {
            (Caller::Account(account), Some(limiter), _) => limiter.spend(&account, points).map(Some),
            (Caller::Address(address), _, Some(limiter)) => limiter.spend(&address, points).map(Some),
            _ => Ok(None),
        }
    }

    /// A sign-in from an address has failed.
    pub fn sign_in_failed(&self, address: IpAddr) {
        if let Some(limiter) = self.failures(address) {
            let key = household(address);
            if let Err(spent) = limiter.spend(&key, 1) {
                limiter.block(key, spent.wait);
            }
        }
    }

    /// May somebody try to sign in from an address?
    pub fn may_sign_in(&self, address: IpAddr) -> Result<(), Spent> {
        self.failures(address).map_or(Ok(()), |limiter| limiter.blocked(&household(address)))
    }

    fn failures(&self, address: IpAddr) -> Option<&Limiter<IpAddr>> {
        self.failures.as_ref().filter(|_| !self.networks.iter().any(|network| network.contains(&address)))
    }
}

impl Standing {
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
    pub fn write(&self, to: &mut HeaderMap) {
        const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
        const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
        let state = format!("\"{}\";r={};t={}", self.name, self.remaining, whole_seconds(self.reset));
        if let Ok(state) = HeaderValue::from_str(&state) {
            to.insert(POLICY, self.policy.clone());
            to.insert(LIMIT, state);
        }
    }
}

impl Spent {
    /// The same, with `Retry-After`.
    pub fn write(&self, to: &mut HeaderMap) {
        self.standing.write(to);
        to.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(self.wait).max(1)));
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}

/// The server's clock, as time since it was first looked at.
#[derive(Clone)]
struct Since(Clock);

impl Governing for Since {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.now().timestamp_micros().try_into().unwrap_or(0))
    }
}

type Gcra<K> = RateLimiter<K, DashMapStateStore<K>, Since, StateInformationMiddleware>;

struct Limiter<K: Hash + Eq + Clone> {
    name: &'static str,
    policy: HeaderValue,
    most: NonZeroU32,
    each: Duration,
    gcra: Gcra<K>,
    clock: Since,
    blocked: quick_cache::sync::Cache<K, Duration>,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(name: &'static str, rate: Rate, clock: &Clock) -> Self {
        let each = Duration::from_secs(rate.seconds.get().into()) / rate.points.get();
        let quota = Quota::with_period(each).unwrap_or(Quota::per_second(rate.points)).allow_burst(rate.points);
        let clock = Since(clock.clone());
        let gcra = Gcra::new(quota, DashMapStateStore::default(), clock.clone());
        let policy = format!("\"{name}\";q={};w={}", rate.points, rate.seconds);
        Self {
            name,
            policy: HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("")),
            most: rate.points,
            each,
            gcra,
            clock,
            blocked: quick_cache::sync::Cache::new(10_000),
            asked: AtomicU32::new(0),
        }
    }

    /// Takes points; a request that costs more than there ever are takes all.
    fn spend(&self, key: &K, points: u64) -> Result<Standing, Spent> {
        if self.asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EACH) {
            self.gcra.retain_recent();
        }
        let points = u32::try_from(points).unwrap_or(u32::MAX).min(self.most.get());
        let Some(points) = NonZeroU32::new(points) else { return Ok(self.standing(self.most.get())) };
        match self.gcra.check_key_n(key, points) {
            Ok(Ok(state)) => Ok(self.standing(state.remaining_burst_capacity())),
            Ok(Err(until)) => Err(Spent { standing: self.standing(0), wait: until.wait_time_from(self.clock.now()) }),
            Err(_) => Err(Spent { standing: self.standing(0), wait: self.each * self.most.get() }),
        }
    }

    fn standing(&self, remaining: u32) -> Standing {
        let reset = self.each * self.most.get().saturating_sub(remaining);
        Standing { name: self.name, policy: self.policy.clone(), remaining, reset }
    }

    /// Nothing more from this one until points are back.
    fn block(&self, key: K, wait: Duration) {
        self.blocked.insert(key, self.clock.now() + wait);
    }

    fn blocked(&self, key: &K) -> Result<(), Spent> {
        let wait = self.blocked.get(key).map_or(Duration::ZERO, |until| until.duration_since(self.clock.now()).into());
        if wait.is_zero() { Ok(()) } else { Err(Spent { standing: self.standing(0), wait }) }
    }
}
