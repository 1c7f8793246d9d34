//! What changed: the rows of `events`, in the order in which they can be seen, told to whoever listens.
//!
//! Triggers write an event for each changed row in the change's own transaction. A cursor is its
//! transaction's id and its number; only events below the oldest transaction still running are told, so that
//! one that commits late is not skipped. Streams carry ids: what may be shown is read anew for each listener.
//!
//! NOTIFY inside business transactions would make their commits queue up, so only this dispatcher notifies:
//! a commit wakes the process's own, which tells the others through one connection. A look every second
//! finds what a process that died did not tell.

mod listener;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use uuid::Uuid;

use crate::kernel::clock::Clock;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::{FlatRow, Ty, cursor};
use crate::kernel::request::Request;
use crate::kernel::tx::Database;
use listener::Listener;

/// How many events are kept for listeners that are slower than the changes.
const KEPT: usize = 4_096;
/// How many events are read at once.
const PAGE: usize = 1_000;
/// How long commits are gathered before they are looked for.
const GATHER: Duration = Duration::from_millis(20);
/// How soon it looks again after something happened, for what a longer transaction still hides; each time
/// twice as long, up to [`LONGEST`].
const SOONEST: Duration = Duration::from_millis(25);
/// How often it looks when nothing happens.
const LONGEST: Duration = Duration::from_secs(1);
/// What cursors of events are bound to.
const BINDING: &str = "events";

/// The place of an event in the order of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The transaction's id (`xid8`).
    xid: u64,
    seq: i64,
}

impl Cursor {
    /// As clients keep it, bound to who asks.
    pub fn seal(self, request: &Request) -> String {
        cursor::seal(&[self.xid.to_string(), self.seq.to_string()], BINDING, request)
    }

    /// The cursor of a text.
    ///
    /// # Errors
    /// INVALID_INPUT/CURSOR when it was not made for this person and municipality.
    pub fn open(text: &str, request: &Request) -> Result<Self> {
        let keys = cursor::open(text, BINDING, 2, request)?;
        Ok(Self { xid: keys[0].parse().map_err(Error::internal)?, seq: keys[1].parse().map_err(Error::internal)? })
    }
}

/// A row was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it stands.
    pub cursor: Cursor,
    /// Whose it is.
    pub municipality: MunicipalityId,
    /// The row's table.
    pub table: String,
    /// The row's id.
    pub object: Uuid,
}

impl Event {
    fn of(row: &FlatRow) -> Result<Self> {
        let xid = row.get::<&str>(0, Ty::Text)?.parse().map_err(Error::internal)?;
        Ok(Self {
            cursor: Cursor { xid, seq: row.get(1, Ty::Long)? },
            municipality: MunicipalityId(row.get(2, Ty::Uuid)?),
            table: row.get(3, Ty::Text)?,
            object: row.get(4, Ty::Uuid)?,
        })
    }
}

/// The process's dispatcher of events.
pub struct Feed {
    database: Database,
    keys: Arc<KeyRing>,
    clock: Clock,
    events: broadcast::Sender<Arc<Event>>,
}

impl Feed {
    /// A dispatcher that has not begun.
    pub fn new(database: Database, keys: Arc<KeyRing>, clock: Clock) -> Self {
        Self { database, keys, clock, events: broadcast::Sender::new(KEPT) }
    }

    /// The events from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// The oldest events of a municipality after a cursor.
    pub async fn since(&self, cursor: Cursor, municipality: MunicipalityId) -> Result<Vec<Event>> {
        self.page(cursor, Some(municipality)).await
    }

    /// The cursor of what can be seen now.
    pub async fn now(&self) -> Result<Cursor> {
        let sql = Sql::new("SELECT pg_snapshot_xmin(pg_current_snapshot())::text");
        let rows = self.database.ask(&self.request(), sql).await?;
        let row = rows.first().ok_or(Error::Unavailable)?;
        Ok(Cursor { xid: row.get::<&str>(0, Ty::Text)?.parse().map_err(Error::internal)?, seq: -1 })
    }

    /// Tells events until it is dropped. `url` leads to PostgreSQL without a pooler in between.
    pub async fn run(&self, url: &str) {
        let mut at = loop {
            match self.now().await {
                Ok(cursor) => break cursor,
                Err(error) => tracing::warn!(%error, "events wait for the database"),
            }
            tokio::time::sleep(LONGEST).await;
        };
        let (mut listener, mut pause) = (Listener::new(url), SOONEST);
        loop {
            listener.connect().await;
            let committed = tokio::select! {
                () = self.database.committed() => true,
                () = listener.told() => false,
                () = tokio::time::sleep(pause) => {
                    pause = LONGEST.min(pause * 2);
                    false
                }
            };
            if committed {
                tokio::time::sleep(GATHER).await;
                listener.tell().await;
                pause = SOONEST;
            }
            match self.forward(at).await {
                Ok(cursor) => at = cursor,
                Err(error) => tracing::warn!(%error, "events wait for the database"),
            }
        }
    }

    async fn forward(&self, mut at: Cursor) -> Result<Cursor> {
        loop {
            let page = self.page(at, None).await?;
            let full = page.len() == PAGE;
            for event in page {
                at = event.cursor;
                if matches!(event.table.as_str(), "sessions" | "accounts" | "appointments") {
                    self.database.identities().changed(Some(event.municipality));
                }
                // Nobody may be listening.
                let _ = self.events.send(Arc::new(event));
            }
            if !full {
                return Ok(at);
            }
        }
    }

    async fn page(&self, after: Cursor, of: Option<MunicipalityId>) -> Result<Vec<Event>> {
        let mut sql = Sql::new("SELECT xid::text, seq, municipality_id, kind, object_id FROM events WHERE ");
        if let Some(municipality) = of {
            sql.fill("municipality_id = ? AND ", [Param::Uuid(Some(municipality.0))]);
        }
        sql.fill(
            "(xid, seq) > (?::xid8, ?) AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, seq LIMIT ?",
            [Param::text(after.xid.to_string()), Param::Int(Some(after.seq)), Param::Int(i64::try_from(PAGE).ok())],
        );
        self.database.ask(&self.request(), sql).await?.iter().map(Event::of).collect()
    }

    fn request(&self) -> Request {
        Request::new(Principal::system("feed"), None, self.clock.now(), self.keys.clone())
    }
}
