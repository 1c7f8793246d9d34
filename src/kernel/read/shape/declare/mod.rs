//! Declaring a type: field after field, who may what, what waits for whom.

mod fields;
mod lists;
mod rights;
mod work;

use async_graphql::OutputType;

use crate::kernel::id::TypedId;
use crate::kernel::read::field::Source;
use crate::kernel::read::known::remember;
use crate::kernel::read::shape::{Row, Shape, ShapeDef};
use crate::kernel::read::sql::Sql;
use crate::kernel::read::viewer;
use crate::kernel::tasks;

impl ShapeDef {
    /// Begins a declaration; `id` and `revision` are there already.
    pub fn new<S: Shape>(name: &'static str, doc: &'static str, table: &'static str) -> Self {
        let shape = Self {
            name,
            doc,
            table,
            prefix: S::Id::PREFIX,
            tenant: true,
            silent: false,
            fields: Vec::new(),
            permits: Vec::new(),
            acts: Vec::new(),
            duties: Vec::new(),
            hands: Vec::new(),
            stepped_up: Vec::new(),
            work: Vec::new(),
            gathered: None,
            policy_ref: "",
            published: None,
            order: &[],
            filter: None,
            orders: None,
            row_columns: S::Row::columns(),
            may: |cells, action, now| Ok(S::Row::from_cells(cells)?.may(action, now)),
        };
        shape.field("id", "ID。種類を表す接頭辞付き。", <async_graphql::ID as OutputType>::create_type_info, Source::Id)
    }

    /// A table without the wall (platform or commons).
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.tenant = false;
        self
    }

    /// A table without events: records that are written once.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Rows that are no table's own: `write` writes them, in parentheses. They have no events, and the walls are those of
    /// the tables they come from.
    #[must_use]
    pub fn gathered(mut self, write: fn(&mut Sql)) -> Self {
        (self.gathered, self.tenant, self.silent) = (Some(write), false, true);
        self
    }

    /// Closes the declaration: `viewerCan` where there are acts, `redacted` where there are masks.
    #[must_use]
    pub fn done(mut self) -> Self {
        for act in self.acts.iter_mut().filter(|act| act.policy_ref.is_empty()) {
            act.policy_ref = self.policy_ref;
        }
        if self.fields.iter().any(|f| f.kept().is_some()) {
            let doc = "あなたには表示されない項目とその理由。";
            self = self.field("redacted", doc, viewer::redactions, Source::Redacted);
        }
        if self.acts.iter().any(|a| !a.creates) {
            let doc = "あなたがこの対象に対して今できる操作。";
            self = self.field("viewerCan", doc, viewer::permissions, Source::ViewerCan);
        }
        self.assign_work();
        remember(&self);
        tasks::declare(self.table, self.work.clone());
        self
    }
}
