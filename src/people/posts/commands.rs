//! What is done with posts, their hand-overs, transfers and separations of duties.

use async_graphql::{ID, InputObject};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::appointment;
use crate::people::notifications::entity::NotificationKind;
use crate::people::posts::entity::{
    DutySeparationId, HandoverId, HandoverState, PersonnelTransferId, PostId, handover, post, separation, transfer,
};
use crate::people::posts::handing_over::{self, Step};
use crate::people::posts::shapes::{DutySeparation, Handover, PersonnelTransfer, Post};
use crate::people::posts::{personnel, rules, summary};
use crate::people::scope as scopes;
use crate::people::sso::mandatory;

/// 役職を設ける。
pub const POST_CREATE: Action = Action("postCreate");
/// 役職を廃止する。
pub const POST_ABOLISH: Action = Action("postAbolish");
/// 役職を引き継ぐ(任命・異動・欠員)。
pub const POST_HAND_OVER: Action = Action("postHandOver");
/// 引継書に書く。
pub const HANDOVER_NOTE: Action = Action("handoverNote");
/// 引継ぎを取り消す。
pub const HANDOVER_CANCEL: Action = Action("handoverCancel");
/// 人事異動を発令する。
pub const PERSONNEL_TRANSFER_ORDER: Action = Action("personnelTransferOrder");
/// 兼ねられない役割を定める。
pub const DUTY_SEPARATION_CREATE: Action = Action("dutySeparationCreate");
/// 兼ねられない役割の定めを廃止する。
pub const DUTY_SEPARATION_END: Action = Action("dutySeparationEnd");

/// The most posts of one transfer.
const MOST_MOVES: usize = 200;

/// 役職の内容。
#[derive(InputObject)]
pub struct PostCreateInput {
    /// 名称(地域振興課 交付金担当 など)。
    pub name: String,
    /// 役職に就く人が持つ役割。
    pub role: Role,
    /// 役割の対象(部署・地区・団体・公募)の ID。自治体全体なら指定しない。
    pub scope_id: Option<ID>,
    /// 設ける日。
    pub established_on: Date,
}

