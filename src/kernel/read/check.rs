//! Declarations against the database, when the program starts: a shape that names a missing column, or one
//! of another type, is found here and not by the first reader.

use std::collections::HashMap;
use std::sync::Arc;

use crate::kernel::error::Result;
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::column::Ty;
use crate::kernel::read::field::Source;
use crate::kernel::read::list::{Key, write_order};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::tasks::Work;
use crate::kernel::tx::Database;

/// What is wrong with the declarations, a sentence each; nothing when all is well.
///
/// # Errors
/// As of any reading; a condition or an order that PostgreSQL does not take is INTERNAL and names itself in
/// the log.
pub async fn faults(shapes: &[&'static ShapeDef], database: &Database, request: &Arc<Request>) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    // The columns of rows that are gathered are named where they are gathered; PostgreSQL reads that below.
    for shape in shapes.iter().filter(|shape| shape.gathered.is_none()) {
        let there = columns(shape, database, request).await?;
        for (column, ty) in shape.named_columns() {
            match there.get(column) {
                None => faults.push(format!("{}: {} has no column {column}", shape.name, shape.table)),
                Some(found) if found != ty.name() => {
                    faults.push(format!("{}.{column} is {found}, not {}", shape.table, ty.name()));
                }
                Some(_) => {}
            }
        }
        let masked = shape.fields.iter().filter(|f| f.mask.is_some());
        for field in masked.filter(|f| !matches!(f.source, Source::Column(..) | Source::Computed(..))) {
            faults.push(format!("{}.{}: only columns and computed fields can be masked", shape.name, field.name));
        }
    }
    if faults.is_empty() {
        for shape in shapes {
            try_conditions(shape, database, request).await?;
        }
    }
    Ok(faults)
}

/// The columns of the shape's table and their types.
async fn columns(shape: &ShapeDef, database: &Database, request: &Arc<Request>) -> Result<HashMap<String, String>> {
    let mut sql = Sql::new(
        "SELECT a.attname::text, t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = to_regclass(",
    );
    sql.param(Param::text(shape.table));
    sql.push(")");
    let rows = database.ask(request, sql).await?;
    rows.iter().map(|row| Ok((row.get(0, Ty::Text)?, row.get(1, Ty::Text)?))).collect()
}

/// Has PostgreSQL read the shape's own SQL: visibility, conditions of relations, orders.
async fn try_conditions(shape: &'static ShapeDef, database: &Database, request: &Arc<Request>) -> Result<()> {
    ask(shape, shape.order, "", database, request).await?;
    for work in &shape.work {
        let (due, Work { when, title, .. }) = (work.due(), work);
        let written = format!(" AND ({when}) AND ({title})::text <> '' AND {due} IS NULL");
        ask(shape, shape.order, &written, database, request).await?;
    }
    for field in &shape.fields {
        if let Source::First(child, children) | Source::Many(child, children) | Source::Connection(child, children) =
            field.source
        {
            let order = if children.order.is_empty() { child().order } else { children.order };
            let when = format!("t.{} IS NOT NULL{}", children.key, if children.when.is_empty() { "" } else { " AND " });
            ask(child(), order, &format!(" AND {when}{}", children.when), database, request).await?;
        }
    }
    Ok(())
}

async fn ask(shape: &ShapeDef, order: &[Key], when: &str, database: &Database, request: &Arc<Request>) -> Result<()> {
    let mut sql = Sql::new("SELECT t.id FROM ");
    shape.write_rows(&mut sql);
    sql.push(" t WHERE ");
    write_condition(&shape.permits, shape.published, Action::READ, "t", &mut sql);
    sql.push(when);
    write_order(order, &mut sql);
    sql.push(" LIMIT 0");
    database.ask(request, sql).await?;
    Ok(())
}
