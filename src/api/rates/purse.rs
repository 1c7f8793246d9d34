//! One caller's points, as time: when all of them are back (GCRA, ITU-T I.371). Two words, no lock.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// A caller's purse. Times are nanoseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Purse {
    /// When all points are back.
    until: AtomicI64,
    /// What of it the shared table does not know yet.
    owed: AtomicI64,
}

impl Purse {
    /// Takes points worth so much time from a purse that holds `all` at most; tells when all are back.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn take(&self, price: i64, all: i64, now: i64) -> Result<i64, i64> {
        let after = |until: i64| until.max(now).saturating_add(price);
        let taken = self.until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |until| {
            let next = after(until);
            (next - now <= all).then_some(next)
        });
        taken.map(after).map_err(|until| after(until) - now - all)
    }

    /// Notes what was spent; tells how much is not settled.
    pub(super) fn owe(&self, price: i64) -> i64 {
        self.owed.fetch_add(price, Ordering::Relaxed) + price
    }

    /// Takes what is to be settled now.
    pub(super) fn settle(&self) -> i64 {
        self.owed.swap(0, Ordering::Relaxed)
    }

    /// What the shared table says after it was settled; what was spent meanwhile comes on top.
    pub(super) fn learn(&self, until: i64) {
        let owed = self.owed.load(Ordering::Relaxed);
        self.until.fetch_max(until.saturating_add(owed), Ordering::Relaxed);
    }
}

/// A time as a purse has it.
pub(super) fn nanoseconds(time: DateTime<Utc>) -> i64 {
    time.timestamp_nanos_opt().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn points_run_out_and_come_back_evenly() {
        let (purse, all, now) = (Purse::default(), 3 * SECOND, 1_000 * SECOND);
        for spent in 1..=3 {
            assert_eq!(purse.take(SECOND, all, now), Ok(now + spent * SECOND));
        }
        assert_eq!(purse.take(SECOND, all, now), Err(SECOND));
        assert_eq!(purse.take(SECOND, all, now + SECOND / 2), Err(SECOND / 2));
        assert_eq!(purse.take(SECOND, all, now + SECOND), Ok(now + 4 * SECOND));
        assert_eq!(purse.take(all, all, now + 60 * SECOND), Ok(now + 63 * SECOND), "never more than all");
    }

    #[test]
    fn what_others_spent_is_learnt_and_what_was_spent_meanwhile_is_kept() {
        let (purse, all, now) = (Purse::default(), 10 * SECOND, 1_000 * SECOND);
        purse.take(SECOND, all, now).expect("enough");
        assert_eq!(purse.owe(SECOND), SECOND);
        assert_eq!((purse.settle(), purse.settle()), (SECOND, 0));
        purse.take(2 * SECOND, all, now).expect("enough");
        purse.owe(2 * SECOND);
        purse.learn(now + 6 * SECOND);
        assert_eq!(purse.take(3 * SECOND, all, now), Err(SECOND));
        assert_eq!(purse.take(2 * SECOND, all, now), Ok(now + 10 * SECOND));
    }
}
