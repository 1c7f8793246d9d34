//! Who could read an object as it was: the ordinary condition of reading, over what events remember of it.

use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::pipeline::Query;
use crate::kernel::policy::{Action, Permit, write_condition};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;

/// Which objects of a shape the reader could read in one of their former states. Each comes with these, a JSON array:
/// the columns on which it depended who read it, and those of other objects under their tables' names.
///
/// The condition is the shape's own. Where it looks at another table, that name stands for the remembered row.
pub(super) fn query(shape: &'static ShapeDef, objects: Vec<(Uuid, String)>, request: &Request) -> Result<Query> {
    let (ids, states) = objects.into_iter().unzip();
    let mut sql = Sql::default();
    sql.fill(
        "SELECT DISTINCT w.id FROM unnest(?, ?) w (id, states), jsonb_array_elements(w.states::jsonb) v (was), LATERAL (",
        [Param::Uuids(ids), Param::Texts(states)],
    );
    for (n, table) in looked_at(shape).iter().enumerate() {
        sql.push(if n == 0 { "WITH " } else { ", " });
        sql.push(&format!("{table} AS (SELECT r.* FROM jsonb_populate_record(NULL::{table}, v.was -> '{table}') r)"));
    }
    sql.push(&format!(" SELECT t.id FROM jsonb_populate_record(NULL::{}, v.was || jsonb_build_object(", shape.table));
    sql.fill("'id', w.id, 'municipality_id', ?)) t WHERE ", [Param::Uuid(Some(request.municipality()?.0))]);
    write_condition(&shape.permits, shape.published, Action::READ, "t", &mut sql);
    sql.push(") readable");
    sql.into_query(request)
}

/// The tables that a shape's condition of reading looks at besides its own.
fn looked_at(shape: &ShapeDef) -> Vec<&'static str> {
    let conditions = shape.permits.iter().filter_map(Permit::condition).chain(shape.published);
    let after_from = conditions.flat_map(|condition| condition.split(" FROM ").skip(1));
    let mut tables: Vec<_> = after_from.filter_map(|rest| rest.split(' ').next()).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}
