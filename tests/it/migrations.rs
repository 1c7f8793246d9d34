//! Migrations over a populated database of two towns: up, down, up; and a planted orphan is noticed.
#![allow(clippy::disallowed_types)] // as the owner, beside the door

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use sqlx::{Connection, PgConnection, Row};

use crate::support::database::{self, Own};

pub(crate) async fn owner(own: &Own) -> DatabaseConnection {
    let mut options = ConnectOptions::new(own.url("entaku_owner"));
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("a connection")
}

async fn count(owner: &DatabaseConnection, sql: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
    owner.query_one_raw(statement).await.expect("a row").expect("a row").try_get_by_index(0).expect("a number")
}

const TOWNS: &str = "
    INSERT INTO municipalities (id, code, name) VALUES
        ('00000000-0000-7000-8000-000000000001', '011002', '一の町'), ('00000000-0000-7000-8000-000000000002', '012025', '二の町');
    INSERT INTO districts (municipality_id, id, name, area_unit)
        SELECT id, gen_random_uuid(), '地区', 'OAZA' FROM municipalities;
    INSERT INTO organizations (municipality_id, id, district_id, name, kind, stage)
        SELECT municipality_id, gen_random_uuid(), id, '会', 'FEDERATION', 'ACTIVE' FROM districts;";

#[tokio::test]
async fn up_down_up_over_two_populated_towns_as_the_owner() {
    let own = Own::new().await;
    let owner = owner(&own).await;
    Migrator::up(&owner, None).await.expect("up");
    owner.execute_unprepared(TOWNS).await.expect("two towns");
    assert_eq!(count(&owner, "SELECT count(*) FROM organizations").await, 2, "the owner sees every town");
    assert_eq!(count(&owner, "SELECT count(*) FROM audit_entries").await, 4);
    for _ in Migrator::migrations() {
        Migrator::down(&owner, Some(1)).await.expect("down");
    }
    assert_eq!(count(&owner, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'seaql_migrations'").await, 0);
    assert_eq!(count(&owner, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace").await, 0);
    Migrator::up(&owner, None).await.expect("up again");
    owner.close().await.expect("closed");
}

/// As an owner under forced row security a foreign key over orphans would validate; ours must not.
#[tokio::test]
async fn z12_a_planted_orphan_and_a_reference_across_towns_are_refused() {
    let own = Own::new().await;
    let owner = owner(&own).await;
    Migrator::up(&owner, None).await.expect("up");
    owner.execute_unprepared(TOWNS).await.expect("two towns");
    let across =
        "UPDATE organizations o SET district_id = d.id FROM districts d WHERE d.municipality_id <> o.municipality_id";
    assert!(owner.execute_unprepared(across).await.is_err());
    let key = "SELECT conname::text FROM pg_constraint WHERE conrelid = 'organizations'::regclass AND confrelid = 'districts'::regclass";
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, key);
    let name: String =
        owner.query_one_raw(statement).await.expect("a row").expect("a key").try_get_by_index(0).expect("a name");
    let plant = format!(
        "ALTER TABLE organizations DROP CONSTRAINT {name}; UPDATE organizations SET district_id = gen_random_uuid()"
    );
    owner.execute_unprepared(&plant).await.expect("planted");
    let add = "ALTER TABLE organizations ADD FOREIGN KEY (municipality_id, district_id) REFERENCES districts (municipality_id, id)";
    assert!(owner.execute_unprepared(add).await.is_err(), "the orphan is noticed");
    owner.close().await.expect("closed");
}

/// Z15: definer functions have a fixed search path and are nobody's to call but whom they are granted to.
#[tokio::test]
async fn z15_definer_functions_are_closed() {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let rows = sqlx::query(
        "SELECT proname::text AS name, coalesce(array_to_string(proconfig, ','), '') AS config,
            EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) a WHERE a.grantee = 0) AS open
         FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("functions");
    assert!(!rows.is_empty());
    for row in rows {
        let name: String = row.get("name");
        assert!(row.get::<String, _>("config").contains("search_path="), "{name} has no fixed search path");
        assert!(!row.get::<bool, _>("open"), "everybody may call {name}");
    }
}

/// The database tells them in the order of their names: a server compares.
#[test]
fn migrations_are_named_by_their_files_and_in_their_order() {
    let names: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(
        names.iter().all(|name| name.len() > 6 && name.starts_with("m00") && name.as_bytes()[5] == b'_'),
        "{names:?}"
    );
}
