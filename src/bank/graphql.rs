//! Root fields of the bank.

use async_graphql::{Context, Object};

use crate::bank::commands::account::{self, BankAccountConfirmInput, BankAccountRegisterInput, BankAccountRejectInput};
use crate::bank::commands::by_hand::{self, BankTransferOutcomeRecordInput};
use crate::bank::commands::reconcile;
use crate::bank::commands::refusal::{self, BankTransferRefusalRecordInput};
use crate::bank::commands::report::{self, BankReportImportInput};
use crate::bank::commands::transfer::{self, BankTransferPrepareInput, TransferSourceSetInput};
use crate::bank::entity::{BankAccountId, BankTransferId};
use crate::bank::shapes::{BankAccount, BankReport, BankTransfer, TransferSource};
use crate::files::entity::FileId;
use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;

/// Queries of the bank.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<BankAccount>("bankAccounts", "振込先の口座の一覧。新しい順。")
        .one::<BankAccount>("bankAccount", "振込先の口座を一つ読む。")
        .list::<TransferSource>("transferSources", "振込依頼人の設定。自治体に一つ。")
        .list::<BankTransfer>("bankTransfers", "総合振込の一覧。新しい順。")
        .one::<BankTransfer>("bankTransfer", "総合振込を一つ読む。")
        .list::<BankReport>("bankReports", "銀行からの報告の一覧。新しい順。")
        .one::<BankReport>("bankReport", "銀行からの報告を一つ読む。")
}

/// Mutations of the bank.
#[derive(Default)]
pub struct BankMutation;

/// 銀行
#[Object]
impl BankMutation {
    /// 団体の振込先の口座を届け出る。自治体の別の人が確認するまで使われない。団体の役員・会計・監事に知らせる。
    async fn bank_account_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "口座の内容。")] input: BankAccountRegisterInput,
    ) -> Result<Read<BankAccount>> {
        act(ctx, move |tx| Box::pin(account::register(tx, input))).await
    }

    /// 届け出られた口座を、口座番号を打ち直して確認する。以後の支払はこの口座になる。届け出た人は行えない。
    async fn bank_account_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "口座。")] id: BankAccountId,
        #[graphql(desc = "確認の内容。")] input: BankAccountConfirmInput,
    ) -> Result<Read<BankAccount>> {
        act(ctx, move |tx| Box::pin(account::confirm(tx, id, input))).await
    }

    /// 届け出られた口座を、確認せずに返す。
    async fn bank_account_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "口座。")] id: BankAccountId,
        #[graphql(desc = "返す理由。")] input: BankAccountRejectInput,
    ) -> Result<Read<BankAccount>> {
        act(ctx, move |tx| Box::pin(account::reject(tx, id, input))).await
    }

    /// 振込依頼人(自治体)と、支払う口座を定める。
    async fn transfer_source_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "振込依頼人の内容。")] input: TransferSourceSetInput,
    ) -> Result<Read<TransferSource>> {
        act(ctx, move |tx| Box::pin(transfer::set_source(tx, input))).await
    }

    /// 請求された支払をまとめ、総合振込を起案する。支払は、有効な総合振込の一つにだけ入る。
    async fn bank_transfer_prepare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "総合振込の内容。")] input: BankTransferPrepareInput,
    ) -> Result<Read<BankTransfer>> {
        act(ctx, move |tx| Box::pin(transfer::prepare(tx, input))).await
    }

    /// 総合振込の、銀行へのファイルを作る。起案した人は行えない。
    async fn bank_transfer_produce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "総合振込。")] id: BankTransferId,
    ) -> Result<Read<BankTransfer>> {
        act(ctx, move |tx| Box::pin(transfer::produce(tx, id))).await
    }

    /// ファイルを作る前の総合振込を取り消す。支払は、別の総合振込に入れられるようになる。
    async fn bank_transfer_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "総合振込。")] id: BankTransferId,
    ) -> Result<Read<BankTransfer>> {
        act(ctx, move |tx| Box::pin(transfer::cancel(tx, id))).await
    }

    /// 銀行がファイル全体を受け付けなかったことを記録する。何も支払われておらず、支払は別の総合振込に入れるか、手で支払えるように
    /// なる。ファイルは記録に残り、以後の報告と照合されない。ファイルを作った人は行えない。
    async fn bank_transfer_refusal_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "総合振込。")] id: BankTransferId,
        #[graphql(desc = "受け付けられなかった日と理由。")] input: BankTransferRefusalRecordInput,
    ) -> Result<Read<BankTransfer>> {
        act(ctx, move |tx| Box::pin(refusal::record_refusal(tx, id, input))).await
    }

    /// 結果の分からない支払が残る総合振込について、銀行からの報告を取り込む。この総合振込の支払を含まない報告は取り込まない。
    async fn bank_transfer_reconcile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "総合振込。")] id: BankTransferId,
        #[graphql(desc = "報告の内容。")] input: BankReportImportInput,
    ) -> Result<Read<BankTransfer>> {
        act(ctx, move |tx| Box::pin(reconcile::reconcile(tx, id, input))).await
    }

    /// 銀行が報告しない支払(書面・電話による通知、明細の紛失など)一件の結果を、銀行の通知により記録する。振り込まれたものは、報告と
    /// 同じく元帳に仕訳し、振込不能のものは、別の総合振込に入れるか、手で支払えるようになる。後の報告が同じ結果なら何も変わらず、違う
    /// 結果なら取り込まれない。ファイルを作った人と、支払えない人は行えない。振込不能を記録した人は、その支払をやり直さない。
    async fn bank_transfer_outcome_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "総合振込。")] id: BankTransferId,
        #[graphql(desc = "銀行の通知(書面の写し、電話の記録など)。送ったファイル。")] file_id: FileId,
        #[graphql(desc = "結果。")] input: BankTransferOutcomeRecordInput,
    ) -> Result<Read<BankTransfer>> {
        act(ctx, move |tx| Box::pin(by_hand::record_outcome(tx, id, file_id, input))).await
    }

    /// 銀行からの報告を取り込む。口座・金額・日が一致した支払は元帳に仕訳し、一致しないものは一覧に残す。同じ報告は一度だけ。
    async fn bank_report_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "報告の内容。")] input: BankReportImportInput,
    ) -> Result<Read<BankReport>> {
        act(ctx, move |tx| Box::pin(report::import(tx, input))).await
    }
}
