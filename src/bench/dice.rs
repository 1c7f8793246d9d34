//! Chance that falls the same way every time: what is drawn depends on what it is drawn for, not on what
//! was drawn before, so that a row can be told without the rows before it.

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

/// A generator of numbers (SplitMix64).
pub(super) struct Dice(u64);

impl Dice {
    /// The generator of one thing.
    pub(super) fn of(kind: u64, town: u32, number: u32) -> Self {
        let place = (u64::from(town) << 32) | u64::from(number);
        let mut dice = Self(kind.wrapping_mul(0xA076_1D64_78BD_642F) ^ place);
        let start = dice.next();
        Self(start)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, without `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end.max(1))).unwrap_or(0)
    }

    /// One of some things.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(u32::try_from(from.len()).unwrap_or(u32::MAX)) as usize]
    }

    /// An id as it would have been made at a time (UUIDv7).
    pub(super) fn id(mut self, at: DateTime<Utc>) -> Uuid {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.next().to_be_bytes());
        random[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        Builder::from_unix_timestamp_millis(u64::try_from(at.timestamp_millis()).unwrap_or(0), &random).into_uuid()
    }
}
