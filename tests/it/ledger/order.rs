//! Eight clients move money and look at it; what they saw and did must have an order in which one after the other could
//! have seen and done the same (M17). The graph of Adya (1999): who wrote what another overwrote or saw, who saw what
//! another overwrote, and who had ended before another began. A circle in it is an anomaly.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;

const CLIENTS: u64 = 8;
/// What each does: three in four move money, the others look. A minute's history: `ENTAKU_LEDGER_OPERATIONS`.
fn each() -> u64 {
    std::env::var("ENTAKU_LEDGER_OPERATIONS").map_or(400, |each| each.parse().expect("a number"))
}
const ACCOUNTS: usize = 5;

/// Something that was done, by the versions of accounts it left behind or saw. Moments are places in one order.
#[derive(Clone, Debug, Default)]
struct Op {
    began: u64,
    ended: u64,
    wrote: BTreeMap<usize, i32>,
    saw: BTreeMap<usize, i32>,
}

/// What is wrong with a history, if anything is.
fn anomaly(ops: &[Op]) -> Option<String> {
    let mut writers: HashMap<(usize, i32), usize> = HashMap::new();
    for (n, op) in ops.iter().enumerate() {
        for (account, version) in &op.wrote {
            if let Some(other) = writers.insert((*account, *version), n) {
                return Some(format!("lost update: {other} and {n} both wrote version {version} of {account}"));
            }
        }
    }
    let mut after: Vec<Vec<usize>> = vec![vec![]; ops.len()];
    for (n, op) in ops.iter().enumerate() {
        for (account, version) in &op.wrote {
            after[n].extend(writers.get(&(*account, version + 1)));
        }
        for (account, version) in &op.saw {
            after[n].extend(writers.get(&(*account, version + 1)));
            if let Some(writer) = writers.get(&(*account, *version)) {
                after[*writer].push(n);
            }
        }
    }
    in_time(ops, &mut after);
    circle(&after)
}

/// Whoever had ended before another began came first. Each end leads to the next one and to those who began before that, so
/// that there are not as many ways as pairs.
fn in_time(ops: &[Op], after: &mut Vec<Vec<usize>>) {
    let mut ends: Vec<(u64, usize)> = ops.iter().enumerate().map(|(n, op)| (op.ended, n)).collect();
    ends.sort_unstable();
    let end = |k: usize| ops.len() + k;
    after.resize(2 * ops.len(), Vec::new());
    for (k, (_, n)) in ends.iter().enumerate() {
        after[*n].push(end(k));
        if k > 0 {
            after[end(k - 1)].push(end(k));
        }
    }
    for (n, op) in ops.iter().enumerate() {
        if let Some(last) = ends.partition_point(|(ended, _)| *ended < op.began).checked_sub(1) {
            after[end(last)].push(n);
        }
    }
}

/// Those that are left when everybody is taken away, again and again, whom nobody precedes.
fn circle(after: &[Vec<usize>]) -> Option<String> {
    let mut before = vec![0usize; after.len()];
    after.iter().flatten().for_each(|n| before[*n] += 1);
    let mut free: Vec<usize> = (0..after.len()).filter(|n| before[*n] == 0).collect();
    let mut taken = 0;
    while let Some(n) = free.pop() {
        taken += 1;
        for next in &after[n] {
            before[*next] -= 1;
            if before[*next] == 0 {
                free.push(*next);
            }
        }
    }
    let left: Vec<usize> = (0..after.len()).filter(|n| before[*n] > 0).collect();
    (taken < after.len()).then(|| format!("a circle among {left:?}"))
}

fn op(began: u64, ended: u64, wrote: &[(usize, i32)], saw: &[(usize, i32)]) -> Op {
    Op { began, ended, wrote: wrote.iter().copied().collect(), saw: saw.iter().copied().collect() }
}

/// That what looks for anomalies finds them.
#[test]
fn m17_what_has_no_order_is_found() {
    let fine = [op(0, 3, &[(0, 2), (1, 2)], &[]), op(1, 4, &[], &[(0, 1), (1, 1)]), op(2, 5, &[], &[(0, 2), (1, 2)])];
    assert_eq!(anomaly(&fine), None);
    let lost = [op(0, 2, &[(0, 2)], &[]), op(1, 3, &[(0, 2)], &[])];
    let half_seen = [op(0, 3, &[(0, 2), (1, 2)], &[]), op(1, 2, &[], &[(0, 2), (1, 1)])];
    let long_fork = [
        op(0, 9, &[(0, 2)], &[]),
        op(1, 8, &[(1, 2)], &[]),
        op(2, 7, &[], &[(0, 2), (1, 1)]),
        op(3, 6, &[], &[(0, 1), (1, 2)]),
    ];
    let outdated = [op(0, 1, &[(0, 2)], &[]), op(2, 3, &[], &[(0, 1)])];
    let skewed = [op(0, 2, &[(0, 2)], &[(1, 1)]), op(1, 3, &[(1, 2)], &[(0, 1)])];
    for (what, history) in [
        ("a lost update", &lost[..]),
        ("half of a journal", &half_seen[..]),
        ("two orders", &long_fork[..]),
        ("what had been overwritten", &outdated[..]),
        ("write skew", &skewed[..]),
    ] {
        assert!(anomaly(history).is_some(), "{what}");
    }
}

