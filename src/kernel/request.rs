//! What is true of one request from its first byte to its last: who, where, when, in which language.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::tx::Tx;

/// The language of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whence {
    /// The address, or the network of 64 bits that one household gets of IPv6.
    pub network: IpAddr,
    /// Is it one of the municipality's own networks, where many people have one address?
    pub own: bool,
}

/// Something that is written although the request's own transaction was rolled back.
pub type Afterwards = Box<dyn for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<()>> + Send + 'static>;

/// What a request is about, for the audit.
#[derive(Debug, Default)]
pub struct Errand {
    /// The root fields it asked for.
    pub act: String,
    /// Why it looks at personal data, in the caller's words.
    pub purpose: Option<String>,
}

/// One request. Cheap to share, never changed after it is made.
pub struct Request {
    /// To find the log by.
    pub id: Uuid,
    /// Who asks.
    pub principal: Arc<Principal>,
    /// Inside which municipality's wall; nothing for the directory and the commons.
    pub municipality: Option<MunicipalityId>,
    /// Where it came from; nothing for what the system does by itself.
    pub whence: Option<Whence>,
    /// The request's time; everything it writes bears it.
    pub now: DateTime<Utc>,
    /// The language of its messages.
    pub locale: Locale,
    /// Keys for cursors, tokens and the like.
    pub keys: Arc<KeyRing>,
    errand: OnceLock<Errand>,
    afterwards: Mutex<Vec<Afterwards>>,
    statements: AtomicU64,
}

/// Japan Standard Time, without daylight saving: the day of every deadline.
pub fn japan_day(at: DateTime<Utc>) -> NaiveDate {
    const NINE_HOURS: i32 = 9 * 3600;
    FixedOffset::east_opt(NINE_HOURS).map_or(at.date_naive(), |jst| at.with_timezone(&jst).date_naive())
}

impl Request {
    /// A request of `principal` inside `municipality` at `now`.
    pub fn new(
        principal: impl Into<Arc<Principal>>,
        municipality: Option<MunicipalityId>,
        now: DateTime<Utc>,
        keys: Arc<KeyRing>,
    ) -> Self {
        let (id, principal, locale) = (Uuid::now_v7(), principal.into(), Locale::Ja);
        let (errand, afterwards, statements) = (OnceLock::new(), Mutex::default(), AtomicU64::new(0));
        Self { id, principal, municipality, whence: None, now, locale, keys, errand, afterwards, statements }
    }

    /// The same request with another language.
    #[must_use]
    pub fn in_locale(mut self, locale: Locale) -> Self {
        self.locale = locale;
        self
    }

    /// The same request from somewhere.
    #[must_use]
    pub fn from(mut self, whence: Whence) -> Self {
        self.whence = Some(whence);
        self
    }

    /// The day in Japan.
    pub fn today(&self) -> NaiveDate {
        japan_day(self.now)
    }

    /// The municipality, or BAD_REQUEST/MUNICIPALITY_REQUIRED.
    pub fn municipality(&self) -> Result<MunicipalityId> {
        self.municipality.ok_or_else(|| {
            Error::BadRequest(Refusal::new(
                "MUNICIPALITY_REQUIRED",
                "団体コードを指定してください(ヘッダー Entaku-Municipality)。",
                "Name the municipality in the header Entaku-Municipality.",
            ))
        })
    }

    /// FORBIDDEN, or UNAUTHENTICATED where nobody is signed in.
    pub fn refused(&self) -> Error {
        if self.principal.is_signed_in() { Error::Forbidden("") } else { Error::Unauthenticated }
    }

    /// Is something kept that must outlive the request's transaction?
    pub fn has_afterwards(&self) -> bool {
        !self.afterwards.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_empty()
    }

    /// Says what it is about, once that is known.
    pub fn undertake(&self, errand: Errand) {
        let _ = self.errand.set(errand);
    }

    /// What the audit shows as the act: the system's own, or the root fields that were asked for.
    pub fn act(&self) -> &str {
        self.principal.system.unwrap_or_else(|| self.errand.get().map_or("", |errand| &errand.act))
    }

    /// What the look at personal data is for, as the caller says; of support, why it was let in.
    pub fn purpose(&self) -> Option<&str> {
        if let Some(support) = &self.principal.support {
            return Some(&support.purpose);
        }
        self.errand.get().and_then(|errand| errand.purpose.as_deref())
    }

    /// Collects what must be written even when the request's transaction is rolled back: a failed
    /// sign-in, a denial, a look at personal data.
    pub fn afterwards(&self, write: Afterwards) {
        self.afterwards.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(write);
    }

    /// How many statements the request has sent, BEGIN and COMMIT apart.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(crate) fn count_statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes what was collected.
    pub fn take_afterwards(&self) -> Vec<Afterwards> {
        std::mem::take(&mut *self.afterwards.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
