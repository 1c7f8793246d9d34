//! The database is killed again and again while eight write (M15): what was acknowledged is there, once, and nothing is
//! half there.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entaku::cli::installation::{DATABASE, prepare};
use entaku::kernel::embedded_pg::{Cluster, Durability};
use futures_util::future::join_all;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::embedded_pg::{Dir, kill_whole, postmaster};
use crate::support::town::app_over;

const WRITERS: usize = 8;
const ROUNDS: usize = 5;
/// How many postings are acknowledged in a round before the blow falls.
const BLOW: usize = 100;

/// What writers have sent, and what they were told is kept. By the journals' subjects: the id of one whose answer never
/// came is not known.
#[derive(Default)]
struct Sent {
    tried: Mutex<BTreeSet<Uuid>>,
    acknowledged: Mutex<BTreeSet<Uuid>>,
    /// What has been sent and not been answered.
    under_way: Mutex<BTreeSet<Uuid>>,
    over: AtomicBool,
}

impl Sent {
    fn count(&self) -> usize {
        self.acknowledged.lock().expect("the set").len()
    }

    /// Posts one after the other until it is over.
    async fn write(&self, town: &Town, programme: Uuid) {
        while !self.over.load(Ordering::SeqCst) {
            let one = journal((AccountKind::Budget, programme), (AccountKind::Grant, Uuid::now_v7()), 1);
            let subject = one.subject;
            self.tried.lock().expect("the set").insert(subject);
            self.under_way.lock().expect("the set").insert(subject);
            match post(town, one).await {
                Ok(_) => drop(self.acknowledged.lock().expect("the set").insert(subject)),
                // The blow, or a busy moment before it.
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            }
            self.under_way.lock().expect("the set").remove(&subject);
        }
    }
}

/// Holds the account of a budget, so that its writers wait in the middle of their transactions, and returns when one does.
async fn hold(cluster: &Cluster, budget: Uuid) -> PgConnection {
    let url = cluster.url("postgres", DATABASE);
    let [mut holding, mut looking] =
        [PgConnection::connect(&url).await.expect("one"), PgConnection::connect(&url).await.expect("two")];
    let hold = format!("BEGIN; SELECT FROM ledger_accounts WHERE kind = 'BUDGET' AND owner_id = '{budget}' FOR UPDATE");
    raw_sql(AssertSqlSafe(hold)).execute(&mut holding).await.expect("held");
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'entaku_app'";
    while number(&mut looking, waiting.to_owned()).await == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    holding
}

/// The town as a server sees it that has just come up over this cluster.
pub(super) fn again(cluster: &Cluster, town: &Town) -> Town {
    Town { app: app_over(&cluster.url("entaku_app", DATABASE)), id: town.id, code: town.code.clone() }
}

pub(super) async fn start(dir: &Dir) -> Cluster {
    let data = dir.data();
    tokio::task::spawn_blocking(move || Cluster::start(&data, Durability::Durable))
        .await
        .expect("a thread")
        .expect("up")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m15_what_was_acknowledged_survives_a_killed_database() {
    let dir = Dir::new();
    let mut cluster = start(&dir).await;
    prepare(&cluster).await.expect("prepared");
    let mut town = Town::beside(app_over(&cluster.url("entaku_app", DATABASE))).await;
    // Two writers share a budget: they wait for each other, and die in that, too.
    let mut budgets = Vec::new();
    for _ in 0..WRITERS / 2 {
        budgets.push(budget(&town, 1_000_000).await.0);
    }
    let (sent, mut dead) = (Sent::default(), 0);
    for round in 1..=ROUNDS {
        let blow = async {
            while sent.count() < round * BLOW {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let holding = hold(&cluster, budgets[0]).await;
            // Nobody is answered or begins while the blow falls.
            let under_way = sent.under_way.lock().expect("the set");
            kill_whole(postmaster(&dir.cluster()));
            sent.over.store(true, Ordering::SeqCst);
            drop(holding);
            under_way.clone()
        };
        let writers = join_all((0..WRITERS).map(|n| sent.write(&town, budgets[n / 2])));
        let (_, under_way) = tokio::join!(writers, blow);
        let died = under_way.difference(&sent.acknowledged.lock().expect("the set")).count();
        assert!(died > 0, "round {round}: nobody died in the middle");
        dead += died;
        drop(cluster);
        cluster = start(&dir).await;
        town = again(&cluster, &town);
        sent.over.store(false, Ordering::SeqCst);
        examine(&town, &sent).await;
    }
    let (tried, acknowledged) = (sent.tried.lock().expect("the set").len(), sent.count());
    assert!(acknowledged >= ROUNDS * BLOW, "{acknowledged} of {tried}");
    println!("M15: {ROUNDS} blows, {tried} tried, {acknowledged} acknowledged, {dead} died under way, 0 lost");
}

/// After a recovery: everything that was acknowledged and nothing that nobody sent; no fault, no yen out of nothing.
async fn examine(town: &Town, sent: &Sent) {
    let tx = town.system();
    let rows = tx.rows(Sql::new("SELECT subject_id FROM ledger_journals WHERE memo = '試し'")).await.expect("journals");
    let mut there: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    there.sort_unstable();
    let once: BTreeSet<Uuid> = there.iter().copied().collect();
    assert_eq!(there.len(), once.len(), "something is there twice");
    let acknowledged = sent.acknowledged.lock().expect("the set").clone();
    let lost: Vec<_> = acknowledged.difference(&once).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    // The budgets were not sent by the writers.
    let known = once.difference(&sent.tried.lock().expect("the set")).count();
    assert_eq!(known, WRITERS / 2, "something is there that nobody sent");
    let sums = "SELECT (SELECT count(*) FROM ledger_faults()), (SELECT sum(balance)::bigint FROM ledger_accounts),
        (SELECT count(*) FROM ledger_entries)";
    let row = &tx.rows(Sql::new(sums)).await.expect("sums")[0];
    let sums: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(sums, [0, 0, 2 * i64::try_from(there.len()).expect("a count")]);
}
