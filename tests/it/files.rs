//! Files: announced, sent, attached, fetched, detached and thrown away; and everything that is not taken.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use chrono::Duration;
use entaku::api::app::App;
use entaku::files::housekeeping;
use entaku::kernel::jobs::Runner;
use entaku::kernel::keys::sha256;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use serde_json::{Value, json};

use crate::grants::Scene;
use crate::organizations::text;
use crate::roundtables::Hall;
use crate::support::client::Answer;
use crate::support::database::Own;
use crate::support::town::{app_over, files};
use crate::support::{Client, Town};

const CREATE: &str = include_str!("../../docs/stories/80-file-upload-create.graphql");
const ATTACH: &str = include_str!("../../docs/stories/81-grant-application-file-attach.graphql");
const DETACH: &str = include_str!("../../docs/stories/82-grant-application-file-detach.graphql");
const TABLE_ATTACH: &str = include_str!("../../docs/stories/83-roundtable-file-attach.graphql");
const TABLE_DETACH: &str = include_str!("../../docs/stories/84-roundtable-file-detach.graphql");
const GRANT_SUBMIT: &str = include_str!("../../docs/stories/15-grant-application-submit.graphql");
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
async fn v14_what_is_not_taken_is_refused_before_it_is_sent() {
    let town = Town::new().await;
    let who = town.resident().await;
    let limit = town.app.files.limit;
    let hash = sha256(b"x");
    let rules = async |input: Value| -> Vec<String> {
        let body = who.run(CREATE, json!({ "input": input })).await.expect_code("INVALID_INPUT").body;
        let fields = body["errors"][0]["extensions"]["fields"].as_array().expect("fields").clone();
        fields.iter().map(|f| text(&f["rule"])).collect()
    };
    assert_eq!(rules(json!({"name": "a.pdf", "size": 0, "sha256": hash})).await, ["FILE_SIZE"]);
    assert_eq!(rules(json!({"name": "a.pdf", "size": limit + 1, "sha256": hash})).await, ["FILE_SIZE"]);
    assert_eq!(rules(json!({"name": "a.pdf", "size": -1, "sha256": "x"})).await, ["FILE_SIZE", "FORMAT"]);
    for name in ["a.svg", "a.exe", "a.xlsm", "a.html", "pdf", "a.pdf."] {
        assert_eq!(rules(json!({"name": name, "size": 1, "sha256": hash})).await, ["FILE_TYPE"], "{name}");
    }
    let other = json!({"name": "a.pdf", "size": 1, "sha256": hash, "mediaType": "text/html"});
    assert_eq!(rules(other).await, ["FILE_TYPE"]);
    let whole = json!({"name": "a.pdf", "size": limit, "sha256": hash, "mediaType": "Application/PDF"});
    who.run(CREATE, json!({ "input": whole })).await.data();
    town.public()
        .run(CREATE, json!({"input": {"name": "a.pdf", "size": 1, "sha256": hash}}))
        .await
        .expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn v14_bytes_that_are_not_what_was_announced_are_refused_and_leave_nothing() {
    let scene = Scene::new().await;
    let officer = &scene.officer;
    let cases: [(&str, &[u8], &[u8], &str); 7] = [
        ("a.pdf", PDF, b"", "INVALID_INPUT"),
        ("a.pdf", PDF, &PDF[..10], "INVALID_INPUT"),
        ("a.pdf", PDF, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOX\n", "INVALID_INPUT"),
        ("a.pdf", b"MZ\x90\0 a program", b"MZ\x90\0 a program", "INVALID_INPUT"),
        ("a.txt", b"<svg onload=alert(1)>", b"<svg onload=alert(1)>", "INVALID_INPUT"),
        ("a.xlsx", b"PK\x03\x04 no archive", b"PK\x03\x04 no archive", "INVALID_INPUT"),
        ("a.txt", b"x", b"xy", "BAD_REQUEST/TOO_LARGE"),
    ];
    for (name, said, content, code) in cases {
        let id = announced(officer, name, said).await;
        put(officer, &id, content.to_vec()).await.expect_code(code);
        assert_eq!(state(officer, &id).await, "WAITING", "{name}");
        assert_eq!(officer.get(&format!("/files/{id}")).await.status, 404);
    }
    assert!(kept(&scene.town).is_empty());
    let id = announced(officer, "a.pdf", PDF).await;
    put(officer, &id, b"x".to_vec()).await.expect_code("INVALID_INPUT");
    assert_eq!(put(officer, &id, PDF).await.status, 200, "a repeat begins anew");
    let again = put(officer, &id, PDF).await;
    assert_eq!(again.status, 409);
    again.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn g8_v14_large_bodies_forms_and_compression_are_refused_early() {
    let scene = Scene::new().await;
    let officer = &scene.officer;
    let id = announced(officer, "a.pdf", PDF).await;
    let path = format!("/files/{id}");
    // Never ending: it is refused by what it announces, or by the first bytes that are too many.
    let endless = || {
        Body::from_stream(futures_util::stream::repeat_with(|| {
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4096]))
        }))
    };
    let early = officer.with("content-length", "52428800").by("PUT", &path, endless()).await;
    assert_eq!(early.status, 413);
    assert_eq!(officer.by("PUT", &path, endless()).await.status, 413);
    let parts = (0..10_000).map(|n| format!("--b\r\nContent-Disposition: form-data; name=\"{n}\"\r\n\r\nx\r\n"));
    let form = officer
        .with("content-type", "multipart/form-data; boundary=b")
        .by("PUT", &path, parts.collect::<String>())
        .await;
    assert_eq!(form.status, 415);
    assert_eq!(officer.with("content-encoding", "gzip").by("PUT", &path, PDF).await.status, 415);
    for method in ["POST", "DELETE", "PATCH", "OPTIONS"] {
        let answer = officer.by(method, &path, Body::empty()).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow").as_str()), (405, "GET, HEAD, PUT"), "{method}");
    }
    assert_eq!(put(&scene.town.public(), &id, PDF).await.status, 401);
    assert_eq!(state(officer, &id).await, "WAITING");
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_and_may_be_repeated() {
    let scene = Scene::new().await;
    let officer = &scene.officer;
    let id = announced(officer, "a.pdf", PDF).await;
    let broken = futures_util::stream::iter([Ok(Bytes::from_static(&PDF[..5])), Err(std::io::Error::other("gone"))]);
    put(officer, &id, Body::from_stream(broken)).await.expect_code("BAD_REQUEST/BODY");
    // A client that hangs up: the request is dropped amid its body.
    let (who, path) = (officer.clone(), format!("/files/{id}"));
    let stuck = futures_util::StreamExt::chain(
        futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(&PDF[..5]))]),
        futures_util::stream::pending(),
    );
    let sending = tokio::spawn(async move { who.by("PUT", &path, Body::from_stream(stuck)).await });
    tokio::task::yield_now().await;
    sending.abort();
    assert!(sending.await.is_err_and(|e| e.is_cancelled()));
    assert!(kept(&scene.town).is_empty());
    assert_eq!(put(officer, &id, PDF).await.status, 200);
    assert_eq!(kept(&scene.town).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_uploads_at_once_one_is_kept() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        let id = announced(&scene.officer, "a.pdf", PDF).await;
        let both = tokio::join!(put(&scene.officer, &id, PDF), put(&scene.officer, &id, PDF));
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(scene.officer.get(&format!("/files/{id}")).await.bytes, PDF);
    }
    assert_eq!(kept(&scene.town).len(), 5);
}

