//! What the database itself keeps.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

/// Sums, states and limits stand in the database, too: what the program would let through by mistake is refused there.
#[tokio::test]
async fn m8_m13_the_database_keeps_the_life_of_a_grant() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(900_000)).await;
    s.fixed(&id, 500_000).await;
    let uuid = decode(&id).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    for set in [
        "state = 'SETTLED'",
        "state = 'PAID'",
        "state = 'DECIDED'",
        "state = 'REPAID'",
        "repaid_yen = 400000",
        "repaid_yen = 400001",
        "ordered_yen = 1, kept_yen = 399999",
        "fixed_yen = 600000",
        "eligible_yen = 600000, fixed_yen = 600000",
        "fixed_by = examined_by",
        "examined_by = reported_by",
        "paid_yen = 800000",
        "paid_yen = 1000000",
        "decided_yen = 1",
        "subgranted_yen = 1",
        "offset_yen = 1",
        "revoked_on = '2026-05-20', ordered_yen = 0",
        "revoked_by = submitted_by",
    ] {
        let update = format!("UPDATE grant_applications SET {set} WHERE id = '{uuid}'");
        assert_eq!(attempt(&mut app, &update).await, Err("23514".into()), "{set}");
    }
    let pay = format!(
        "INSERT INTO grant_payments (id, application_id, organization_id, district_id, number, kind, amount_yen, paid_on, journal_id)
         SELECT gen_random_uuid(), id, organization_id, district_id, 9, 'ADVANCE', 1, paid_on, commitment_id
         FROM grant_applications WHERE id = '{uuid}'"
    );
    assert_eq!(attempt(&mut app, &pay).await, Err("23514".into()));
    for table in ["grant_payments", "grant_reports", "grant_offsets"] {
        let update = format!("UPDATE {table} SET revision = 1");
        assert_eq!(attempt(&mut app, &update).await, Err("42501".into()), "{table}");
        assert_eq!(attempt(&mut app, &format!("DELETE FROM {table}")).await, Err("42501".into()), "{table}");
    }
}

/// Nothing is invented and nothing lost: what the schema before cannot hold keeps it from coming back.
#[tokio::test]
async fn going_back_is_refused_while_a_grant_is_paid_in_part() {
    use migration::{Migrator, MigratorTrait};
    use sea_orm::ConnectionTrait;
    let own = crate::support::database::Own::migrated().await;
    let s = Scene::over(crate::support::town::app_over(&own.url("entaku_app"))).await;
    let s = s.under(&quarters()).await;
    let id = s.granted(1_000).await;
    s.pay(&id, Some(400)).await;
    let owner = crate::migrations::owner(&own).await;
    let newest = async || {
        let applied = Migrator::get_applied_migrations(&owner).await.expect("applied");
        applied.last().map(|migration| migration.name().to_owned()).expect("a migration")
    };
    while newest().await != "m0029_grant_life" {
        Migrator::down(&owner, Some(1)).await.expect("down");
    }
    let refused = Migrator::down(&owner, Some(1)).await.expect_err("it holds what was not known before");
    assert!(refused.to_string().contains("m0029 cannot be undone: 1 grant application"), "{refused}");
    owner.execute_unprepared("SELECT paid_yen FROM grant_applications").await.expect("nothing is gone");
    owner.close().await.expect("closed");
}
