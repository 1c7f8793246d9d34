//! What the triggers cannot know: denials, and who looked at personal data. The changes themselves are
//! recorded by the trigger of every table (migration, `entaku_changed`).

use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// Records that a signed-in caller was refused an act.
pub async fn denial(tx: &Tx, kind: &'static str, object: Uuid, action: Action) -> Result<()> {
    note(tx, "DENIED", kind, &[object], action.0).await
}

/// Records that personal fields of these objects were shown unmasked.
pub async fn personal_read(tx: &Tx, kind: &'static str, objects: &[Uuid], fields: &str) -> Result<()> {
    note(tx, "PERSONAL_READ", kind, objects, fields).await
}

/// Records something about objects that no trigger sees. `detail` says what: an action, field names.
pub async fn note(tx: &Tx, what: &'static str, kind: &str, objects: &[Uuid], detail: &str) -> Result<()> {
    let mut sql = Sql::new("INSERT INTO access_notes (what, kind, object_id, detail) SELECT ");
    sql.param(Param::text(what));
    sql.push(", ");
    sql.param(Param::text(kind));
    sql.push(", o, ");
    sql.param(Param::text(detail));
    sql.push(" FROM unnest(");
    sql.param(Param::Uuids(objects.to_vec()));
    sql.push(") o");
    tx.run(sql).await?;
    Ok(())
}

/// As [`note`] for one object and without detail.
pub async fn note_one(tx: &Tx, what: &'static str, kind: &'static str, object: Uuid) -> Result<()> {
    note(tx, what, kind, &[object], "").await
}