/// What clients have in common.
struct Game {
    town: Town,
    owners: Vec<Uuid>,
    moment: AtomicU64,
}

/// What a client remembers of something it did: a journal that was posted, or balances that it saw.
enum Did {
    Moved(LedgerJournalId),
    Looked(Vec<(usize, i32, i64)>),
}

impl Game {
    async fn new() -> Self {
        let town = Town::new().await;
        let mut owners = Vec::new();
        for _ in 0..ACCOUNTS {
            owners.push(budget(&town, 1_000).await.0);
        }
        Self { town, owners, moment: AtomicU64::new(0) }
    }

    fn now(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }

    /// One client after another thing; what was refused for want of money has no place in the order.
    async fn client(&self, number: u64) -> Vec<(u64, u64, Did)> {
        let mut done = Vec::new();
        for n in 0..each() {
            let dice = (number * 7_919 + n * 104_729) ^ (n << 3);
            let began = self.now();
            let did = if dice.is_multiple_of(4) { Some(self.look().await) } else { self.r#move(dice).await };
            let ended = self.now();
            done.extend(did.map(|did| (began, ended, did)));
        }
        done
    }

    async fn r#move(&self, dice: u64) -> Option<Did> {
        let place = |n: u64| usize::try_from(n).expect("a place") % ACCOUNTS;
        let (from, step) = (place(dice / 5), 1 + place(dice / 31) % (ACCOUNTS - 1));
        let to = (from + step) % ACCOUNTS;
        let yen = 1 + i64::try_from(dice % 400).expect("an amount");
        let of = |n: usize| (AccountKind::Budget, self.owners[n]);
        loop {
            match post(&self.town, journal(of(from), of(to), yen)).await {
                Ok(id) => return Some(Did::Moved(id)),
                Err(error) if error.reason() == "SHORT" => return None,
                Err(Error::Unavailable | Error::Retry) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    /// All balances in one statement.
    async fn look(&self) -> Did {
        let tx = self.town.system();
        let sql = Sql::new("SELECT owner_id, version, balance FROM ledger_accounts WHERE kind = 'BUDGET'");
        let rows = tx.rows(sql).await.expect("balances");
        tx.rollback().await.expect("ended");
        Did::Looked(rows.iter().map(|row| (self.place(row.get(0)), row.get(1), row.get(2))).collect())
    }

    fn place(&self, owner: Uuid) -> usize {
        self.owners.iter().position(|o| *o == owner).expect("an account")
    }
}

/// Which accounts each journal moved, to which version, and what was left.
async fn written(game: &Game) -> HashMap<Uuid, Vec<(usize, i32, i64)>> {
    let sql = "SELECT e.journal_id, a.owner_id, e.account_version, e.balance_after FROM ledger_entries e
        JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id WHERE a.kind = 'BUDGET'";
    let mut found: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in game.town.system().rows(Sql::new(sql)).await.expect("entries") {
        found.entry(row.get(0)).or_default().push((game.place(row.get(1)), row.get(2), row.get(3)));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_transfers_and_reads_of_eight_clients_have_a_serial_order() {
    let game = Arc::new(Game::new().await);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let game = game.clone();
        clients.spawn(async move { game.client(number).await });
    }
    let history: Vec<_> = clients.join_all().await.into_iter().flatten().collect();
    let written = written(&game).await;
    let left: HashMap<(usize, i32), i64> = written.values().flatten().map(|(a, v, left)| ((*a, *v), *left)).collect();
    let (mut ops, mut looks) = (Vec::new(), 0);
    for (began, ended, did) in &history {
        let mut op = Op { began: *began, ended: *ended, ..Op::default() };
        match did {
            Did::Moved(id) => {
                let entries = written.get(&id.0).expect("what was acknowledged is there");
                assert_eq!(entries.len(), 2);
                op.wrote = entries.iter().map(|(account, version, _)| (*account, *version)).collect();
            }
            Did::Looked(balances) => {
                looks += 1;
                assert_eq!(balances.iter().map(|(_, _, yen)| yen).sum::<i64>(), 1_000 * 5, "no yen is on its way");
                for (account, version, yen) in balances {
                    assert_eq!(left[&(*account, *version)], *yen);
                }
                op.saw = balances.iter().map(|(account, version, _)| (*account, *version)).collect();
            }
        }
        ops.push(op);
    }
    // The journals of the beginning are nobody's.
    assert_eq!(written.len(), ops.len() - looks + ACCOUNTS, "nothing was done twice or by nobody");
    assert!(looks > 300 && ops.len() - looks > 1_200, "{looks} looks of {}", ops.len());
    assert_eq!(anomaly(&ops), None);
}
