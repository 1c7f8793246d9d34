//! What liaison staff did in their districts.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Result};
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::liaison::commands::{LIAISON_VISIT_CHANGE, LIAISON_VISIT_LOG, check_organization};
use crate::liaison::entity::{LiaisonVisitId, LiaisonVisitKind, visit};
use crate::liaison::rules;
use crate::liaison::shapes::LiaisonVisit;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::organizations::shapes::District;
use crate::people::shapes::Account;

/// 活動記録の内容。
#[derive(InputObject)]
pub struct LiaisonVisitLogInput {
    /// 地区。
    pub district_id: DistrictId,
    /// 相手の地域組織。特定の組織でなければ指定しない。
    pub organization_id: Option<OrganizationId>,
    /// 活動した日。
    pub visited_on: Date,
    /// かかった時間(分)。
    pub minutes: i32,
    /// 活動の種類。
    pub kind: LiaisonVisitKind,
    /// 場所。
    pub place: Option<String>,
    /// 活動の内容。
    pub content: String,
    /// 聞いた要望。
    pub requests_heard: Option<String>,
}

/// Logs an activity of one's own.
pub async fn log_visit(tx: &Tx, input: LiaisonVisitLogInput) -> Result<LiaisonVisitId> {
    let LiaisonVisitLogInput {
        district_id,
        organization_id,
        visited_on,
        minutes,
        kind,
        place,
        content,
        requests_heard,
    } = input;
    tx.peek::<District>(district_id, Action::READ).await?;
    tx.may_create::<LiaisonVisit>(LIAISON_VISIT_LOG, &[("district_id", district_id.0)])?;
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let author = tx.peek::<Account>(account, Action::READ).await?;
    let mut checks = Checks::new();
    check_organization(tx, &mut checks, organization_id, district_id).await?;
    check_activity(tx, &mut checks, Some(visited_on), Some(minutes));
    let row = visit::ActiveModel {
        id: Set(LiaisonVisitId::new()),
        account_id: Set(account),
        staff_name: Set(author.name),
        district_id: Set(district_id),
        organization_id: Set(organization_id),
        visited_on: Set(visited_on),
        minutes: Set(minutes),
        kind: Set(kind),
        place: Set(checks.optional("input.place", place.as_deref(), 200)),
        content: Set(checks.text("input.content", &content, 4000)),
        requests_heard: Set(checks.optional("input.requestsHeard", requests_heard.as_deref(), 4000)),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

fn check_activity(tx: &Tx, checks: &mut Checks, on: Option<Date>, minutes: Option<i32>) {
    checks.check(
        on.is_none_or(|on| on.0 <= tx.today()),
        "input.visitedOn",
        "FUTURE",
        "未来の日付です。",
        "The day has not come yet.",
    );
    checks.check(
        minutes.is_none_or(|m| (1..=1440).contains(&m)),
        "input.minutes",
        "RANGE",
        "1から1440までで入力してください。",
        "1 to 1440.",
    );
}

/// 活動記録の訂正。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct LiaisonVisitChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 活動した日(今年度の日)。
    pub visited_on: Option<Date>,
    /// かかった時間(分)。
    pub minutes: Option<i32>,
    /// 活動の種類。
    pub kind: Option<LiaisonVisitKind>,
    /// 場所。null は消去。
    pub place: MaybeUndefined<String>,
    /// 活動の内容。
    pub content: Option<String>,
    /// 聞いた要望。null は消去。
    pub requests_heard: MaybeUndefined<String>,
}

/// Corrects a log entry of one's own.
pub async fn change_visit(tx: &Tx, id: LiaisonVisitId, input: LiaisonVisitChangeInput) -> Result<LiaisonVisitId> {
    let row = tx.load::<LiaisonVisit>(id, LIAISON_VISIT_CHANGE).await?;
    rules::visit(&row, LIAISON_VISIT_CHANGE, tx.now)?;
    let LiaisonVisitChangeInput { revision, visited_on, minutes, kind, place, content, requests_heard } = input;
    same_revision::<LiaisonVisit>(id, row.revision, revision)?;
    let mut checks = Checks::new();
    check_activity(tx, &mut checks, visited_on, minutes);
    let mut moved = row.clone();
    moved.visited_on = visited_on.unwrap_or(row.visited_on);
    let kept = rules::visit(&moved, LIAISON_VISIT_CHANGE, tx.now).is_ok();
    checks.check(kept, "input.visitedOn", "FISCAL_YEAR", "今年度の日ではありません。", "Not of this fiscal year.");
    let mut row: visit::ActiveModel = row.into();
    row.visited_on = Set(moved.visited_on);
    if let Some(minutes) = minutes {
        row.minutes = Set(minutes);
    }
    if let Some(kind) = kind {
        row.kind = Set(kind);
    }
    if let Some(content) = content {
        row.content = Set(checks.text("input.content", &content, 4000));
    }
    place.map_value(|t| checks.text("input.place", &t, 200)).apply(&mut row.place);
    requests_heard.map_value(|t| checks.text("input.requestsHeard", &t, 4000)).apply(&mut row.requests_heard);
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}
