//! What is done with approval routes: laid down, approved, returned, asked for anew; and who stands in for whom.

use async_graphql::{ID, InputObject};
use chrono::Duration;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::id;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::approvals::entity::{
    ApprovalId, ApprovalRouteId, ApprovalSeatId, ApprovalSeatState, ApprovalState, DelegationId, RoutedAct, Step,
    approval, delegation, route, seat,
};
use crate::people::approvals::routing::Asked;
use crate::people::approvals::shapes::{Approval, ApprovalRoute, ApprovalSeat, Delegation};
use crate::people::approvals::{routing, rules, seating};
use crate::people::posts::entity::PostId;
use crate::people::posts::shapes::Post;
use crate::people::shapes::Account;

/// 決裁ルートを定める。
pub const APPROVAL_ROUTE_CREATE: Action = Action("approvalRouteCreate");
/// 決裁ルートを廃止する。
pub const APPROVAL_ROUTE_END: Action = Action("approvalRouteEnd");
/// 決裁を求める。
pub const APPROVAL_BEGIN: Action = Action("approvalBegin");
/// 決裁をもう一度求める。
pub const APPROVAL_REQUEST: Action = Action("approvalRequest");
/// 決裁を今の決裁ルートで回し直す。
pub const APPROVAL_REROUTE: Action = Action("approvalReroute");
/// 承認する。
pub const APPROVAL_APPROVE: Action = Action("approvalApprove");
/// 差し戻す。
pub const APPROVAL_RETURN: Action = Action("approvalReturn");
/// 代決を定める。
pub const DELEGATION_CREATE: Action = Action("delegationCreate");
/// 代決の定めを終える。
pub const DELEGATION_END: Action = Action("delegationEnd");

/// The most steps of a route, and the most approvals of a step.
const MOST_STEPS: usize = 10;
/// The longest that somebody stands in.
const LONGEST: Duration = Duration::days(366);

/// 決裁ルートの段階。役割か役職のどちらか一つで、承認する人を定める。
#[derive(InputObject)]
pub struct ApprovalStepInput {
    /// 段階の名称(課長決裁 など)。
    pub name: String,
    /// この役割を自治体全体について持つ人が承認する。
    pub role: Option<Role>,
    /// この役職に就いている人が承認する。
    pub post_id: Option<PostId>,
    /// 必要な承認の数(1から10)。
    pub needed: i32,
}

/// 決裁ルートの内容。
#[derive(InputObject)]
pub struct ApprovalRouteCreateInput {
    /// 名称。
    pub title: String,
    /// どの操作についてか。
    pub act: RoutedAct,
    /// この額(円)以上について。
    pub from_yen: Yen,
    /// 段階の順に承認するか。false なら同時に求める。
    pub in_order: bool,
    /// 段階(1から10)。
    pub steps: Vec<ApprovalStepInput>,
}

/// Lays down a route. What is ready for its act already is approved by it, too.
pub async fn create_route(tx: &Tx, input: ApprovalRouteCreateInput) -> Result<ApprovalRouteId> {
    tx.may_create::<ApprovalRoute>(APPROVAL_ROUTE_CREATE, &[])?;
    let ApprovalRouteCreateInput { title, act, from_yen, in_order, steps } = input;
    let mut checks = Checks::new();
    let title = checks.text("input.title", &title, 100);
    checks.check(from_yen.0 >= 0, "input.fromYen", "RANGE", "0円以上で入力してください。", "0 yen or more.");
    let many = (1..=MOST_STEPS).contains(&steps.len());
    checks.check(many, "input.steps", "RANGE", "段階は1から10までです。", "1 to 10 steps.");
    let mut kept = Vec::new();
    for step in steps {
        if let Some(post) = step.post_id {
            let post = tx.peek::<Post>(post, Action::READ).await?;
            let halls = Role::STAFF.contains(&post.role) && post.scope == ScopeKind::Municipality;
            let (ja, en) =
                ("自治体全体について職員の役割を持つ役職ではありません。", "Not a post of staff over all of the town.");
            checks.check(halls, "input.steps.postId", "ROLE", ja, en);
        }
        kept.push(step_of(&mut checks, step));
    }
    checks.done()?;
    let same = route::Entity::find()
        .filter(route::Column::Act.eq(act))
        .filter(route::Column::FromYen.eq(from_yen))
        .filter(route::Column::EndedAt.is_null());
    if same.one(tx).await?.is_some() {
        return Err(exists());
    }
    let row = route::ActiveModel {
        id: Set(ApprovalRouteId::new()),
        act: Set(act),
        title: Set(title),
        from_yen: Set(from_yen),
        in_order: Set(in_order),
        steps: Set(serde_json::to_string(&kept).map_err(Error::internal)?),
        ..Default::default()
    };
    let id = row.insert(tx).await.map_err(|error| known(error.into()))?.id;
    routing::open_ready(tx, act, id).await?;
    Ok(id)
}

