//! Plans against the database: one statement per relation of the selection, whatever the number of
//! rows; every level bears its own visibility condition.

use std::collections::{BTreeSet, HashMap};

use async_graphql::{Name, Value};
use futures_util::future::BoxFuture;
use indexmap::IndexMap;
use sea_orm::QueryResult;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::list::{Key, ListArgs, write_order};
use crate::kernel::read::plan::{Compute, ConnectionPlan, EdgePart, Origin, Part, Plan, Project, Step};
use crate::kernel::read::shape::{Children, Field, MANY, ShapeDef};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::viewer;
use crate::kernel::tx::Tx;

/// Reads objects by id, in no particular order.
pub(crate) async fn by_ids(tx: &Tx, plan: &Plan, ids: &[Uuid]) -> Result<HashMap<Uuid, Value>> {
    let rows =
        fetch(tx, plan.shape, &plan.columns, &Origin::Ids(ids), None, i64::try_from(ids.len()).unwrap_or(i64::MAX))
            .await?;
    let found: Vec<Uuid> = rows.iter().map(row_id).collect::<Result<_>>()?;
    Ok(found.into_iter().zip(objects(tx, plan, &rows).await?).collect())
}

/// Reads a list from its beginning or cursor.
pub(crate) async fn root_list(tx: &Tx, plan: &ConnectionPlan) -> Result<Value> {
    let mut lists = connections(tx, plan, &Origin::All).await?;
    Ok(lists.remove(&Uuid::nil()).unwrap_or_else(|| empty_list(plan)))
}

/// The rows of a shape, as many as the reader may see.
async fn fetch(
    tx: &Tx,
    shape: &ShapeDef,
    columns: &BTreeSet<String>,
    from: &Origin<'_>,
    args: Option<&ListArgs>,
    limit: i64,
) -> Result<Vec<QueryResult>> {
    let keys = match (args, from) {
        (Some(args), _) => args.keys,
        (None, Origin::Parents(_, children)) if !children.order.is_empty() => children.order,
        _ => shape.order,
    };
    let mut sql = Sql::default();
    if let Origin::Parents(parents, _) = from {
        sql.push("SELECT p.parent AS _parent, c.* FROM unnest(");
        sql.param(Param::Uuids(parents.to_vec()));
        sql.push(") WITH ORDINALITY p(parent, place) CROSS JOIN LATERAL (");
    }
    write_rows(tx, shape, columns, keys, from, args, &mut sql);
    sql.push(" LIMIT ");
    sql.param(Param::Int(Some(limit)));
    if let Origin::Parents(..) = from {
        sql.push(") c ORDER BY p.place, c._rank");
    }
    Ok(tx.rows(sql).await?.into_iter().map(Into::into).collect())
}

fn write_rows(
    tx: &Tx,
    shape: &ShapeDef,
    columns: &BTreeSet<String>,
    keys: &[Key],
    from: &Origin<'_>,
    args: Option<&ListArgs>,
    sql: &mut Sql,
) {
    sql.push("SELECT ");
    for column in columns {
        sql.push(&format!("t.{column}, "));
    }
    for (i, key) in keys.iter().enumerate() {
        sql.push(&format!("t.{}::text AS _key{i}, ", key.column));
    }
    sql.push("row_number() OVER (");
    write_order(keys, sql);
    sql.push(") AS _rank");
    write_from(tx, shape, from, args, true, sql);
    write_order(keys, sql);
}

/// ` FROM table t WHERE …`: the parent, visibility, filter and (for rows, not for counts) the cursor.
fn write_from(tx: &Tx, shape: &ShapeDef, from: &Origin<'_>, args: Option<&ListArgs>, after: bool, sql: &mut Sql) {
    sql.push(&format!(" FROM {} t WHERE ", shape.table));
    write_condition(&shape.permits, shape.published, Action::READ, &tx.principal, "t", sql);
    match from {
        Origin::All => {}
        Origin::Ids(ids) => {
            sql.push(" AND t.id = ANY(");
            sql.param(Param::Uuids(ids.to_vec()));
            sql.push(")");
        }
        Origin::Parents(_, Children { key, when, .. }) => {
            sql.push(&format!(" AND t.{key} = p.parent"));
            if !when.is_empty() {
                sql.push(&format!(" AND ({when})"));
            }
        }
    }
    if let Some(args) = args {
        args.conditions.write(sql);
        if after {
            args.write_after(sql);
        }
    }
}

