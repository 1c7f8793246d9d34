//! What happened after a cursor, object by object, in one statement whatever happened.

use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::feed::cursor::{Cursor, expired};
use crate::kernel::read::Ty;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::tx::Database;

/// How many events are looked at for one answer, whoever may read their objects.
const LOOKED_AT: i64 = 4_000;

/// An object of which something changed.
pub(crate) struct Changed {
    /// Where its first change stands.
    pub(crate) cursor: Cursor,
    /// Its table.
    pub(crate) table: String,
    /// Its id.
    pub(crate) object: Uuid,
    /// Was it made?
    pub(crate) created: bool,
    /// What its readers were judged by before each change that may have changed them: a JSON array.
    pub(crate) was: Option<String>,
}

/// A part of what happened.
pub(crate) struct Window {
    /// Objects in the order of their first changes.
    pub(crate) objects: Vec<Changed>,
    /// Where to go on from.
    pub(crate) end: Cursor,
    /// Is there more after it?
    pub(crate) more: bool,
}

/// The cursor of what can be seen now.
pub(crate) async fn now(database: &Database, request: &Request) -> Result<Cursor> {
    let sql = Sql::new("SELECT pg_snapshot_xmin(pg_current_snapshot())::text, -1::int8, entaku_now()");
    let rows = database.ask(request, sql).await?;
    Cursor::of(rows.first().ok_or(Error::Unavailable)?, 0)
}

/// Each event is looked at once. Those of one object become one, which stands where its first does: whoever goes on
/// after it has missed none. A row of each: 0 an object, 1 the last event that was looked at, 2 what can be seen now.
const TEXT: &str = "WITH seen AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY xid, seq) AS n, e.* FROM (
        SELECT xid, seq, at, kind, object_id, op, was FROM events
        WHERE municipality_id = ? AND (xid, seq) > (?::xid8, ?) AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid, seq LIMIT ?) e
), objects AS (
    SELECT kind, object_id, min(n) AS n, bool_or(op = 'INSERT') AS created,
        jsonb_agg(was ORDER BY n) FILTER (WHERE was IS NOT NULL)::text AS was
    FROM seen WHERE kind = ANY(?) GROUP BY kind, object_id ORDER BY min(n) LIMIT ?
)
SELECT 0::int4, s.xid::text, s.seq, s.at, n, o.kind, o.object_id, o.created, o.was FROM objects o JOIN seen s USING (n)
UNION ALL (SELECT 1, xid::text, seq, at, n, NULL, NULL, false, NULL FROM seen ORDER BY n DESC LIMIT 1)
UNION ALL SELECT 2, pg_snapshot_xmin(pg_current_snapshot())::text, -1, entaku_now(), 0, NULL, NULL, false, NULL
ORDER BY 1, 5";

impl Window {
    /// What happened to objects of these tables after a cursor: at most `most` objects.
    ///
    /// # Errors
    /// INVALID_INPUT/CURSOR_EXPIRED for a cursor of another database.
    pub(crate) async fn after(
        cursor: Cursor,
        tables: Vec<String>,
        most: usize,
        database: &Database,
        request: &Request,
    ) -> Result<Self> {
        let mut params = vec![Param::Uuid(Some(request.municipality()?.0))];
        params.extend(cursor.params());
        let limit = i64::try_from(most + 1).map_err(Error::internal)?;
        params.extend([Param::Int(Some(LOOKED_AT)), Param::Texts(tables), Param::Int(Some(limit))]);
        let mut sql = Sql::default();
        sql.fill(TEXT, params);
        let (mut objects, mut last, mut end) = (Vec::new(), None, None);
        for row in &database.ask(request, sql).await? {
            let place = Cursor::of(row, 1)?;
            match row.get::<i32>(0, Ty::Int)? {
                0 => objects.push(Changed {
                    cursor: place,
                    table: row.get(5, Ty::Text)?,
                    object: row.get(6, Ty::Uuid)?,
                    created: row.get(7, Ty::Bool)?,
                    was: row.get(8, Ty::Text)?,
                }),
                1 => last = Some((place, row.get::<i64>(4, Ty::Long)?)),
                _ => end = Some(place),
            }
        }
        let end = end.ok_or(Error::Unavailable)?;
        if cursor.is_ahead_of(end) {
            return Err(expired("cursor"));
        }
        let next = objects.get(most).map(|next| next.cursor.before());
        objects.truncate(most);
        let cut = next.or(last.filter(|(_, n)| *n == LOOKED_AT).map(|(place, _)| place));
        Ok(Self { objects, end: cut.unwrap_or(end), more: cut.is_some() })
    }
}
