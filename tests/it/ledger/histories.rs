//! Random histories against a model in memory (M11): whatever is appropriated, allocated, obligated, paid, taken back,
//! returned, reversed, closed and reopened in whatever order, the ledger answers as the model does and ends with the same entries.
//!
//! A history has a fiscal year of its own, so that many run at once in one municipality. One in ten goes through the program,
//! each step in a transaction of its own; the others are sent whole ([`whole`]). How many are tried says
//! `ENTAKU_LEDGER_HISTORIES`.

use std::collections::BTreeMap;

use entaku::kernel::read::sql::Param;
use entaku::ledger::Leg;
use futures_util::StreamExt;
use futures_util::stream;
use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::support::town::app;

mod model;
mod whole;

use model::{Act, Model, Outcome, Step};

/// How many histories are tried where nobody says.
const HISTORIES: u32 = 10_000;
/// How many are tried in one municipality, and how many of them at once; as many as this less one are sent whole for one that is
/// not.
const TOGETHER: u32 = 100;
const AT_ONCE: usize = 16;
const STEP_BY_STEP: usize = 10;
/// The year of the first.
const FIRST: i32 = 1989;

fn step() -> impl Strategy<Value = Step> {
    let (programme, grant) = (0usize..2, 0usize..2);
    prop_oneof![
        4 => (programme.clone(), 20i64..200).prop_map(|(p, yen)| Step::Appropriate(p, yen)),
        5 => (programme, grant.clone(), 10i64..100).prop_map(|(p, g, yen)| Step::Allocate(p, g, yen)),
        5 => (grant.clone(), 1i64..60).prop_map(|(g, yen)| Step::Obligate(g, yen)),
        4 => (grant.clone(), 1i64..40).prop_map(|(g, yen)| Step::Pay(g, yen)),
        2 => (grant.clone(), 1i64..40).prop_map(|(g, yen)| Step::Return(g, yen)),
        3 => grant.prop_map(Step::TakeBack),
        4 => (0usize..24).prop_map(Step::Reverse),
        2 => proptest::strategy::Just(Step::Close),
        2 => proptest::strategy::Just(Step::Reopen),
    ]
}

/// A history in which every answer is given, beside the random ones: a year that is closed while something is promised is
/// one of them in a hundred.
fn every_answer() -> Vec<Step> {
    use Step::{Allocate, Appropriate, Close, Obligate, Pay, Reopen, Return, Reverse, TakeBack};
    let promised = [Reopen, Appropriate(0, 100), Allocate(0, 0, 50), Allocate(0, 0, 90), Obligate(0, 20), Close];
    let returned = [Reverse(2), Reverse(2), Reverse(3), Close, Appropriate(0, 1), Reopen];
    let paid_again =
        [Obligate(0, 20), Pay(0, 10), TakeBack(0), Pay(0, 20), TakeBack(0), Pay(0, 20), Return(0, 1), TakeBack(0)];
    promised.into_iter().chain(returned).chain(paid_again).collect()
}