#[tokio::test]
async fn uploads_that_are_not_attached_are_few_and_attachments_not_endless() {
    let town = Town::new().await;
    let who = town.resident().await;
    for n in 0..20 {
        announced(&who, &format!("{n}.txt"), b"x").await;
    }
    announce(&who, "one more.txt", b"x").await.expect_code("CONFLICT/TOO_MANY_UPLOADS");
    announced(&town.resident().await, "another's.txt", b"x").await;
}

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

/// Storage that speaks S3, as much of it as one bucket with small objects needs.
mod storage {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::{Bytes, to_bytes};
    use axum::extract::Request;
    use axum::http::{Method, StatusCode};
    use axum::response::{IntoResponse, Response};

    pub type Objects = Arc<Mutex<HashMap<String, Bytes>>>;

    /// Begins to serve; gives its address and what it keeps.
    pub async fn serve() -> (String, Objects) {
        let objects = Objects::default();
        let kept = objects.clone();
        let router = Router::new().fallback(move |request: Request| answer(kept.clone(), request));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (address, objects)
    }

    async fn answer(objects: Objects, request: Request) -> Response {
        let signed = request.headers().get("authorization").and_then(|v| v.to_str().ok()).unwrap_or("");
        if !signed.starts_with("AWS4-HMAC-SHA256 Credential=town/") {
            return StatusCode::FORBIDDEN.into_response();
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let body = to_bytes(request.into_body(), 10_000_000).await.expect("a body");
        let mut objects = objects.lock().expect("objects");
        match method {
            Method::PUT => {
                objects.insert(path, body);
                ([("etag", "\"1\"")], "").into_response()
            }
            Method::GET => match objects.get(&path) {
                Some(bytes) => ([("etag", "\"1\""), ("last-modified", "Wed, 20 May 2026 01:00:00 GMT")], bytes.clone())
                    .into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            },
            Method::DELETE => {
                objects.remove(&path);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::NOT_IMPLEMENTED.into_response(),
        }
    }
}

#[tokio::test]
async fn files_are_kept_in_storage_that_speaks_s3() {
    use entaku::kernel::config::{Bucket, FilesConfig, Place};
    use entaku::kernel::files::Store;
    use futures_util::TryStreamExt;

    let (endpoint, objects) = storage::serve().await;
    let bucket = |endpoint: &str| Bucket {
        name: "entaku".into(),
        prefix: "town".into(),
        endpoint: Some(endpoint.into()),
        region: "us-east-1".into(),
        credentials: Some(("town".into(), "secret".into())),
    };
    let store = Store::open(&FilesConfig { place: Place::S3(bucket(&endpoint)), ..files() }).expect("a store");
    let (town, key) = (entaku::kernel::principal::MunicipalityId::new(), uuid::Uuid::new_v4());
    let mut spool = store.spool().expect("a spool");
    spool.write(PDF).await.expect("written");
    store.keep(town, key, spool.done().await.expect("whole")).await.expect("kept");
    let path = format!("/entaku/town/{}/{}", town.0.simple(), key.simple());
    assert_eq!(objects.lock().expect("objects").get(&path).map(|b| b.to_vec()), Some(PDF.to_vec()));
    let (size, stream) = store.read(town, key).await.expect("read");
    let parts: Vec<Bytes> = stream.try_collect().await.expect("bytes");
    assert_eq!((size, parts.concat().as_slice()), (PDF.len() as u64, PDF));
    store.remove(town, key).await.expect("removed");
    store.remove(town, key).await.expect("removed again");
    assert!(objects.lock().expect("objects").is_empty());
    assert_eq!(store.read(town, key).await.err().expect("gone").code(), "UNAVAILABLE");
}
