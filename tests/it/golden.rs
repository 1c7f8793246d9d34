//! Files that are made from the program and reviewed in every change. `ENTAKU_REGENERATE=1 bin/test -- golden
//! matrix` renews them all.

use std::fmt::Write;
use std::path::Path;

use entaku::api::schema::{Nouns, sdl};
use entaku::kernel::policy::{Action, Over};
use entaku::kernel::principal::PROOF_LIFE;
use entaku::kernel::read::{Catalogue, ShapeDef};
use sqlx::{Connection, PgConnection};

use crate::support::database;

/// Compares a generated text with the kept file, or renews it.
#[track_caller]
pub fn compare(path: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("ENTAKU_REGENERATE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(&file, now).expect("written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == now,
        "{path} is not current: run ENTAKU_REGENERATE=1 bin/test -- golden matrix and review the change"
    );
}

#[test]
fn schema_graphql_is_current() {
    compare("schema.graphql", &sdl());
}

#[test]
fn policy_txt_is_current() {
    let mut text = String::from("Who may do what. Read by officials, made from the code.\n");
    for shape in Nouns::queries().shapes() {
        write_policy(shape, &mut text);
    }
    compare("tests/golden/policy.txt", &text);
}

fn write_policy(shape: &ShapeDef, text: &mut String) {
    writeln!(text, "\n{} — {}", shape.name, shape.doc).expect("text");
    if let Some(condition) = shape.published {
        writeln!(text, "  {:<28} everybody, where {condition}", "read").expect("text");
    }
    for permit in &shape.permits {
        writeln!(text, "  {:<28} {}", permit.action.0, who(permit.roles, permit.over)).expect("text");
    }
    for duty in &shape.duties {
        let columns = duty.columns.join(", ");
        writeln!(text, "  {:<28} never the account in {columns}", duty.action.0).expect("text");
    }
    for hands in &shape.hands {
        writeln!(text, "  {:<28} none of {}", hands.action.0, hands.accounts).expect("text");
    }
    for action in &shape.stepped_up {
        let minutes = PROOF_LIFE.num_minutes();
        writeln!(text, "  {:<28} only with a proof of identity of the last {minutes} minutes", action.0).expect("text");
    }
    for field in &shape.fields {
        if let Some(mask) = &field.mask {
            for permit in &mask.permits {
                writeln!(text, "  {:<28} {}", format!("see .{}", field.name), who(permit.roles, permit.over))
                    .expect("text");
            }
            if let Some(column) = mask.unless {
                writeln!(text, "  {:<28} everybody, where {column}", format!("see .{}", field.name)).expect("text");
            }
        }
    }
    assert!(
        shape.permits.iter().any(|p| p.action == Action::READ) || shape.published.is_some(),
        "{} is read by nobody",
        shape.name
    );
}

fn who(roles: &[entaku::kernel::principal::Role], over: Over) -> String {
    let roles = roles.iter().map(|r| r.word()).collect::<Vec<_>>().join(", ");
    match over {
        Over::Municipality => format!("{roles} of the municipality"),
        Over::Scope(kind, column) => format!("{roles} of the {} in {column}", kind.word().to_lowercase()),
        Over::ScopeWhere(kind, column, condition) => {
            format!("{roles} of the {} in {column}, where {condition}", kind.word().to_lowercase())
        }
        Over::Own(column) => format!("the account in {column}"),
        Over::Others(column) => format!("{roles} of the municipality, but not the account in {column}"),
        Over::SignedIn => "anybody signed in".to_owned(),
    }
}

/// Every table, its class and what the application may do with it.
#[tokio::test]
async fn table_catalogue_is_current() {
    let mut connection = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.relname::text, concat_ws(' ',
            CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'walled' ELSE 'open' END,
            (SELECT 'key(' || string_agg(a.attname, ',' ORDER BY k.n) || ')' FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, n)
                JOIN pg_attribute a ON a.attnum = k.attnum WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid),
            (SELECT 'triggers(' || string_agg(t.tgname, ',' ORDER BY t.tgname) || ')' FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
            (SELECT NULLIF(concat_ws(' ', 'part_of(' || NULLIF(a[2], '') || ')', 'judged_by(' || NULLIF(a[3], '') || ')', 'opened_by(' || NULLIF(a[4], '') || ')', NULLIF(a[5], '')), '')
                FROM (SELECT string_to_array(encode(t.tgargs, 'escape'), '\\000') a FROM pg_trigger t
                    WHERE t.tgrelid = c.oid AND t.tgname = 'changed') told),
            (SELECT 'app(' || string_agg(p, ',' ORDER BY p) || ')' FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE']) p
                WHERE has_table_privilege('entaku_app', c.oid, p)),
            (SELECT 'worker(' || string_agg(p, ',' ORDER BY p) || ')' FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE']) p
                WHERE has_table_privilege('entaku_worker', c.oid, p)))
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the catalogue");
    let text: String = rows.iter().map(|(name, facts)| format!("{name}: {facts}\n")).collect();
    compare("tests/golden/tables.txt", &text);
}
