//! Which year was before a public programme, where another one was named by mistake: it is corrected as long as nothing was
//! approved by it.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::calculation::run::approved;
use crate::grants::commands::calculation::{freeze, rule};
use crate::grants::commands::{GRANT_PROGRAMME_PREVIOUS_CORRECT, MOST_REASON, offset};
use crate::grants::entity::{GrantProgrammeId, grant_programme, grant_run};
use crate::grants::rules;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::hold::Hold;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 前年度の交付金制度の訂正。
#[derive(InputObject)]
pub struct GrantProgrammePreviousCorrectInput {
    /// 正しい前年度の交付金制度。初年度の制度なら指定しない。
    pub previous_programme_id: Option<GrantProgrammeId>,
    /// 初年度の制度か。前年度の交付金制度とともには指定できない。
    #[graphql(default)]
    pub first_year: bool,
    /// 訂正する理由。記録に残り、職員が閲覧できる。
    pub reason: String,
}

/// Names the right predecessor, or says that there was none. Runs that were compared with the wrong one can be approved no
/// more; what waits of the right one's surplus is deducted.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART for whoever could not publish it; CONFLICT/STATE where none was named, UNCHANGED; CONFLICT/RUN_APPROVED
/// and SURPLUS_DEDUCTED where it counts already.
pub async fn correct_previous(
    tx: &Tx,
    id: GrantProgrammeId,
    input: GrantProgrammePreviousCorrectInput,
) -> Result<GrantProgrammeId> {
    let row = tx.load::<GrantProgramme>(id, GRANT_PROGRAMME_PREVIOUS_CORRECT).await?;
    rules::programme(&row, GRANT_PROGRAMME_PREVIOUS_CORRECT, tx.now)?;
    let GrantProgrammePreviousCorrectInput { previous_programme_id: previous, first_year, reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    let (ja, en) = (
        "正しい前年度の交付金制度か、初年度であることの、どちらか一つを指定してください。",
        "Name the right predecessor, or say that it is the first year: one of them.",
    );
    checks.check(previous.is_some() != first_year, "input.previousProgrammeId", "EXCLUSIVE", ja, en);
    if let Some(previous) = previous {
        is_earlier(tx, &mut checks, previous, &row).await?;
    }
    checks.done()?;
    counts_not_yet(tx, &row, previous, first_year).await?;
    let mut next: grant_programme::ActiveModel = row.into();
    next.previous_id = Set(previous);
    next.first_year = Set(first_year);
    next.previous_corrected_by = Set(tx.principal.account);
    next.previous_corrected_on = Set(Some(Date(tx.today())));
    next.previous_correction = Set(Some(reason));
    next.update(tx).await?;
    freeze::outdated(tx).await?;
    offset::deduct(tx, id).await?;
    Ok(id)
}

/// Is what was named as predecessor of a programme one of an earlier fiscal year, which was not discarded? Nobody discards
/// it until the transaction ends.
pub(super) async fn is_earlier(
    tx: &Tx,
    checks: &mut Checks,
    previous: GrantProgrammeId,
    of: &grant_programme::Model,
) -> Result<()> {
    tx.hold::<GrantProgramme>(previous, Hold::Unchanged).await?;
    let previous = tx.peek::<GrantProgramme>(previous, Action::READ).await?;
    let (ja, en) = ("前の年度の交付金制度を指定してください。", "A programme of an earlier fiscal year.");
    checks.check(previous.fiscal_year < of.fiscal_year, "input.previousProgrammeId", "ORDER", ja, en);
    let (ja, en) = ("取りやめられた交付金制度です。", "The programme was discarded.");
    checks.check(previous.discarded_on.is_none(), "input.previousProgrammeId", "DISCARDED", ja, en);
    Ok(())
}

/// Which year was before stays what it was when a run was approved that was compared with it.
///
/// # Errors
/// CONFLICT/RUN_APPROVED.
pub(super) async fn unless_compared(
    tx: &Tx,
    row: &grant_programme::Model,
    approved: &grant_run::Model,
    (previous, first_year): (Option<GrantProgrammeId>, bool),
) -> Result<()> {
    if (previous, first_year) == (row.previous_id, row.first_year) {
        return Ok(());
    }
    let rule = rule::of_run(tx, approved).await?;
    if rule.of_last_year(row.fiscal_year).is_empty() { Ok(()) } else { Err(rests_on_it()) }
}

fn rests_on_it() -> Error {
    Error::Conflict(Refusal::new(
        "RUN_APPROVED",
        "この制度の算定は承認されています。この制度を終え、正しい前年度の交付金制度を定めた制度を作り直してください。",
        "A run of this programme was approved. Close the programme, and make one anew that names the right predecessor.",
    ))
}

/// Is it another one, and did nothing follow from the one that was named?
async fn counts_not_yet(
    tx: &Tx,
    row: &grant_programme::Model,
    previous: Option<GrantProgrammeId>,
    first_year: bool,
) -> Result<()> {
    if (previous, first_year) == (row.previous_id, row.first_year) {
        let (ja, en) = ("前年度の交付金制度の定めが変わりません。", "It stays the same.");
        return Err(Error::Conflict(Refusal::new("UNCHANGED", ja, en)));
    }
    if approved(tx, row.id).await?.is_some() {
        return Err(rests_on_it());
    }
    let mut sql = Sql::new("SELECT entaku_surplus_of_others(");
    sql.fill("?, ?) AS name", [Param::Uuid(Some(row.id.0)), Param::Uuid(previous.map(|id| id.0))]);
    let found = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    let Some(name) = found.try_get::<_, Option<String>>("name")? else { return Ok(()) };
    Err(Error::Conflict(Refusal::new(
        "SURPLUS_DEDUCTED",
        format!(
            "「{name}」の配分から、前年度とした制度の剰余金が差し引かれています。この制度を終え、正しい前年度の交付金制度を定めた制度を\
             作り直してください。"
        ),
        format!(
            "A surplus of the predecessor that was named is deducted from the allocation of {name}. Close the programme, \
             and make one anew that names the right predecessor."
        ),
    )))
}