/// Rows as objects of the response, in the rows' order.
fn objects<'a>(tx: &'a Tx, plan: &'a Plan, rows: &'a [QueryResult]) -> BoxFuture<'a, Result<Vec<Value>>> {
    Box::pin(async move {
        let mut columns: Vec<(&Name, Vec<Value>)> = Vec::with_capacity(plan.steps.len());
        for (key, step) in &plan.steps {
            columns.push((key, values(tx, plan, step, rows).await?));
        }
        note_personal_looks(tx, plan, rows)?;
        let mut objects: Vec<IndexMap<Name, Value>> =
            rows.iter().map(|_| IndexMap::with_capacity(plan.steps.len())).collect();
        for (key, values) in columns {
            for (object, value) in objects.iter_mut().zip(values) {
                object.insert(key.clone(), value);
            }
        }
        Ok(objects.into_iter().map(Value::Object).collect())
    })
}

/// One response key of all rows.
async fn values(tx: &Tx, plan: &Plan, step: &Step, rows: &[QueryResult]) -> Result<Vec<Value>> {
    let each = |make: &dyn Fn(&PgRow) -> Result<Value>| rows.iter().map(|r| make(pg(r)?)).collect();
    match step {
        Step::Typename => each(&|_| Ok(Value::from(plan.shape.name))),
        Step::Id => each(&|row| Ok(Value::from(id::encode(plan.shape.prefix, row.try_get("id")?)))),
        Step::Column(field, column, read) => each(&|row| unmasked(tx, field, row, || read(row, column))),
        Step::Computed(field, compute, project) => each(&|row| computed(tx, field, *compute, project, row)),
        Step::Redacted(project) => each(&|row| Ok(project.apply(viewer::redacted(plan.shape, row, tx), "Redaction"))),
        Step::ViewerCan(project) => {
            rows.iter().map(|row| Ok(project.apply(viewer::viewer_can(plan.shape, row, tx)?, "Permission"))).collect()
        }
        Step::One(column, child) => one(tx, column, child, rows).await,
        Step::First(children, child) => {
            let mut lists = lists(tx, *children, child, rows, 1).await?;
            let first = |row| Ok(lists.remove(&row_id(row)?).and_then(|l| l.into_iter().next()).unwrap_or_default());
            rows.iter().map(first).collect()
        }
        Step::Many(children, child) => {
            let mut lists = lists(tx, *children, child, rows, MANY).await?;
            rows.iter().map(|row| Ok(Value::List(lists.remove(&row_id(row)?).unwrap_or_default()))).collect()
        }
        Step::Connection(children, child) => {
            let parents: Vec<Uuid> = rows.iter().map(row_id).collect::<Result<_>>()?;
            let mut lists = connections(tx, child, &Origin::Parents(&parents, *children)).await?;
            Ok(parents.iter().map(|p| lists.remove(p).unwrap_or_else(|| empty_list(child))).collect())
        }
    }
}

fn unmasked(tx: &Tx, field: &Field, row: &PgRow, read: impl Fn() -> Result<Value>) -> Result<Value> {
    if viewer::is_masked(field, row, tx) { Ok(Value::Null) } else { read() }
}

fn computed(tx: &Tx, field: &Field, compute: Compute, project: &Project, row: &PgRow) -> Result<Value> {
    unmasked(tx, field, row, || Ok(project.apply(compute(row, tx)?, "")))
}

async fn one(tx: &Tx, column: &str, child: &Plan, rows: &[QueryResult]) -> Result<Vec<Value>> {
    let named = rows.iter().map(|row| Ok(pg(row)?.try_get::<Option<Uuid>, _>(column)?));
    let named: Vec<Option<Uuid>> = named.collect::<Result<_>>()?;
    let ids: Vec<Uuid> = named.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
    if ids.is_empty() {
        return Ok(vec![Value::Null; rows.len()]);
    }
    let found = by_ids(tx, child, &ids).await?;
    Ok(named.iter().map(|id| id.and_then(|id| found.get(&id).cloned()).unwrap_or_default()).collect())
}

