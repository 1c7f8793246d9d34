//! Many municipalities on one server, all at once, with clients that hang up and tasks that panic (Z16, Z18).

use std::sync::Arc;
use std::time::Duration;

use entaku::api::app::App;
use entaku::kernel::principal::{Principal, Role, ScopeKind};
use entaku::kernel::read::sql::{Param, Sql};
use entaku::kernel::tx::Mode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::organizations::DISTRICT;
use crate::support::town::{app, app_over};
use crate::support::{Client, Town, database};

/// A municipality whose every row bears its code.
struct Marked {
    town: Town,
    clerk: Client,
}

impl Marked {
    async fn beside(app: &Arc<App>) -> Self {
        let town = Town::beside(app.clone()).await;
        let clerk = town.staff(Role::PlanningStaff).await;
        for n in 0..3 {
            clerk.run(DISTRICT, json!({ "name": format!("{}-{n}", town.code.as_str()) })).await.data();
        }
        Self { town, clerk }
    }

    /// How many rows of an answer are another's; nothing where there is no answer to look at.
    fn strange(&self, data: &Value) -> (usize, usize) {
        let nodes = data["districts"]["nodes"].as_array().map_or(&[][..], Vec::as_slice);
        let own = |node: &&Value| node["name"].as_str().is_some_and(|name| name.starts_with(self.town.code.as_str()));
        (nodes.len(), nodes.iter().filter(|node| !own(node)).count())
    }
}

/// A row of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    answered: usize,
    cut: usize,
    panicked: usize,
    rows: usize,
    strange: usize,
}

const READ: &str = "{ districts(first: 100) { totalCount nodes { name } } }";

/// One request of one municipality: read to the end, written, cut in the middle, or beside a task that panics while it
/// holds a transaction.
async fn one(towns: &[Marked], dice: &mut Dice, count: &mut Count) {
    let here = &towns[usize::try_from(dice.roll(towns.len() as u64)).expect("an index")];
    match dice.roll(20) {
        0 | 1 => {
            let request = here.clerk.run(READ, json!({}));
            let _ = tokio::time::timeout(Duration::from_micros(dice.roll(4000)), request).await;
            count.cut += 1;
        }
        2 => {
            let (app, id) = (here.town.app.clone(), here.town.id);
            let broken = tokio::spawn(async move {
                let request = Arc::new(app.request(Principal::system("test"), Some(id)));
                let tx = app.database.begin(request, Mode::Write);
                tx.run(Sql::new("UPDATE districts SET name = 'x' || name")).await.expect("written");
                std::panic::resume_unwind(Box::new("injected"))
            });
            let _: Result<(), _> = broken.await;
            count.panicked += 1;
        }
        3 => {
            let name = format!("{}-{}", here.town.code.as_str(), dice.0);
            let made = here.clerk.with("entaku-dry-run", "true").run(DISTRICT, json!({ "name": name })).await;
            assert!(made.body["errors"].is_null(), "{}", made.text);
            count.answered += 1;
        }
        _ => {
            let data = here.clerk.run(READ, json!({})).await.data();
            let (rows, strange) = here.strange(&data);
            assert_eq!((rows, data["districts"]["totalCount"].as_u64()), (3, Some(3)), "{data}");
            count.answered += 1;
            count.rows += rows;
            count.strange += strange;
        }
    }
}

async fn interleaved(towns: usize, requests: usize) -> Count {
    let app = app_over(&database::url("entaku_app"));
    let mut all = Vec::new();
    for _ in 0..towns {
        all.push(Marked::beside(&app).await);
    }
    let all = Arc::new(all);
    let mut tasks = JoinSet::new();
    let many = 16;
    for n in 0..many {
        let all = all.clone();
        tasks.spawn(async move {
            let (mut dice, mut count) = (Dice(0x9e37_79b9_7f4a_7c15 ^ (n as u64 + 1)), Count::default());
            for _ in 0..requests / many {
                one(&all, &mut dice, &mut count).await;
            }
            count
        });
    }
    let mut sum = Count::default();
    while let Some(count) = tasks.join_next().await {
        let count = count.expect("a task");
        sum.answered += count.answered;
        sum.cut += count.cut;
        sum.panicked += count.panicked;
        sum.rows += count.rows;
        sum.strange += count.strange;
    }
    sum
}

/// A count that the environment may raise.
fn count(name: &str, least: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(least).max(least)
}

/// The whole of it, some minutes: `ENTAKU_TOWNS=200 ENTAKU_TOWNS_REQUESTS=100000 bin/test z16_requests`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn z16_requests_of_many_towns_cut_and_panicking_show_no_row_of_another() {
    let count = interleaved(count("ENTAKU_TOWNS", 12), count("ENTAKU_TOWNS_REQUESTS", 1_600)).await;
    println!("Z16: {count:?}");
    assert_eq!(count.strange, 0, "{count:?}");
    assert!(count.cut > 50 && count.panicked > 20 && count.rows > 2_000, "{count:?}");
}

/// A role that goes while a request waits: what it has written by then is not committed.
#[tokio::test]
async fn z18_a_role_that_goes_before_the_commit_writes_nothing() {
    let town = Town::beside(app()).await;
    let (account, clerk) = town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    clerk.run(DISTRICT, json!({"name": "前の地区"})).await.data();
    // The request has to wait for whoever writes the same name.
    let first = town.system();
    let mut insert = Sql::new("INSERT INTO districts (municipality_id, id, name, area_unit) VALUES (");
    insert.fill("?, gen_random_uuid(), '後の地区', 'OAZA')", [Param::Uuid(Some(town.id.0))]);
    first.run(insert).await.expect("written");
    let waiting = tokio::spawn({
        let clerk = clerk.clone();
        async move { clerk.run(DISTRICT, json!({"name": "後の地区"})).await.code() }
    });
    while !is_waiting(&town).await && !waiting.is_finished() {
        tokio::task::yield_now().await;
    }
    town.dismiss(account).await;
    first.rollback().await.expect("rolled back");
    let code = waiting.await.expect("an answer");
    assert!(code.starts_with("FORBIDDEN"), "{code}");
    let kept = town.system().rows(Sql::new("SELECT name FROM districts")).await.expect("rows");
    assert_eq!(kept.len(), 1, "only what was written before");
}

async fn is_waiting(town: &Town) -> bool {
    let sql =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%districts%'";
    let rows = town.system().rows(Sql::new(sql)).await.expect("rows");
    rows[0].get::<_, i64>(0) > 0
}
