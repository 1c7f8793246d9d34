//! A plan as one SQL statement. Each branch is a common table expression; what all of them found is one
//! UNION ALL of flat rows: which branch, which parent, then one column for every column of the same type,
//! so that branches share columns and PostgreSQL neither builds JSON nor records.
//!
//! The statement puts up the wall itself: each branch without a parent is gated by a condition that sets the
//! municipality (PostgreSQL evaluates it once, as a one-time filter, before the branch's first row). Were it
//! evaluated too late, the setting would be empty, as it is at the beginning of every transaction, and the
//! wall would show nothing; so nothing but answers depends on the order.

use std::sync::Arc;

use crate::kernel::error::Result;
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::column::Ty;
use crate::kernel::read::field::Children;
use crate::kernel::read::list::{Key, ListArgs, write_order};
use crate::kernel::read::plan::{Branch, From, Origin, Plan};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Param, Slot, Sql, bind};
use crate::kernel::request::Request;

/// A statement that serves every request of one form, whoever asks.
pub(crate) struct Statement {
    /// The text; it is the same as long as the statement is.
    pub(crate) text: Arc<str>,
    slots: Vec<Slot>,
    /// For each branch, where in the row its columns stand.
    pub(crate) places: Vec<Vec<usize>>,
    /// For each branch, where in the row stands what its cursors are made of.
    pub(crate) keys: Vec<Vec<usize>>,
}

/// Where in the row the branch's number stands, and the parent's id if any branch has one.
pub(crate) const BRANCH: usize = 0;
pub(crate) const PARENT: usize = 1;

impl Statement {
    /// The statement of a plan for lists of the form that `args` have.
    pub(crate) fn of(plan: &Plan, args: &[ListArgs]) -> Self {
        let columns: Vec<_> = plan.branches.iter().map(|branch| columns(branch, args)).collect();
        let mut sql = Sql::new("WITH ");
        for (n, branch) in plan.branches.iter().enumerate() {
            sql.push(&format!("{}n{n} AS (", if n > 0 { ", " } else { "" }));
            Writer { plan, args, branch }.rows(&mut sql);
            sql.push(")");
        }
        let places = write_union(&plan.branches, &columns, &mut sql);
        let each = plan.branches.iter().zip(&columns).zip(&places);
        let keys = each.map(|((branch, columns), places)| {
            let keys = cursor_keys(branch, args).iter();
            keys.filter_map(|key| place(columns, key)).map(|n| places[n]).collect()
        });
        let keys = keys.collect();
        let (text, slots) = sql.into_template();
        Self { text: text.into(), slots, places, keys }
    }

    /// The parameters for a request, the `ids` asked for and the lists' arguments.
    pub(crate) fn bind(&self, request: &Request, ids: &[uuid::Uuid], args: &[ListArgs]) -> Result<Vec<Param>> {
        bind(&self.slots, request, ids, |list, n| args.get(list).and_then(|l| l.param(n)))
    }
}

/// What a branch puts into the row, each once: what was asked for, then what else its cursors are made of.
fn columns(branch: &Branch, args: &[ListArgs]) -> Vec<(&'static str, Ty)> {
    if matches!(branch.from, From::Count(_)) {
        return vec![("n", Ty::Long)];
    }
    let mut columns = branch.columns.clone();
    for key in cursor_keys(branch, args) {
        if place(&columns, key).is_none() {
            columns.push((key.column, key.ty));
        }
    }
    columns
}

/// What cursors of a branch's rows are made of, where there are any.
fn cursor_keys(branch: &Branch, args: &[ListArgs]) -> &'static [Key] {
    if branch.cursors { keys(branch, args) } else { &[] }
}

