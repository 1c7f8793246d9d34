//! Declaring a type: field after field, who may what, what waits for whom.

use async_graphql::{InputType, OutputType};

use crate::kernel::id::TypedId;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::column::ColumnValue;
use crate::kernel::read::field::{Act, Children, Compute, Duty, Field, Hands, Mask, Source, TypeFn};
use crate::kernel::read::known::remember;
use crate::kernel::read::list::{Filter, Key, Order};
use crate::kernel::read::shape::{FilterDef, OrderDef, Row, Shape, ShapeDef};
use crate::kernel::read::sql::Sql;
use crate::kernel::read::{register, viewer};
use crate::kernel::tasks::{self, Work};

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

    fn field(mut self, name: &'static str, doc: &'static str, ty: TypeFn, source: Source) -> Self {
        self.fields.push(Field { name, doc, ty, source, mask: None, withheld: None, words: Vec::new });
        self
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

    /// A column as a field. The column's name is the field's in snake case.
    #[must_use]
    pub fn column<T: ColumnValue + OutputType>(self, name: &'static str, doc: &'static str) -> Self {
        let column = snake_case(name);
        self.column_named::<T>(name, column, doc)
    }

    /// A column whose name is not the field's.
    #[must_use]
    pub fn column_named<T: ColumnValue + OutputType>(
        self,
        name: &'static str,
        column: &'static str,
        doc: &'static str,
    ) -> Self {
        let source = Source::Column(column, T::TYPE, T::write);
        let mut shape = self.field(name, doc, <T as OutputType>::create_type_info, source);
        if let Some(field) = shape.fields.last_mut() {
            field.words = T::words;
        }
        shape
    }

    /// The revision that changes must name.
    #[must_use]
    pub fn revision(self) -> Self {
        self.column::<i32>("revision", "版。変更の際に指定すると、他の人の変更との衝突が分かる。")
    }

    /// A pure function of columns.
    #[must_use]
    pub fn computed<T: OutputType>(
        self,
        name: &'static str,
        doc: &'static str,
        columns: &'static [&'static str],
        compute: Compute,
    ) -> Self {
        self.field(name, doc, <T as OutputType>::create_type_info, Source::Computed(columns, compute, T::type_name))
    }

    /// The object a column names. Nullable, because it may be hidden from the reader.
    #[must_use]
    pub fn one<T: Shape>(self, name: &'static str, column: &'static str, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::nullable(r, T::shape());
        self.field(name, doc, ty, Source::One(T::shape, column))
    }

    /// The first of the rows that point here.
    #[must_use]
    pub fn first<T: Shape>(self, name: &'static str, children: Children, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::nullable(r, T::shape());
        self.field(name, doc, ty, Source::First(T::shape, children))
    }

    /// The rows that point here, in the child's order.
    #[must_use]
    pub fn many<T: Shape>(self, name: &'static str, key: &'static str, doc: &'static str) -> Self {
        self.many_when::<T>(name, Children { key, when: "", order: &[] }, doc)
    }

    /// Some of the rows that point here.
    #[must_use]
    pub fn many_when<T: Shape>(self, name: &'static str, children: Children, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::list(r, T::shape());
        self.field(name, doc, ty, Source::Many(T::shape, children))
    }

    /// A connection over the rows that point here.
    #[must_use]
    pub fn connection<T: Shape>(self, name: &'static str, key: &'static str, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::connection(r, T::shape());
        self.field(name, doc, ty, Source::Connection(T::shape, Children { key, when: "", order: &[] }))
    }

    /// Masks the field declared last: only `permits` see it (and all, where `unless` is true).
    #[must_use]
    pub fn masked(mut self, mask: Mask) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.mask = Some(mask);
        }
        self
    }

    /// Tells in `redacted` from whom the rows are withheld that the relation declared last leads to. Their own
    /// policy withholds them (a test compares); without this the reader could not tell it from there being none.
    #[must_use]
    pub fn withheld(mut self, mask: Mask) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.withheld = Some(mask);
        }
        self
    }

    /// The by-law, law or setting behind the acts that name none of their own.
    #[must_use]
    pub fn ruled_by(mut self, policy_ref: &'static str) -> Self {
        self.policy_ref = policy_ref;
        self
    }

    /// The condition over `t` under which everybody may read a row; `"true"` for all rows. What depends on
    /// another row is a scalar subquery by its key: EXISTS may be answered by hashing a whole table.
    #[must_use]
    pub fn published(mut self, condition: &'static str) -> Self {
        self.published = Some(condition);
        self
    }

    /// These roles may read.
    #[must_use]
    pub fn readable(self, roles: &'static [Role], over: Over) -> Self {
        self.permit(Action::READ, roles, over)
    }

    /// These roles may do it.
    #[must_use]
    pub fn permit(mut self, action: Action, roles: &'static [Role], over: Over) -> Self {
        self.permits.push(Permit { action, roles, over });
        self
    }

    /// Something that can be done to the object.
    #[must_use]
    pub fn act(mut self, action: Action, policy_ref: &'static str, roles: &'static [Role], over: Over) -> Self {
        self.acts.push(Act { action, creates: false, policy_ref });
        self.permit(action, roles, over)
    }

    /// Something that makes an object of this kind.
    #[must_use]
    pub fn create(mut self, action: Action, policy_ref: &'static str, roles: &'static [Role], over: Over) -> Self {
        self.acts.push(Act { action, creates: true, policy_ref });
        self.permit(action, roles, over)
    }

    /// Refuses the act to the accounts in these columns: duties stay apart.
    #[must_use]
    pub fn apart(mut self, action: Action, columns: &'static [&'static str]) -> Self {
        self.duties.push(Duty { action, columns });
        self
    }

    /// Refuses the act to the accounts that a query over `t` finds, of whom the row names none or only the last. `name` is
    /// what they are called, beginning with `_`; under one name stands one query.
    #[must_use]
    pub fn apart_from(mut self, action: Action, name: &'static str, accounts: &'static str) -> Self {
        self.hands.push(Hands { action, name, accounts });
        self
    }

    /// The act needs a proof of who acts that is not older than [`PROOF_LIFE`](crate::kernel::principal::PROOF_LIFE).
    /// The mutation's description says so (a test compares).
    #[must_use]
    pub fn step_up(mut self, action: Action) -> Self {
        self.stepped_up.push(action);
        self
    }

    /// These rows wait for whoever holds one of the roles, without an act that would settle it: they are handed over with
    /// a post. `when` and `title` are written over `t`, `due` is a date or empty.
    #[must_use]
    pub fn waits_for(self, roles: &'static [Role], over: Over, what: [&'static str; 3]) -> Self {
        self.waits(None, vec![Permit { action: Action::READ, roles, over }], what, ["", ""])
    }

    /// These rows wait until the act is done: they are tasks of whoever may do it, and handed over with a post. `when`
    /// and `title` are written over `t`, `due` is a date or empty; why, in Japanese and English. The act takes the
    /// object's `id`, and where `when` holds, its rules let it be done (a test compares).
    #[must_use]
    pub fn task(self, act: Action, what: [&'static str; 3], why: [&'static str; 2]) -> Self {
        self.waits(Some(act), Vec::new(), what, why)
    }

    /// The task declared last is not one of these accounts', a query over `t`, because the act is refused to them by
    /// more than the policy tells: what keeps duties apart is declared once, by [`ShapeDef::apart_from`].
    #[must_use]
    pub fn except(mut self, accounts: &'static str) -> Self {
        if let Some(work) = self.work.last_mut() {
            work.except.push(accounts);
        }
        self
    }

    fn waits(
        mut self,
        act: Option<Action>,
        permits: Vec<Permit>,
        [when, title, due]: [&'static str; 3],
        why: [&'static str; 2],
    ) -> Self {
        let (table, prefix, apart) = (self.table, self.prefix, Vec::new());
        let work =
            Work { table, prefix, act, permits, apart, except: Vec::new(), when, title, due, why, policy_ref: "" };
        self.work.push(work);
        self
    }

    /// Rows that are no table's own: `write` writes them, in parentheses. They have no events, and the walls are those of
    /// the tables they come from.
    #[must_use]
    pub fn gathered(mut self, write: fn(&mut Sql)) -> Self {
        (self.gathered, self.tenant, self.silent) = (Some(write), false, true);
        self
    }

    /// The order of its lists.
    #[must_use]
    pub fn ordered<const N: usize>(mut self, keys: [Key; N]) -> Self {
        // Declarations live as long as the program.
        self.order = Box::leak(Box::new(keys));
        self
    }

    /// The filter its lists take.
    #[must_use]
    pub fn filtered<F: Filter>(mut self) -> Self {
        self.filter = Some(FilterDef {
            register: <Option<F> as InputType>::create_type_info,
            apply: |value, conditions| {
                let parsed = <Option<F> as InputType>::parse(Some(value))
                    .map_err(|e| e.into_server_error(async_graphql::Pos::default()))?;
                if let Some(filter) = parsed {
                    filter.conditions(conditions);
                }
                Ok(())
            },
        });
        self
    }

    /// The orders its lists can be asked for.
    #[must_use]
    pub fn sortable<O: Order>(mut self) -> Self {
        self.orders = Some(OrderDef {
            register: <Option<O> as InputType>::create_type_info,
            keys: |value| {
                let parsed = <Option<O> as InputType>::parse(Some(value))
                    .map_err(|e| e.into_server_error(async_graphql::Pos::default()))?;
                Ok(parsed.map_or(&[], Order::keys))
            },
        });
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

    /// A task is whose its act is.
    fn assign_work(&mut self) {
        for work in &mut self.work {
            let Some(act) = work.act else { continue };
            work.permits = self.permits.iter().filter(|p| p.action == act).copied().collect();
            let apart = self.duties.iter().filter(|d| d.action == act).flat_map(|d| d.columns.iter().copied());
            work.apart = apart.collect();
            work.except.extend(self.hands.iter().filter(|h| h.action == act).map(|h| h.accounts));
            work.policy_ref = self.acts.iter().find(|a| a.action == act).map_or("", |a| a.policy_ref);
        }
    }
}

/// `nameKana` → `name_kana`. Declarations live as long as the program, so the name is leaked once.
fn snake_case(name: &'static str) -> &'static str {
    if !name.bytes().any(|b| b.is_ascii_uppercase()) {
        return name;
    }
    let mut column = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            column.push('_');
        }
        column.push(c.to_ascii_lowercase());
    }
    Box::leak(column.into_boxed_str())
}
