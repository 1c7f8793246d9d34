//! What can be read of approval routes, and who may do what.

use async_graphql::{ID, SimpleObject, Value};
use chrono::{DateTime, Utc};

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, Ty, told};
use crate::kernel::request::Request;
use crate::people::approvals::commands::{
    APPROVAL_APPROVE, APPROVAL_BEGIN, APPROVAL_REQUEST, APPROVAL_REROUTE, APPROVAL_RETURN, APPROVAL_ROUTE_CREATE,
    APPROVAL_ROUTE_END, DELEGATION_CREATE, DELEGATION_END, post_id,
};
use crate::people::approvals::entity::{
    ApprovalId, ApprovalRouteId, ApprovalSeatId, ApprovalSeatState, ApprovalState, DelegationId, RoutedAct, Step,
    approval, delegation, route, seat,
};
use crate::people::approvals::rules;
use crate::people::shapes::Account;
use crate::shape;

const DECISION_RULES: &str = "事務決裁規程";
const DEPUTY_RULES: &str = "事務決裁規程(代決)";
const ADMIN: &[Role] = &[Role::Admin];
const GRANT_STAFF: &[Role] = &[Role::GrantStaff];
const OWN: Over = Over::Own("account_id");
/// The newest of a matter that is to be approved, by a route of which more is said, and that nobody is approving. What
/// waits for nobody (a revocation, a refusal against the opinion) ends where it is returned; where it became void, whoever
/// asked for it did not get an answer. A repayment that no fixing orders is approved for a revocation, or
/// for a surplus that waits in vain.
macro_rules! over {
    ($route:literal) => {
        concat!(
            "t.state IN ('RETURNED', 'VOID') AND NOT EXISTS (SELECT FROM approvals n \
             WHERE n.municipality_id = t.municipality_id AND n.object_id = t.object_id AND n.act = t.act AND n.id > t.id) \
             AND EXISTS (SELECT FROM entaku_matter(t.act, t.object_id) m WHERE (m.ready OR t.state = 'VOID' \
             AND (t.act <> 'GRANT_REPAYMENT_ORDER' OR EXISTS (SELECT FROM approvals v \
             WHERE v.municipality_id = t.municipality_id AND v.object_id = t.object_id AND v.act = 'GRANT_DECISION_REVOKE' \
             AND v.state IN ('OPEN', 'APPROVED')) OR entaku_waits_in_vain(t.object_id))) \
             AND entaku_route_for(t.act, t.object_id, m.hash, m.yen) ",
            $route,
            ")"
        )
    };
}
/// What is to be asked for anew.
const OVER: &str = over!("IS NOT NULL");
/// What waits for approvals that nobody can give any more.
const STUCK: &str = "t.state = 'OPEN' AND entaku_stuck(t.id)";
/// What is to be asked for anew by a route that nobody can fill.
const OVER_AND_STUCK: &str = concat!(over!("= t.route_id"), " AND entaku_stuck(t.id)");
const NOBODY_CAN: [&str; 2] = [
    "承認できる人が足りず、決裁が進みません。任命するか代決を定めるか、決裁ルートを定め直して、決裁を回し直してください。",
    "Too few people may approve it. Please appoint somebody, or lay down another route and have the approval begin anew.",
];
/// Whoever has lost role or delegation is not told what waits.
const TAKEABLE: &str = "t.state = 'OPEN' AND entaku_entitled(t.id)";
/// An approval is due as the act that waits for it.
const DUE: &str = "entaku_due(t.act, t.object_id)";
const MATTER_DUE: &str = "(SELECT entaku_due(v.act, v.object_id) FROM approvals v \
    WHERE v.municipality_id = t.municipality_id AND v.id = t.approval_id)";
const MATTER_TITLE: &str =
    "(SELECT v.title FROM approvals v WHERE v.municipality_id = t.municipality_id AND v.id = t.approval_id)";

/// 決裁ルートの段階。
#[derive(SimpleObject)]
pub struct ApprovalStep {
    /// 段階の名称。
    pub name: String,
    /// 承認する人の役割。
    pub role: Option<Role>,
    /// 承認する人の役職の ID。
    pub post_id: Option<ID>,
    /// 必要な承認の数。
    pub needed: i32,
}

shape! {
    ApprovalRoute("ApprovalRoute", "決裁ルート。ある額以上の操作に、誰の承認がいくつ必要か。", "approval_routes") { id: ApprovalRouteId, row: route::Entity, may: rules::route }
    |shape| shape
        .revision()
        .column::<String>("title", "名称。")
        .column::<RoutedAct>("act", "どの操作についてか。")
        .column::<Yen>("fromYen", "この額(円)以上について。")
        .column::<bool>("inOrder", "段階の順に承認するか。false なら同時に求める。")
        .computed::<Vec<ApprovalStep>>("steps", "段階。", &["steps"], steps)
        .column::<Option<DateTime<Utc>>>("endedAt", "廃止した日時。")
        .connection::<Approval>("approvals", "route_id", "この決裁ルートによる決裁。新しい順。")
        .ordered([Key::up("title", Ty::Text)])
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(DECISION_RULES)
        .create(APPROVAL_ROUTE_CREATE, "", ADMIN, Over::Municipality)
        .step_up(APPROVAL_ROUTE_CREATE)
        .act(APPROVAL_ROUTE_END, "", ADMIN, Over::Municipality)
        .step_up(APPROVAL_ROUTE_END)
}