/// Makes a post. It is vacant and gives nobody anything.
pub async fn create_post(tx: &Tx, input: PostCreateInput) -> Result<PostId> {
    tx.may_create::<Post>(POST_CREATE, &[])?;
    let PostCreateInput { name, role, scope_id, established_on } = input;
    let named = scope_id.as_ref().map(|id| id.as_str());
    let (scope, _) = scopes::read(named)?;
    let scope_id = scopes::find(tx, scope, named).await?;
    let mut checks = Checks::new();
    let row = post::ActiveModel {
        id: Set(PostId::new()),
        name: Set(checks.text("input.name", &name, 100)),
        role: Set(role),
        scope: Set(scope),
        scope_id: Set(scope_id),
        established_on: Set(established_on),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// Abolishes a post that nobody holds or is to hold.
pub async fn abolish_post(tx: &Tx, id: PostId) -> Result<PostId> {
    let row = tx.load::<Post>(id, POST_ABOLISH).await?;
    rules::post(&row, POST_ABOLISH, tx.now)?;
    personnel::turn(tx).await?;
    if handing_over::holder(tx, id).await?.is_some() {
        return Err(Refusal::new("HELD", "この役職には就いている人がいます。", "Somebody holds the post.").into());
    }
    let on = Date(tx.today()).max(row.established_on);
    let mut row: post::ActiveModel = row.into();
    row.abolished_on = Set(Some(on));
    row.update(tx).await?;
    Ok(id)
}

/// 役職の引継ぎの内容。
#[derive(InputObject)]
pub struct PostHandOverInput {
    /// 後任。置かない(欠員とする)ときは指定しない。
    pub successor_account_id: Option<AccountId>,
    /// 発令日。この日から後任の任期が始まり、前任の権限は前の日で終わる。当日ならすぐに替わる。
    pub takes_effect_on: Date,
    /// 後任の任期の終わり。指定しなければ前任の残任期間。前任の任期より後にはできない。
    pub ends_on: Option<Date>,
}

/// Hands a post over, today or on a day ahead.
pub async fn hand_over(tx: &Tx, id: PostId, input: PostHandOverInput) -> Result<PostId> {
    let row = tx.load::<Post>(id, POST_HAND_OVER).await?;
    rules::post(&row, POST_HAND_OVER, tx.now)?;
    let PostHandOverInput { successor_account_id, takes_effect_on, ends_on } = input;
    let turn = personnel::turn(tx).await?;
    let step = Step { successor: successor_account_id, takes_effect_on, ends_on, transfer: None };
    let vacated = handing_over::vacate(tx, row, step).await?;
    handing_over::fill(tx, vacated).await?;
    turn.keeps_administrator(tx).await?;
    Ok(id)
}

/// 人事異動のうちの一つの役職。
#[derive(InputObject)]
pub struct PersonnelMoveInput {
    /// 役職。
    pub post_id: PostId,
    /// 後任。置かない(欠員とする)ときは指定しない。
    pub successor_account_id: Option<AccountId>,
    /// 後任の任期の終わり。指定しなければ前任の残任期間。
    pub ends_on: Option<Date>,
}

/// 人事異動の内容。
#[derive(InputObject)]
pub struct PersonnelTransferOrderInput {
    /// 名称(令和9年4月1日付け人事異動 など)。
    pub title: String,
    /// 発令日。
    pub takes_effect_on: Date,
    /// 役職ごとの異動(200まで)。
    pub moves: Vec<PersonnelMoveInput>,
}

/// Hands over many posts on one day: all of them or, where one is refused, none.
pub async fn order_transfer(tx: &Tx, input: PersonnelTransferOrderInput) -> Result<PersonnelTransferId> {
    tx.may_create::<PersonnelTransfer>(PERSONNEL_TRANSFER_ORDER, &[])?;
    let PersonnelTransferOrderInput { title, takes_effect_on, mut moves } = input;
    let mut checks = Checks::new();
    let title = checks.text("input.title", &title, 100);
    let (ja, en) = ("異動は1から200までにしてください。", "One to 200 moves.");
    checks.check((1..=MOST_MOVES).contains(&moves.len()), "input.moves", "COUNT", ja, en);
    checks.done()?;
    let turn = personnel::turn(tx).await?;
    let id = PersonnelTransferId::new();
    let row = transfer::ActiveModel {
        id: Set(id),
        title: Set(title),
        takes_effect_on: Set(takes_effect_on),
        ..Default::default()
    };
    row.insert(tx).await?;
    moves.sort_by_key(|one| one.post_id);
    let mut vacated = Vec::with_capacity(moves.len());
    for PersonnelMoveInput { post_id, successor_account_id, ends_on } in moves {
        let post = tx.load::<Post>(post_id, POST_HAND_OVER).await?;
        rules::post(&post, POST_HAND_OVER, tx.now)?;
        let step = Step { successor: successor_account_id, takes_effect_on, ends_on, transfer: Some(id) };
        vacated.push(handing_over::vacate(tx, post, step).await?);
    }
    for post in vacated {
        handing_over::fill(tx, post).await?;
    }
    turn.keeps_administrator(tx).await?;
    Ok(id)
}

/// 引継書の内容。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct HandoverNoteInput {
    /// 引継事項。
    pub notes: Option<String>,
    /// 連絡先(相手・連絡方法・経緯)。
    pub contacts: Option<String>,
}

/// Writes into the summary of a post one hands over; what is open is looked up anew until the day.
pub async fn note(tx: &Tx, id: HandoverId, input: HandoverNoteInput) -> Result<HandoverId> {
    let row = tx.load::<Handover>(id, HANDOVER_NOTE).await?;
    rules::handover(&row, HANDOVER_NOTE, tx.now)?;
    let HandoverNoteInput { notes, contacts } = input;
    let mut checks = Checks::new();
    let mut changed: handover::ActiveModel = row.clone().into();
    if let Some(notes) = notes {
        changed.notes = Set(Some(checks.text("input.notes", &notes, 10_000)));
    }
    if let Some(contacts) = contacts {
        changed.contacts = Set(Some(checks.text("input.contacts", &contacts, 4_000)));
    }
    checks.done()?;
    changed.noted_at = Set(Some(tx.now));
    changed.update(tx).await?;
    if row.state == HandoverState::Planned {
        summary::renew(tx, &row).await?;
    }
    Ok(id)
}

/// Cancels a hand-over before its day: the predecessor keeps the post and the term they had.
pub async fn cancel(tx: &Tx, id: HandoverId) -> Result<HandoverId> {
    let row = tx.load::<Handover>(id, HANDOVER_CANCEL).await?;
    rules::handover(&row, HANDOVER_CANCEL, tx.now)?;
    let turn = personnel::turn(tx).await?;
    if let Some(theirs) = row.successor_appointment_id {
        let theirs = appointment::Entity::find_by_id(theirs).one(tx).await?.ok_or(Error::NotFound)?;
        if theirs.role == Role::Admin {
            mandatory::keeps_emergency(tx, theirs.account_id).await?;
        }
        let mut theirs: appointment::ActiveModel = theirs.into();
        theirs.ended_at = Set(Some(tx.now));
        theirs.update(tx).await?;
    }
    if let Some(kept) = row.predecessor_appointment_id {
        let mut kept: appointment::ActiveModel =
            appointment::Entity::find_by_id(kept).one(tx).await?.ok_or(Error::NotFound)?.into();
        kept.ends_on = Set(row.former_end);
        let kept = kept.update(tx).await?;
        personnel::keeps_apart(tx, kept.account_id).await?;
    }
    turn.keeps_administrator(tx).await?;
    let mut cancelled: handover::ActiveModel = row.clone().into();
    cancelled.state = Set(HandoverState::Cancelled);
    cancelled.update(tx).await?;
    handing_over::tell(tx, &row, NotificationKind::HandoverCancelled).await?;
    Ok(id)
}

/// 兼ねられない役割の内容。
#[derive(InputObject)]
pub struct DutySeparationCreateInput {
    /// 役割。
    pub one: Role,
    /// 兼ねることのできない役割。
    pub other: Role,
    /// 理由(根拠となる条例・規則・会則)。
    pub reason: String,
}

/// Keeps two roles apart. Nobody may hold both at that time.
pub async fn create_separation(tx: &Tx, input: DutySeparationCreateInput) -> Result<DutySeparationId> {
    tx.may_create::<DutySeparation>(DUTY_SEPARATION_CREATE, &[])?;
    let DutySeparationCreateInput { one, other, reason } = input;
    let mut checks = Checks::new();
    let (ja, en) = ("異なる役割を指定してください。", "Two different roles.");
    checks.check(one != other, "input.other", "SAME", ja, en);
    let reason = checks.text("input.reason", &reason, 200);
    checks.done()?;
    let row = separation::ActiveModel {
        id: Set(DutySeparationId::new()),
        one: Set(one),
        other: Set(other),
        reason: Set(reason),
        ..Default::default()
    };
    let id = row.insert(tx).await?.id;
    personnel::keeps_all_apart(tx).await?;
    Ok(id)
}

/// Lets two roles be held together again.
pub async fn end_separation(tx: &Tx, id: DutySeparationId) -> Result<DutySeparationId> {
    let row = tx.load::<DutySeparation>(id, DUTY_SEPARATION_END).await?;
    rules::separation(&row, DUTY_SEPARATION_END, tx.now)?;
    let mut row: separation::ActiveModel = row.into();
    row.ended_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(id)
}

/// The hand-over of a post that waits for its day.
pub async fn planned(tx: &Tx, post: PostId) -> Result<Option<handover::Model>> {
    let found = handover::Entity::find()
        .filter(handover::Column::PostId.eq(post))
        .filter(handover::Column::State.eq(HandoverState::Planned));
    Ok(found.one(tx).await?)
}
