//! From whom an act on an application is kept apart: its row names the last of those who did something at most, so they are
//! asked for, under its lock. What the shapes show (`shapes::hands`) and triggers hold is the same.

use crate::grants::commands::{
    GRANT_AMOUNT_FIX, GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_REFUSE, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST,
    GRANT_PAYMENT_REVERSE, GRANT_REPAYMENT_RECORD, GRANT_REPORT_SUBMIT,
};
use crate::grants::entity::{GrantApplicationId, GrantApplicationState, grant_application};
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::read::DUTIES_APART;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// Keeps the caller from an act of the town hall when they are of the applicant's side: they had a hand in the application
/// itself, which a colleague's later submission does not wash off, or hold an office of its organization.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART.
pub(super) async fn apart_from_parties(tx: &Tx, row: &grant_application::Model) -> Result<()> {
    let of = [Param::Uuid(Some(row.id.0)), Param::Uuid(Some(row.organization_id.0))];
    not_among(tx, "entaku_application_parties(?, ?)", of).await
}

/// Keeps the caller from an act that follows what they have examined, and from undoing what they had a hand in.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART.
pub(super) async fn apart_from_hands(tx: &Tx, row: &grant_application::Model, action: Action) -> Result<()> {
    const EXAMINED: [Action; 5] =
        [GRANT_AMOUNT_FIX, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REVERSE, GRANT_REPAYMENT_RECORD, GRANT_REPORT_SUBMIT];
    const RECOMMENDED: [Action; 4] =
        [GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_REFUSE, GRANT_PAYMENT_REQUEST, GRANT_PAYMENT_EXECUTE];
    if EXAMINED.contains(&action) {
        apart_from_examiners(tx, row).await?;
    }
    if RECOMMENDED.contains(&action) {
        apart_from_recommenders(tx, row.id).await?;
    }
    if action == GRANT_REPAYMENT_RECORD {
        not_among(tx, "entaku_surplus_orderers(?)", [Param::Uuid(Some(row.id.0))]).await?;
    }
    if action == GRANT_PAYMENT_REVERSE {
        let of = [Param::Uuid(Some(row.id.0)), Param::Bool(is_returned(row))];
        not_among(tx, "entaku_reversal_apart(?, ?)", of).await?;
    }
    Ok(())
}

/// Is it a return that can be undone of an application, and no payment? Something was ordered back then, or has come back.
pub(super) fn is_returned(row: &grant_application::Model) -> bool {
    use GrantApplicationState::{Repaid, RepaymentOrdered, Revoked};
    [RepaymentOrdered, Repaid, Revoked].contains(&row.state)
}

/// Keeps the caller from an act when they gave an opinion on the application, whoever gave one since.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART.
async fn apart_from_recommenders(tx: &Tx, id: GrantApplicationId) -> Result<()> {
    not_among(tx, "entaku_recommenders(?)", [Param::Uuid(Some(id.0))]).await
}

/// Keeps the caller from an act when they have examined the report, whoever examined it since.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART.
async fn apart_from_examiners(tx: &Tx, row: &grant_application::Model) -> Result<()> {
    if row.examined_by.is_none() {
        return Ok(());
    }
    not_among(tx, "entaku_examiners(?)", [Param::Uuid(Some(row.id.0))]).await
}

/// What several people may have done to one application, by turns; its row names the last of them.
pub(super) enum Did {
    /// Paid a part of it.
    Paid,
    /// Decided on a change of it.
    Changed,
    /// Reversed the last payment, which was not made again yet.
    Reversed,
}

/// Keeps the caller from an act when they did something before that is kept apart from it, whoever did it since.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART.
pub(super) async fn apart_from(tx: &Tx, id: GrantApplicationId, did: Did) -> Result<()> {
    let what = match did {
        Did::Paid => "PAID",
        Did::Changed => "CHANGED",
        Did::Reversed => "REVERSED",
    };
    not_among(tx, "entaku_doers(?, ?)", [Param::Uuid(Some(id.0)), Param::text(what)]).await
}

/// Keeps the caller from an act when they are among those whom a function names.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART.
pub(super) async fn not_among(tx: &Tx, doers: &str, of: impl IntoIterator<Item = Param>) -> Result<()> {
    let caller = Param::Uuid(tx.principal.account.map(|who| who.0));
    let mut sql = Sql::new("SELECT 1 FROM ");
    sql.fill(&format!("{doers} d (id) WHERE d.id = ?"), of.into_iter().chain([caller]));
    if tx.rows(sql).await?.is_empty() { Ok(()) } else { Err(Error::Forbidden(DUTIES_APART)) }
}
