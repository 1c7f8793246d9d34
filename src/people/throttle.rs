//! How often somebody may try to prove who they are. A try is counted before a password is hashed and given back when
//! it was right, so that tries made at the same time cannot pass a limit together. All processes count in the same
//! tables, by keyed hashes: neither an address of the network nor one of mail is kept.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::kernel::audit;
use crate::kernel::config::Rate;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::SessionId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Whence;
use crate::kernel::text::normal_email;
use crate::kernel::tx::Tx;
use crate::people::rules::next_try;

/// How often one network is told of.
const ALARM: Duration = Duration::hours(1);

/// What a try is counted for: failures in a row are counted for each.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'s> {
    /// Whoever tries to sign in with this address, whether there is such an account or not.
    Email(&'s str),
    /// A device that the account is known to use ([`crate::people::device`]).
    Device(Uuid),
    /// Somebody signed in who proves it once more.
    Session(SessionId),
}

impl Subject<'_> {
    fn key(self, keys: &KeyRing) -> Uuid {
        let tag = match self {
            Self::Email(email) => keys.cursor_tag(&[b"tries of", normal_email(email).as_bytes()]),
            Self::Device(device) => keys.cursor_tag(&[b"tries from", device.as_bytes()]),
            Self::Session(session) => keys.cursor_tag(&[b"tries in", session.0.as_bytes()]),
        };
        Uuid::from_bytes(tag)
    }
}

/// How many failed tries a network may have; nothing for any number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Throttle {
    /// An address, or the network of 64 bits that one household gets of IPv6.
    pub rate: Option<Rate>,
    /// How many times as many where it is one of the municipality's own networks.
    pub own: u32,
}

/// A try that has been counted.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Try {
    subject: Uuid,
    network: Option<Points>,
}

/// What a failed try takes of a network's points: one, and how long it takes to come back.
#[derive(Clone, Copy, Debug)]
struct Points {
    who: Uuid,
    each: Duration,
    most: Duration,
}

impl Throttle {
    /// Counts a try. The transaction has to be committed before the proof is looked at.
    ///
    /// # Errors
    /// RATE_LIMITED when there were too many failures.
    pub async fn count(&self, tx: &Tx, subject: Subject<'_>) -> Result<Try> {
        let counted = Try { subject: subject.key(&tx.keys), network: self.network(tx) };
        counted.of_subject(tx).await?;
        if let Some(points) = counted.network {
            points.take(tx).await?;
        }
        Ok(counted)
    }

    /// Counts a mail that nobody in particular has sent, as one failed try of the network it was asked for from.
    ///
    /// # Errors
    /// RATE_LIMITED when there were too many.
    pub async fn count_mail(&self, tx: &Tx) -> Result<()> {
        match self.network(tx) {
            Some(points) => points.take(tx).await,
            None => Ok(()),
        }
    }

    fn network(&self, tx: &Tx) -> Option<Points> {
        let (rate, whence) = (self.rate?, tx.whence?);
        let Whence { network, own } = whence;
        let times = if own { i64::from(self.own.max(1)) } else { 1 };
        let all = Duration::seconds(rate.seconds.get().into());
        let each = Duration::microseconds(all.num_microseconds()? / (i64::from(rate.points.get()) * times));
        Some(Points { who: network_key(&tx.keys, network), each, most: all })
    }
}

impl Points {
    /// Takes one (GCRA): the row says when all of them are back.
    async fn take(self, tx: &Tx) -> Result<()> {
        let Self { who, each, most } = self;
        let time = |at| Param::Time(Some(at));
        let mut sql = Sql::new("INSERT INTO rate_tabs AS t (who, spent_until) VALUES (");
        sql.fill("?, ?) ON CONFLICT (who) DO UPDATE SET ", [Param::Uuid(Some(who)), time(tx.now + each)]);
        sql.fill("spent_until = greatest(t.spent_until, ?) + (excluded.spent_until - ?)", [time(tx.now), time(tx.now)]);
        sql.fill(" WHERE greatest(t.spent_until, ?) <= ?", [time(tx.now), time(tx.now + most - each)]);
        if tx.run(sql).await? > 0 {
            return Ok(());
        }
        let mut sql = Sql::new("SELECT spent_until FROM rate_tabs WHERE who = ");
        sql.param(Param::Uuid(Some(who)));
        let until: DateTime<Utc> = match tx.rows(sql).await?.pop() {
            Some(row) => row.try_get("spent_until")?,
            None => tx.now,
        };
        self.alarm(tx);
        Err(Error::RateLimited(wait(Some(until + each - most), tx.now).unwrap_or(1)))
    }

