//! The record of what was done, and its proof.
//!
//! The trigger of every table records changes (migration, `entaku_changed`); what triggers cannot know, denials and
//! looks at personal data, is recorded by [`note`]. [`seal`] chains the settled entries of a municipality, each with a
//! hash over itself and all before it; [`head`] signs where the chain stands each day; [`verify`] goes over it again.

use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

pub mod head;
pub mod seal;
pub mod verify;

/// Records that a signed-in caller was refused an act on a row of `table`.
pub async fn denial(tx: &Tx, table: &'static str, object: Uuid, action: Action) -> Result<()> {
    note(tx, "DENIED", table, &[object], action.0).await
}

/// Records that personal fields of these rows were shown unmasked.
pub async fn personal_read(tx: &Tx, table: &'static str, objects: &[Uuid], fields: &str) -> Result<()> {
    note(tx, "PERSONAL_READ", table, objects, fields).await
}

/// Records something about rows that no trigger sees. `detail` says what: an action, field names.
pub async fn note(tx: &Tx, what: &'static str, table: &str, objects: &[Uuid], detail: &str) -> Result<()> {
    let mut sql = Sql::new("SELECT entaku_note(");
    let of = Param::Uuids(objects.to_vec());
    sql.fill("?, ?, ?, ?)", [Param::text(what), Param::text(table), of, Param::text(detail)]);
    tx.run(sql).await?;
    Ok(())
}

/// As [`note`] for one row and without detail.
pub async fn note_one(tx: &Tx, what: &'static str, table: &'static str, object: Uuid) -> Result<()> {
    note(tx, what, table, &[object], "").await
}
