//! What changed: the rows of `events`, in the order in which they can be seen, told to whoever listens.
//!
//! Triggers write an event for each changed row in the change's own transaction. A cursor is its
//! transaction's id and its number; only events below the oldest transaction still running are told, so that
//! one that commits late is not skipped. Streams carry ids: what may be shown is read anew for each listener.
//!
//! NOTIFY inside business transactions would make their commits queue up, so only this dispatcher notifies:
//! a commit wakes the process's own, which tells the others through one connection. A look every second
//! finds what a process that died did not tell.
//!
//! Whoever was away asks for what they missed by a cursor ([`Window`]); after [`KEPT_FOR`] events are cleared.

mod cursor;
mod listener;
mod window;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use uuid::Uuid;

use crate::kernel::clock::Clock;
use crate::kernel::error::Result;
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::{FlatRow, Ty};
use crate::kernel::request::Request;
use crate::kernel::tx::Database;
pub use cursor::{Cursor, KEPT_FOR};
use listener::Listener;
pub(crate) use window::{Changed, Window, now};

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
    /// The object it belongs to: its table and id.
    pub parent: Option<(String, Uuid)>,
    /// Has only who may read it changed, because the object it belongs to did?
    pub only_readers: bool,
}

impl Event {
    const COLUMNS: &str = "xid::text, seq, at, municipality_id, kind, object_id, parent_kind, parent_id, op";

    fn of(row: &FlatRow) -> Result<Self> {
        let parent: (Option<&str>, Option<Uuid>) = (row.get(6, Ty::Text)?, row.get(7, Ty::Uuid)?);
        Ok(Self {
            cursor: Cursor::of(row, 0)?,
            municipality: MunicipalityId(row.get(3, Ty::Uuid)?),
            table: row.get(4, Ty::Text)?,
            object: row.get(5, Ty::Uuid)?,
            parent: parent.0.map(str::to_owned).zip(parent.1),
            only_readers: row.get::<&str>(8, Ty::Text)? == "READERS",
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
        window::now(&self.database, &self.request()).await
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
        let mut sql = Sql::new(&format!("SELECT {} FROM events WHERE ", Event::COLUMNS));
        if let Some(municipality) = of {
            sql.fill("municipality_id = ? AND ", [Param::Uuid(Some(municipality.0))]);
        }
        sql.fill(
            "(xid, seq) > (?::xid8, ?) AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, seq LIMIT ?",
            after.params().into_iter().chain([Param::Int(i64::try_from(PAGE).ok())]),
        );
        self.database.ask(&self.request(), sql).await?.iter().map(Event::of).collect()
    }

    fn request(&self) -> Request {
        Request::new(Principal::system("feed"), None, self.clock.now(), self.keys.clone())
    }
}
