//! Rows of posts and their hand-overs, and their ids.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::principal::{AccountId, AppointmentId, Role, ScopeKind};
use crate::{entity, id_type, text_enum};

id_type!(/// 役職
    PostId = "pst");
id_type!(/// 引継ぎ
    HandoverId = "hov");
id_type!(/// 引継書の項目
    HandoverItemId = "hit");
id_type!(/// 人事異動
    PersonnelTransferId = "ptr");
id_type!(/// 兼ねられない役割
    DutySeparationId = "dut");

text_enum! {
    /// 引継ぎの状態。
    HandoverState {
        /// 発令日を待っている
        Planned,
        /// 引き継がれた
        Done,
        /// 取り消された
        Cancelled,
    }
}

text_enum! {
    /// 引継書の項目の種類。
    HandoverItemKind {
        /// 残っている仕事
        Open,
        /// 前任が最近行ったこと
        Done,
    }
}

entity! {
    /// Posts.
    post in "posts" {
        id: PostId,
        name: String,
        role: Role,
        scope: ScopeKind,
        scope_id: Option<Uuid>,
        established_on: Date,
        abolished_on: Option<Date>,
    }
}

entity! {
    /// Transfers of many at once.
    transfer in "personnel_transfers" {
        id: PersonnelTransferId,
        title: String,
        takes_effect_on: Date,
    }
}

entity! {
    /// Hand-overs of posts.
    handover in "handovers" {
        id: HandoverId,
        post_id: PostId,
        transfer_id: Option<PersonnelTransferId>,
        state: HandoverState,
        takes_effect_on: Date,
        predecessor_id: Option<AccountId>,
        predecessor_appointment_id: Option<AppointmentId>,
        former_end: Option<Date>,
        successor_id: Option<AccountId>,
        successor_appointment_id: Option<AppointmentId>,
        term_ends_on: Option<Date>,
        notes: Option<String>,
        contacts: Option<String>,
        noted_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Items of a summary. Their objects are known by the prefix of their ids: they belong to rings further out.
    item in "handover_items" {
        id: HandoverItemId,
        handover_id: HandoverId,
        predecessor_id: Option<AccountId>,
        successor_id: Option<AccountId>,
        kind: HandoverItemKind,
        object_kind: String,
        object_id: Uuid,
        title: String,
        act: Option<String>,
        day: Option<Date>,
    }
}

entity! {
    /// Roles that one person does not hold together.
    separation in "duty_separations" {
        id: DutySeparationId,
        one: Role,
        other: Role,
        reason: String,
        ended_at: Option<DateTime<Utc>>,
    }
}