/// Of two who lay it down at once, the second learns it from the index.
fn known(error: Error) -> Error {
    if error.reason() == "DUPLICATE" { exists() } else { error }
}

fn exists() -> Error {
    Error::Conflict(Refusal::new(
        "ROUTE_EXISTS",
        "この操作のこの額からの決裁ルートはすでにあります。先に廃止してください。",
        "There is a route of this act from this amount. End it first.",
    ))
}

fn step_of(checks: &mut Checks, step: ApprovalStepInput) -> Step {
    let ApprovalStepInput { name, role, post_id, needed } = step;
    let name = checks.text("input.steps.name", &name, 50);
    let range = usize::try_from(needed).is_ok_and(|n| (1..=MOST_STEPS).contains(&n));
    checks.check(range, "input.steps.needed", "RANGE", "1から10までで指定してください。", "1 to 10.");
    let (ja, en) = ("役割か役職のどちらか一つを指定してください。", "Give a role or a post, not both.");
    checks.check(role.is_some() != post_id.is_some(), "input.steps", "ONE_OF", ja, en);
    let halls = role.is_none_or(|role| Role::STAFF.contains(&role));
    checks.check(halls, "input.steps.role", "ROLE", "職員の役割ではありません。", "Not a role of staff.");
    Step { name, role: role.map(Role::word), post: post_id.map(|id| id.0), needed }
}

/// Ends a route. What is being approved by it goes on.
pub async fn end_route(tx: &Tx, id: ApprovalRouteId) -> Result<ApprovalRouteId> {
    let row = tx.load::<ApprovalRoute>(id, APPROVAL_ROUTE_END).await?;
    rules::route(&row, APPROVAL_ROUTE_END, tx.now)?;
    route::ActiveModel { id: Set(id), ended_at: Set(Some(tx.now)), ..Default::default() }.update(tx).await?;
    Ok(id)
}

/// Asks anew for the approval of a matter, whatever became of the last: what is under way is void. The amount stays while
/// the matter is the same.
pub async fn request(tx: &Tx, id: ApprovalId) -> Result<ApprovalId> {
    let row = tx.peek::<Approval>(id, APPROVAL_REQUEST).await?;
    rules::approval(&row, APPROVAL_REQUEST, tx.now)?;
    let seen = routing::matter(tx, row.act, row.object_id, Some(row.amount_yen)).await?.ok_or_else(not_routed)?;
    if seen.hash == row.object_hash {
        return routing::begin(tx, row.act, seen, Asked::of(tx, Some(row.amount_yen))).await?.ok_or_else(not_routed);
    }
    let seen = routing::matter(tx, row.act, row.object_id, None).await?.ok_or_else(not_routed)?;
    routing::begin(tx, row.act, seen, Asked::of(tx, None)).await?.ok_or_else(not_routed)
}

