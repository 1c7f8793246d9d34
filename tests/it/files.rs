//! Files: announced, sent, attached, fetched, detached and thrown away; and everything that is not taken.

mod kept;
mod s3;
mod uploads;

use std::path::PathBuf;

use axum::body::Body;
use entaku::kernel::keys::sha256;
use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};

use crate::grants::Scene;
use crate::organizations::text;
use crate::roundtables::Hall;
use crate::support::client::Answer;
use crate::support::town::files;
use crate::support::{Client, Town};

const CREATE: &str = include_str!("../../docs/stories/80-file-upload-create.graphql");
const ATTACH: &str = include_str!("../../docs/stories/81-grant-application-file-attach.graphql");
const DETACH: &str = include_str!("../../docs/stories/82-grant-application-file-detach.graphql");
const TABLE_ATTACH: &str = include_str!("../../docs/stories/83-roundtable-file-attach.graphql");
const TABLE_DETACH: &str = include_str!("../../docs/stories/84-roundtable-file-detach.graphql");
const PUBLISH: &str = include_str!("../../docs/stories/39-roundtable-minutes-publish.graphql");

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";

/// Announces a file.
async fn announce(who: &Client, name: &str, content: &[u8]) -> Answer {
    let input = json!({"name": name, "size": content.len(), "sha256": sha256(content)});
    who.run(CREATE, json!({ "input": input })).await
}

async fn announced(who: &Client, name: &str, content: &[u8]) -> String {
    text(&announce(who, name, content).await.data()["fileUploadCreate"]["id"])
}

async fn put(who: &Client, id: &str, content: impl Into<Body>) -> Answer {
    who.with("content-type", "application/octet-stream").by("PUT", &format!("/files/{id}"), content).await
}

/// A file that is here, and not attached.
pub(crate) async fn sent(who: &Client, name: &str, content: &[u8]) -> String {
    let id = announced(who, name, content).await;
    let answer = put(who, &id, content.to_vec()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    id
}

async fn state(who: &Client, id: &str) -> Value {
    who.run("query($id: ID!) { file(id: $id) { state } }", json!({ "id": id })).await.data()["file"]["state"].clone()
}

/// The contents that are kept of a town.
fn kept(town: &Town) -> Vec<PathBuf> {
    let entaku::kernel::config::Place::Directory(root) = files().place else { panic!("a directory") };
    let found = std::fs::read_dir(root.join(town.id.0.simple().to_string()));
    found.map_or_else(|_| Vec::new(), |entries| entries.map(|e| e.expect("an entry").path()).collect())
}

#[tokio::test]
async fn a_file_is_announced_sent_attached_fetched_and_detached() {
    let scene = Scene::new().await;
    let officer = &scene.officer;
    let announced = announce(officer, "収支 予算書.pdf", PDF).await.data()["fileUploadCreate"].clone();
    assert_eq!(announced["state"], "WAITING");
    let id = text(&announced["id"]);
    assert_eq!(announced["uploadUrl"], format!("/files/{id}"));
    assert_eq!(announced["mediaType"], "application/pdf");
    let application = scene.draft().await;
    let attach = json!({"id": application, "fileId": id});
    officer.run(ATTACH, attach.clone()).await.expect_code("CONFLICT/FILE_NOT_STORED");
    assert_eq!(put(officer, &id, PDF).await.status, 200);
    assert_eq!(state(officer, &id).await, "STORED");
    assert_eq!(officer.get(&format!("/files/{id}")).await.bytes, PDF, "who sent it may look");

    let files = officer.run(ATTACH, attach.clone()).await.data()["grantApplicationFileAttach"]["files"].clone();
    let file = files[0].clone();
    assert_eq!((file["name"].as_str(), file["size"].as_u64()), (Some("収支 予算書.pdf"), Some(PDF.len() as u64)));
    assert_eq!(file["checksum"], sha256(PDF));
    officer.run(ATTACH, attach).await.expect_code("CONFLICT/FILE_ATTACHED");
    assert_eq!(officer.get(&format!("/files/{id}")).await.status, 404, "from now on by where it belongs");
    let url = text(&file["downloadUrl"]);
    let fetched = scene.staff.get(&url).await;
    assert_eq!((fetched.status.as_u16(), fetched.bytes.as_slice()), (200, PDF));

    let detach = json!({"id": application, "fileId": file["id"]});
    let left = officer.run(DETACH, detach.clone()).await.data()["grantApplicationFileDetach"]["files"].clone();
    assert_eq!(left, json!([]));
    officer.run(DETACH, detach).await.expect_code("NOT_FOUND");
    assert_eq!(officer.get(&url).await.status, 404);
    let acts = "query($id: ID!) { grantApplication(id: $id) { acts { act } } }";
    let acts = officer.run(acts, json!({ "id": application })).await.data()["grantApplication"]["acts"].clone();
    assert_eq!(acts, json!([{"act": "CREATE"}, {"act": "CHANGE"}, {"act": "CHANGE"}]));
}

#[tokio::test]
async fn z22_whoever_may_not_read_what_it_belongs_to_gets_one_answer() {
    let scene = Scene::new().await;
    let id = sent(&scene.officer, "計画書.pdf", PDF).await;
    let application = scene.draft().await;
    let member = scene.town.over(Role::OrgMember, ScopeKind::Organization, &scene.organization).await;
    let uuid = entaku::kernel::id::decode(&scene.organization).expect("an id").1;
    let (account, leaving) = scene.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(uuid)).await;
    let stranger = Town::beside(scene.town.app.clone()).await.staff(Role::GrantStaff).await;
    let outsider = scene.town.resident().await;
    for somebody in [&member, &scene.staff, &outsider, &stranger] {
        assert_eq!(somebody.get(&format!("/files/{id}")).await.status, 404, "an upload is of who sent it");
        assert_eq!(put(somebody, &id, PDF).await.status, 404);
    }
    let data = scene.officer.run(ATTACH, json!({"id": application, "fileId": id})).await.data();
    let url = text(&data["grantApplicationFileAttach"]["files"][0]["downloadUrl"]);
    for reader in [&member, &scene.staff, &leaving] {
        assert_eq!(reader.get(&url).await.status, 200);
    }
    let invented = "/files/gaf_00000000000070008000000000000000";
    let nothing = outsider.get(invented).await;
    assert_eq!(nothing.status, 404);
    scene.town.dismiss(account).await;
    let digit = if url.ends_with('0') { '1' } else { '0' };
    let altered = format!("{}{digit}", &url[..url.len() - 1]);
    let by_town = format!("{url}?municipality={}", scene.town.code.as_str());
    for (who, path) in [(&outsider, url.as_str()), (&stranger, &url), (&leaving, &url), (&scene.town.public(), &url)] {
        assert_eq!(who.get(path).await.text, nothing.text);
    }
    for path in [altered.as_str(), "/files/x", "/files/gap_1", "/files/fil_%00", "/files/..%2F..%2Fetc%2Fpasswd"] {
        assert_eq!(scene.staff.get(path).await.text, nothing.text, "{path}");
    }
    assert_eq!(Client::new(scene.town.app.clone()).get(&by_town).await.status, 404, "nothing of a grant is public");
    stranger.get(&by_town).await.expect_code("BAD_REQUEST/MUNICIPALITY_MISMATCH");
    assert_eq!(scene.staff.with("authorization", "Bearer x").get(&url).await.status, 401);
}

