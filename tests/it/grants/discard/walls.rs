//! The database holds it as well, and whoever comes at the same time finds it done or not begun.

use sqlx::{AssertSqlSafe, PgConnection, raw_sql};

#[allow(clippy::wildcard_imports)] // the documents of these tests
use super::*;

/// The rule of the database by whose name a statement, or its commit, is refused; nothing where it is not.
async fn refusal(connection: &mut PgConnection, sql: &str) -> Option<String> {
    let whole = format!("BEGIN; {sql}; SET CONSTRAINTS ALL IMMEDIATE");
    let done = raw_sql(AssertSqlSafe(whole)).execute(&mut *connection).await;
    raw_sql("ROLLBACK").execute(connection).await.expect("rolled back");
    let error = done.err()?;
    let name = error.as_database_error().and_then(|error| error.constraint()).map(str::to_owned);
    Some(name.unwrap_or_else(|| error.to_string()))
}

fn uuid(id: &str) -> uuid::Uuid {
    decode(id).expect("an id").1
}

/// Of a draft, what is refused once it is discarded, and not before.
#[tokio::test]
async fn the_database_lets_nothing_be_done_with_what_was_discarded() {
    let o = Office::new().await;
    allocate(&o.staff, &o.programme, &o.organizations[0], 1_000).await.data();
    let rule = o.enacted("4000").await;
    o.run(&rule, "REAL").await;
    let later = made(&o.staff, 2027, "次年度の交付金").await;
    let (programme, organization) = (uuid(&o.programme), uuid(&o.organizations[1]));
    let copy = |table: &str, change: &str| {
        format!(
            "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(t)
                || jsonb_build_object('id', gen_random_uuid(), {change}))).* FROM {table} t WHERE programme_id = '{programme}' LIMIT 1"
        )
    };
    let statements = [
        format!("UPDATE grant_programmes SET summary = '別の概要' WHERE id = '{programme}'"),
        format!("UPDATE grant_allocations SET amount_yen = amount_yen + 1 WHERE programme_id = '{programme}'"),
        copy("grant_allocations", &format!("'amount_yen', 1, 'organization_id', '{organization}'")),
        copy("grant_runs", "'title', 'もう一度'"),
        format!("UPDATE grant_programmes SET previous_id = '{programme}' WHERE id = '{}'", uuid(&later)),
    ];
    let mut app = inside(&o.town, "entaku_app").await;
    for sql in &statements {
        assert_eq!(refusal(&mut app, sql).await, None, "before: {sql}");
    }
    o.staff.run(DISCARD, why(&o.programme)).await.data();
    let last = [
        format!(
            "UPDATE grant_programmes SET discarded_on = NULL, discarded_by = NULL, discard_reason = NULL,
            budget_yen = 1 WHERE id = '{programme}'"
        ),
        format!(
            "UPDATE grant_programmes SET state = 'PUBLISHED', published_by = gen_random_uuid() WHERE id = '{programme}'"
        ),
    ];
    for sql in statements.iter().chain(&last) {
        assert_eq!(refusal(&mut app, sql).await, Some("grant_programmes_discarded".into()), "{sql}");
    }
}

/// Discarding is done whole, by whoever does it, of what nobody else has seen or named.
#[tokio::test]
async fn the_database_discards_nothing_by_halves() {
    let s = Scene::new().await;
    let (account, _) = s.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    let earlier = made(&s.staff, 2026, "初年度の交付金").await;
    let later = made(&s.staff, 2027, "次年度の交付金").await;
    let mut app = inside(&s.town, "entaku_app").await;
    let discard = |of: &str, on: &str, by: &str, yen: i64| {
        format!(
            "SELECT set_config('entaku.actor', '{}', true), set_config('entaku.now', '{}', true);
             UPDATE grant_programmes SET discarded_on = {on}, discarded_by = {by}, discard_reason = '不要',
                budget_yen = {yen} WHERE id = '{}'",
            account.0,
            start().to_rfc3339(),
            uuid(of)
        )
    };
    let me = format!("'{}'", account.0);
    let (discarded, budget) = ("grant_programmes_discarded", "grant_programmes_budget");
    for (sql, by) in [
        (discard(&later, "entaku_today()", &me, 0), budget),
        (discard(&later, "entaku_today()", &me, 1_000_000), "grant_programmes_budget_yen_check"),
        (discard(&later, "entaku_today() - 1", &me, 0), discarded),
        (discard(&later, "entaku_today()", "created_by", 0), discarded),
        (discard(&later, "NULL", &me, 1_000_000), discarded),
        (discard(&s.programme, "entaku_today()", &me, 0), discarded),
    ] {
        assert_eq!(refusal(&mut app, &sql).await, Some(by.into()), "{sql}");
    }
    names(&s.staff, &later, &earlier).await.data();
    let sql = discard(&earlier, "entaku_today()", &me, 0);
    assert_eq!(refusal(&mut app, &sql).await, Some("grant_programmes_succeeded".into()));
}

