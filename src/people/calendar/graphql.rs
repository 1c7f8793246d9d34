//! Root fields of closed days.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::people::calendar::commands::{self, ClosedDayAddInput};
use crate::people::calendar::entity::ClosedDayId;
use crate::people::calendar::shapes::ClosedDay;

/// Queries of closed days.
pub fn queries(queries: Queries) -> Queries {
    queries.list::<ClosedDay>("closedDays", "自治体が加えた閉庁日の一覧。早い順。")
}

/// Mutations of closed days.
#[derive(Default)]
pub struct CalendarMutation;

/// 閉庁日
#[Object]
impl CalendarMutation {
    /// 閉庁日を加える(管理者)。すでに定まった期限は動かず、この後に計算する期限から数えられる。
    async fn closed_day_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "閉庁日の内容。")] input: ClosedDayAddInput,
    ) -> Result<Read<ClosedDay>> {
        act(ctx, move |tx| Box::pin(commands::add(tx, input))).await
    }

    /// 加えた閉庁日を取り消す(管理者)。すでに定まった期限は動かない。
    async fn closed_day_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "加えた閉庁日。")] id: ClosedDayId,
    ) -> Result<Read<ClosedDay>> {
        act(ctx, move |tx| Box::pin(commands::cancel(tx, id))).await
    }
}
