//! Root fields of the ledger: it is read, closed and verified here, and written by the nouns whose money it is.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::ledger::commands::verification;
use crate::ledger::commands::year::{self, LedgerYearReopenInput};
use crate::ledger::entity::LedgerYearId;
use crate::ledger::shapes::{LedgerAccount, LedgerJournal, LedgerVerification, LedgerYear};

/// Queries of the ledger.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<LedgerAccount>("ledgerAccounts", "勘定の一覧。")
        .one::<LedgerAccount>("ledgerAccount", "勘定を一つ読む。")
        .list::<LedgerJournal>("ledgerJournals", "仕訳の一覧。新しい順。")
        .one::<LedgerJournal>("ledgerJournal", "仕訳を一つ読む。")
        .list::<LedgerYear>("ledgerYears", "年度の会計の一覧。予算が積まれると開かれる。新しい年度から。")
        .one::<LedgerYear>("ledgerYear", "年度の会計を一つ読む。")
        .list::<LedgerVerification>(
            "ledgerIntegrity",
            "元帳の検証の結果。新しい順。毎日一度と、`ledgerVerify` のたびに加わる。",
        )
}

/// Mutations of the ledger.
#[derive(Default)]
pub struct LedgerMutation;

/// 元帳
#[Object]
impl LedgerMutation {
    /// 年度の会計を閉じる。使われなかった額は財源に戻り、以後その年度の仕訳はできない。
    /// 直前の本人確認(15分以内)が必要。
    async fn ledger_year_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "年度。")] fiscal_year: FiscalYear,
    ) -> Result<Read<LedgerYear>> {
        act(ctx, move |tx| Box::pin(year::close_year(tx, fiscal_year))).await
    }

    /// 閉じた会計を開き直す。閉じたときの仕訳は反対仕訳で取り消される。閉じた本人にはできない。
    /// 直前の本人確認(15分以内)が必要。
    async fn ledger_year_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "年度の会計。")] id: LedgerYearId,
        #[graphql(desc = "理由。")] input: LedgerYearReopenInput,
    ) -> Result<Read<LedgerYear>> {
        act(ctx, move |tx| Box::pin(year::reopen_year(tx, id, input))).await
    }

    /// 元帳を今、検証する。仕訳の合計、残高と明細の続き、支払とその交付決定の結び付きを、すべて調べる。
    async fn ledger_verify(&self, ctx: &Context<'_>) -> Result<Read<LedgerVerification>> {
        act(ctx, move |tx| Box::pin(verification::verify(tx))).await
    }
}