async fn lists(
    tx: &Tx,
    children: Children,
    child: &Plan,
    rows: &[QueryResult],
    limit: i64,
) -> Result<HashMap<Uuid, Vec<Value>>> {
    let parents: Vec<Uuid> = rows.iter().map(row_id).collect::<Result<_>>()?;
    let from = Origin::Parents(&parents, children);
    let found = fetch(tx, child.shape, &child.columns, &from, None, limit).await?;
    let mut lists: HashMap<Uuid, Vec<Value>> = HashMap::new();
    for (row, value) in found.iter().zip(objects(tx, child, &found).await?) {
        lists.entry(pg(row)?.try_get("_parent")?).or_default().push(value);
    }
    Ok(lists)
}

/// The connections of all parents; the root's parent is the nil UUID.
async fn connections(tx: &Tx, plan: &ConnectionPlan, from: &Origin<'_>) -> Result<HashMap<Uuid, Value>> {
    let rows = match plan.columns() {
        Some(columns) => fetch(tx, plan.shape, &columns, from, Some(&plan.args), plan.args.first + 1).await?,
        None => Vec::new(),
    };
    let counted = plan.parts.iter().any(|(_, part)| matches!(part, Part::TotalCount));
    let counts = if counted { counts(tx, plan, from).await? } else { HashMap::new() };
    let mut pages: HashMap<Uuid, Page> = HashMap::new();
    for row in rows {
        let parent = match from {
            Origin::Parents(..) => pg(&row)?.try_get("_parent")?,
            _ => Uuid::nil(),
        };
        pages.entry(parent).or_default().add(row, plan.args.first);
    }
    for parent in counts.keys() {
        pages.entry(*parent).or_default();
    }
    let mut done = HashMap::new();
    for (parent, page) in page_values(tx, plan, pages, &counts).await? {
        done.insert(parent, page);
    }
    Ok(done)
}

async fn counts(tx: &Tx, plan: &ConnectionPlan, from: &Origin<'_>) -> Result<HashMap<Uuid, i64>> {
    let mut sql = Sql::default();
    if let Origin::Parents(parents, _) = from {
        sql.push("SELECT p.parent AS _parent, c.n FROM unnest(");
        sql.param(Param::Uuids(parents.to_vec()));
        sql.push(") p(parent) CROSS JOIN LATERAL (SELECT count(*) AS n");
        write_from(tx, plan.shape, from, Some(&plan.args), false, &mut sql);
        sql.push(") c");
    } else {
        sql.push("SELECT '00000000-0000-0000-0000-000000000000'::uuid AS _parent, count(*) AS n");
        write_from(tx, plan.shape, from, Some(&plan.args), false, &mut sql);
    }
    let rows = tx.rows(sql).await?;
    rows.iter().map(|row| Ok((row.try_get("_parent")?, row.try_get("n")?))).collect()
}

/// The rows of one parent's page.
#[derive(Default)]
struct Page {
    rows: Vec<QueryResult>,
    more: bool,
}

impl Page {
    fn add(&mut self, row: QueryResult, first: i64) {
        if i64::try_from(self.rows.len()).is_ok_and(|n| n < first) {
            self.rows.push(row);
        } else {
            self.more = true;
        }
    }
}

/// Pages as connections. Nodes of all pages are made together, so that the number of statements does
/// not depend on the number of parents.
async fn page_values(
    tx: &Tx,
    plan: &ConnectionPlan,
    pages: HashMap<Uuid, Page>,
    counts: &HashMap<Uuid, i64>,
) -> Result<Vec<(Uuid, Value)>> {
    let mut all = Vec::new();
    let mut spans = Vec::new();
    for (parent, page) in pages {
        spans.push((parent, all.len(), page.rows.len(), page.more));
        all.extend(page.rows);
    }
    let cursors = all.iter().map(|row| cursor(tx, plan, row)).collect::<Result<Vec<_>>>()?;
    let mut made: Vec<IndexMap<Name, Value>> = spans.iter().map(|_| IndexMap::new()).collect();
    for (key, part) in &plan.parts {
        let items = match part {
            Part::Nodes(node) => objects(tx, node, &all).await?,
            Part::Edges(edge) => edges(tx, plan.shape, edge, &all, &cursors).await?,
            _ => Vec::new(),
        };
        for (object, (parent, start, length, more)) in made.iter_mut().zip(&spans) {
            let span = *start..start + length;
            let value = match part {
                Part::Nodes(_) | Part::Edges(_) => Value::List(items[span].to_vec()),
                Part::Typename => Value::from(format!("{}Connection", plan.shape.name)),
                Part::TotalCount => Value::from(counts.get(parent).copied().unwrap_or(0)),
                Part::PageInfo(project) => page_info(plan, project, *more, &cursors[span]),
            };
            object.insert(key.clone(), value);
        }
    }
    Ok(spans.iter().map(|s| s.0).zip(made.into_iter().map(Value::Object)).collect())
}

