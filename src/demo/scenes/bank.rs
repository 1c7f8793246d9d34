//! The way of a payment through the bank: an organization's account, a file that two people make, the bank's report.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::bank::commands::account::{self, BankAccountConfirmInput, BankAccountRegisterInput};
use crate::bank::commands::report::{self, BankReportImportInput};
use crate::bank::commands::transfer::{self, BankTransferPrepareInput, TransferSourceSetInput};
use crate::bank::entity::{BankReportFormat, DepositKind};
use crate::bank::rules;
use crate::demo::stage::Stage;
use crate::grants::commands::payment::{GrantPaymentExecuteInput, execute_payment};
use crate::grants::entity::GrantApplicationId;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::organizations::entity::OrganizationId;

/// Invented, like its bank: no bank has these numbers.
const NUMBER: &str = "1234567";

/// Pays what the first organization has asked for.
pub(super) async fn pay(stage: &Stage<'_>, id: GrantApplicationId) -> Result<()> {
    confirmed(stage).await?;
    let input = TransferSourceSetInput {
        consignor_code: "0123456789".into(),
        consignor_name: "デモノマチ カイケイカンリシャ".into(),
        bank_code: "9990".into(),
        bank_name: "カクウ".into(),
        branch_code: "001".into(),
        branch_name: "ホンテン".into(),
        kind: DepositKind::Ordinary,
        number: "0000001".into(),
    };
    stage.act("admin", |tx| Box::pin(transfer::set_source(tx, input))).await?;
    let today = Date(stage.today());
    if !rules::banks_work(today.0) {
        // Banks rest; the scene is to show a payment all the same.
        let input = GrantPaymentExecuteInput { paid_on: today };
        stage.act("payer", move |tx| Box::pin(execute_payment(tx, id, input))).await?;
        return Ok(());
    }
    let input = BankTransferPrepareInput { transfer_on: today, grant_application_ids: vec![id] };
    let file = stage.act("grant-staff", |tx| Box::pin(transfer::prepare(tx, input))).await?;
    stage.act("payer", move |tx| Box::pin(transfer::produce(tx, file))).await?;
    let table = format!(
        "振込日,銀行番号,支店番号,預金種目,口座番号,受取人名,金額,結果\r\n\
         {day},9990,002,普通,{NUMBER},ｼﾞﾁｿｼｷ,1000000,済\r\n{day},9990,002,普通,7654321,ﾍﾞﾂﾉﾋﾄ,5000,済\r\n",
        day = today.0
    );
    let input = BankReportImportInput {
        format: BankReportFormat::Csv,
        name: "振込結果.csv".into(),
        content: STANDARD.encode(table),
    };
    stage.act("payer", |tx| Box::pin(report::import(tx, input))).await?;
    Ok(())
}

async fn confirmed(stage: &Stage<'_>) -> Result<()> {
    let input = BankAccountRegisterInput {
        organization_id: OrganizationId(stage.id("organization", "o1")?),
        bank_code: "9990".into(),
        bank_name: "カクウ".into(),
        branch_code: "002".into(),
        branch_name: "チュウオウ".into(),
        kind: DepositKind::Ordinary,
        number: NUMBER.into(),
        holder_kana: "ジチソシキ".into(),
    };
    let id = stage.act("org-officer", |tx| Box::pin(account::register(tx, input))).await?;
    let input = BankAccountConfirmInput { number: NUMBER.into() };
    stage.act("grant-staff", move |tx| Box::pin(account::confirm(tx, id, input))).await?;
    Ok(())
}