#[tokio::test]
async fn v7_v14_what_is_fetched_does_nothing_in_a_browser() {
    let scene = Scene::new().await;
    let id = sent(&scene.officer, "見積 \"A'; x=.txt", b"plain text").await;
    let answer = scene.officer.get(&format!("/files/{id}")).await;
    assert_eq!(answer.header("content-type"), "text/plain");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(answer.header("content-security-policy").starts_with("sandbox; default-src 'none'"));
    assert_eq!(answer.header("content-length"), "10");
    let named = answer.header("content-disposition");
    assert_eq!(
        named,
        "attachment; filename=\"__ _A__ x_.txt\"; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%20%22A%27%3B%20x%3D.txt"
    );
    for name in ["a\r\nSet-Cookie: x=1.txt", "../../x.txt", "..\\x.txt", "a\0.txt", "exe.\u{202E}txt", ".txt"] {
        let code = announce(&scene.officer, name, b"x").await.code();
        assert_eq!(code, "INVALID_INPUT", "{name:?}");
    }
}

#[tokio::test]
async fn files_of_a_meeting_are_published_with_its_minutes() {
    let hall = Hall::new().await;
    let meeting = hall.held().await;
    let file = sent(&hall.officer, "写真.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").await;
    let wrong = sent(&hall.planner, "間違い.txt", b"x").await;
    hall.planner.run(TABLE_ATTACH, json!({"id": meeting, "fileId": file})).await.expect_code("INVALID_INPUT");
    hall.planner.run(TABLE_ATTACH, json!({"id": meeting, "fileId": wrong})).await.data();
    let data = hall.officer.run(TABLE_ATTACH, json!({"id": meeting, "fileId": file})).await.data();
    let files = data["roundtableFileAttach"]["files"].clone();
    let wrong = files[0]["id"].clone();
    hall.officer.run(TABLE_DETACH, json!({"id": meeting, "fileId": wrong})).await.data();
    let url = text(&files[1]["downloadUrl"]);
    let by_link = format!("{url}?municipality={}", hall.town.code.as_str());
    let anybody = Client::new(hall.town.app.clone());
    assert_eq!(anybody.get(&by_link).await.status, 404);
    let elsewhere = hall.planned().await;
    hall.officer
        .run(TABLE_DETACH, json!({"id": elsewhere, "fileId": files[1]["id"]}))
        .await
        .expect_code("INVALID_INPUT");

    crate::roundtables::finish(&hall, &meeting).await;
    hall.planner.run(PUBLISH, json!({ "id": meeting })).await.data();
    assert_eq!(anybody.get(&by_link).await.status, 200, "a link is enough");
    assert_eq!(anybody.get(&url).await.code(), "BAD_REQUEST/MUNICIPALITY_REQUIRED");
    hall.officer
        .run(TABLE_DETACH, json!({"id": meeting, "fileId": files[1]["id"]}))
        .await
        .expect_code("CONFLICT/LOCKED");
    let read = "query($id: ID!) { roundtable(id: $id) { files { name } } }";
    let seen = hall.town.public().run(read, json!({ "id": meeting })).await.data();
    assert_eq!(seen["roundtable"]["files"], json!([{"name": "写真.png"}]));
}
