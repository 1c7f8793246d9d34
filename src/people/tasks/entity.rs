//! The row of a task. There is no table of it: it is gathered from those of all nouns.

use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::principal::AccountId;
use crate::{entity, id_type};

id_type!(/// やること。対象と操作が同じ間は変わらない
    TaskId = "tsk");

entity! {
    /// Tasks of whoever asks. `by_day` is the deadline, or the last of days where there is none.
    task in "tasks" {
        id: TaskId,
        account_id: AccountId,
        act: String,
        policy_ref: String,
        why_ja: String,
        why_en: String,
        object_kind: String,
        object_id: Uuid,
        title: String,
        due_on: Option<Date>,
        by_day: Date,
    }
}
