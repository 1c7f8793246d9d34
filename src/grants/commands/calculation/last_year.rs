//! The year before: whose amounts dampening and guarantees are measured by. It is the programme's, not the caller's.

use crate::grants::allocation::uses::Part;
use crate::grants::commands::calculation::run::GrantRunCreateInput;
use crate::grants::entity::{GrantProgrammeId, GrantRunKind, grant_programme, grant_run};
use crate::kernel::error::{Error, Message, Refusal, Result, Violation};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// The programme whose amounts a run is compared with. Only a what-if run may suppose another one.
///
/// # Errors
/// INVALID_INPUT with NOT_PREDECESSOR.
pub(super) fn programme(
    programme: &grant_programme::Model,
    input: &GrantRunCreateInput,
) -> Result<Option<GrantProgrammeId>> {
    let named = input.previous_programme_id;
    if input.kind == GrantRunKind::Real && named.is_some() && named != programme.previous_id {
        let ja = "前年度の交付金制度ではありません。交付の条件で定めたもの以外は、試算でだけ指定できます。";
        let en = "It is not the programme's predecessor. Only what-if runs may suppose another one.";
        return Err(Error::invalid("input.previousProgrammeId", "NOT_PREDECESSOR", ja, en));
    }
    Ok(named.or(programme.previous_id))
}

/// What looks at last year's amounts, where there are none.
pub(super) fn missing(part: &Part) -> Violation {
    let Part { path, label } = part;
    let ja = format!(
        "「{label}」は前年度の額によりますが、前年度の交付金制度に確定した配分がありません。\
         交付の条件で前年度の交付金制度を定めるか、初年度の制度であることを明らかにしてください。"
    );
    let en = format!(
        "{label} looks at last year's amounts, and the programme has no predecessor with any. Lay it down with the \
         terms, or say that this is the first year."
    );
    Violation { path: format!("rule.{path}").into(), rule: "PREVIOUS_MISSING", message: Message::new(ja, en) }
}

/// What is settled of a programme, as one word: another one once an amount of it is.
pub(super) async fn hash(tx: &Tx, previous: Option<GrantProgrammeId>) -> Result<Option<String>> {
    let mut sql = Sql::new("SELECT entaku_previous_hash(entaku_municipality(), ");
    sql.param(Param::Uuid(previous.map(|id| id.0)));
    sql.push(") AS hash");
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    Ok(row.try_get("hash")?)
}

/// Is what a run was compared with the year before still, and are its amounts?
///
/// # Errors
/// CONFLICT/PREVIOUS_CHANGED.
pub(super) async fn still(tx: &Tx, programme: &grant_programme::Model, run: &grant_run::Model) -> Result<()> {
    let named = run.previous_id == programme.previous_id && (run.not_compared.is_none() || programme.first_year);
    if named && run.previous_hash == hash(tx, run.previous_id).await? {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "PREVIOUS_CHANGED",
        "この算定の後に、前年度の交付金制度の定めか、その配分額が変わりました。算定し直してください。",
        "The programme's predecessor, or what was allocated of it, has changed since. Calculate again.",
    )))
}
