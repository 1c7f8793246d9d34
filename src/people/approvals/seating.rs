//! Who sits where: a seat for everybody who may give an approval, or who stands in for somebody who may; whose turn it is.

use std::collections::HashSet;

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::TypedId;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::approvals::entity::{
    ApprovalId, ApprovalSeatId, ApprovalSeatState, ApprovalState, Step, approval, seat,
};
use crate::people::approvals::routing::steps_of;
use crate::people::approvals::rules;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::texts;

/// A UUIDv7: its time from ours, its randomness from the database.
const NEW_ID: &str = "(left(?, 18) || right(gen_random_uuid()::text, 18))::uuid";
const INTO: &str = "INSERT INTO approval_seats (id, approval_id, step, step_name, account_id, for_id, state) SELECT ";

/// Seats all who may approve a matter that has just begun; the step that too few may approve, if there is one.
pub(super) async fn seat(tx: &Tx, row: &approval::Model) -> Result<Option<Step>> {
    holders(tx, Some(row.id)).await?;
    let steps = steps_of(tx, row).await?.0;
    let vacant = rules::vacant(&steps, &seats_of(tx, row.id).await?).cloned();
    advance(tx, row).await?;
    delegates(tx, Some(row.id)).await?;
    Ok(vacant)
}

/// Seats whoever has come into role or post since, and whoever stands in from today on, in all matters that are open. May
/// run twice.
pub async fn seat_anew(tx: &Tx) -> Result<()> {
    let open = approval::Entity::find().filter(approval::Column::State.eq(ApprovalState::Open));
    let open = open.order_by_asc(approval::Column::Id).lock(LockType::NoKeyUpdate).all(tx).await?;
    if open.is_empty() {
        return Ok(());
    }
    let come = holders(tx, None).await?;
    for row in open.iter().filter(|row| come.contains(&row.id.0)) {
        advance(tx, row).await?;
    }
    let stand_in = delegates(tx, None).await?;
    announce(tx, come.union(&stand_in).copied().collect()).await
}

/// Tells everybody whose seat is open in these matters, once for each seat: those in which somebody got a seat or whose turn
/// has come.
pub(super) async fn announce(tx: &Tx, of: Vec<Uuid>) -> Result<()> {
    if of.is_empty() {
        return Ok(());
    }
    let kind = NotificationKind::ApprovalAwaited;
    let (text, word) = (texts(kind, "{}"), Param::text(kind.word()));
    let mut sql = Sql::new(
        "INSERT INTO notifications (id, account_id, kind, object_kind, object_id, text_ja, text_easy, text_en, in_app, once) \
         SELECT ",
    );
    sql.fill(
        &format!(
            "{NEW_ID}, s.account_id, ?, ?, s.id, replace(?, '{{}}', v.title), replace(?, '{{}}', v.title), \
             replace(?, '{{}}', v.title), coalesce(c.in_app, true), 'seat ' || s.id \
             FROM approval_seats s JOIN approvals v ON v.id = s.approval_id AND v.state = 'OPEN' \
             LEFT JOIN notification_choices c ON c.account_id = s.account_id AND c.kind = ? \
             WHERE v.id = ANY(?) AND s.state = 'OPEN' AND entaku_entitled(s.id) \
             AND coalesce(c.in_app OR c.mail_digest, true) \
             ON CONFLICT (municipality_id, account_id, once) WHERE once IS NOT NULL DO NOTHING"
        ),
        [
            Param::text(Uuid::now_v7().to_string()),
            word.clone(),
            Param::text(ApprovalSeatId::PREFIX),
            Param::text(text.ja),
            Param::text(text.easy),
            Param::text(text.en),
            word,
            Param::Uuids(of),
        ],
    );
    tx.run(sql).await?;
    Ok(())
}

/// A seat for everybody who may give an approval of a step today, in one matter or in all that are open; where somebody
/// got one.
async fn holders(tx: &Tx, of: Option<ApprovalId>) -> Result<HashSet<Uuid>> {
    let mut sql = Sql::new(INTO);
    sql.fill(
        &format!(
            "{NEW_ID}, v.id, step.ordinality::int4, step.value ->> 'name', w.id, w.id, 'WAITING' FROM approvals v \
             JOIN approval_routes r ON r.id = v.route_id \
             CROSS JOIN LATERAL jsonb_array_elements(r.steps::jsonb) WITH ORDINALITY AS step \
             CROSS JOIN LATERAL entaku_step_holders(step.value) AS w (id) \
             WHERE v.state = 'OPEN' AND coalesce(v.id = ?, true) AND w.id <> ALL(entaku_hands(v.id)) \
             ON CONFLICT DO NOTHING RETURNING approval_id"
        ),
        [Param::text(Uuid::now_v7().to_string()), Param::Uuid(of.map(|of| of.0))],
    );
    matters(tx, sql).await
}

