//! The first wall: who may do what, as rows of one table (tests/golden/policy.txt prints it).
//!
//! A [`Permit`] says: these roles may do this action on rows whose scope column they are appointed to.
//! The same rows become one SQL condition (inputs are parameters only, so the text never depends on
//! the principal) and the answer of `viewerCan` in memory. What no row allows is refused.

use uuid::Uuid;

use crate::kernel::principal::{Appointment, AppointmentId, Principal, Role, ScopeKind};
use crate::kernel::read::sql::{Sql, Viewer};

/// The name of something one can do: the mutation's name, or [`Action::READ`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action(pub &'static str);

impl Action {
    /// Seeing that the object exists, and its unmasked fields.
    pub const READ: Self = Self("read");
}

/// Which rows a permit covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Every row, for holders over the municipality.
    Municipality,
    /// Rows whose column names the thing the role is held over.
    Scope(ScopeKind, &'static str),
    /// The same, but only rows for which a condition holds: SQL over `t`, written as what is published is. Reading alone
    /// is granted so, and it is decided by the database alone.
    ScopeWhere(ScopeKind, &'static str, &'static str),
    /// Rows whose column names the caller's own account; no role needed.
    Own(&'static str),
    /// Every row but those whose column names the caller's own account, for holders over the
    /// municipality: what is kept from the person it is about. (Acts are kept apart by
    /// [`ShapeDef::apart`](crate::kernel::read::ShapeDef::apart), which says so in `viewerCan`.)
    Others(&'static str),
    /// Every row, for anyone signed in; no role needed.
    SignedIn,
}

/// One row of the policy.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    /// What may be done.
    pub action: Action,
    /// By holders of which roles.
    pub roles: &'static [Role],
    /// On which rows.
    pub over: Over,
}

impl Permit {
    /// Does the permit cover a row whose columns `column` tells?
    pub fn covers(&self, who: &Principal, column: impl Fn(&'static str) -> Option<Uuid>) -> bool {
        match self.over {
            Over::Municipality => who.holds(self.roles),
            Over::Scope(kind, name) => column(name).is_some_and(|id| who.scopes(self.roles, kind).contains(&id)),
            Over::ScopeWhere(..) => false,
            Over::Own(name) => who.account.is_some_and(|own| column(name) == Some(own.0)),
            Over::Others(name) => who.holds(self.roles) && who.account.is_none_or(|own| column(name) != Some(own.0)),
            Over::SignedIn => who.is_signed_in(),
        }
    }

    /// The appointment by which `who` is covered; nothing where it takes none.
    pub(crate) fn post(&self, who: &Principal, column: impl Fn(&'static str) -> Option<Uuid>) -> Option<AppointmentId> {
        let (scope, over) = match self.over {
            Over::Municipality | Over::Others(_) => (ScopeKind::Municipality, None),
            Over::Scope(kind, name) | Over::ScopeWhere(kind, name, _) => (kind, Some(column(name)?)),
            Over::Own(_) | Over::SignedIn => return None,
        };
        let held = |a: &&Appointment| {
            self.roles.contains(&a.role) && a.scope == scope && (over.is_none() || a.scope_id == over)
        };
        who.appointments.iter().find(held).map(|a| a.id)
    }

    /// The column it looks at.
    pub(crate) fn column(&self) -> Option<&'static str> {
        match self.over {
            Over::Scope(_, column) | Over::ScopeWhere(_, column, _) | Over::Own(column) | Over::Others(column) => {
                Some(column)
            }
            Over::Municipality | Over::SignedIn => None,
        }
    }

    /// The condition that it looks at besides.
    pub(crate) fn condition(&self) -> Option<&'static str> {
        match self.over {
            Over::ScopeWhere(_, _, condition) => Some(condition),
            _ => None,
        }
    }

    fn write(&self, alias: &str, sql: &mut Sql) {
        match self.over {
            Over::Municipality => sql.viewer(Viewer::Holds(self.roles)),
            Over::SignedIn => sql.viewer(Viewer::SignedIn),
            Over::Own(column) => {
                sql.push(&format!("{alias}.{column} = "));
                sql.viewer(Viewer::Account);
            }
            Over::Others(column) => {
                sql.viewer(Viewer::Holds(self.roles));
                sql.push(&format!(" AND {alias}.{column} IS DISTINCT FROM "));
                sql.viewer(Viewer::AccountOrNil);
            }
            Over::Scope(kind, column) | Over::ScopeWhere(kind, column, _) => {
                sql.push(&format!("{alias}.{column} = ANY("));
                sql.viewer(Viewer::Scopes(self.roles, kind));
                sql.push(")");
            }
        }
        if let Some(condition) = self.condition() {
            sql.push(&format!(" AND ({})", of(alias, condition)));
        }
    }
}

/// Writes the condition under which the reader may do `action` on a row of `alias`. `published` is the
/// condition under which everybody may read it.
pub fn write_condition(permits: &[Permit], published: Option<&str>, action: Action, alias: &str, sql: &mut Sql) {
    sql.push("(");
    sql.viewer(Viewer::System);
    for permit in permits.iter().filter(|p| p.action == action) {
        sql.push(" OR coalesce(");
        permit.write(alias, sql);
        sql.push(", false)");
    }
    // Last, because it may have to look at another row.
    if let (Action::READ, Some(condition)) = (action, published) {
        sql.push(&format!(" OR ({})", of(alias, condition)));
    }
    sql.push(")");
}

/// A condition over `t`, over another name.
fn of(alias: &str, condition: &str) -> String {
    condition.replace("t.", &format!("{alias}."))
}