fn place(columns: &[(&'static str, Ty)], key: &Key) -> Option<usize> {
    columns.iter().position(|(column, _)| *column == key.column)
}

/// The order of a branch's rows; the id follows by itself.
fn keys(branch: &Branch, args: &[ListArgs]) -> &'static [Key] {
    match (branch.list, branch.from) {
        (Some(list), _) => args[list].form.keys,
        (None, From::Children(_, children, _)) if !children.order.is_empty() => children.order,
        _ => branch.shape.order,
    }
}

/// ` SELECT … UNION ALL SELECT …`; returns where each branch's columns came to stand.
fn write_union(branches: &[Branch], columns: &[Vec<(&'static str, Ty)>], sql: &mut Sql) -> Vec<Vec<usize>> {
    let count = |columns: &[(&str, Ty)], ty| columns.iter().filter(|(_, t)| *t == ty).count();
    let widths = Ty::ALL.map(|ty| columns.iter().map(|c| count(c, ty)).max().unwrap_or(0));
    let parents = branches.iter().any(has_parent);
    let mut places = Vec::new();
    for (n, (branch, columns)) in branches.iter().zip(columns).enumerate() {
        sql.push(&format!("{} SELECT {n}::int4", if n > 0 { " UNION ALL" } else { "" }));
        if parents {
            sql.push(if has_parent(branch) { ", _parent" } else { ", NULL::uuid" });
        }
        let mut stand = vec![0; columns.len()];
        let mut place = PARENT + usize::from(parents);
        for (ty, width) in Ty::ALL.into_iter().zip(widths) {
            let mut own = columns.iter().enumerate().filter(|(_, (_, t))| *t == ty);
            for _ in 0..width {
                if let Some((i, (name, _))) = own.next() {
                    sql.push(&format!(", {name}"));
                    stand[i] = place;
                } else {
                    sql.push(&format!(", NULL::{}", ty.name()));
                }
                place += 1;
            }
        }
        sql.push(&format!(" FROM n{n}"));
        places.push(stand);
    }
    places
}

fn has_parent(branch: &Branch) -> bool {
    matches!(branch.from, From::Children(..) | From::Count(Origin::Children(..)))
}

/// Writes one branch.
struct Writer<'p> {
    plan: &'p Plan,
    args: &'p [ListArgs],
    branch: &'p Branch,
}

impl Writer<'_> {
    fn rows(&self, sql: &mut Sql) {
        match self.branch.from {
            From::Ids => self.select(sql, |sql| {
                sql.push(" AND t.id = ANY(");
                sql.ids();
                sql.push(")");
            }),
            From::One(parent, column) => self.select(sql, |sql| {
                sql.push(&format!(" AND t.id = ANY(ARRAY(SELECT p.{column} FROM "));
                self.parents(parent, sql);
                sql.push(" p))");
            }),
            From::All => {
                self.select(sql, |_| {});
                write_order(keys(self.branch, self.args), sql);
                self.limit(0, sql);
            }
            From::Children(parent, children, most) => {
                self.of_each(parent, sql, |sql| {
                    self.select(sql, |sql| write_children(children, sql));
                    write_order(keys(self.branch, self.args), sql);
                    self.limit(most, sql);
                });
            }
            From::Count(Origin::All) => self.count(sql, |_| {}),
            From::Count(Origin::Children(parent, children)) => {
                self.of_each(parent, sql, |sql| self.count(sql, |sql| write_children(children, sql)));
            }
        }
    }

    /// `SELECT columns FROM table t WHERE visible, narrowed and found so`
    fn select(&self, sql: &mut Sql, found: impl FnOnce(&mut Sql)) {
        for (i, (column, _)) in columns(self.branch, self.args).iter().enumerate() {
            sql.push(if i > 0 { ", " } else { "SELECT " });
            match self.branch.shape.hand(column) {
                Some(hands) => {
                    hands.write(sql);
                    sql.push(&format!(" AS {column}"));
                }
                None => sql.push(&format!("t.{column}")),
            }
        }
        self.condition(true, sql, found);
    }

    fn count(&self, sql: &mut Sql, found: impl FnOnce(&mut Sql)) {
        sql.push("SELECT count(*) AS n");
        self.condition(false, sql, found);
    }

    fn condition(&self, after: bool, sql: &mut Sql, found: impl FnOnce(&mut Sql)) {
        let shape = self.branch.shape;
        let ShapeDef { permits, published, .. } = shape;
        sql.push(" FROM ");
        shape.write_rows(sql);
        sql.push(" t WHERE ");
        if self.branch.from.is_root() {
            sql.push("(SELECT ");
            sql.wall();
            sql.push(") IS NOT NULL AND ");
        }
        write_condition(permits, *published, Action::READ, "t", sql);
        found(sql);
        if let Some(list) = self.branch.list {
            self.args[list].write(list, after, sql);
        }
    }

    /// What `write` writes, once for each row of the parent; `p` is the parent.
    fn of_each(&self, parent: usize, sql: &mut Sql, write: impl FnOnce(&mut Sql)) {
        sql.push("SELECT p.id AS _parent, c.* FROM ");
        self.parents(parent, sql);
        sql.push(" p CROSS JOIN LATERAL (");
        write(sql);
        sql.push(") c");
    }

    /// The rows of the parent branch, without the one that only tells whether more follow.
    fn parents(&self, parent: usize, sql: &mut Sql) {
        let branch = &self.plan.branches[parent];
        match (branch.from, branch.list) {
            (From::All, Some(list)) if branch.peek => {
                sql.push(&format!("(SELECT * FROM n{parent} LIMIT "));
                write_first(list, sql);
                sql.push(")");
            }
            _ => sql.push(&format!("n{parent}")),
        }
    }

    fn limit(&self, most: i64, sql: &mut Sql) {
        sql.push(" LIMIT ");
        match self.branch.list {
            Some(list) => {
                write_first(list, sql);
                sql.push(if self.branch.peek { " + 1" } else { "" });
            }
            None => sql.push(&most.to_string()),
        }
    }
}

fn write_first(list: usize, sql: &mut Sql) {
    sql.list(list, ListArgs::FIRST, &Param::Int(None));
}

fn write_children(children: Children, sql: &mut Sql) {
    let Children { key, when, .. } = children;
    sql.push(&format!(" AND t.{key} = p.id"));
    if !when.is_empty() {
        sql.push(&format!(" AND ({when})"));
    }
}
