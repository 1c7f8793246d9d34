//! The ledger against raw SQL: what the application's role cannot do, and what not even the owner can. Below it, the
//! ledger against everybody at once, chance, and whatever dies in the middle.

use entaku::kernel::error::{Error, Refusal};
use entaku::kernel::fiscal_year::FiscalYear;
use entaku::kernel::money::Yen;
use entaku::kernel::read::sql::Sql;
use entaku::kernel::tx::Tx;
use entaku::ledger::entity::{AccountKind, LedgerJournalId};
use entaku::ledger::{self, Journal, transfer};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, raw_sql};
use uuid::Uuid;

use crate::support::{Town, database};

mod crash;
mod histories;
mod order;
mod overspend;
mod restore;
mod retries;
mod retry;
mod watch;

const YEAR: FiscalYear = FiscalYear(2026);

/// A role's own connection inside a municipality.
pub async fn inside(town: &Town, role: &str) -> PgConnection {
    let mut connection = PgConnection::connect(&database::url(role)).await.expect("a connection");
    let set = format!("SELECT set_config('entaku.municipality', '{}', false)", town.id.0);
    raw_sql(AssertSqlSafe(set)).execute(&mut connection).await.expect("inside");
    connection
}

/// Runs statements in one transaction; the SQLSTATE where they or their commit are refused.
pub async fn attempt(connection: &mut PgConnection, sql: &str) -> Result<(), String> {
    let whole = format!("BEGIN; {sql}; COMMIT");
    let done = raw_sql(AssertSqlSafe(whole)).execute(&mut *connection).await;
    let code = done.map(|_| ()).map_err(|error| match error {
        sqlx::Error::Database(db) => db.code().map(String::from).unwrap_or_default(),
        other => panic!("{other}"),
    });
    raw_sql("ROLLBACK").execute(connection).await.expect("ended");
    code
}

/// One number out of the database.
async fn number(connection: &mut PgConnection, sql: String) -> i64 {
    sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await.expect("a row").get(0)
}

fn short() -> Refusal {
    Refusal::new("SHORT", "不足", "short")
}

fn journal(from: (AccountKind, Uuid), to: (AccountKind, Uuid), amount: i64) -> Journal {
    Journal {
        kind: "TEST",
        subject: Uuid::now_v7(),
        fiscal_year: YEAR,
        memo: "試し".into(),
        once: false,
        legs: transfer(from, to, Yen(amount)),
        when_short: short(),
    }
}

/// Posts in a transaction of its own.
async fn post(town: &Town, journal: Journal) -> Result<LedgerJournalId, Error> {
    let tx = town.system();
    let done = ledger::post(&tx, journal).await;
    settled(tx, done).await
}

