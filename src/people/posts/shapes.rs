//! What can be read of posts and hand-overs, and by whom.

use async_graphql::{ID, InputObject, Value};
use chrono::{DateTime, Utc};

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::id;
use crate::kernel::policy::Over;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::{Cells, Children, Filter, Key, Ty, Where};
use crate::kernel::request::Request;
use crate::people::posts::commands::{
    DUTY_SEPARATION_CREATE, DUTY_SEPARATION_END, HANDOVER_CANCEL, HANDOVER_NOTE, PERSONNEL_TRANSFER_ORDER,
    POST_ABOLISH, POST_CREATE, POST_HAND_OVER,
};
use crate::people::posts::entity::{
    DutySeparationId, HandoverId, HandoverItemId, HandoverItemKind, HandoverState, PersonnelTransferId, PostId,
    handover, item, post, separation, transfer,
};
use crate::people::posts::rules;
use crate::people::shapes::{Account, Appointment, scope_id};
use crate::shape;

const PERSONNEL: &str = "地方公務員法第6条・職員の任用に関する規則";
const HANDING_OVER: &str = "職員服務規程(事務引継)";
const SEPARATION: &str = "地方自治法第170条・財務規則";
const ADMIN: &[Role] = &[Role::Admin];
const ADMIN_AND_AUDITOR: &[Role] = &[Role::Admin, Role::Auditor];
const PREDECESSOR: Over = Over::Own("predecessor_id");
const SUCCESSOR: Over = Over::Own("successor_id");

const NAME_OF_POST: &str =
    "(SELECT p.name FROM posts p WHERE p.municipality_id = t.municipality_id AND p.id = t.post_id)";

/// Who holds the post today.
const HOLDS: &str = "t.ended_at IS NULL AND entaku_today() BETWEEN t.starts_on AND coalesce(t.ends_on, 'infinity')";
/// Who will.
const WILL_HOLD: &str = "t.ended_at IS NULL AND t.starts_on > entaku_today()";

/// 役職の絞り込み。
#[derive(InputObject)]
pub struct PostFilterInput {
    /// 役割(いずれか)。
    pub role: Option<Vec<Role>>,
    /// 欠員のもの(true)または就いている人のいるもの(false)だけ。
    pub vacant: Option<bool>,
    /// 廃止されていないもの(true)または廃止されたもの(false)だけ。
    pub open: Option<bool>,
}

/// By which appointment a post of a list is held today.
macro_rules! held {
    () => {
        "(SELECT a.id FROM appointments a WHERE a.municipality_id = t.municipality_id AND a.post_id = t.id \
         AND a.ended_at IS NULL AND entaku_today() BETWEEN a.starts_on AND coalesce(a.ends_on, 'infinity') LIMIT 1)"
    };
}

impl Filter for PostFilterInput {
    fn conditions(self, to: &mut Where) {
        to.among("role", self.role.map(|roles| roles.into_iter().map(Role::word).collect()));
        match self.vacant {
            Some(true) => to.also(concat!(held!(), " IS NULL"), Vec::new()),
            Some(false) => to.also(concat!(held!(), " IS NOT NULL"), Vec::new()),
            None => {}
        }
        match self.open {
            Some(true) => to.also("t.abolished_on IS NULL", Vec::new()),
            Some(false) => to.also("t.abolished_on IS NOT NULL", Vec::new()),
            None => {}
        }
    }
}

shape! {
    Post("Post", "役職・職。役割と対象が定められ、人が順に就く。", "posts") { id: PostId, row: post::Entity, may: rules::post }
    |shape| shape
        .revision()
        .column::<String>("name", "名称。")
        .column::<Role>("role", "就く人が持つ役割。")
        .column::<ScopeKind>("scope", "役割の対象の種類。")
        .computed::<Option<ID>>("scopeId", "役割の対象の ID。自治体全体なら null。", &["scope", "scope_id"], scope_id)
        .column::<Date>("establishedOn", "設けた日。")
        .column::<Option<Date>>("abolishedOn", "廃止した日。")
        .first::<Appointment>("holder", Children { key: "post_id", when: HOLDS, order: &[] }, "今就いている人の任命。欠員のときと、任命を閲覧できない人には null。")
        .first::<Appointment>("next", Children { key: "post_id", when: WILL_HOLD, order: &[] }, "これから就く人の任命。任命を閲覧できない人には null。")
        .connection::<Appointment>("appointments", "post_id", "就いた人の任命。古い順。")
        .connection::<Handover>("handovers", "post_id", "引継ぎ。新しい順。")
        .ordered([Key::up("name", Ty::Text)])
        .filtered::<PostFilterInput>()
        .readable(&[], Over::SignedIn)
        .create(POST_CREATE, PERSONNEL, ADMIN, Over::Municipality)
        .act(POST_HAND_OVER, PERSONNEL, ADMIN, Over::Municipality)
        .step_up(POST_HAND_OVER)
        .act(POST_ABOLISH, PERSONNEL, ADMIN, Over::Municipality)
}

