//! Uploads: what is not taken, what breaks off, and what comes twice or too often.

use axum::body::{Body, Bytes};
use entaku::kernel::keys::sha256;
use serde_json::{Value, json};

use crate::files::{CREATE, PDF, announce, announced, kept, put, state};
use crate::grants::Scene;
use crate::organizations::text;
use crate::support::Town;

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
