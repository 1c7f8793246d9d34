//! Eight pay at once, each grant with an Idempotency-Key, while the database and then the server are killed (M16): everybody
//! asks again with the same key until there is an answer. One journal for each key, and nothing lost that was acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use entaku::cli::installation::{DATABASE, prepare};
use entaku::kernel::clock::Clock;
use entaku::kernel::config::WireConfig;
use entaku::kernel::embedded_pg::Cluster;
use entaku::kernel::id::decode;
use entaku::kernel::keys::KeyRing;
use entaku::kernel::principal::{Role, ScopeKind};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::task::block_in_place;

use super::crash::{again, start};
use super::retry::{Server, pay};
#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::embedded_pg::{Dir, kill_whole, postmaster};
use crate::grants::Scene;
use crate::support::Client;
use crate::support::town::app_of;

const CLIENTS: usize = 8;
/// How many grants each pays.
const EACH: usize = 4;
/// After how many answers the blows fall.
const BLOWS: [usize; 2] = [6, 16];

/// What clients know of the server, and what they were told by it.
#[derive(Default)]
struct Payments {
    address: Mutex<String>,
    blows: AtomicUsize,
    /// Requests that were under way when a blow fell, and never answered.
    broken: AtomicUsize,
    answers: Mutex<BTreeMap<String, Value>>,
}

impl Payments {
    fn count(&self) -> usize {
        self.answers.lock().expect("the answers").len()
    }

    fn move_to(&self, server: &Server) {
        self.address.lock().expect("the address").clone_from(&server.address);
    }

    /// Pays one after the other, and each again until it is answered.
    async fn make(&self, payer: &Client, ids: &[String]) {
        for id in ids {
            let data = self.insist(payer, id).await;
            self.answers.lock().expect("the answers").insert(id.clone(), data);
        }
    }

    async fn insist(&self, payer: &Client, id: &str) -> Value {
        loop {
            let (address, before) = (self.address.lock().expect("it").clone(), self.blows.load(Ordering::SeqCst));
            match pay(&address, payer, id).await {
                Ok(answer) if answer.get("errors").is_none() => return answer["data"].clone(),
                Ok(answer) => {
                    let told = &answer["errors"][0]["extensions"];
                    // The database is gone, or the payment's own twin is still at it.
                    assert!(told["code"] == "UNAVAILABLE" || told["reason"] == "IN_PROGRESS", "{answer}");
                }
                Err(_) => drop(
                    self.broken.fetch_add(usize::from(before != self.blows.load(Ordering::SeqCst)), Ordering::SeqCst),
                ),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m16_eight_who_ask_again_after_a_crash_have_paid_each_grant_once() {
    let dir = Dir::new();
    let mut cluster = start(&dir).await;
    prepare(&cluster).await.expect("prepared");
    let file = dir.0.join("keys.json");
    let keys = Arc::new(KeyRing::read_or_create(&file).expect("keys"));
    let app = |cluster: &Cluster, clock| {
        app_of(&cluster.url("entaku_app", DATABASE), WireConfig::default(), keys.clone(), clock)
    };
    let scene = Scene::over(app(&cluster, Clock::fixed(crate::support::town::start()))).await;
    let town = Town { app: app(&cluster, Clock::System), id: scene.town.id, code: scene.town.code.clone() };
    let (mut payers, mut grants) = (Vec::new(), Vec::new());
    for _ in 0..CLIENTS {
        payers.push(town.person(Role::Payer, ScopeKind::Municipality, None).await.1);
        let mut own = Vec::new();
        for _ in 0..EACH {
            own.push(scene.payable_of(10_000).await);
        }
        grants.push(own);
    }
    let serve = |cluster: &Cluster| {
        let [app, worker] = ["entaku_app", "entaku_worker"].map(|role| cluster.url(role, DATABASE));
        block_in_place(|| Server::start(&app, &worker, &file))
    };
    let mut server = serve(&cluster);
    let payments = Payments::default();
    payments.move_to(&server);

    let clients = join_all(payers.iter().zip(&grants).map(|(payer, ids)| payments.make(payer, ids)));
    let blows = async {
        for wanted in BLOWS {
            while payments.count() < wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            payments.blows.fetch_add(1, Ordering::SeqCst);
            block_in_place(|| kill_whole(postmaster(&dir.cluster())));
            block_in_place(|| server.kill());
            let acknowledged: Vec<String> = payments.answers.lock().expect("it").keys().cloned().collect();
            drop(cluster);
            cluster = start(&dir).await;
            let there = paid(&again(&cluster, &town)).await;
            let lost: Vec<_> = acknowledged.iter().filter(|id| !there.contains(&uuid(id))).collect();
            assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
            server = serve(&cluster);
            payments.move_to(&server);
        }
        (cluster, server)
    };
    // Both live on: everybody asks once more.
    let (_, (cluster, _server)) = tokio::join!(clients, blows);

    let broken = payments.broken.load(Ordering::SeqCst);
    assert!(broken > 0, "nobody was under way when the blows fell");
    // Once more, with the same keys: the same answers.
    for (payer, ids) in payers.iter().zip(&grants) {
        for id in ids {
            let first = payments.answers.lock().expect("it")[id].clone();
            assert_eq!(first["grantPaymentExecute"]["state"], "PAID");
            assert_eq!(payments.insist(payer, id).await, first);
        }
    }
    let all = i64::try_from(CLIENTS * EACH).expect("a count");
    let town = again(&cluster, &town);
    let sql = "SELECT (SELECT count(*) FROM ledger_journals WHERE kind = 'GRANT_PAID'),
        (SELECT count(DISTINCT application_id) FROM grant_acts WHERE act = 'PAYMENT_EXECUTE'),
        (SELECT count(*) FROM grant_acts WHERE act = 'PAYMENT_EXECUTE'),
        (SELECT balance FROM ledger_accounts WHERE kind = 'PAID'), (SELECT count(*) FROM ledger_faults())";
    let row = &town.system().rows(Sql::new(sql)).await.expect("counted")[0];
    let counts: [i64; 5] = std::array::from_fn(|n| row.get(n));
    assert_eq!(counts, [all, all, all, all * 10_000, 0]);
    println!("M16: {} blows, {all} payments, {broken} requests under way at a blow", BLOWS.len());
}

fn uuid(id: &str) -> Uuid {
    decode(id).expect("an id").1
}

/// The grants that are paid.
async fn paid(town: &Town) -> Vec<Uuid> {
    let sql = Sql::new("SELECT id FROM grant_applications WHERE state = 'PAID'");
    town.system().rows(sql).await.expect("read").iter().map(|row| row.get(0)).collect()
}