/// Commits what was done, and gives back the connection of what was not.
async fn settled<T>(tx: Tx, done: Result<T, Error>) -> Result<T, Error> {
    match done {
        Ok(done) => tx.commit().await.map(|()| done),
        Err(error) => {
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

/// Undoes in a transaction of its own.
async fn reverse(town: &Town, id: LedgerJournalId) -> Result<LedgerJournalId, Error> {
    let tx = town.system();
    let done = ledger::reverse(&tx, id, "TEST_REVERSED", "取消").await;
    settled(tx, done).await
}

/// A budget with money in it, and the journal that put it there.
async fn budget(town: &Town, amount: i64) -> (Uuid, LedgerJournalId) {
    let programme = Uuid::now_v7();
    let source = (AccountKind::Appropriation, town.id.0);
    let id = post(town, journal(source, (AccountKind::Budget, programme), amount)).await.expect("posted");
    (programme, id)
}

fn reason<T: std::fmt::Debug>(done: Result<T, Error>) -> &'static str {
    done.expect_err("refused").reason()
}

#[tokio::test]
async fn m1_the_application_writes_no_ledger_table() {
    let town = Town::new().await;
    budget(&town, 1_000).await;
    let mut app = inside(&town, "entaku_app").await;
    for table in ["ledger_accounts", "ledger_journals", "ledger_entries", "ledger_years"] {
        let insert = format!("INSERT INTO {table} SELECT * FROM {table}");
        let update = format!("UPDATE {table} SET id = id");
        for sql in [insert, update, format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
            assert_eq!(attempt(&mut app, &sql).await, Err("42501".into()), "{sql}");
        }
        assert_eq!(attempt(&mut app, &format!("SELECT count(*) FROM {table}")).await, Ok(()));
    }
    let mut worker = inside(&town, "entaku_worker").await;
    let call = "SELECT ledger_post(gen_random_uuid(), 'X', gen_random_uuid(), 2026, '', false, NULL, '{}', '{}', '{}')";
    assert_eq!(attempt(&mut worker, call).await, Err("42501".into()));
}

#[tokio::test]
async fn m1_nobody_edits_what_is_posted() {
    let town = Town::new().await;
    budget(&town, 1_000).await;
    for role in ["entaku_owner", "postgres"] {
        let mut connection = inside(&town, role).await;
        for sql in [
            "UPDATE ledger_journals SET memo = 'x'",
            "UPDATE ledger_entries SET amount = 1",
            "UPDATE ledger_accounts SET balance = balance + 1",
            "DELETE FROM ledger_journals",
            "DELETE FROM ledger_entries",
            "DELETE FROM ledger_accounts",
            "TRUNCATE ledger_entries",
            "TRUNCATE ledger_journals CASCADE",
            "TRUNCATE ledger_accounts CASCADE",
            "INSERT INTO ledger_accounts (id, kind, owner_id, fiscal_year, floor, balance)
                VALUES (gen_random_uuid(), 'BUDGET', gen_random_uuid(), 2026, 0, 5)",
        ] {
            // TRUNCATE locks whole tables before it is refused, and others of the same database are at work: it gives up
            // before anybody of them is taken for the victim of a deadlock, and comes again.
            let brief = format!("SET LOCAL lock_timeout = '100ms'; {sql}");
            let mut refused = attempt(&mut connection, &brief).await;
            while refused == Err("55P03".into()) || refused == Err("40P01".into()) {
                refused = attempt(&mut connection, &brief).await;
            }
            assert_eq!(refused, Err("42501".into()), "{role}: {sql}");
        }
    }
}

/// A journal head as the owner of the tables writes it, and an entry of it.
fn head(id: Uuid, legs: i32, reverses: Option<Uuid>) -> String {
    let reverses = reverses.map_or("NULL".to_owned(), |id| format!("'{id}'"));
    format!(
        "INSERT INTO ledger_journals (id, kind, subject_id, fiscal_year, legs, reverses)
            VALUES ('{id}', 'RAW', '{id}', 2026, {legs}, {reverses});"
    )
}

fn entry(journal: Uuid, kind: &str, owner: Uuid, amount: i64) -> String {
    format!(
        "INSERT INTO ledger_entries (id, journal_id, account_id, amount, balance_after, account_version)
            SELECT gen_random_uuid(), '{journal}', id, {amount}, balance + {amount}, version + 1 FROM ledger_accounts
            WHERE municipality_id = entaku_municipality() AND kind = '{kind}' AND owner_id = '{owner}';"
    )
}

#[tokio::test]
async fn m2_a_journal_is_whole_and_zero_sum_at_its_commit() {
    let town = Town::new().await;
    let (programme, old) = budget(&town, 1_000).await;
    let (source, budget) = (("APPROPRIATION", town.id.0), ("BUDGET", programme));
    let mut owner = inside(&town, "entaku_owner").await;
    let id = Uuid::now_v7;
    let entries = |journal, amounts: [i64; 2]| {
        entry(journal, source.0, source.1, amounts[0]) + &entry(journal, budget.0, budget.1, amounts[1])
    };
    let (none, one, uneven, many) = (id(), id(), id(), id());
    for sql in [
        head(none, 2, None),
        head(one, 2, None) + &entry(one, budget.0, budget.1, 5),
        head(uneven, 2, None) + &entries(uneven, [-5, 6]),
        head(many, 3, None) + &entries(many, [-5, 5]),
        entry(old.0, budget.0, budget.1, 5),
        head(one, 1, None) + &entry(one, budget.0, budget.1, 5),
    ] {
        assert_eq!(attempt(&mut owner, &sql).await.map_err(|c| c == "23514" || c == "23505"), Err(true), "{sql}");
    }
    let good = id();
    assert_eq!(attempt(&mut owner, &(head(good, 2, None) + &entries(good, [-5, 5]))).await, Ok(()));
    assert_eq!(balance(&town, "BUDGET").await, 1_005);
}

#[tokio::test]
async fn m2_an_entry_goes_on_from_where_its_account_stands() {
    let town = Town::new().await;
    let (programme, _) = budget(&town, 1_000).await;
    let mut owner = inside(&town, "entaku_owner").await;
    let posting = |said: &str| {
        let id = Uuid::now_v7();
        let told = entry(id, "APPROPRIATION", town.id.0, -5) + &entry(id, "BUDGET", programme, 5);
        head(id, 2, None) + &told.replace("balance + 5, version + 1", said)
    };
    for said in ["balance, version + 1", "balance + 5, version", "balance + 5, version + 2"] {
        assert!(attempt(&mut owner, &posting(said)).await.is_err_and(|c| c == "23514" || c == "23505"), "{said}");
    }
    assert_eq!(balance(&town, "BUDGET").await, 1_000);
    assert_eq!(attempt(&mut owner, &posting("balance + 5, version + 1")).await, Ok(()));
    assert_eq!(balance(&town, "BUDGET").await, 1_005);
}

#[tokio::test]
async fn m2_even_a_balanced_pair_is_not_added_to_an_old_journal() {
    let town = Town::new().await;
    let (programme, old) = budget(&town, 1_000).await;
    let grant = (AccountKind::Grant, Uuid::now_v7());
    let other = (AccountKind::Grant, Uuid::now_v7());
    post(&town, journal((AccountKind::Budget, programme), grant, 10)).await.expect("posted");
    post(&town, journal((AccountKind::Budget, programme), other, 10)).await.expect("posted");
    let mut owner = inside(&town, "entaku_owner").await;
    let pair = entry(old.0, "GRANT", grant.1, -5) + &entry(old.0, "GRANT", other.1, 5);
    assert_eq!(attempt(&mut owner, &pair).await, Err("23514".into()));
}

/// The sum of the balances of a kind in a town.
async fn balance(town: &Town, kind: &str) -> i64 {
    let mut app = inside(town, "entaku_app").await;
    number(&mut app, format!("SELECT coalesce(sum(balance), 0)::bigint FROM ledger_accounts WHERE kind = '{kind}'"))
        .await
}

/// `ledger_post` as somebody could call it who has the application's connection.
fn call(kinds: &str, owners: &[Uuid], amounts: &str, year: i32) -> String {
    let owners = owners.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",");
    format!(
        "SELECT ledger_post(gen_random_uuid(), 'RAW', gen_random_uuid(), {year}, '', false, NULL,
            '{{{kinds}}}', '{{{owners}}}', '{{{amounts}}}')"
    )
}

