//! So many points in so many seconds, and what a caller is told of them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::kernel::config::Rate;
use crate::kernel::error::Error;

/// A kind of caller's limit.
pub(super) struct Quota {
    name: &'static str,
    policy: HeaderValue,
    most: u32,
    /// How long it takes until all points are back, in nanoseconds.
    all: i64,
}

impl Quota {
    pub(super) fn new(name: &'static str, rate: Rate) -> Self {
        let policy = format!("\"{name}\";q={};w={}", rate.points, rate.seconds);
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(""));
        Self { name, policy, most: rate.points.get(), all: i64::from(rate.seconds.get()).saturating_mul(1_000_000_000) }
    }

    /// How long it takes until all points are back, in nanoseconds.
    pub(super) fn all(&self) -> i64 {
        self.all
    }

    /// How long it takes until so many points are back. A request that costs more than there ever are takes all.
    pub(super) fn price(&self, points: u64) -> i64 {
        let points = points.min(self.most.into());
        let price = i128::from(self.all) * i128::from(points) / i128::from(self.most);
        i64::try_from(price).unwrap_or(self.all)
    }

    /// How much is so much that the other processes should know at once.
    pub(super) fn much(&self) -> i64 {
        self.all / 8
    }

    /// What somebody has left whose points are all back then.
    pub(super) fn standing(&self, until: i64, now: i64) -> Standing {
        let missing = (until - now).clamp(0, self.all);
        let left = i128::from(self.all - missing) * i128::from(self.most) / i128::from(self.all.max(1));
        let remaining = u32::try_from(left).unwrap_or(self.most);
        Standing { name: self.name, policy: self.policy.clone(), remaining, reset: time(missing) }
    }

    /// What somebody is told who has not enough left.
    pub(super) fn spent(&self, wait: i64) -> Spent {
        Spent { standing: self.standing(self.all, 0), wait: time(wait) }
    }
}

fn time(nanoseconds: i64) -> Duration {
    Duration::from_nanos(nanoseconds.max(0).unsigned_abs())
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
    /// The same as an error.
    pub fn error(&self) -> Error {
        Error::RateLimited(whole_seconds(self.wait).max(1))
    }

    /// What is told of it besides `Retry-After`.
    pub fn write(&self, to: &mut HeaderMap) {
        self.standing.write(to);
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}
