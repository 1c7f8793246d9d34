//! How long files are kept, and what is noted of who fetches them.

use std::sync::Arc;

use chrono::Duration;
use entaku::api::app::App;
use entaku::files::housekeeping;
use entaku::kernel::jobs::Runner;
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::files::{ATTACH, DETACH, PDF, announced, kept, sent};
use crate::grants::Scene;
use crate::support::Town;
use crate::support::database::Own;
use crate::support::town::app_over;

const GRANT_SUBMIT: &str = include_str!("../../../docs/stories/15-grant-application-submit.graphql");

#[tokio::test]
async fn what_is_decided_or_published_keeps_its_files() {
    let scene = Scene::new().await;
    let (early, late) = (sent(&scene.officer, "a.pdf", PDF).await, sent(&scene.officer, "b.pdf", PDF).await);
    let application = scene.draft().await;
    let data = scene.officer.run(ATTACH, json!({"id": application, "fileId": early})).await.data();
    let file = data["grantApplicationFileAttach"]["files"][0]["id"].clone();
    scene.officer.run(GRANT_SUBMIT, json!({ "id": application })).await.data();
    let attach = json!({"id": application, "fileId": late});
    scene.officer.run(ATTACH, attach.clone()).await.expect_code("CONFLICT/STATE");
    scene.officer.run(DETACH, json!({"id": application, "fileId": file})).await.expect_code("CONFLICT/STATE");
    scene.staff.run(ATTACH, attach).await.expect_code("FORBIDDEN");
    let decided = scene.decided().await;
    let tx = scene.town.system();
    let uuid = entaku::kernel::id::decode(&decided).expect("an id").1;
    let insert = format!(
        "INSERT INTO grant_application_files (id, application_id, organization_id, district_id, file_id, name, media_type, size, sha256)
         SELECT gen_random_uuid(), a.id, a.organization_id, a.district_id, f.id, f.name, f.media_type, f.size, f.sha256
         FROM grant_applications a, files f WHERE a.id = '{uuid}' AND f.state = 'STORED' LIMIT 1"
    );
    let locked = tx.run(Sql::new(&insert)).await.expect_err("the database refuses as well");
    assert_eq!(locked.reason(), "RULE");
}

/// A town in a database of its own, and what throws its files away.
async fn alone() -> (Own, Town, Runner) {
    let own = Own::migrated().await;
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    let app: Arc<App> = town.app.clone();
    let kinds = housekeeping::kinds(&app.files).to_vec();
    let runner =
        Runner::new(&own.url("entaku_worker"), app.database.clone(), app.keys.clone(), app.clock.clone(), kinds);
    let runner = runner.expect("a runner");
    runner.schedule().await.expect("scheduled");
    (own, town, runner)
}

#[tokio::test]
async fn what_nobody_attached_is_thrown_away_after_a_day() {
    let (_own, town, runner) = alone().await;
    let who = town.resident().await;
    let (waiting, stored) = (announced(&who, "a.txt", b"x").await, sent(&who, "b.txt", b"y").await);
    let fresh = async || {
        for _ in 0..5 {
            runner.run_due().await.expect("a round");
        }
    };
    fresh().await;
    assert_eq!(kept(&town).len(), 1);
    town.app.clock.advance(Duration::hours(25));
    fresh().await;
    assert!(kept(&town).is_empty());
    let tx = town.system();
    assert!(tx.rows(Sql::new("SELECT FROM files")).await.expect("rows").is_empty(), "{waiting} {stored}");
}

#[tokio::test]
async fn a_fetched_file_is_noted_and_its_key_told_nowhere() {
    let scene = Scene::new().await;
    let id = sent(&scene.officer, "a.pdf", PDF).await;
    scene.officer.get(&format!("/files/{id}")).await;
    let tx = scene.town.system();
    let noted = tx.rows(Sql::new("SELECT detail FROM audit_entries WHERE op = 'DOWNLOADED' AND kind = 'files'")).await;
    assert_eq!(noted.expect("rows").iter().map(|r| r.get::<_, String>(0)).collect::<Vec<_>>(), ["a.pdf"]);
    let key = kept(&scene.town)[0].file_name().expect("a name").to_string_lossy().into_owned();
    let rows =
        tx.rows(Sql::new("SELECT coalesce(before::text, '') || coalesce(after::text, '') FROM audit_entries")).await;
    assert!(rows.expect("rows").iter().all(|row| !row.get::<_, String>(0).replace('-', "").contains(&key)));
}