#[tokio::test]
async fn m3_amounts_that_are_no_transfer_are_rejected() {
    let town = Town::new().await;
    let (programme, _) = budget(&town, 1_000).await;
    let (grant, source) = (Uuid::now_v7(), town.id.0);
    let mut app = inside(&town, "entaku_app").await;
    let refused = [
        ("zero", call("BUDGET,GRANT", &[programme, grant], "0,0", 2026)),
        ("a zero among others", call("BUDGET,GRANT,PAID", &[programme, grant, grant], "-5,5,0", 2026)),
        ("from itself to itself", call("BUDGET,BUDGET", &[programme, programme], "-5,5", 2026)),
        ("uneven", call("BUDGET,GRANT", &[programme, grant], "-5,6", 2026)),
        ("one entry", call("BUDGET", &[programme], "5", 2026)),
        ("no entry", call("", &[], "", 2026)),
        ("a null", call("BUDGET,GRANT", &[programme, grant], "NULL,5", 2026)),
        ("an unknown kind", call("BUDGET,GIFT", &[programme, grant], "-5,5", 2026)),
        (
            "beyond range",
            call("APPROPRIATION,BUDGET", &[source, programme], "-9223372036854775807,9223372036854775807", 2026),
        ),
        (
            "a sum that wraps",
            call(
                "APPROPRIATION,BUDGET,GRANT",
                &[source, programme, grant],
                "2,9223372036854775807,9223372036854775807",
                2026,
            ),
        ),
        ("another fiscal year", call("BUDGET,GRANT", &[programme, grant], "-5,5", 1900)),
        ("unequal lists", call("BUDGET,GRANT", &[programme], "-5,5", 2026)),
    ];
    for (what, sql) in refused {
        let code = attempt(&mut app, &sql).await.expect_err(what);
        assert!(["23514", "23505", "22003", "23502"].contains(&code.as_str()), "{what}: {code}");
    }
    assert_eq!(balance(&town, "BUDGET").await, 1_000);
    assert_eq!(balance(&town, "GRANT").await, 0);
}