fn steps(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let steps: Vec<Step> = serde_json::from_str(row.get::<&str>("steps")?).map_err(Error::internal)?;
    let one = |step: Step| {
        let post = post_id(step.post).map(|id| id.0);
        serde_json::json!({"name": step.name, "role": step.role, "postId": post, "needed": step.needed})
    };
    told(steps.into_iter().map(one).collect(), "ApprovalStep", &[])
}

shape! {
    Approval("Approval", "決裁。一つの対象の、決裁ルートによる承認の進み具合。対象が変わると無効になる。", "approvals") { id: ApprovalId, row: approval::Entity, may: rules::approval }
    |shape| shape
        .revision()
        .one::<ApprovalRoute>("route", "route_id", "決裁ルート。")
        .column::<RoutedAct>("act", "どの操作についてか。")
        .computed::<ID>("objectId", "対象の ID。`node(id)` で読める。", &["object_kind", "object_id"], object_id)
        .column::<String>("title", "対象の題名。")
        .column::<Yen>("amountYen", "額(円)。")
        .column::<ApprovalState>("state", "状態。")
        .one::<Account>("requestedBy", "requested_by", "決裁を求めた人。")
        .column::<DateTime<Utc>>("createdAt", "求めた日時。")
        .column::<Option<DateTime<Utc>>>("organizationActedAt", "決裁を求めた後に、団体がファイルを添付し、または届出や請求をした日時。交付決定の取消しと返還命令の決裁は、それでは無効にならない。承認の前に確かめる。")
        .many::<ApprovalSeat>("seats", "approval_id", "承認者の席。段階の順。")
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(&[], Over::Own("requested_by"))
        .ruled_by(DECISION_RULES)
        .create(APPROVAL_BEGIN, "", GRANT_STAFF, Over::Municipality)
        .act(APPROVAL_REQUEST, "", GRANT_STAFF, Over::Municipality)
        .task(APPROVAL_REQUEST, [OVER, "t.title", DUE], [
            "決裁が差し戻されたか、無効になりました。理由を確かめ、もう一度決裁を求めてください。",
            "The approval was returned or became void. Please see why and ask for it anew.",
        ])
        .act(APPROVAL_REROUTE, "", ADMIN, Over::Municipality)
        .step_up(APPROVAL_REROUTE)
        .task(APPROVAL_REROUTE, [STUCK, "t.title", DUE], NOBODY_CAN)
        .task(APPROVAL_REROUTE, [OVER_AND_STUCK, "t.title", DUE], NOBODY_CAN)
}

fn object_id(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(id::encode(&row.get::<String>("object_kind")?, row.get("object_id")?).into())
}

shape! {
    ApprovalSeat("ApprovalSeat", "決裁の承認者の席。誰が、誰の名で、どの段階を承認できるか、承認したか。", "approval_seats") { id: ApprovalSeatId, row: seat::Entity, may: rules::seat }
    |shape| shape
        .revision()
        .one::<Approval>("approval", "approval_id", "決裁。")
        .column::<i32>("step", "段階の番号。")
        .column::<String>("stepName", "段階の名称。")
        .one::<Account>("account", "account_id", "承認する人。")
        .one::<Account>("onBehalfOf", "for_id", "誰の名で承認するか。代決でなければ本人。")
        .column::<ApprovalSeatState>("state", "状態。")
        .column::<Option<String>>("comment", "意見、または差し戻した理由。")
        .column::<Option<DateTime<Utc>>>("actedAt", "承認または差し戻した日時。")
        .ordered([Key::up("step", Ty::Int)])
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(DECISION_RULES)
        .act(APPROVAL_APPROVE, "", &[], OWN)
        .step_up(APPROVAL_APPROVE)
        .act(APPROVAL_RETURN, "", &[], OWN)
        .task(APPROVAL_APPROVE, [TAKEABLE, MATTER_TITLE, MATTER_DUE], [
            "決裁を待っています。内容を確かめ、承認するか差し戻してください。",
            "It waits for your approval. Please examine it and approve or return it.",
        ])
}

shape! {
    Delegation("Delegation", "代決の定め。不在の間、誰が誰の名で承認するか。", "delegations") { id: DelegationId, row: delegation::Entity, may: rules::delegation }
    |shape| shape
        .revision()
        .one::<Account>("account", "account_id", "不在の人。")
        .one::<Account>("delegate", "delegate_id", "代わりに承認する人。")
        .one::<Account>("delegatedBy", "delegated_by", "定めた人。")
        .column::<Date>("startsOn", "始まりの日。")
        .column::<Date>("endsOn", "終わりの日(この日を含む)。")
        .column::<String>("reason", "理由。")
        .column::<Option<DateTime<Utc>>>("endedAt", "早く終えた日時。")
        .ordered([Key::down("starts_on", Ty::Date)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(&[], OWN)
        .readable(&[], Over::Own("delegate_id"))
        .ruled_by(DEPUTY_RULES)
        .create(DELEGATION_CREATE, "", &[], OWN)
        .create(DELEGATION_CREATE, "", ADMIN, Over::Municipality)
        .step_up(DELEGATION_CREATE)
        .act(DELEGATION_END, "", &[], OWN)
        .act(DELEGATION_END, "", ADMIN, Over::Municipality)
}
