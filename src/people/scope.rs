//! What an appointment may be over. The things belong to rings further out; people know them by the
//! name of their table and the prefix of their ids only.

use sea_orm::Iterable;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::principal::ScopeKind;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// The prefix and the table of the things of a kind; nothing for the municipality as a whole.
pub fn things(kind: ScopeKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        ScopeKind::Municipality => return None,
        ScopeKind::Section => ("sec", "sections"),
        ScopeKind::District => ("dst", "districts"),
        ScopeKind::Organization => ("org", "organizations"),
        ScopeKind::Call => ("cal", "challenge_calls"),
        ScopeKind::Proposal => ("prp", "challenge_proposals"),
    })
}

/// What an id says by its prefix; no id names the municipality as a whole. Whether the thing is there is another
/// question ([`find`]).
///
/// # Errors
/// INVALID_INPUT where it is no id; NOT_FOUND where it is of a kind that no appointment is over.
pub fn read(given: Option<&str>) -> Result<(ScopeKind, Option<Uuid>)> {
    let Some(text) = given else { return Ok((ScopeKind::Municipality, None)) };
    let (found, id) = id::decode(text)?;
    let kind = ScopeKind::iter().find(|kind| things(*kind).is_some_and(|(prefix, _)| prefix == found));
    Ok((kind.ok_or(Error::NotFound)?, Some(id)))
}

/// The thing an appointment names.
///
/// # Errors
/// INVALID_INPUT where kind and id do not go together; NOT_FOUND where there is no such thing here.
pub async fn find(tx: &Tx, kind: ScopeKind, given: Option<&str>) -> Result<Option<Uuid>> {
    let unfit = || {
        Error::invalid("input.scopeId", "SCOPE", "対象の種類と対象が合っていません。", "Scope and scope id do not fit.")
    };
    let (Some((prefix, table)), Some(text)) = (things(kind), given) else {
        return if kind == ScopeKind::Municipality && given.is_none() { Ok(None) } else { Err(unfit()) };
    };
    let id = id::decode_as(prefix, text)?;
    let mut sql = Sql::new(&format!("SELECT FROM {table} WHERE id = "));
    sql.param(Param::Uuid(Some(id)));
    if tx.rows(sql).await?.is_empty() { Err(Error::NotFound) } else { Ok(Some(id)) }
}
