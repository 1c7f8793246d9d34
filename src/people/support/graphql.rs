//! Root fields of sessions of support. There is none that opens one: that is done on the host.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::people::support::commands::{self, SupportSessionLendInput};
use crate::people::support::entity::SupportSessionId;
use crate::people::support::shapes::SupportSession;

/// Queries of support.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<SupportSession>("supportSessions", "運用サポートの一覧。新しい順。")
        .one::<SupportSession>("supportSession", "運用サポートを一つ読む。")
}

/// Mutations of support.
#[derive(Default)]
pub struct SupportMutation;

/// 運用サポート
#[Object]
impl SupportMutation {
    /// 運用サポートに、終わるまでの間、変更できる役割を貸す(管理者)。直前の本人確認(15分以内)が必要。
    async fn support_session_lend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "運用サポート。")] id: SupportSessionId,
        #[graphql(desc = "貸す役割。")] input: SupportSessionLendInput,
    ) -> Result<Read<SupportSession>> {
        act(ctx, move |tx| Box::pin(commands::lend(tx, id, input))).await
    }

    /// 運用サポートをすぐに終える(管理者)。運用サポート自身は `sessionEnd` で出る。
    async fn support_session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "運用サポート。")] id: SupportSessionId,
    ) -> Result<Read<SupportSession>> {
        act(ctx, move |tx| Box::pin(commands::end(tx, id))).await
    }
}
