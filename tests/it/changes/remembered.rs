//! Events remember every column by which a shape is read.

use entaku::api::schema::Nouns;
use entaku::kernel::policy::Action;
use entaku::kernel::read::{Catalogue, ShapeDef};
use sqlx::{Connection, PgConnection};

use crate::support::database;

/// Events must remember all that reading depends on, or somebody who was away would not be told what is gone.
#[tokio::test]
async fn events_remember_what_every_shape_is_read_by() {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let triggers: Vec<(String, String, Vec<String>)> = sqlx::query_as(
        "SELECT c.relname::text, t.tgname::text, string_to_array(encode(t.tgargs, 'escape'), '\\000')
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'changed' OR t.tgname LIKE 'opens\\_%'",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogue");
    let arg = |table: &str, trigger: &str, n: usize| {
        let found = triggers.iter().find(|(t, name, _)| t == table && name == trigger);
        let words = found.and_then(|(_, _, args)| args.get(n)).map_or("", String::as_str);
        words.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    for shape in Nouns::queries().shapes().iter().filter(|shape| shape.tenant) {
        let told = triggers.iter().any(|(table, name, _)| table == shape.table && name == "changed");
        let told = told && arg(shape.table, "changed", 4).is_empty();
        assert_eq!(told, shape.is_told(), "{}: events, or none? The shape and the trigger must agree", shape.table);
        if !told {
            continue;
        }
        let judged = arg(shape.table, "changed", 2);
        for column in read_by(shape) {
            assert!(judged.contains(&column), "{} is read by {column}: judged_by", shape.table);
        }
        for (other, columns) in looked_at(shape) {
            let opens = arg(&other, &format!("opens_{}", shape.table), 3);
            let parent = arg(shape.table, "changed", 1);
            assert!(parent.iter().any(|p| p.starts_with(&format!("{other}."))), "{}: part_of {other}", shape.table);
            for column in columns {
                assert!(opens.contains(&column), "{} is read by {other}.{column}: opened_by", shape.table);
                assert!(arg(shape.table, "changed", 3).contains(&column), "{}: {other}.{column}", shape.table);
            }
        }
    }
}

/// The columns of a shape on which it depends who reads it; id and municipality never change.
fn read_by(shape: &ShapeDef) -> Vec<String> {
    use entaku::kernel::policy::Over;
    let permits = shape.permits.iter().filter(|permit| permit.action == Action::READ);
    let columns = permits.filter_map(|permit| match permit.over {
        Over::Scope(_, column) | Over::ScopeWhere(_, column, _) | Over::Own(column) | Over::Others(column) => {
            Some(column.to_owned())
        }
        Over::Municipality | Over::SignedIn => None,
    });
    columns.chain(named("t", &conditions(shape))).filter(|column| column != "id").collect()
}

/// Under which everybody reads, and those who read something before everybody does.
fn conditions(shape: &ShapeDef) -> String {
    use entaku::kernel::policy::Over;
    let before = shape.permits.iter().filter_map(|permit| match permit.over {
        Over::ScopeWhere(_, _, condition) => Some(condition),
        _ => None,
    });
    before.chain(shape.published).collect::<Vec<_>>().join(" ; ")
}

/// The other tables a shape's conditions look at, with their columns.
fn looked_at(shape: &ShapeDef) -> Vec<(String, Vec<String>)> {
    let condition = conditions(shape);
    let condition = condition.as_str();
    let tables = condition.split(" FROM ").skip(1).map(|rest| {
        let mut words = rest.split(' ');
        let (table, alias) = (words.next().expect("a table"), words.next().expect("an alias"));
        (table.to_owned(), named(alias, condition).into_iter().filter(|column| column != "id").collect())
    });
    tables.collect()
}

/// The columns of an alias in a condition, the municipality apart.
fn named(alias: &str, condition: &str) -> Vec<String> {
    let words = condition.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    let columns = words.filter_map(|word| word.strip_prefix(&format!("{alias}.")));
    columns.filter(|column| *column != "municipality_id").map(str::to_owned).collect()
}
