//! The life of a grant after its decision: instalments, report, fixing of the amount, repayment, change, revocation,
//! surplus, sub-applications (docs/adr/0029-the-life-of-a-grant.md).

mod faults;
pub(crate) mod guards;
mod tables;

use sea_orm_migration::prelude::*;

use crate::m0027_privacy::declared::declare_acts;
use crate::m0027_privacy::functions;
use crate::m0028_ledger_years;
use crate::table::{drop, more_words, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0029_grant_life"
    }
}

const STATES: &[&str] = &[
    "PARTLY_PAID",
    "REPORTED",
    "REPORT_REVIEWED",
    "AMOUNT_FIXED",
    "SETTLED",
    "REPAYMENT_ORDERED",
    "REPAID",
    "REVOKED",
];
const ACTS: &[&str] = &[
    "COMPLETION_RECORD",
    "REPORT_SUBMIT",
    "REPORT_RETURN",
    "REPORT_REVIEW",
    "AMOUNT_FIX",
    "REPAYMENT_RECORD",
    "CHANGE_REQUEST",
    "CHANGE_APPROVE",
    "CHANGE_REFUSE",
    "DECISION_REVOKE",
];
const NOTICES: &[&str] = &[
    "GRANT_REPORTED",
    "GRANT_REPORT_RETURNED",
    "GRANT_REPORT_REVIEWED",
    "GRANT_FIXED",
    "GRANT_REPAYMENT_ORDERED",
    "GRANT_REPAID",
    "GRANT_CHANGE_REQUESTED",
    "GRANT_CHANGE_DECIDED",
    "GRANT_REVOKED",
    "SUBGRANT_SUBMITTED",
];

/// Declared tables, what people call them, and who did something in them.
const DECLARED: &[(&str, &str, &[&str])] = &[
    ("grant_payments", "交付金の支払と返還", &["requested_by", "paid_by"]),
    ("grant_reports", "実績報告", &["reported_by"]),
    ("grant_changes", "変更承認申請", &["requested_by", "decided_by"]),
    ("grant_subgrants", "地域内の申請", &["submitted_by", "decided_by"]),
];

/// Who acted on an application after the decision.
const ACTORS: &[&str] = &["changed_by", "reported_by", "examined_by", "fixed_by", "revoked_by"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        more_words(manager, "grant_applications", "state", STATES).await?;
        more_words(manager, "grant_acts", "act", ACTS).await?;
        more_words(manager, "ledger_accounts", "kind", &["RETURNED", "OFFSET"]).await?;
        more_words(manager, "notifications", "kind", NOTICES).await?;
        more_words(manager, "notification_choices", "kind", NOTICES).await?;
        run(manager, &tables::columns()).await?;
        for table in tables::all() {
            table.create(manager).await?;
        }
        run(manager, tables::LINKS).await?;
        run(manager, tables::BACKFILL).await?;
        run(manager, &guards::constraints()).await?;
        let held = [guards::SETTLED, guards::SETTLED_ROWS, guards::HELD, guards::FILES, guards::SUMS, guards::PRIVACY];
        for statements in held {
            run(manager, statements).await?;
        }
        for (table, label, acted) in DECLARED {
            run(manager, &declare_acts(table, label, acted)).await?;
        }
        run(manager, &acted(true)).await?;
        run(manager, &faults::faults()).await
    }

    /// The words stay allowed: they do no harm. Rows that could not be held before are not bent: it refuses.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, tables::HELD_BEFORE).await?;
        run(manager, &m0028_ledger_years::FAULTS.replacen("CREATE", "CREATE OR REPLACE", 1)).await?;
        run(manager, guards::BACK).await?;
        run(manager, functions::LOCKS).await?;
        run(manager, "DROP FUNCTION grant_life_follows(text, text)").await?;
        let names: Vec<_> = DECLARED.iter().map(|(table, ..)| format!("'{table}'")).collect();
        run(manager, &format!("DELETE FROM personal_tables WHERE name IN ({})", names.join(", "))).await?;
        run(manager, &acted(false)).await?;
        run(manager, tables::COLUMNS_BACK).await?;
        drop(manager, &["grant_offsets", "grant_subgrants", "grant_changes", "grant_reports", "grant_payments"]).await
    }
}

/// The declaration of `grant_applications` has these columns, too; or has them no more.
fn acted(there: bool) -> String {
    let change = |column: &&str| {
        let function = if there { "array_append" } else { "array_remove" };
        format!("UPDATE personal_tables SET acted = {function}(acted, '{column}') WHERE name = 'grant_applications';")
    };
    ACTORS.iter().map(change).collect()
}