/// Has the approval of a matter begin anew by the route that is in force now, also where the one it began by has ended and
/// can be filled no more. Whoever asked for it still has: they do not come to approve it by this.
///
/// # Errors
/// CONFLICT/NOT_ROUTED where no route in force covers it: what needed approvals does not lose them by this; lay one down
/// first. CONFLICT/ROUTE_VACANT where too few people may approve a step. CONFLICT/STATE where another approval of the
/// matter has begun since, for which somebody else may have asked.
pub async fn reroute(tx: &Tx, id: ApprovalId) -> Result<ApprovalId> {
    let row = tx.peek::<Approval>(id, APPROVAL_REROUTE).await?;
    rules::approval(&row, APPROVAL_REROUTE, tx.now)?;
    routing::newest(tx, &row).await?;
    let seen = routing::in_force(tx, row.act, row.object_id, Some(row.amount_yen)).await?.ok_or_else(not_routed)?;
    let amount = (seen.hash == row.object_hash).then_some(row.amount_yen);
    let seen = match amount {
        Some(_) => seen,
        None => routing::in_force(tx, row.act, row.object_id, None).await?.ok_or_else(not_routed)?,
    };
    let asked = Asked { by: row.requested_by.or(tx.principal.account), amount };
    routing::begin(tx, row.act, seen, asked).await?.ok_or_else(not_routed)
}

/// 決裁を求める対象。
#[derive(InputObject)]
pub struct ApprovalBeginInput {
    /// どの操作についてか。
    pub act: RoutedAct,
    /// 対象の ID。
    pub object_id: ID,
    /// 決裁を求める額(円)。交付決定で、審査の意見と異なる額を決定するときに指定する。申請額以内。
    pub amount_yen: Option<Yen>,
}

/// Asks for the approval of a matter that has none, or for another: what is under way is void.
pub async fn begin_approval(tx: &Tx, input: ApprovalBeginInput) -> Result<ApprovalId> {
    tx.may_create::<Approval>(APPROVAL_BEGIN, &[])?;
    let ApprovalBeginInput { act, object_id, amount_yen } = input;
    let (kind, object) = id::decode(&object_id)?;
    let matter = routing::matter(tx, act, object, amount_yen).await?;
    let matter = matter.filter(|matter| matter.kind == kind).ok_or(Error::NotFound)?;
    let mut checks = Checks::new();
    let able = amount_yen.is_none_or(|amount| rules::approvable(amount, matter.amount, matter.most));
    checks.check(able, "input.amountYen", "RANGE", "この額には決定できません。", "Not an amount to decide on.");
    checks.done()?;
    routing::begin(tx, act, matter, Asked::of(tx, amount_yen)).await?.ok_or_else(not_routed)
}

fn not_routed() -> Error {
    Error::Conflict(Refusal::new(
        "NOT_ROUTED",
        "この対象は今、決裁ルートの対象ではありません。",
        "No route covers this matter as it is.",
    ))
}

/// A seat with its matter, locked in the order that all take.
async fn take(tx: &Tx, id: ApprovalSeatId, action: Action) -> Result<(approval::Model, seat::Model)> {
    let seen = tx.peek::<ApprovalSeat>(id, action).await?;
    let matter = approval::Entity::find_by_id(seen.approval_id).lock(LockType::NoKeyUpdate).one(tx).await?;
    let matter = matter.ok_or(Error::NotFound)?;
    let row = tx.load::<ApprovalSeat>(id, action).await?;
    rules::seat(&row, action, tx.now)?;
    rules::open(&matter)?;
    if !seating::is_entitled(tx, id).await? {
        return Err(Error::Conflict(Refusal::new(
            "NOT_ENTITLED",
            "承認する役割または代決の期間が終わっています。",
            "The role or the delegation by which you could approve is over.",
        )));
    }
    Ok((matter, row))
}

/// Gives an approval.
pub async fn approve(tx: &Tx, id: ApprovalSeatId, comment: Option<String>) -> Result<ApprovalSeatId> {
    let (matter, row) = take(tx, id, APPROVAL_APPROVE).await?;
    let mut checks = Checks::new();
    let comment = checks.optional("comment", comment.as_deref(), 1000);
    checks.done()?;
    write(tx, row, ApprovalSeatState::Approved, comment).await?;
    seating::advance(tx, &matter).await?;
    seating::announce(tx, vec![matter.id.0]).await?;
    Ok(id)
}

