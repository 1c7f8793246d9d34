//! What nouns ask of routes: to begin the approval of a matter when it is ready, and whether an act may go on.

use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use uuid::Uuid;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::approvals::entity::{ApprovalId, ApprovalRouteId, ApprovalState, RoutedAct, Step, approval, route};
use crate::people::approvals::rules::{self, Lacking};
use crate::people::approvals::seating;

/// Begins the approval of a matter whose act waits to be done, where a route covers it; the caller asks for it. What was
/// under way for the act is void.
///
/// # Errors
/// CONFLICT/ROUTE_VACANT where too few people may approve a step, each counted once.
pub async fn open(tx: &Tx, act: RoutedAct, object: Uuid) -> Result<Option<ApprovalId>> {
    match matter(tx, act, object, None).await? {
        Some(matter) if matter.ready => begin(tx, act, matter, Asked::of(tx, None)).await,
        _ => Ok(None),
    }
}

/// Ends what is under way or complete for an act on an object, because what was to be approved is no longer.
pub async fn end(tx: &Tx, act: RoutedAct, object: Uuid) -> Result<()> {
    end_live(tx, act, object).await
}

/// As [`open`], for acts of those who are not of the town hall: it is not their fault that a route cannot be filled. The
/// approval is void at once then, and so a task of whoever asks for approvals.
pub async fn ask(tx: &Tx, act: RoutedAct, object: Uuid) -> Result<()> {
    let Some(matter) = matter(tx, act, object, None).await? else { return Ok(()) };
    let Some(route) = matter.route else { return Ok(()) };
    let (id, vacant) = write(tx, act, &matter, (route, Asked::of(tx, None))).await?;
    if vacant.is_none() {
        return seating::announce(tx, vec![id.0]).await;
    }
    seating::close(tx, id).await?;
    seating::set_state(tx, id, ApprovalState::Void).await
}

/// Is there a route for an act from this amount? For what leads to the same end without it.
pub async fn covers(tx: &Tx, act: RoutedAct, yen: Yen) -> Result<bool> {
    let mut sql = Sql::new("SELECT entaku_route_of(");
    sql.fill("?, ?::bigint) IS NOT NULL AS covered", [Param::text(act.word()), Param::Int(Some(yen.0))]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    Ok(row.try_get("covered")?)
}

/// Who asks for an approval, and for which amount; nothing for that of the matter.
pub(super) struct Asked {
    pub(super) by: Option<AccountId>,
    pub(super) amount: Option<Yen>,
}

impl Asked {
    /// The caller asks.
    pub(super) fn of(tx: &Tx, amount: Option<Yen>) -> Self {
        Self { by: tx.principal.account, amount }
    }
}

/// What is to be approved, and by which route.
pub(super) struct Matter {
    object: Uuid,
    /// The prefix of its ids.
    pub(super) kind: String,
    title: String,
    pub(super) hash: String,
    pub(super) amount: Yen,
    /// The most that may be approved instead of the amount; nothing where it is the only one.
    pub(super) most: Option<Yen>,
    /// Does its act wait to be done? What does not is approved only where somebody asks for it.
    ready: bool,
    /// Nothing where no route covers it.
    pub(super) route: Option<ApprovalRouteId>,
}

/// A matter whose act is possible; nothing where it is not. Another amount than its own does not lead around its route.
pub(super) async fn matter(tx: &Tx, act: RoutedAct, object: Uuid, other: Option<Yen>) -> Result<Option<Matter>> {
    found(tx, "entaku_route_for(?, m.id, m.hash, greatest(m.yen, ?::bigint))", act, object, other).await
}

/// As [`matter`], by the route that is in force now, whichever its approval began by.
pub(super) async fn in_force(tx: &Tx, act: RoutedAct, object: Uuid, other: Option<Yen>) -> Result<Option<Matter>> {
    found(tx, "entaku_route_of(?, greatest(m.yen, ?::bigint))", act, object, other).await
}

async fn found(tx: &Tx, route: &str, act: RoutedAct, object: Uuid, other: Option<Yen>) -> Result<Option<Matter>> {
    let mut sql = Sql::new("SELECT m.kind, m.title, m.hash, m.yen, m.most, m.ready, ");
    let word = Param::text(act.word());
    sql.fill(
        &format!("{route} AS route FROM entaku_matter(?, ?) m"),
        [word.clone(), Param::Int(other.map(|yen| yen.0)), word, Param::Uuid(Some(object))],
    );
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(None) };
    Ok(Some(Matter {
        object,
        kind: row.try_get("kind")?,
        title: row.try_get("title")?,
        hash: row.try_get("hash")?,
        amount: Yen(row.try_get("yen")?),
        most: row.try_get::<_, Option<i64>>("most")?.map(Yen),
        ready: row.try_get("ready")?,
        route: row.try_get::<_, Option<Uuid>>("route")?.map(ApprovalRouteId),
    }))
}

