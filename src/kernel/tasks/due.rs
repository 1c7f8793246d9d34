//! The tasks of everybody that are due, as one set of rows: for the job that reminds, which asks for nobody in
//! particular. Who may do an act today is read from the appointments, as for a person who asks.

use crate::kernel::date::Date;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::ScopeKind;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tasks::{TITLE, Work, literal, tasks};

/// Writes the rows, in parentheses: `account_id`, `act`, `object_kind`, `object_id`, `title`, `due_on`; those due
/// between two days, both included.
pub fn write_due(from: Date, until: Date, sql: &mut Sql) {
    let mut first = true;
    let held = |work: &Work| work.permits.iter().any(|permit| !matches!(permit.over, Over::SignedIn));
    for (act, work) in tasks().iter().filter(|(_, work)| !work.due.is_empty() && held(work)) {
        sql.push(if first { "(" } else { " UNION ALL " });
        first = false;
        write_one(*act, work, from, until, sql);
    }
    sql.push(")");
}

fn write_one(act: Action, work: &Work, from: Date, until: Date, sql: &mut Sql) {
    let Work { table, prefix, when, title, .. } = work;
    let due = work.due();
    let holders: Vec<String> = work.permits.iter().filter_map(holders).collect();
    sql.push(&format!(
        "SELECT a.id AS account_id, {} AS act, {} AS object_kind, t.id AS object_id, left({title}, {TITLE}) AS title, \
         {due} AS due_on FROM {table} t CROSS JOIN LATERAL ({}) h (id) \
         JOIN accounts a ON a.municipality_id = t.municipality_id AND a.id = h.id \
         AND NOT a.support AND a.suspended_at IS NULL WHERE ({when}) AND {due} BETWEEN ",
        literal(act.0),
        literal(prefix),
        holders.join(" UNION ")
    ));
    sql.fill("? AND ?", [Param::Date(Some(from.0)), Param::Date(Some(until.0))]);
    for column in &work.apart {
        sql.push(&format!(" AND t.{column} IS DISTINCT FROM a.id"));
    }
    for accounts in &work.except {
        sql.push(&format!(" AND a.id <> ALL(ARRAY({accounts}))"));
    }
}

/// The accounts that hold the permit over the row `t` today; nothing where everybody does: what anybody may do is
/// nobody's task in particular.
fn holders(permit: &Permit) -> Option<String> {
    let over = |kind: ScopeKind, thing: &str| {
        let roles: Vec<String> = permit.roles.iter().map(|role| format!("'{}'", role.word())).collect();
        format!(
            "SELECT p.account_id FROM appointments p WHERE p.municipality_id = t.municipality_id \
             AND p.scope = '{}' AND {thing} AND p.role IN ({}) AND p.ended_at IS NULL \
             AND entaku_today() BETWEEN p.starts_on AND coalesce(p.ends_on, 'infinity')",
            kind.word(),
            roles.join(", ")
        )
    };
    let hall = || over(ScopeKind::Municipality, "p.scope_id IS NULL");
    match permit.over {
        Over::Municipality => Some(hall()),
        Over::Scope(kind, column) | Over::ScopeWhere(kind, column, _) => {
            Some(over(kind, &format!("p.scope_id = t.{column}")))
        }
        Over::Own(column) => Some(format!("SELECT t.{column}")),
        Over::Others(column) => Some(format!("{} AND t.{column} IS DISTINCT FROM p.account_id", hall())),
        Over::SignedIn => None,
    }
}
