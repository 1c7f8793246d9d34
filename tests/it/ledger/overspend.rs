//! A hundred payers and twenty grants: nobody is paid what is not there, and it is the lock that sees to it (M4).

use std::time::Duration;

use entaku::kernel::error::Error;
use futures_util::future::join_all;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::support::database::Own;
use crate::support::town::app_over;

const GRANTS: i64 = 20;
const PAYERS: i64 = 100;
/// What each grant has, and what each of its five payers wants of it: three can be paid.
const HELD: i64 = 300;
const WANTED: i64 = 100;

/// How the attack ended.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    paid: usize,
    refused: usize,
    /// Yen that were paid and were not there.
    overspent: i64,
}

/// As many as can be paid, and no yen more.
const AS_IT_MUST: Ended = Ended { paid: 60, refused: 40, overspent: 0 };

/// Twenty grants with money in them.
async fn grants(town: &Town) -> Vec<Uuid> {
    let (programme, _) = budget(town, HELD * GRANTS).await;
    let mut all = Vec::new();
    for _ in 0..GRANTS {
        let grant = Uuid::now_v7();
        let given = journal((AccountKind::Budget, programme), (AccountKind::Grant, grant), HELD);
        post(town, given).await.expect("posted");
        all.push(grant);
    }
    all
}

/// Somebody who pays, and tries again while the server is busy. Was it paid?
async fn pay(town: &Town, grant: Uuid) -> bool {
    loop {
        match post(town, journal((AccountKind::Grant, grant), (AccountKind::Paid, grant), WANTED)).await {
            Ok(_) => return true,
            Err(Error::Conflict(refusal)) if refusal.reason == "SHORT" => return false,
            Err(Error::Unavailable | Error::Retry) => {}
            Err(Error::Conflict(refusal)) if refusal.reason == "IN_PROGRESS" => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// A hundred payers at once, five for each grant, side by side.
async fn attack(town: &Town, all: &[Uuid]) -> Ended {
    let payers = all.iter().flat_map(|grant| (0..PAYERS / GRANTS).map(|_| pay(town, *grant)));
    let done = join_all(payers).await;
    let paid = done.iter().filter(|paid| **paid).count();
    let missing = "SELECT coalesce(-sum(balance), 0)::bigint FROM ledger_accounts WHERE kind = 'GRANT' AND balance < 0";
    let overspent = town.system().rows(Sql::new(missing)).await.expect("a number")[0].get(0);
    Ended { paid, refused: done.len() - paid, overspent }
}

/// The rules that are found broken afterwards.
async fn broken(town: &Town) -> Vec<String> {
    let rows = town.system().rows(Sql::new("SELECT DISTINCT kind FROM ledger_faults() ORDER BY kind")).await;
    rows.expect("gone over").iter().map(|row| row.get("kind")).collect()
}

#[tokio::test]
async fn m4_a_hundred_payers_of_twenty_grants_overspend_none() {
    let town = Town::new().await;
    let all = grants(&town).await;
    assert_eq!(attack(&town, &all).await, AS_IT_MUST);
    assert_eq!(broken(&town).await, Vec::<String>::new());
}

/// The lock of `ledger_post`, as it stands in the database.
const LOCK: &str = "FOR NO KEY UPDATE OF a";
/// Where it begins to write.
const WRITE: &str = "INSERT INTO ledger_journals";
/// What a program would ask between the two that has no other wall; and a gate, at which everybody waits who was told
/// that there is enough.
const ASK: &str = "IF EXISTS (
        SELECT FROM ledger_accounts a
        JOIN unnest(p_kinds, p_owners, p_amounts) l(kind, owner, amount) ON l.kind = a.kind AND l.owner = a.owner_id
        WHERE a.municipality_id = town AND a.fiscal_year = p_fiscal_year AND a.balance + l.amount < a.floor) THEN
        RETURN 'SHORT';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(4);
    ";

/// What an entry is held against: where its account stands when it is written.
const GOES_ON: &str = "AND e.balance_after = a.balance + e.amount AND e.account_version = a.version + 1";

/// How many connections the application of a test has.
const CONNECTIONS: i64 = 8;

/// The same attack on a database of its own, in which an account may fall below its floor and entries need not follow
/// one another: what prevents it is only that `ledger_post` asks before it writes, with its lock or without. The gate opens when everybody waits who can be at
/// work, there or for somebody's lock.
async fn attack_on_a_variant(locked: bool) -> (Ended, Vec<String>) {
    let own = Own::migrated().await;
    let mut watch = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let mut gate = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let shipped = "SELECT pg_get_functiondef('ledger_post'::regproc)";
    let shipped: String = sqlx::query_scalar(shipped).fetch_one(&mut watch).await.expect("the function");
    assert!(shipped.matches(LOCK).count() == 1 && shipped.matches(WRITE).count() == 1, "{shipped}");
    let asks = shipped.replace(WRITE, &format!("{ASK}{WRITE}"));
    let variant = if locked { asks } else { asks.replace(LOCK, "") };
    let patient = "ALTER FUNCTION ledger_post SET lock_timeout = 0";
    let floor = "ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_floor";
    let sequence = "ALTER TABLE ledger_entries
        DROP CONSTRAINT ledger_entries_municipality_id_account_id_account_version_key";
    let moved = "SELECT pg_get_functiondef('ledger_move'::regproc)";
    let moved: String = sqlx::query_scalar(moved).fetch_one(&mut watch).await.expect("the function");
    assert_eq!(moved.matches(GOES_ON).count(), 1, "{moved}");
    let careless = moved.replace(GOES_ON, "");
    for sql in [variant.as_str(), patient, floor, sequence, &careless] {
        raw_sql(AssertSqlSafe(sql)).execute(&mut watch).await.expect("varied");
    }
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    let all = grants(&town).await;
    raw_sql("SELECT pg_advisory_lock(4)").execute(&mut gate).await.expect("shut");
    let opened = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND usename = 'entaku_app' AND wait_event_type = 'Lock'";
        while number(&mut watch, waiting.into()).await < CONNECTIONS {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        raw_sql("SELECT pg_advisory_unlock(4)").execute(&mut gate).await.expect("opened");
    };
    let (ended, ()) = tokio::join!(attack(&town, &all), opened);
    (ended, broken(&town).await)
}

/// That the attack is one: where nothing but asking prevents it, the lock does, and without the lock it succeeds.
#[tokio::test]
async fn m4_the_same_attack_overspends_where_the_lock_is_taken_out() {
    assert_eq!(attack_on_a_variant(true).await, (AS_IT_MUST, vec![]));
    let (ended, broken) = attack_on_a_variant(false).await;
    assert!(ended.overspent > 0 && ended.paid > AS_IT_MUST.paid, "{ended:?}");
    assert_eq!(broken, ["BELOW_FLOOR", "SEQUENCE"], "and the verification would have found it");
}