/// A seat for everybody who stands in for somebody today, in one matter or in all that are open; where somebody got one.
async fn delegates(tx: &Tx, of: Option<ApprovalId>) -> Result<HashSet<Uuid>> {
    let mut sql = Sql::new(INTO);
    sql.fill(
        &format!(
            "{NEW_ID}, s.approval_id, s.step, s.step_name, d.delegate_id, s.for_id, s.state \
             FROM approval_seats s JOIN approvals v ON v.id = s.approval_id AND v.state = 'OPEN' \
             JOIN delegations d ON d.account_id = s.for_id AND d.ended_at IS NULL \
             AND entaku_today() BETWEEN d.starts_on AND d.ends_on \
             WHERE coalesce(v.id = ?, true) AND s.account_id = s.for_id AND s.state IN ('WAITING', 'OPEN') \
             AND entaku_staff(d.delegate_id) AND d.delegate_id <> ALL(entaku_hands(v.id)) \
             AND NOT EXISTS (SELECT FROM approval_seats o WHERE o.municipality_id = s.municipality_id \
             AND o.approval_id = s.approval_id AND o.state = 'APPROVED' \
             AND d.delegate_id IN (o.account_id, o.for_id)) ON CONFLICT DO NOTHING RETURNING approval_id"
        ),
        [Param::text(Uuid::now_v7().to_string()), Param::Uuid(of.map(|of| of.0))],
    );
    matters(tx, sql).await
}

async fn matters(tx: &Tx, sql: Sql) -> Result<HashSet<Uuid>> {
    tx.rows(sql).await?.into_iter().map(|row| Ok(row.try_get("approval_id")?)).collect()
}

/// May the person still give it (`entaku_entitled`)?
pub(super) async fn is_entitled(tx: &Tx, seat: ApprovalSeatId) -> Result<bool> {
    holds(tx, "entaku_entitled", seat.0).await
}

/// Does somebody work for the town hall today, over all of it?
pub(super) async fn is_staff(tx: &Tx, account: AccountId) -> Result<bool> {
    holds(tx, "entaku_staff", account.0).await
}

async fn holds(tx: &Tx, function: &str, of: Uuid) -> Result<bool> {
    let mut sql = Sql::new("SELECT ");
    sql.fill(&format!("{function}(?) AS held"), [Param::Uuid(Some(of))]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("a question without an answer"))?;
    Ok(row.try_get("held")?)
}

/// Opens and closes seats after something was approved, and the matter when it is complete.
pub(super) async fn advance(tx: &Tx, row: &approval::Model) -> Result<()> {
    let (steps, in_order) = steps_of(tx, row).await?;
    let progress = rules::progress(&steps, in_order, &seats_of(tx, row.id).await?);
    for (id, state) in progress.changes {
        seat::ActiveModel { id: Set(id), state: Set(state), ..Default::default() }.update(tx).await?;
    }
    if progress.complete {
        set_state(tx, row.id, ApprovalState::Approved).await?;
    }
    Ok(())
}

pub(super) async fn set_state(tx: &Tx, id: ApprovalId, state: ApprovalState) -> Result<()> {
    approval::ActiveModel { id: Set(id), state: Set(state), ..Default::default() }.update(tx).await?;
    Ok(())
}

async fn seats_of(tx: &Tx, id: ApprovalId) -> Result<Vec<seat::Model>> {
    let seats = seat::Entity::find().filter(seat::Column::ApprovalId.eq(id));
    Ok(seats.order_by_asc(seat::Column::Id).all(tx).await?)
}

/// Closes what is still open of a matter that goes no further.
pub(super) async fn close(tx: &Tx, id: ApprovalId) -> Result<()> {
    use ApprovalSeatState::{Closed, Open, Waiting};
    for row in seats_of(tx, id).await?.into_iter().filter(|row| matches!(row.state, Open | Waiting)) {
        seat::ActiveModel { id: Set(row.id), state: Set(Closed), ..Default::default() }.update(tx).await?;
    }
    Ok(())
}
