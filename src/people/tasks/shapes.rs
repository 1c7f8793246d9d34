//! How tasks are read: by whoever may do them.

use async_graphql::{ID, InputObject, Value};

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::id;
use crate::kernel::policy::Over;
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Filter, Key, Ty, Where};
use crate::kernel::request::{Request, japan_day};
use crate::kernel::tasks::write_tasks;
use crate::people::tasks::entity::{TaskId, task};
use crate::shape;

/// やることの絞り込み。
#[derive(InputObject)]
pub struct TaskFilterInput {
    /// この日までに期限の来るもの。期限のないものは含まない。
    pub due_until: Option<Date>,
    /// 操作(いずれか)。ミューテーションの名前。
    pub act: Option<Vec<String>>,
}

impl Filter for TaskFilterInput {
    fn conditions(self, to: &mut Where) {
        if let Some(day) = self.due_until {
            to.also("t.due_on <= ?", vec![Param::Date(Some(day.0))]);
        }
        to.among("act", self.act);
    }
}

shape! {
    Task("Task", "やること。あなたが今できる操作のうち、あなたを待っているもの。済めばなくなる。", "tasks") { id: TaskId, row: task::Entity }
    |shape| shape
        .column::<String>("act", "済ませるための操作(ミューテーション)の名前。`viewerCan` の `action` と同じ。")
        .computed::<ID>("objectId", "対象の ID。その操作の引数 `id` に渡す。引数に `id` のない操作には、対象の示すもの(年度、または制度と団体)を渡す。`node(id)` で読める。", &["object_kind", "object_id"], object_id)
        .column::<String>("title", "対象の題名。")
        .column::<String>("whyJa", "何を、なぜするか(日本語)。")
        .column::<String>("whyEn", "何を、なぜするか(英語)。")
        .column::<String>("policyRef", "根拠となる条例・要綱・設定。")
        .column::<Option<Date>>("dueOn", "期限(この日を含む)。定めがなければ null。")
        .computed::<bool>("overdue", "期限を過ぎているか。", &["by_day"], overdue)
        .ordered([Key::up("by_day", Ty::Date)])
        .filtered::<TaskFilterInput>()
        .gathered(write_tasks)
        .readable(&[], Over::Own("account_id"))
}

fn object_id(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(id::encode(&row.get::<String>("object_kind")?, row.get("object_id")?).into())
}

fn overdue(row: &Cells<'_>, request: &Request) -> Result<Value> {
    Ok((row.get::<chrono::NaiveDate>("by_day")? < japan_day(request.now)).into())
}
