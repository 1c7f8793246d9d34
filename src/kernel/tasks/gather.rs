//! The tasks of whoever asks, as one set of rows: what waits in all tables, each under the policy of the act that settles
//! it. The text depends on no principal, like that of every other set of rows.

use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::sql::{Sql, Viewer};
use crate::kernel::tasks::{TITLE, Work, literal, tasks};

/// Writes the rows, in parentheses. `account_id` is whose they are: null for nobody, and for support, which has nothing
/// to do of its own.
pub(crate) fn write_tasks(sql: &mut Sql) {
    for (n, (act, work)) in tasks().iter().enumerate() {
        sql.push(if n == 0 { "(" } else { " UNION ALL " });
        write_one(*act, work, sql);
    }
    sql.push(")");
}

fn write_one(act: Action, work: &Work, sql: &mut Sql) {
    let Work { table, prefix, when, title, .. } = work;
    let due = work.due();
    let Action(name) = act;
    sql.push(&format!("SELECT md5('{prefix} {name} ' || t.id::text)::uuid AS id, "));
    sql.viewer(Viewer::Doer);
    let texts = [("act", name), ("object_kind", *prefix), ("policy_ref", work.policy_ref)];
    let texts = texts.into_iter().chain(["why_ja", "why_en"].into_iter().zip(work.why));
    let texts: Vec<String> = texts.map(|(column, text)| format!("{} AS {column}", literal(text))).collect();
    sql.push(&format!(
        " AS account_id, {}, t.id AS object_id, left({title}, {TITLE}) AS title, {due} AS due_on, \
         coalesce({due}, DATE '9999-12-31') AS by_day FROM {table} t WHERE ({when}) AND ",
        texts.join(", ")
    ));
    write_condition(&work.permits, None, act, "t", sql);
    for column in &work.apart {
        sql.push(&format!(" AND t.{column} IS DISTINCT FROM "));
        sql.viewer(Viewer::AccountOrNil);
    }
    for accounts in &work.except {
        sql.push(" AND ");
        sql.viewer(Viewer::AccountOrNil);
        sql.push(&format!(" <> ALL(ARRAY({accounts}))"));
    }
}
