//! The meeting: planned, announced, stopped, held, closed.

use async_graphql::InputObject;
use chrono::{DateTime, Datelike, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use super::{ANNOUNCE, CANCEL, CHANGE, CLOSE, HOLD, PLAN, POSTPONE, begin, write};
use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::organizations::shapes::{CommunityOrganization, District};
use crate::roundtables::entity::{ActionItemState, Audience, RoundtableId, RoundtableState, action_item, roundtable};
use crate::roundtables::rules;
use crate::roundtables::shapes::Roundtable;

/// 円卓会議の計画。
#[derive(InputObject)]
pub struct RoundtablePlanInput {
    /// 主催する地域組織。自治体が主催するときは指定しない。
    pub organization_id: Option<OrganizationId>,
    /// 対象の地区。地域組織が主催するときは、その組織の地区になる。
    pub district_id: Option<DistrictId>,
    /// 会議の名称。
    pub title: String,
    /// テーマ。具体的な困りごとから。
    pub theme: String,
    /// 目的。
    pub purpose: String,
    /// 開始予定の日時。
    pub starts_at: DateTime<Utc>,
    /// 会場。
    pub venue: String,
    /// 傍聴できる人の範囲。
    pub audience: Audience,
}

/// Plans a meeting. Nobody outside sees it before it is announced.
pub async fn plan(tx: &Tx, input: RoundtablePlanInput) -> Result<RoundtableId> {
    let RoundtablePlanInput { organization_id, district_id, title, theme, purpose, starts_at, venue, audience } = input;
    let home = match organization_id {
        Some(id) => Some(tx.peek::<CommunityOrganization>(id, Action::READ).await?.district_id),
        None => None,
    };
    if let Some(district) = district_id {
        tx.peek::<District>(district, Action::READ).await?;
    }
    let scope: Vec<_> = organization_id.iter().map(|id| ("organization_id", id.0)).collect();
    tx.may_create::<Roundtable>(PLAN, &scope)?;
    let mut checks = Checks::new();
    let fits = home.is_none() || district_id.is_none() || home == district_id;
    checks.check(
        fits,
        "input.districtId",
        "DISTRICT",
        "主催する組織の地区ではありません。",
        "Not the organization's district.",
    );
    let row = roundtable::ActiveModel {
        id: Set(RoundtableId::new()),
        organization_id: Set(organization_id),
        district_id: Set(home.or(district_id)),
        title: Set(checks.text("input.title", &title, 100)),
        theme: Set(checks.text("input.theme", &theme, 200)),
        purpose: Set(checks.text("input.purpose", &purpose, 2000)),
        starts_at: Set(start(&mut checks, starts_at)),
        venue: Set(checks.text("input.venue", &venue, 200)),
        audience: Set(audience),
        state: Set(RoundtableState::Planned),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// A start within the years of [`Date`].
fn start(checks: &mut Checks, at: DateTime<Utc>) -> DateTime<Utc> {
    let kept = (1868..=2200).contains(&at.year());
    checks.check(kept, "input.startsAt", "RANGE", "日時が範囲の外です。", "The time is out of range.");
    at
}

/// 円卓会議の計画の変更。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct RoundtableChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 会議の名称。
    pub title: Option<String>,
    /// テーマ。
    pub theme: Option<String>,
    /// 目的。
    pub purpose: Option<String>,
    /// 開始予定の日時。
    pub starts_at: Option<DateTime<Utc>>,
    /// 会場。
    pub venue: Option<String>,
    /// 傍聴できる人の範囲。
    pub audience: Option<Audience>,
}

/// Changes the plan of a meeting that has not been held.
pub async fn change(tx: &Tx, id: RoundtableId, input: RoundtableChangeInput) -> Result<RoundtableId> {
    let old = begin(tx, id, CHANGE).await?;
    let RoundtableChangeInput { revision, title, theme, purpose, starts_at, venue, audience } = input;
    same_revision::<Roundtable>(id, old.revision, revision)?;
    let mut checks = Checks::new();
    let mut row: roundtable::ActiveModel = old.into();
    if let Some(text) = title {
        row.title = Set(checks.text("input.title", &text, 100));
    }
    if let Some(text) = theme {
        row.theme = Set(checks.text("input.theme", &text, 200));
    }
    if let Some(text) = purpose {
        row.purpose = Set(checks.text("input.purpose", &text, 2000));
    }
    if let Some(at) = starts_at {
        row.starts_at = Set(start(&mut checks, at));
    }
    if let Some(text) = venue {
        row.venue = Set(checks.text("input.venue", &text, 200));
    }
    if let Some(audience) = audience {
        row.audience = Set(audience);
    }
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// Makes the notice public.
pub async fn announce(tx: &Tx, id: RoundtableId) -> Result<RoundtableId> {
    let row = begin(tx, id, ANNOUNCE).await?;
    let now = tx.now;
    write(tx, row, move |row| {
        row.state = Set(RoundtableState::Announced);
        row.announced_at = Set(Some(now));
        row.stop_reason = Set(None);
    })
    .await
}

/// Puts a meeting off; it is announced anew when its time is known.
pub async fn postpone(tx: &Tx, id: RoundtableId, reason: String) -> Result<RoundtableId> {
    stop(tx, id, POSTPONE, RoundtableState::Postponed, &reason).await
}

/// Calls a meeting off.
pub async fn cancel(tx: &Tx, id: RoundtableId, reason: String) -> Result<RoundtableId> {
    stop(tx, id, CANCEL, RoundtableState::Cancelled, &reason).await
}

async fn stop(tx: &Tx, id: RoundtableId, action: Action, to: RoundtableState, reason: &str) -> Result<RoundtableId> {
    let row = begin(tx, id, action).await?;
    let mut checks = Checks::new();
    let reason = checks.text("reason", reason, 1000);
    checks.done()?;
    write(tx, row, move |row| {
        row.state = Set(to);
        row.stop_reason = Set(Some(reason));
    })
    .await
}

/// 開催の記録。
#[derive(InputObject)]
pub struct RoundtableHoldInput {
    /// 開催した日。
    pub held_on: Date,
    /// 来場者の数(着席者を除く)。
    pub audience_count: i32,
}

/// Records that a meeting was held.
pub async fn hold(tx: &Tx, id: RoundtableId, input: RoundtableHoldInput) -> Result<RoundtableId> {
    let row = begin(tx, id, HOLD).await?;
    let RoundtableHoldInput { held_on, audience_count } = input;
    let mut checks = Checks::new();
    let past = held_on.0 <= tx.today();
    checks.check(past, "input.heldOn", "FUTURE", "まだ来ていない日です。", "The day has not come yet.");
    let counted = (0..=100_000).contains(&audience_count);
    let (ja, en) = ("0から100,000までで入力してください。", "0 to 100,000.");
    checks.check(counted, "input.audienceCount", "RANGE", ja, en);
    checks.done()?;
    write(tx, row, move |row| {
        row.state = Set(RoundtableState::Held);
        row.held_on = Set(Some(held_on));
        row.audience_count = Set(Some(audience_count));
    })
    .await
}

/// Closes a published meeting whose action items are all settled.
pub async fn close(tx: &Tx, id: RoundtableId) -> Result<RoundtableId> {
    let row = begin(tx, id, CLOSE).await?;
    let open = action_item::Entity::find()
        .filter(action_item::Column::RoundtableId.eq(id))
        .filter(action_item::Column::State.is_in([ActionItemState::Open, ActionItemState::InProgress]))
        .count(tx)
        .await?;
    rules::settled(open)?;
    let now = tx.now;
    write(tx, row, move |row| {
        row.state = Set(RoundtableState::Closed);
        row.closed_at = Set(Some(now));
    })
    .await
}
