//! What follows from a declaration: who may what, which columns there are, what is told.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::policy::{Action, Permit};
use crate::kernel::principal::{AppointmentId, Principal};
use crate::kernel::read::column::Ty;
use crate::kernel::read::field::{Field, Hands, Mask, Source};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::Sql;

impl ShapeDef {
    /// Is a change of its rows told?
    pub fn is_told(&self) -> bool {
        self.tenant && !self.silent
    }

    /// Writes where the rows come from.
    pub(crate) fn write_rows(&self, sql: &mut Sql) {
        match self.gathered {
            Some(write) => write(sql),
            None => sql.push(self.table),
        }
    }

    /// May `who` do `action` on a row whose columns `column` tells?
    pub fn allows(
        &self,
        action: Action,
        who: &Principal,
        column: impl Fn(&'static str) -> Option<Uuid> + Copy,
    ) -> bool {
        who.system.is_some() || self.permits.iter().any(|p| p.action == action && p.covers(who, column))
    }

    /// The appointment by which `who` may do `action` on such a row.
    pub(crate) fn post(
        &self,
        action: Action,
        who: &Principal,
        column: impl Fn(&'static str) -> Option<Uuid> + Copy,
    ) -> Option<AppointmentId> {
        let mut allowing = self.permits.iter().filter(|p| p.action == action && p.covers(who, column));
        allowing.find_map(|p| p.post(who, column))
    }

    /// Has `who` done to the row what keeps them from doing `action`?
    pub fn keeps_apart(&self, action: Action, who: &Principal, column: impl Fn(&'static str) -> Option<Uuid>) -> bool {
        let mut columns = self.duties.iter().filter(|d| d.action == action).flat_map(|d| d.columns);
        who.account.is_some_and(|own| columns.any(|name| column(name) == Some(own.0)))
    }

    /// Those from whom `action` is kept apart besides.
    pub(crate) fn hands(&self, action: Action) -> impl Iterator<Item = &Hands> {
        self.hands.iter().filter(move |hands| hands.action == action)
    }

    /// Writes `AS _apart`, whether whoever asks is one of those from whom `action` is kept apart besides.
    pub(crate) fn write_apart(&self, action: Action, sql: &mut Sql) {
        sql.push("(false");
        for hands in self.hands(action) {
            sql.push(" OR ");
            hands.write(sql);
        }
        sql.push(") AS _apart");
    }

    /// The names under which a row tells who had a hand in it.
    pub(crate) fn hand_columns(&self) -> impl Iterator<Item = (&'static str, Ty)> {
        self.hands.iter().map(|hands| (hands.name, Ty::Bool))
    }

    /// What a name stands for that is no column's.
    pub(crate) fn hand(&self, name: &str) -> Option<&Hands> {
        self.hands.iter().find(|hands| hands.name == name)
    }

    /// Does `action` need a fresher proof of who acts than `who` has given?
    pub fn needs_proof(&self, action: Action, who: &Principal, now: DateTime<Utc>) -> bool {
        self.stepped_up.contains(&action) && !who.proved_lately(now)
    }

    /// The states of its objects: the words of its column `state` (`stage` of an organization) with what they are
    /// called in Japanese. Nothing for objects without states.
    pub fn states(&self) -> Option<(&'static str, Vec<(String, &'static str)>)> {
        let state = self.fields.iter().find(|f| matches!(f.name, "state" | "stage"))?;
        match state.source {
            Source::Column(column, ..) => Some((column, (state.words)())).filter(|(_, words)| !words.is_empty()),
            _ => None,
        }
    }

    /// The columns a command loads.
    pub fn row_columns(&self) -> &[(&'static str, Ty)] {
        &self.row_columns
    }

    /// The type of a column that the row has.
    ///
    /// # Panics
    /// When it has none of this name: a fault of the declaration, found when the program starts.
    pub(crate) fn type_of(&self, column: &str) -> Ty {
        let found = self.row_columns.iter().find(|(name, _)| *name == column);
        found.unwrap_or_else(|| panic!("{}: the row has no column {column}", self.name)).1
    }

    /// The columns the policy looks at.
    pub(crate) fn scope_columns(&self) -> impl Iterator<Item = (&'static str, Ty)> {
        let masks = self.fields.iter().filter_map(Field::kept).flat_map(Mask::columns);
        let duties = self.duties.iter().flat_map(|d| d.columns.iter().map(|column| (*column, Ty::Uuid)));
        self.permits.iter().filter_map(Permit::column).map(|column| (column, Ty::Uuid)).chain(masks).chain(duties)
    }

    /// Every column the declaration names, with the type it is taken to have; children's keys, conditions
    /// and orders are their own shape's.
    pub fn named_columns(&self) -> Vec<(&'static str, Ty)> {
        let mut named = self.row_columns.clone();
        named.extend(self.scope_columns());
        for field in &self.fields {
            match field.source {
                Source::Column(column, ty, _) => named.push((column, ty)),
                Source::Computed(columns, ..) => named.extend(columns.iter().map(|c| (*c, self.type_of(c)))),
                Source::One(_, column) => named.push((column, Ty::Uuid)),
                _ => {}
            }
        }
        named.sort_unstable();
        named.dedup();
        named
    }
}