#[tokio::test]
async fn m3_nothing_falls_below_its_floor_nor_crosses_a_year() {
    let town = Town::new().await;
    let (programme, _) = budget(&town, 1_000).await;
    let grant = (AccountKind::Grant, Uuid::now_v7());
    assert_eq!(reason(post(&town, journal((AccountKind::Budget, programme), grant, 1_001)).await), "SHORT");
    assert_eq!(reason(post(&town, journal((AccountKind::Budget, programme), grant, -1)).await), "SHORT");
    let next_year = Journal { fiscal_year: FiscalYear(2027), ..journal((AccountKind::Budget, programme), grant, 1) };
    assert_eq!(reason(post(&town, next_year).await), "SHORT", "the budget of 2027 is another account");
    post(&town, journal((AccountKind::Budget, programme), grant, 1_000)).await.expect("all of it");
    let mut owner = inside(&town, "entaku_owner").await;
    let id = Uuid::now_v7();
    let crossing = head(id, 2, None).replace("2026", "2027")
        + &entry(id, "BUDGET", programme, 5)
        + &entry(id, "GRANT", grant.1, -5);
    assert_eq!(attempt(&mut owner, &crossing).await, Err("23514".into()));
}

#[tokio::test]
async fn m8_a_journal_is_undone_once_and_whole() {
    let town = Town::new().await;
    let (programme, _) = budget(&town, 1_000).await;
    let grant = (AccountKind::Grant, Uuid::now_v7());
    let given = post(&town, journal((AccountKind::Budget, programme), grant, 400)).await.expect("posted");
    let undone = reverse(&town, given).await.expect("reversed");
    assert_eq!((balance(&town, "BUDGET").await, balance(&town, "GRANT").await), (1_000, 0));
    assert_eq!(reason(reverse(&town, given).await), "DUPLICATE");
    assert_eq!(reason(reverse(&town, undone).await), "RULE");
    let again = post(&town, journal((AccountKind::Budget, programme), grant, 400)).await.expect("posted");
    let paid = (AccountKind::Paid, grant.1);
    post(&town, journal(grant, paid, 1)).await.expect("posted");
    assert_eq!(reason(reverse(&town, again).await), "BALANCE_SHORT");
    let mut owner = inside(&town, "entaku_owner").await;
    let (part, more) = (Uuid::now_v7(), Uuid::now_v7());
    for (id, amount) in [(part, 200), (more, 399)] {
        let partial = head(id, 2, Some(again.0))
            + &entry(id, "GRANT", grant.1, -amount)
            + &entry(id, "BUDGET", programme, amount);
        assert_eq!(attempt(&mut owner, &partial).await, Err("23514".into()));
    }
    let mut app = inside(&town, "entaku_app").await;
    let own = format!(
        "SELECT ledger_post(gen_random_uuid(), 'RAW', gen_random_uuid(), 2026, '', false, '{}', '{{BUDGET,GRANT}}', '{{{programme},{}}}', '{{1,-1}}')",
        again.0, grant.1
    );
    assert_eq!(attempt(&mut app, &own).await, Err("23514".into()));
}

