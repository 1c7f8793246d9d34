//! The nightly reminders as the job runner runs them: found and queued for every town, done once a night, and again the
//! next.

use chrono::{Duration, TimeZone, Utc};
use entaku::kernel::jobs::Runner;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::people::tasks::reminders;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::grants::Scene;
use crate::jobs::run_all_due;
use crate::organizations::text;
use crate::support::database::Own;
use crate::support::town::{app_over, start};
use crate::support::{Client, Town};

const TOLD: &str = "{ viewer { notifications(first: 100, filter: {kind: [TASK_DUE, TASK_OVERDUE]}) {
    nodes { kind objectId textJa } } } }";

async fn told(who: &Client) -> Vec<(String, String)> {
    let nodes = who.run(TOLD, json!({})).await.data()["viewer"]["notifications"]["nodes"].clone();
    let mut told: Vec<_> =
        nodes.as_array().expect("nodes").iter().map(|one| (text(&one["kind"]), text(&one["objectId"]))).collect();
    told.sort();
    told
}

/// How the town's job stands.
async fn job(own: &Own, town: &Town) -> (String, i64) {
    let mut worker = PgConnection::connect(&own.url("entaku_worker")).await.expect("a connection");
    let query = "SELECT min(state), count(*) FROM jobs WHERE kind = $1 AND municipality_id = $2";
    let query = sqlx::query_as(query).bind(reminders::REMINDERS).bind(town.id.0);
    query.fetch_one(&mut worker).await.expect("a job")
}

#[tokio::test]
async fn the_runner_reminds_every_night_and_tells_each_thing_once() {
    let own = Own::migrated().await;
    let s = Scene::over(app_over(&own.url("entaku_app"))).await;
    // Another town in the same database has its own night, and hears nothing of this one.
    let other = Town::beside(s.town.app.clone()).await;
    let id = s.draft().await;
    let organization = entaku::kernel::id::decode(&s.organization).expect("an id").1;
    let (officer, _) = s.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
    let app = s.town.app.clone();
    let (worker, kinds) = (own.url("entaku_worker"), vec![reminders::kind()]);
    let runner =
        Runner::new(&worker, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds).expect("a runner");
    let night = async || {
        runner.schedule().await.expect("scheduled");
        run_all_due(&runner).await;
        assert_eq!(job(&own, &s.town).await, ("READY".into(), 1), "it is to be run again");
        assert_eq!(job(&own, &other).await, ("READY".into(), 1));
        told(&s.town.enter(officer).await).await
    };
    assert_eq!(night().await, [], "the 30th of June is far");
    // Seven days before the deadline.
    let day = Utc.with_ymd_and_hms(2026, 6, 23, 1, 0, 0).single().expect("a time");
    app.clock.advance(day - start());
    let due = ("TASK_DUE".to_owned(), id);
    assert_eq!(night().await, std::slice::from_ref(&due));
    assert_eq!(night().await, std::slice::from_ref(&due), "once a night is enough");
    for _ in 0..8 {
        app.clock.advance(Duration::days(1));
        night().await;
    }
    // One day before it again; and after it there is nothing left to do.
    assert_eq!(night().await, [due.clone(), due]);
    assert_eq!(told(&other.staff(Role::GrantStaff).await).await, []);
}