/// Begins the approval of a matter by its route, if it has one, for its amount or another.
pub(super) async fn begin(tx: &Tx, act: RoutedAct, matter: Matter, asked: Asked) -> Result<Option<ApprovalId>> {
    let Some(route) = matter.route else { return Ok(None) };
    let (id, vacant) = write(tx, act, &matter, (route, asked)).await?;
    match vacant {
        None => {
            seating::announce(tx, vec![id.0]).await?;
            Ok(Some(id))
        }
        Some(step) => Err(Error::Conflict(Refusal::new(
            "ROUTE_VACANT",
            format!("決裁ルートの「{}」を承認できる人が足りません。", step.name),
            format!("Too few people may approve the step “{}” of the route.", step.name),
        ))),
    }
}

/// Begins the approval of what is ready already, for a route that has just been laid down; what was under way or complete
/// by another route is void.
pub(super) async fn open_ready(tx: &Tx, act: RoutedAct, route: ApprovalRouteId) -> Result<()> {
    let mut sql = Sql::new("SELECT m.id FROM entaku_matter(");
    let word = Param::text(act.word());
    sql.fill(
        "?, NULL::uuid) m WHERE m.ready AND entaku_route_of(?, m.yen) = ? ORDER BY m.id",
        [word.clone(), word, Param::Uuid(Some(route.0))],
    );
    for row in tx.rows(sql).await? {
        if let Some(found) = matter(tx, act, row.try_get("id")?, None).await? {
            begin(tx, act, Matter { route: Some(route), ..found }, Asked::of(tx, None)).await?;
        }
    }
    Ok(())
}

/// Writes an approval with its seats, and tells the step that too few may approve.
async fn write(
    tx: &Tx,
    act: RoutedAct,
    matter: &Matter,
    (route, asked): (ApprovalRouteId, Asked),
) -> Result<(ApprovalId, Option<Step>)> {
    end_live(tx, act, matter.object).await?;
    let row = approval::ActiveModel {
        id: Set(ApprovalId::new()),
        route_id: Set(route),
        act: Set(act),
        object_kind: Set(matter.kind.clone()),
        object_id: Set(matter.object),
        object_hash: Set(matter.hash.clone()),
        title: Set(matter.title.clone()),
        amount_yen: Set(asked.amount.unwrap_or(matter.amount)),
        requested_by: Set(asked.by),
        state: Set(ApprovalState::Open),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    let vacant = seating::seat(tx, &row).await?;
    Ok((row.id, vacant))
}

/// Makes what is under way for an act on an object void. Of two who begin at once, the second ends what the first began.
async fn end_live(tx: &Tx, act: RoutedAct, object: Uuid) -> Result<()> {
    take_turn(tx, act, object).await?;
    let mut sql = Sql::new("SELECT 1 FROM entaku_approvals_end(");
    sql.fill("?, ?, 'VOID')", [Param::Uuid(Some(object)), Param::text(act.word())]);
    tx.rows(sql).await?;
    Ok(())
}

/// Nobody else begins an approval of it meanwhile.
async fn take_turn(tx: &Tx, act: RoutedAct, object: Uuid) -> Result<()> {
    let mut sql = Sql::new("SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(");
    sql.fill("'approval ' || ? || (?)::text, 0))", [Param::text(act.word()), Param::Uuid(Some(object))]);
    tx.rows(sql).await?;
    Ok(())
}

/// CONFLICT/STATE where another approval of the matter has begun since.
pub(super) async fn newest(tx: &Tx, row: &approval::Model) -> Result<()> {
    take_turn(tx, row.act, row.object_id).await?;
    let mut sql = Sql::new("SELECT 1 FROM approvals n WHERE ");
    let of = [Param::Uuid(Some(row.object_id)), Param::text(row.act.word()), Param::Uuid(Some(row.id.0))];
    sql.fill("n.object_id = ? AND n.act = ? AND n.id > ? LIMIT 1", of);
    if tx.rows(sql).await?.is_empty() { Ok(()) } else { Err(rules::replaced().into()) }
}

/// May the act be done to an object as it is, for this amount?
///
/// # Errors
/// CONFLICT/APPROVAL_REQUIRED while the route that covers it is not complete; what is missing is named.
pub async fn settled(tx: &Tx, act: RoutedAct, object: Uuid, yen: Yen) -> Result<()> {
    let mut sql = Sql::new("SELECT entaku_may_proceed(");
    let params = || [Param::text(act.word()), Param::Uuid(Some(object)), Param::Int(Some(yen.0))];
    sql.fill("?, ?, ?) AS free", params());
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("a question without an answer"))?;
    if row.try_get("free")? {
        return Ok(());
    }
    let mut sql = Sql::new("SELECT route, step, given, needed FROM entaku_lacking(");
    sql.fill("?, ?, ?)", params());
    let mut lacking = Vec::new();
    for row in tx.rows(sql).await? {
        let (route, step) = (row.try_get("route")?, row.try_get("step")?);
        lacking.push(Lacking { route, step, given: row.try_get("given")?, needed: row.try_get("needed")? });
    }
    Err(Error::Conflict(rules::required(yen, &lacking)))
}

/// The steps of an approval's route, and whether they are in order.
pub(super) async fn steps_of(tx: &Tx, row: &approval::Model) -> Result<(Vec<Step>, bool)> {
    let route = route::Entity::find_by_id(row.route_id).one(tx).await?.ok_or(Error::NotFound)?;
    Ok((serde_json::from_str(&route.steps).map_err(Error::internal)?, route.in_order))
}
