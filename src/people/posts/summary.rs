//! The summary of a hand-over (引継書): what waits for the holder of the post, with its deadlines, and what they did of
//! late. Which rows wait for whom is declared by the shapes ([`kernel::tasks`](crate::kernel::tasks)), so that a noun is handed over
//! without being known here.
//!
//! It is written down, because a predecessor must not see what comes after them and a successor not yet what is theirs.

use chrono::Duration;
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::policy::{Over, Permit};
use crate::kernel::principal::ScopeKind;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::japan_day;
use crate::kernel::tasks::{Work, work};
use crate::kernel::tx::Tx;
use crate::people::posts::entity::{handover, post};

/// How far back it tells what was done.
const LATELY: Duration = Duration::days(180);
/// The most rows of a kind that it lists.
const MOST: usize = 300;
/// The longest title.
const TITLE: usize = 200;

/// Writes the summary anew.
pub(super) async fn renew(tx: &Tx, row: &handover::Model) -> Result<()> {
    let post = post::Entity::find_by_id(row.post_id).one(tx).await?.ok_or(Error::NotFound)?;
    let mut sql = Sql::new("DELETE FROM handover_items WHERE handover_id = ");
    sql.param(Param::Uuid(Some(row.id.0)));
    tx.run(sql).await?;
    let mut told = Vec::new();
    for one in work() {
        let theirs: Vec<_> = one.permits.iter().filter(|permit| permit.roles.contains(&post.role)).collect();
        if let Some(held) = theirs.iter().find_map(|permit| held(&post, row, permit)) {
            tx.run(open(row, &one, held)).await?;
        }
        if row.predecessor_id.is_some() && !theirs.is_empty() && !told.contains(&one.table) {
            told.push(one.table);
            tx.run(done(tx, row, &one)).await?;
        }
    }
    Ok(())
}

/// Which of the rows are the post's: a condition and its parameter; nothing where none are.
fn held(post: &post::Model, row: &handover::Model, permit: &Permit) -> Option<(String, Option<Uuid>)> {
    match permit.over {
        Over::Municipality if post.scope == ScopeKind::Municipality => Some(("true".to_owned(), None)),
        Over::Scope(kind, column) if post.scope == kind => Some((format!("t.{column} = ?"), post.scope_id)),
        Over::Own(column) => row.predecessor_id.map(|who| (format!("t.{column} = ?"), Some(who.0))),
        _ => None,
    }
}

/// The columns that are the same for every item, and a UUIDv7 each: its time from ours, its randomness from the
/// database.
fn begin(row: &handover::Model, work: &Work, kind: &str) -> Sql {
    let mut sql = Sql::new(
        "INSERT INTO handover_items (id, handover_id, predecessor_id, successor_id, kind, object_kind, object_id, title, \
         act, day) SELECT ",
    );
    sql.fill(
        "(left(?, 18) || right(gen_random_uuid()::text, 18))::uuid, ?, ?, ?, ?, ?, ",
        [
            Param::text(Uuid::now_v7().to_string()),
            Param::Uuid(Some(row.id.0)),
            Param::Uuid(row.predecessor_id.map(|a| a.0)),
            Param::Uuid(row.successor_id.map(|a| a.0)),
            Param::text(kind),
            Param::text(work.prefix),
        ],
    );
    sql
}

fn open(row: &handover::Model, work: &Work, (condition, of): (String, Option<Uuid>)) -> Sql {
    let (due, Work { table, when, title, .. }) = (work.due(), work);
    let mut sql = begin(row, work, "OPEN");
    sql.push(&format!("t.id, left({title}, {TITLE}), NULL, {due} FROM {table} t WHERE ({when}) AND "));
    sql.fill(&condition, of.map(|id| Param::Uuid(Some(id))));
    sql.push(&format!(" ORDER BY t.id LIMIT {MOST}"));
    sql
}

/// The newest act by the predecessor's appointment on each object.
fn done(tx: &Tx, row: &handover::Model, work: &Work) -> Sql {
    let Work { table, title, .. } = work;
    let mut sql = begin(row, work, "DONE");
    sql.push(&format!(
        "d.id, left(d.title, {TITLE}), d.act, d.day FROM (SELECT DISTINCT ON (t.id) t.id, {title} AS title, e.act, \
         (e.at AT TIME ZONE 'Asia/Tokyo')::date AS day FROM audit_entries e \
         JOIN {table} t ON t.municipality_id = e.municipality_id AND t.id = e.object_id WHERE "
    ));
    let since = japan_day(tx.now - LATELY).and_time(chrono::NaiveTime::MIN).and_utc();
    sql.fill(
        "e.actor_id = ? AND e.appointment_id = ? AND e.at >= ? AND e.kind = ? AND e.op IN ('INSERT', 'UPDATE') \
         ORDER BY t.id, e.at DESC, e.seq DESC",
        [
            Param::Uuid(row.predecessor_id.map(|a| a.0)),
            Param::Uuid(row.predecessor_appointment_id.map(|a| a.0)),
            Param::Time(Some(since)),
            Param::text(*table),
        ],
    );
    sql.push(&format!(") d ORDER BY d.day DESC, d.id LIMIT {MOST}"));
    sql
}