async fn edges(
    tx: &Tx,
    shape: &ShapeDef,
    parts: &[(Name, EdgePart)],
    rows: &[QueryResult],
    cursors: &[String],
) -> Result<Vec<Value>> {
    let mut made: Vec<IndexMap<Name, Value>> = rows.iter().map(|_| IndexMap::new()).collect();
    for (key, part) in parts {
        let values = match part {
            EdgePart::Node(node) => objects(tx, node, rows).await?,
            EdgePart::Cursor => cursors.iter().map(|c| Value::from(c.as_str())).collect(),
            EdgePart::Typename => vec![Value::from(format!("{}Edge", shape.name)); rows.len()],
        };
        for (object, value) in made.iter_mut().zip(values) {
            object.insert(key.clone(), value);
        }
    }
    Ok(made.into_iter().map(Value::Object).collect())
}

fn page_info(plan: &ConnectionPlan, project: &Project, more: bool, cursors: &[String]) -> Value {
    let text = |cursor: Option<&String>| cursor.map_or(Value::Null, |c| Value::from(c.as_str()));
    let info = viewer::object([
        ("hasNextPage", Value::from(more)),
        ("hasPreviousPage", Value::from(plan.args.resumed())),
        ("startCursor", text(cursors.first())),
        ("endCursor", text(cursors.last())),
    ]);
    project.apply(info, "PageInfo")
}

fn empty_list(plan: &ConnectionPlan) -> Value {
    let part = |part: &Part| match part {
        Part::Nodes(_) | Part::Edges(_) => Value::List(Vec::new()),
        Part::Typename => Value::from(format!("{}Connection", plan.shape.name)),
        Part::TotalCount => Value::from(0),
        Part::PageInfo(project) => page_info(plan, project, false, &[]),
    };
    Value::Object(plan.parts.iter().map(|(key, p)| (key.clone(), part(p))).collect())
}

fn cursor(tx: &Tx, plan: &ConnectionPlan, row: &QueryResult) -> Result<String> {
    let row = pg(row)?;
    let key = |i: usize| Ok(row.try_get::<String, _>(format!("_key{i}").as_str())?);
    let mut keys = (0..plan.args.keys.len()).map(key).collect::<Result<Vec<_>>>()?;
    keys.push(row.try_get::<Uuid, _>("id")?.to_string());
    Ok(plan.args.cursor(&keys, tx))
}

/// Remembers which personal fields were shown by right, for the audit.
fn note_personal_looks(tx: &Tx, plan: &Plan, rows: &[QueryResult]) -> Result<()> {
    let masked = plan.steps.iter().filter_map(|(_, step)| match step {
        Step::Column(field, ..) | Step::Computed(field, ..) if field.mask.is_some() => Some(*field),
        _ => None,
    });
    let fields: Vec<&Field> = masked.collect();
    if fields.is_empty() {
        return Ok(());
    }
    let mut seen = Vec::new();
    for row in rows {
        let row = pg(row)?;
        if fields.iter().any(|f| viewer::is_personal_look(f, row, tx)) {
            seen.push(row.try_get("id")?);
        }
    }
    if !seen.is_empty() {
        let names = fields.iter().map(|f| f.name).collect::<Vec<_>>().join(",");
        let kind = plan.shape.name;
        tx.afterwards(Box::new(move |tx| {
            Box::pin(async move { crate::kernel::audit::personal_read(tx, kind, &seen, &names).await })
        }));
    }
    Ok(())
}

fn pg(row: &QueryResult) -> Result<&PgRow> {
    row.try_as_pg_row().ok_or_else(|| Error::internal("not a row of PostgreSQL"))
}

fn row_id(row: &QueryResult) -> Result<Uuid> {
    Ok(pg(row)?.try_get("id")?)
}