#[tokio::test]
async fn m9_a_closed_year_takes_no_journal_and_no_reversal() {
    let town = Town::new().await;
    let (programme, given) = budget(&town, 1_000).await;
    let mut owner = inside(&town, "entaku_owner").await;
    let close = "INSERT INTO ledger_years (id, fiscal_year, closed_at) VALUES (gen_random_uuid(), 2026, now())";
    assert_eq!(attempt(&mut owner, close).await, Ok(()));
    let grant = (AccountKind::Grant, Uuid::now_v7());
    assert_eq!(reason(post(&town, journal((AccountKind::Budget, programme), grant, 1)).await), "YEAR_CLOSED");
    assert_eq!(reason(reverse(&town, given).await), "YEAR_CLOSED");
    let elsewhere = Town::beside(town.app.clone()).await;
    budget(&elsewhere, 5).await;
    let id = Uuid::now_v7();
    assert_eq!(attempt(&mut owner, &head(id, 2, None)).await, Err("23514".into()));
}

#[tokio::test]
async fn what_is_posted_once_is_posted_once() {
    let town = Town::new().await;
    let (programme, _) = budget(&town, 1_000).await;
    let subject = Uuid::now_v7();
    let once = || Journal {
        once: true,
        subject,
        ..journal((AccountKind::Budget, programme), (AccountKind::Grant, subject), 1)
    };
    post(&town, once()).await.expect("posted");
    assert_eq!(reason(post(&town, once()).await), "DUPLICATE");
    assert_eq!(balance(&town, "GRANT").await, 1);
}

#[tokio::test]
async fn z10_one_towns_ledger_is_no_other_towns() {
    let town = Town::new().await;
    let other = Town::beside(town.app.clone()).await;
    let (programme, given) = budget(&town, 1_000).await;
    assert!(matches!(reverse(&other, given).await, Err(Error::NotFound)));
    let grant = (AccountKind::Grant, Uuid::now_v7());
    assert_eq!(reason(post(&other, journal((AccountKind::Budget, programme), grant, 1)).await), "SHORT");
    let mut app = inside(&other, "entaku_app").await;
    let foreign = format!(
        "SELECT ledger_post(gen_random_uuid(), 'RAW', gen_random_uuid(), 2026, '', false, '{}', '{{}}', '{{}}', '{{}}')",
        given.0
    );
    assert_eq!(attempt(&mut app, &foreign).await, Err("23514".into()));
    assert_eq!(number(&mut app, "SELECT count(*) FROM ledger_entries".into()).await, 0);
    let mut nowhere = PgConnection::connect(&database::url("entaku_app")).await.expect("a connection");
    assert_eq!(number(&mut nowhere, "SELECT count(*) FROM ledger_accounts".into()).await, 0);
    let sql = call("BUDGET,GRANT", &[programme, grant.1], "-5,5", 2026);
    assert_eq!(attempt(&mut nowhere, &sql).await, Err("42501".into()));
}

#[tokio::test]
async fn m4_twenty_parallel_postings_never_overspend() {
    let town = Town::new().await;
    let (programme, _) = budget(&town, 1_000).await;
    let give = || post(&town, journal((AccountKind::Budget, programme), (AccountKind::Grant, Uuid::now_v7()), 100));
    let done = futures_util::future::join_all((0..20).map(|_| give())).await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 10);
    assert!(done.iter().filter_map(|d| d.as_ref().err()).all(|e| e.reason() == "SHORT"), "{done:?}");
    let mut app = inside(&town, "entaku_app").await;
    let off = "SELECT count(*) FROM ledger_accounts a, LATERAL (
            SELECT coalesce(sum(e.amount), 0) AS balance, count(*) AS entries, coalesce(max(e.account_version), 0) AS version
            FROM ledger_entries e WHERE e.account_id = a.id) e
        WHERE a.balance <> e.balance OR a.version <> e.entries OR a.version <> e.version";
    assert_eq!(number(&mut app, off.into()).await, 0);
    assert_eq!(balance(&town, "GRANT").await, 1_000);
}
