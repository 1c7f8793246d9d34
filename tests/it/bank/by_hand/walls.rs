//! Notices past the program.

#[allow(clippy::wildcard_imports)] // the hall and the notices
use super::*;
use crate::bank::instalments::broken;
use crate::ledger::inside;

/// The database says the same to whoever comes to it past the program.
#[tokio::test]
async fn m14_the_database_takes_no_outcome_that_the_bank_did_not_tell() {
    let hall = Hall::new().await;
    let town = &hall.scene.town;
    let (file, _) = hall.file_of(&[300_000]).await;
    let (other, client) = town.person(Role::Payer, ScopeKind::Municipality, None).await;
    let paper = entaku::kernel::id::decode(&notice(&client).await).expect("an id").1;
    let maker = "(SELECT produced_by FROM bank_transfers)";
    let mut app = inside(town, "entaku_app").await;
    let insert = |by: &str, paid: bool, day: &str, reason: &str| {
        format!(
            "SELECT set_config('entaku.actor', {by}::text, true);
             INSERT INTO bank_notices (id, line_id, paid, told_on, reason, file_id, attached_by, name, media_type, size, sha256)
                SELECT gen_random_uuid(), l.id, {paid}, {day}, {reason}, '{paper}', {by}, 'a.csv', 'text/csv', 3, repeat('0', 64)
                FROM bank_transfer_lines l"
        )
    };
    let other = format!("'{}'::uuid", other.0);
    let failed = "UPDATE bank_transfer_lines SET state = 'FAILED'";
    let (day, reason) = ("'2026-05-20'", "'相違'");
    for (statement, constraint) in [
        (failed.to_owned(), "bank_transfer_lines_told"),
        (insert(maker, false, day, reason), "duties_apart"),
        (insert(&other, true, "'2026-05-19'", "NULL"), "bank_notices_day"),
        (insert(&other, false, "entaku_today() + 1", reason), "bank_notices_day"),
        (insert(&other, false, day, "NULL"), "bank_notices_reason"),
        (insert(&other, false, day, reason), "bank_transfer_lines_told"),
        (insert(&other, true, day, "NULL") + "; " + failed, "bank_transfer_lines_told"),
    ] {
        assert_eq!(broken(&mut app, statement.clone()).await, constraint, "{statement}");
    }
    let forged = format!(
        "SELECT set_config('entaku.actor', {maker}::text, true); {}",
        insert(&other, false, day, reason).split_once(';').expect("two").1
    );
    assert_eq!(broken(&mut app, forged).await, "duties_apart");
    let again = notice(&client).await;
    client.run(RECORD, told(&file, &again, 1, false)).await.data();
    assert_eq!(broken(&mut app, insert(&other, false, day, reason)).await, "bank_notices_waiting");
    for statement in ["UPDATE bank_notices SET paid = true", "DELETE FROM bank_notices"] {
        let refused = format!("{:?}", town.system().run(Sql::new(statement)).await.expect_err(statement));
        assert!(refused.contains("permission denied"), "{statement}: {refused}");
    }
}
