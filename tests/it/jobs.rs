//! The job runner: due, once, again after a crash, given up after many tries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::Duration;
use entaku::kernel::error::Error;
use entaku::kernel::jobs::{Kind, Runner, enqueue};
use entaku::people::housekeeping::{self, HOUSEKEEPING};
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use crate::support::Town;
use crate::support::database::Own;
use crate::support::town::app_over;

static RUNS: AtomicUsize = AtomicUsize::new(0);

const COUNT: &str = "test.count";
const FAIL: &str = "test.fail";
const LONG: &str = "test.long";

fn kinds() -> Vec<Kind> {
    let count = Kind::new(COUNT, |_, _| {
        Box::pin(async {
            RUNS.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    });
    let fail = Kind::new(FAIL, |_, _| Box::pin(async { Err(Error::Unavailable) }));
    let never = Kind::new(LONG, |_, _| Box::pin(std::future::pending())).long();
    vec![count, fail, never, housekeeping::kind()]
}

/// A town in a database of its own: a runner sees the jobs of every town in its database.
async fn alone() -> (Own, Town) {
    let own = Own::migrated().await;
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    (own, town)
}

fn runner(own: &Own, town: &Town) -> Runner {
    let app = town.app.clone();
    Runner::new(&own.url("entaku_worker"), app.database.clone(), app.keys.clone(), app.clock.clone(), kinds())
        .expect("a runner")
}

/// Runs until nothing is due: a round takes one job.
pub async fn run_all_due(runner: &Runner) {
    while runner.run_due().await.expect("a round") > 0 {}
}

async fn state(own: &Own, town: &Town, kind: &str) -> (String, i32, Option<String>) {
    let mut worker = PgConnection::connect(&own.url("entaku_worker")).await.expect("a connection");
    let query = sqlx::query("SELECT state, attempts, last_error FROM jobs WHERE municipality_id = $1 AND kind = $2");
    let row = query.bind(town.id.0).bind(kind).fetch_one(&mut worker).await.expect("a job");
    (row.get(0), row.get(1), row.get(2))
}

async fn queue(town: &Town, kind: &str) {
    let tx = town.system();
    for _ in 0..3 {
        enqueue(&tx, kind, Some(Uuid::nil()), tx.now).await.expect("queued");
    }
    tx.commit().await.expect("committed");
}

async fn until(own: &Own, town: &Town, kind: &str, wanted: &str) {
    let runner = runner(own, town);
    for _ in 0..200 {
        runner.run_due().await.expect("a round");
        if state(own, town, kind).await.0 == wanted {
            return;
        }
        town.app.clock.advance(Duration::minutes(61));
    }
    panic!("{kind} never was {wanted}");
}

#[tokio::test]
async fn a_job_runs_once_however_often_it_is_queued() {
    let (own, town) = alone().await;
    queue(&town, COUNT).await;
    let (one, two) = (Arc::new(runner(&own, &town)), Arc::new(runner(&own, &town)));
    let (a, b) = tokio::join!(one.run_due(), two.run_due());
    a.and(b).expect("a round");
    until(&own, &town, COUNT, "DONE").await;
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_failing_job_waits_longer_each_time_and_is_given_up_visibly() {
    let (own, town) = alone().await;
    queue(&town, FAIL).await;
    runner(&own, &town).run_due().await.expect("a round");
    until(&own, &town, FAIL, "FAILED").await;
    assert_eq!(state(&own, &town, FAIL).await, ("FAILED".into(), 10, Some("UNAVAILABLE".into())));
}

#[tokio::test]
async fn a_job_of_a_dead_process_is_taken_over_when_its_lease_ends() {
    let (own, town) = alone().await;
    queue(&town, FAIL).await;
    let mut worker = PgConnection::connect(&own.url("entaku_worker")).await.expect("a connection");
    let claim = sqlx::query("UPDATE jobs SET lease_until = $2 WHERE municipality_id = $1 AND kind = 'test.fail'");
    let lease = town.app.clock.now() + Duration::seconds(30);
    claim.bind(town.id.0).bind(lease).execute(&mut worker).await.expect("claimed");
    runner(&own, &town).run_due().await.expect("a round");
    assert_eq!(state(&own, &town, FAIL).await.1, 0, "the lease is respected");
    town.app.clock.advance(Duration::seconds(31));
    for _ in 0..50 {
        runner(&own, &town).run_due().await.expect("a round");
        if state(&own, &town, FAIL).await.1 == 1 {
            return;
        }
    }
    panic!("nobody took over");
}

#[tokio::test]
async fn housekeeping_throws_away_old_keys_and_runs_daily() {
    let (own, town) = alone().await;
    let clerk = town.staff(entaku::kernel::principal::Role::PlanningStaff).await.with("idempotency-key", "old");
    clerk.run(crate::organizations::DISTRICT, serde_json::json!({"name": "鍵"})).await.data();
    let keys = async || {
        let tx = town.system();
        let sql = entaku::kernel::read::sql::Sql::new("SELECT key FROM idempotency_keys");
        tx.rows(sql).await.expect("rows").len()
    };
    assert_eq!(keys().await, 1);
    town.app.clock.advance(Duration::hours(49));
    for _ in 0..50 {
        runner(&own, &town).run_due().await.expect("a round");
        if keys().await == 0 {
            break;
        }
    }
    assert_eq!(keys().await, 0);
    assert_eq!(state(&own, &town, HOUSEKEEPING).await.0, "READY");
}

#[tokio::test]
async fn a_long_job_keeps_no_other_waiting() {
    let (own, town) = alone().await;
    queue(&town, LONG).await;
    queue(&town, FAIL).await;
    let both = runner(&own, &town);
    tokio::select! {
        () = both.run() => panic!("it runs until it is dropped"),
        () = async {
            while state(&own, &town, FAIL).await.1 == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        } => {}
    }
}

#[tokio::test]
async fn a_municipality_that_lacks_a_recurring_job_gets_it_whatever_others_it_has() {
    let (own, town) = alone().await;
    let app = town.app.clone();
    let other = Kind::new("test.daily", |_, _| Box::pin(async { Ok(()) })).every(Duration::days(1));
    let (worker, kinds) = (own.url("entaku_worker"), vec![housekeeping::kind(), other]);
    let runner = Runner::new(&worker, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds);
    let runner = runner.expect("a runner");
    for _ in 0..2 {
        runner.schedule().await.expect("scheduled");
    }
    assert_eq!(state(&own, &town, HOUSEKEEPING).await.0, "READY");
    assert_eq!(state(&own, &town, "test.daily").await.0, "READY");
}