/// Of two who come at once the second finds what the first did.
#[tokio::test]
async fn m13_discarding_goes_well_with_nothing_else_at_once() {
    let o = Office::new().await;
    for n in 0..6 {
        let id = made(&o.staff, 2026, &format!("{n}番目の交付金")).await;
        let (gone, public) = tokio::join!(
            insist(|| o.staff.run(DISCARD, why(&id))),
            insist(|| o.approver.run(PROGRAMME_PUBLISH, json!({ "id": id }))),
        );
        let both = (gone.code(), public.code());
        let known = [("(none)", "CONFLICT/DISCARDED"), ("CONFLICT/STATE", "(none)")];
        assert!(known.contains(&(both.0.as_str(), both.1.as_str())), "{both:?}");

        let id = made(&o.staff, 2026, &format!("{n}番目の配分")).await;
        let (gone, set) = tokio::join!(
            insist(|| o.staff.run(DISCARD, why(&id))),
            insist(|| allocate(&o.staff, &id, &o.organizations[0], 1_000)),
        );
        gone.data();
        assert!(["(none)", "CONFLICT/DISCARDED"].contains(&set.code().as_str()), "{}", set.text);

        let id = made(&o.staff, 2026, &format!("{n}番目の前年度")).await;
        let later = made(&o.staff, 2027, &format!("{n}番目の翌年度")).await;
        let (gone, named) =
            tokio::join!(insist(|| o.staff.run(DISCARD, why(&id))), insist(|| names(&o.staff, &later, &id)),);
        let both = (gone.code(), named.code());
        let one = both.0 == "(none)" && both.1.starts_with("INVALID_INPUT")
            || both == ("CONFLICT/SUCCEEDED".to_owned(), "(none)".to_owned());
        assert!(one, "{both:?}");
    }
    is_sound(&o.staff).await;
}

/// What the schema before cannot hold keeps it from coming back.
#[tokio::test]
async fn going_back_is_refused_once_something_was_discarded() {
    use migration::{Migrator, MigratorTrait};
    use sea_orm::ConnectionTrait;
    let own = crate::support::database::Own::migrated().await;
    let o = Office::of(Town::beside(crate::support::town::app_over(&own.url("entaku_app"))).await).await;
    let owner = crate::migrations::owner(&own).await;
    let newest = async || {
        let applied = Migrator::get_applied_migrations(&owner).await.expect("applied");
        applied.last().map(|migration| migration.name().to_owned()).expect("a migration")
    };
    while newest().await.as_str() >= "m0055" {
        Migrator::down(&owner, Some(1)).await.expect("nothing was discarded");
    }
    Migrator::up(&owner, None).await.expect("up");
    o.staff.run(DISCARD, why(&o.programme)).await.data();
    while newest().await != "m0055_years_and_drafts" {
        Migrator::down(&owner, Some(1)).await.expect("down");
    }
    let refused = Migrator::down(&owner, Some(1)).await.expect_err("it was discarded").to_string();
    assert!(refused.contains("m0055 cannot be undone: 1 programmes"), "{refused}");
    owner.execute_unprepared("SELECT discarded_on FROM grant_programmes").await.expect("nothing is gone");
    owner.close().await.expect("closed");
}