shape! {
    PersonnelTransfer("PersonnelTransfer", "人事異動。一つの発令日に、いくつもの役職を引き継ぐ。", "personnel_transfers") { id: PersonnelTransferId, row: transfer::Entity }
    |shape| shape
        .column::<String>("title", "名称。")
        .column::<Date>("takesEffectOn", "発令日。")
        .connection::<Handover>("handovers", "transfer_id", "役職ごとの引継ぎ。")
        .ordered([Key::down("takes_effect_on", Ty::Date)])
        .readable(ADMIN_AND_AUDITOR, Over::Municipality)
        .create(PERSONNEL_TRANSFER_ORDER, PERSONNEL, ADMIN, Over::Municipality)
        .step_up(PERSONNEL_TRANSFER_ORDER)
}

shape! {
    Handover("Handover", "役職の引継ぎと引継書。前任・後任・管理者・監査担当が読める。", "handovers") { id: HandoverId, row: handover::Entity, may: rules::handover }
    |shape| shape
        .revision()
        .one::<Post>("post", "post_id", "役職。")
        .one::<PersonnelTransfer>("transfer", "transfer_id", "人事異動。一つだけの引継ぎなら null。")
        .column::<HandoverState>("state", "状態。")
        .column::<Date>("takesEffectOn", "発令日。")
        .one::<Account>("predecessor", "predecessor_id", "前任。欠員だったなら null。")
        .one::<Account>("successor", "successor_id", "後任。欠員となるなら null。")
        .column::<Option<Date>>("termEndsOn", "後任の任期の終わり(残任期間の終わり)。定めがなければ null。")
        .column::<Option<String>>("notes", "引継事項。前任が書く。")
        .column::<Option<String>>("contacts", "連絡先。前任が書く。")
        .column::<Option<DateTime<Utc>>>("notedAt", "前任が最後に書いた日時。")
        .many_when::<HandoverItem>("openItems", Children { key: "handover_id", when: "t.kind = 'OPEN'", order: &[] }, "残っている仕事。期限の近い順。発令日までは前任が書くたびに改まる。")
        .many_when::<HandoverItem>("deadlines", Children { key: "handover_id", when: "t.kind = 'OPEN' AND t.day >= entaku_today()", order: &[] }, "これから来る期限。近い順。")
        .many_when::<HandoverItem>("recentActs", Children { key: "handover_id", when: "t.kind = 'DONE'", order: &[] }, "前任がこの役職で最近(180日)行ったこと。")
        .ordered([Key::down("takes_effect_on", Ty::Date)])
        .readable(&[], PREDECESSOR)
        .readable(&[], SUCCESSOR)
        .readable(ADMIN_AND_AUDITOR, Over::Municipality)
        .act(HANDOVER_NOTE, HANDING_OVER, &[], PREDECESSOR)
        .task(HANDOVER_NOTE, ["t.state = 'PLANNED' AND t.noted_at IS NULL", NAME_OF_POST, "t.takes_effect_on"], [
            "役職を引き継ぎます。発令の日までに引継書を書いてください。",
            "You hand over your post. Please write your notes for the successor before the day.",
        ])
        .act(HANDOVER_CANCEL, HANDING_OVER, ADMIN, Over::Municipality)
        .apart(HANDOVER_CANCEL, &["predecessor_id", "successor_id"])
        .step_up(HANDOVER_CANCEL)
}

shape! {
    HandoverItem("HandoverItem", "引継書の項目。題名は書かれたときのもの。対象は、権限があれば `node(id)` で読める。", "handover_items") { id: HandoverItemId, row: item::Entity }
    |shape| shape
        .column::<HandoverItemKind>("kind", "種類。")
        .computed::<ID>("objectId", "対象の ID。", &["object_kind", "object_id"], object_id)
        .column::<String>("title", "対象の題名。")
        .column::<Option<String>>("act", "行ったこと(操作の名前)。残っている仕事では null。")
        .column::<Option<Date>>("day", "期限、または行った日。")
        .ordered([Key::up("by_day", Ty::Date)])
        .readable(&[], PREDECESSOR)
        .readable(&[], SUCCESSOR)
        .readable(ADMIN_AND_AUDITOR, Over::Municipality)
}

/// The prefixed id of what it is about.
fn object_id(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(id::encode(&row.get::<String>("object_kind")?, row.get("object_id")?).into())
}

shape! {
    DutySeparation("DutySeparation", "兼ねられない役割。一人が同じ対象について両方を持つことはできない。", "duty_separations") { id: DutySeparationId, row: separation::Entity, may: rules::separation }
    |shape| shape
        .column::<Role>("one", "役割。")
        .column::<Role>("other", "兼ねることのできない役割。")
        .column::<String>("reason", "理由。")
        .column::<Option<DateTime<Utc>>>("endedAt", "廃止した日時。")
        .ordered([Key::up("one", Ty::Text)])
        .readable(Role::STAFF, Over::Municipality)
        .create(DUTY_SEPARATION_CREATE, SEPARATION, ADMIN, Over::Municipality)
        .step_up(DUTY_SEPARATION_CREATE)
        .act(DUTY_SEPARATION_END, SEPARATION, ADMIN, Over::Municipality)
        .step_up(DUTY_SEPARATION_END)
}