    /// Tells the operators and the auditors, once an hour, of a network that keeps failing.
    fn alarm(self, tx: &Tx) {
        let (Self { who, .. }, Some(whence)) = (self, tx.whence) else { return };
        tx.afterwards(Box::new(move |tx| {
            Box::pin(async move {
                let (now, before) = (Param::Time(Some(tx.now)), Param::Time(Some(tx.now - ALARM)));
                let mut sql = Sql::new("UPDATE rate_tabs SET alarmed_at = ");
                sql.fill("? WHERE who = ? AND ", [now, Param::Uuid(Some(who))]);
                sql.fill("(alarmed_at IS NULL OR alarmed_at <= ?)", [before]);
                if tx.run(sql).await? == 0 {
                    return Ok(());
                }
                tracing::warn!(network = %whence.network, "too many failed sign-ins from one network");
                audit::note(tx, "SIGN_IN_ALARM", "accounts", &[Uuid::nil()], &whence.network.to_string()).await
            })
        }));
    }
}

fn network_key(keys: &KeyRing, network: IpAddr) -> Uuid {
    Uuid::from_bytes(keys.cursor_tag(&[b"tries at", network.to_string().as_bytes()]))
}

impl Try {
    /// Failures in a row. The row is locked, so that tries at the same time are counted one after the other.
    async fn of_subject(&self, tx: &Tx) -> Result<()> {
        let who = Param::Uuid(Some(self.subject));
        let mut sql = Sql::new("INSERT INTO sign_in_tries AS t (who, failures, last_at) VALUES (");
        sql.fill("?, 0, ?) ON CONFLICT (municipality_id, who) ", [who.clone(), Param::Time(Some(tx.now))]);
        sql.push("DO UPDATE SET failures = t.failures RETURNING failures, last_at");
        let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("a try that is not counted"))?;
        let (failures, last): (i32, DateTime<Utc>) = (row.try_get("failures")?, row.try_get("last_at")?);
        if let Some(wait) = wait(next_try(failures, last), tx.now) {
            return Err(Error::RateLimited(wait));
        }
        let mut sql = Sql::new("UPDATE sign_in_tries SET failures = failures + 1, last_at = ");
        sql.fill("? WHERE who = ?", [Param::Time(Some(tx.now)), who]);
        tx.run(sql).await?;
        Ok(())
    }

    /// The proof was right: what was counted in a row is forgotten, and the network has its point back.
    pub async fn succeeded(self, tx: &Tx) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM sign_in_tries WHERE who = ");
        sql.param(Param::Uuid(Some(self.subject)));
        tx.run(sql).await?;
        self.return_point(tx).await
    }

    /// The proof was not looked at: it counts for nothing, whatever becomes of the request.
    pub fn not_made(self, tx: &Tx) {
        tx.afterwards(Box::new(move |tx| {
            Box::pin(async move {
                let mut sql = Sql::new("UPDATE sign_in_tries SET failures = greatest(failures - 1, 0) WHERE who = ");
                sql.param(Param::Uuid(Some(self.subject)));
                tx.run(sql).await?;
                self.return_point(tx).await
            })
        }));
    }

    async fn return_point(self, tx: &Tx) -> Result<()> {
        let Some(Points { who, each, .. }) = self.network else { return Ok(()) };
        let time = |at| Param::Time(Some(at));
        let mut sql = Sql::new("UPDATE rate_tabs SET spent_until = spent_until - ");
        sql.fill("(? - ?) WHERE who = ?", [time(tx.now + each), time(tx.now), Param::Uuid(Some(who))]);
        tx.run(sql).await?;
        Ok(())
    }
}

/// Forgets the failures of an address: its owner has proved otherwise who they are.
pub async fn forgive(tx: &Tx, email: &str) -> Result<()> {
    let mut sql = Sql::new("DELETE FROM sign_in_tries WHERE who = ");
    sql.param(Param::Uuid(Some(Subject::Email(email).key(&tx.keys))));
    tx.run(sql).await?;
    Ok(())
}

/// Whole seconds until then; nothing when it is not in the future.
fn wait(then: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<u64> {
    /// What is said of a time that is not known: never, until the account is proved otherwise.
    const DAY: u64 = 86_400;
    let Some(then) = then else { return Some(DAY) };
    let left = u64::try_from((then - now).num_milliseconds()).ok().filter(|left| *left > 0)?;
    Some(left.div_ceil(1_000))
}