/// Returns a matter to whoever asked for its approval.
pub async fn send_back(tx: &Tx, id: ApprovalSeatId, reason: String) -> Result<ApprovalSeatId> {
    let (matter, row) = take(tx, id, APPROVAL_RETURN).await?;
    let mut checks = Checks::new();
    let reason = checks.text("reason", &reason, 1000);
    checks.done()?;
    write(tx, row, ApprovalSeatState::Returned, Some(reason)).await?;
    seating::set_state(tx, matter.id, ApprovalState::Returned).await?;
    seating::close(tx, matter.id).await?;
    Ok(id)
}

async fn write(tx: &Tx, row: seat::Model, state: ApprovalSeatState, comment: Option<String>) -> Result<()> {
    let (comment, acted_at) = (Set(comment), Set(Some(tx.now)));
    seat::ActiveModel { id: Set(row.id), state: Set(state), comment, acted_at, ..Default::default() }
        .update(tx)
        .await?;
    Ok(())
}

/// 代決の定め。
#[derive(InputObject)]
pub struct DelegationCreateInput {
    /// 不在になる人。指定しなければ自分。
    pub account_id: Option<AccountId>,
    /// 代わりに承認する人。
    pub delegate_account_id: AccountId,
    /// 始まりの日。
    pub starts_on: Date,
    /// 終わりの日(この日を含む)。
    pub ends_on: Date,
    /// 理由(出張 など)。
    pub reason: String,
}

/// Has somebody stand in for a while: for oneself, or, by an administrator, for somebody else.
pub async fn delegate(tx: &Tx, input: DelegationCreateInput) -> Result<DelegationId> {
    let DelegationCreateInput { account_id, delegate_account_id, starts_on, ends_on, reason } = input;
    let absent = account_id.or(tx.principal.account).ok_or(Error::Unauthenticated)?;
    tx.may_create::<Delegation>(DELEGATION_CREATE, &[("account_id", absent.0)])?;
    tx.peek::<Account>(absent, Action::READ).await?;
    let deputy = tx.peek::<Account>(delegate_account_id, Action::READ).await?;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    let another = ![Some(absent), tx.principal.account].contains(&Some(delegate_account_id));
    let other = another && seating::is_staff(tx, deputy.id).await?;
    let (ja, en) = ("代わりに承認できる人ではありません。", "Not somebody who can stand in.");
    checks.check(other, "input.delegateAccountId", "DELEGATE", ja, en);
    let order = starts_on <= ends_on && ends_on.0 >= tx.today();
    checks.check(order, "input.endsOn", "ORDER", "終わりの日が早すぎます。", "It ends too early.");
    let short = ends_on.0 - starts_on.0 <= LONGEST;
    checks.check(short, "input.endsOn", "RANGE", "一年を超えることはできません。", "A year at most.");
    checks.done()?;
    let row = delegation::ActiveModel {
        id: Set(DelegationId::new()),
        account_id: Set(absent),
        delegate_id: Set(delegate_account_id),
        delegated_by: Set(tx.principal.account),
        starts_on: Set(starts_on),
        ends_on: Set(ends_on),
        reason: Set(reason),
        ..Default::default()
    };
    let id = row.insert(tx).await?.id;
    seating::seat_anew(tx).await?;
    Ok(id)
}

/// Ends it early.
pub async fn end_delegation(tx: &Tx, id: DelegationId) -> Result<DelegationId> {
    let row = tx.load::<Delegation>(id, DELEGATION_END).await?;
    rules::delegation(&row, DELEGATION_END, tx.now)?;
    delegation::ActiveModel { id: Set(id), ended_at: Set(Some(tx.now)), ..Default::default() }.update(tx).await?;
    Ok(id)
}

/// The prefixed id of a post in a step.
pub(super) fn post_id(post: Option<Uuid>) -> Option<ID> {
    post.map(|post| ID(id::encode("pst", post)))
}