#[test]
fn m11_random_histories_end_as_the_model_says() {
    let wanted = std::env::var("ENTAKU_LEDGER_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(HISTORIES);
    let runtime = Runtime::new().expect("a runtime");
    let app = app();
    let seen = std::cell::RefCell::new(BTreeMap::new());
    let config = Config { cases: wanted.div_ceil(TOGETHER), failure_persistence: None, ..Config::default() };
    let many = usize::try_from(TOGETHER).expect("a count");
    let compared = TestRunner::new(config).run(&vec(vec(step(), 1..24), many), |mut histories| {
        // One of these goes step by step, the other whole.
        histories.extend([every_answer(), every_answer()]);
        let outcomes = runtime.block_on(async {
            let town = Town::beside(app.clone()).await;
            play(&town, &histories).await
        });
        for outcome in outcomes.map_err(TestCaseError::fail)? {
            *seen.borrow_mut().entry(outcome).or_insert(0u32) += 1;
        }
        Ok(())
    });
    if let Err(failure) = compared {
        panic!("{failure}");
    }
    let seen = seen.into_inner();
    println!("M11: {wanted} histories: {seen:?}");
    assert!(Outcome::ALL.iter().all(|outcome| seen.contains_key(outcome)), "not every answer was given: {seen:?}");
}

/// Plays histories, each in its year, and compares what is there at the end.
async fn play(town: &Town, histories: &[Vec<Step>]) -> Result<Vec<Outcome>, String> {
    let played = (FIRST..).zip(histories).enumerate().map(|(n, (year, steps))| async move {
        if n % STEP_BY_STEP == 0 {
            history(town, FiscalYear(year), steps).await
        } else {
            whole::history(town, FiscalYear(year), steps).await
        }
    });
    let played: Vec<_> = stream::iter(played).buffered(AT_ONCE).collect().await;
    let (mut models, mut outcomes) = (BTreeMap::new(), Vec::new());
    for (year, one) in (FIRST..).zip(played) {
        let (model, answers) = one.map_err(|why| format!("fiscal year {year}: {why}"))?;
        models.insert(year, model);
        outcomes.extend(answers);
    }
    compare(town, &models).await?;
    Ok(outcomes)
}

async fn history(town: &Town, year: FiscalYear, steps: &[Step]) -> Result<(Model, Vec<Outcome>), String> {
    let (mut model, mut outcomes) = (Model::new(town.id.0), Vec::new());
    for step in steps {
        let Some(act) = model.act(step) else { continue };
        let expected = model.outcome(&act);
        let id = LedgerJournalId::new();
        let (outcome, id) = run(town, year, &act, id).await?;
        if outcome != expected {
            return Err(format!("{step:?} is {outcome:?} instead of {expected:?}"));
        }
        if outcome == Outcome::Done {
            model.apply(act, id);
        }
        outcomes.push(outcome);
    }
    Ok((model, outcomes))
}

/// Does it, and says what became of it and which journal it wrote.
async fn run(
    town: &Town,
    fiscal_year: FiscalYear,
    act: &Act,
    new: LedgerJournalId,
) -> Result<(Outcome, LedgerJournalId), String> {
    let legs = |legs: &[(model::Account, i64)]| {
        legs.iter().map(|((kind, owner), amount)| Leg { kind: *kind, owner: *owner, amount: Yen(*amount) }).collect()
    };
    let done = match act {
        Act::Post(moves) => {
            let (nowhere, nothing) = ((AccountKind::Budget, Uuid::nil()), 1);
            let made = Journal { fiscal_year, legs: legs(moves), ..journal(nowhere, nowhere, nothing) };
            post(town, made).await
        }
        Act::Reverse { id, .. } => reverse(town, *id).await,
        Act::Close => return Ok((ask(town, "ledger_close(?, ?, ?::int, '')", fiscal_year, new).await?, new)),
        Act::Reopen => return Ok((ask(town, "ledger_reopen(?::int, ?, '')", fiscal_year, new).await?, new)),
    };
    match done {
        Ok(id) => Ok((Outcome::Done, id)),
        Err(error) => Ok((Outcome::of(error.reason()).ok_or_else(|| format!("{error:?}"))?, new)),
    }
}

/// Closes or reopens a year.
async fn ask(town: &Town, call: &str, year: FiscalYear, journal: LedgerJournalId) -> Result<Outcome, String> {
    let (year, journal) = (Param::Int(Some(year.0.into())), Param::Uuid(Some(journal.0)));
    let mut params = vec![year, journal];
    if call.starts_with("ledger_close") {
        params = vec![Param::Uuid(Some(Uuid::now_v7())), params.remove(1), params.remove(0)];
    }
    let tx = town.system();
    let mut sql = Sql::new("SELECT ");
    sql.fill(call, params);
    let rows = tx.rows(sql).await.map_err(|error| format!("{error:?}"))?;
    let said: String = rows[0].get(0);
    tx.commit().await.map_err(|error| format!("{error:?}"))?;
    Outcome::of(&said).ok_or(said)
}

/// Every account with its entries in order, as the database has them.
const ACCOUNTS: &str = "SELECT a.fiscal_year, a.kind, a.owner_id, a.balance, a.version,
        array_agg(e.amount ORDER BY e.account_version) AS amounts,
        array_agg(e.balance_after ORDER BY e.account_version) AS balances,
        array_agg(e.account_version ORDER BY e.account_version) AS versions
    FROM ledger_accounts a JOIN ledger_entries e ON e.municipality_id = a.municipality_id AND e.account_id = a.id
    GROUP BY a.municipality_id, a.id";
/// What must be nothing: journals whose entries are not zero-sum, accounts without entries, yen out of nothing, faults.
const NOTHING: &str = "SELECT
    (SELECT count(*) FROM (SELECT FROM ledger_entries GROUP BY journal_id HAVING sum(amount) <> 0) j),
    (SELECT count(*) FROM ledger_accounts WHERE version = 0),
    (SELECT coalesce(sum(balance), 0)::bigint FROM ledger_accounts),
    (SELECT count(*) FROM ledger_faults())";
const YEARS: &str = "SELECT j.fiscal_year, count(*) AS journals,
        EXISTS (SELECT FROM ledger_years y WHERE y.fiscal_year = j.fiscal_year AND y.closed_at IS NOT NULL) AS closed
    FROM ledger_journals j GROUP BY j.fiscal_year";

async fn compare(town: &Town, models: &BTreeMap<i32, Model>) -> Result<(), String> {
    let tx = town.system();
    let read = async |sql| tx.rows(Sql::new(sql)).await.map_err(|error| format!("{error:?}"));
    let mut accounts = 0;
    for row in read(ACCOUNTS).await? {
        let (year, kind, owner): (i32, String, Uuid) = (row.get(0), row.get(1), row.get(2));
        let (amounts, balances): (Vec<i64>, Vec<i64>) = (row.get("amounts"), row.get("balances"));
        let versions: Vec<i32> = row.get("versions");
        let expected = models[&year].entries(&kind, owner).ok_or(format!("{year}: nobody posted to {kind} {owner}"))?;
        let there: Vec<_> = amounts.iter().copied().zip(balances.iter().copied()).collect();
        let gapless: Vec<i32> = (1..).take(there.len()).collect();
        let (balance, version): (i64, i32) = (row.get("balance"), row.get("version"));
        let at_last = Some(&(*amounts.last().unwrap_or(&0), balance));
        if there != expected || versions != gapless || versions.last() != Some(&version) || there.last() != at_last {
            return Err(format!(
                "{year}: {kind} {owner} is {balance} v{version} {there:?} {versions:?}, not {expected:?}"
            ));
        }
        if amounts.iter().sum::<i64>() != balance {
            return Err(format!("{year}: {kind} {owner} is {balance} and not the sum of {amounts:?}"));
        }
        accounts += 1;
    }
    let expected: usize = models.values().map(Model::accounts).sum();
    if accounts != expected {
        return Err(format!("{accounts} accounts instead of {expected}"));
    }
    let nothing: Vec<i64> = read(NOTHING).await?.iter().flat_map(|row| (0..4).map(|n| row.get(n))).collect();
    if nothing != [0; 4] {
        return Err(format!("uneven journals, empty accounts, yen out of nothing, faults: {nothing:?}"));
    }
    let years = read(YEARS).await?;
    let there: BTreeMap<i32, (i64, bool)> = years.iter().map(|y| (y.get(0), (y.get(1), y.get(2)))).collect();
    for (year, model) in models.iter().filter(|(_, model)| model.journals() > 0) {
        if there.get(year) != Some(&(i64::try_from(model.journals()).unwrap_or(-1), model.is_closed())) {
            return Err(format!("{year}: {:?} journals, not {}", there.get(year), model.journals()));
        }
    }
    tx.rollback().await.map_err(|error| format!("{error:?}"))
}
