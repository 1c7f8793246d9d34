//! Files of open data that were made lately, so that the next reader, and who only asks whether theirs is still the one,
//! costs the database nothing. They are kept as long as caches may keep them, and no more than a bounded number of bytes.

use std::sync::Arc;

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::fiscal_year::FiscalYear;

/// How many bytes are kept.
const KEPT: u64 = 64 * 1024 * 1024;
/// How many files are expected to be kept.
const USUAL: usize = 200;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) town: LocalGovernmentCode,
    pub(super) file: &'static str,
    /// Nothing for the newest.
    pub(super) year: Option<FiscalYear>,
}

/// A file.
pub(super) struct Made {
    pub(super) media_type: &'static str,
    pub(super) bytes: Bytes,
    /// The hash of the bytes, as an entity tag.
    pub(super) tag: String,
    pub(super) at: DateTime<Utc>,
}

impl Made {
    /// For how many seconds a cache may keep it: what is withdrawn is nowhere once the time is over for which files may
    /// be kept, whoever has it from whom.
    pub(super) fn fresh_for(&self, now: DateTime<Utc>, max_age: u32) -> u32 {
        let old = (now - self.at).num_seconds().max(0);
        max_age.saturating_sub(u32::try_from(old).unwrap_or(u32::MAX))
    }
}

#[derive(Clone)]
struct BySize;

impl Weighter<Key, Arc<Made>> for BySize {
    fn weight(&self, _: &Key, made: &Arc<Made>) -> u64 {
        made.bytes.len() as u64 + 200
    }
}

/// The files.
pub struct Shelf(Cache<Key, Arc<Made>, BySize>);

impl Default for Shelf {
    fn default() -> Self {
        Self(Cache::with_weighter(USUAL, KEPT, BySize))
    }
}

impl Shelf {
    /// A file that is at most so many seconds old.
    pub(super) fn find(&self, key: &Key, now: DateTime<Utc>, max_age: u32) -> Option<Arc<Made>> {
        let fresh = |made: &Arc<Made>| now >= made.at && now - made.at < TimeDelta::seconds(max_age.into());
        self.0.get(key).filter(fresh)
    }

    /// Keeps a file, where files may be kept.
    pub(super) fn keep(&self, key: Key, made: Arc<Made>, max_age: u32) {
        if max_age > 0 {
            self.0.insert(key, made);
        }
    }
}
