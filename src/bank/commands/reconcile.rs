//! A file of which results are still awaited, because the bank told only some or none of them, and a report on it.

use crate::bank::commands::BANK_TRANSFER_RECONCILE;
use crate::bank::commands::report::{BankReportImportInput, take};
use crate::bank::entity::{BankReportId, BankTransferId};
use crate::bank::rules;
use crate::bank::shapes::BankTransfer;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// Takes in a report on this file, whole, as [`import`](crate::bank::commands::report::import) does. Files are locked there,
/// in their order.
///
/// # Errors
/// Those of `import`; CONFLICT/OTHER_TRANSFER where nothing of it is about this file.
pub async fn reconcile(tx: &Tx, id: BankTransferId, input: BankReportImportInput) -> Result<BankTransferId> {
    let row = tx.peek::<BankTransfer>(id, BANK_TRANSFER_RECONCILE).await?;
    rules::transfer(&row, BANK_TRANSFER_RECONCILE, tx.now)?;
    let report = take(tx, input).await?;
    if tells_of(tx, report, id).await? { Ok(id) } else { Err(Error::Conflict(other_transfer())) }
}

async fn tells_of(tx: &Tx, report: BankReportId, file: BankTransferId) -> Result<bool> {
    let mut sql = Sql::new(
        "SELECT 1 FROM bank_report_lines r JOIN bank_transfer_lines l ON l.municipality_id = r.municipality_id \
         AND l.id = r.line_id WHERE r.report_id = ",
    );
    sql.fill("? AND l.transfer_id = ? LIMIT 1", [Param::Uuid(Some(report.0)), Param::Uuid(Some(file.0))]);
    Ok(!tx.rows(sql).await?.is_empty())
}

fn other_transfer() -> Refusal {
    Refusal::new(
        "OTHER_TRANSFER",
        "この総合振込の支払についての報告ではありません。取り込みませんでした。",
        "The report tells of no payment of this file. Nothing was imported.",
    )
}
