//! Trusted documents: asked by their hash, and required of the public where the installation says so.

use entaku::kernel::config::{Whom, WireConfig};
use entaku::kernel::keys::sha256;
use entaku::kernel::principal::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::town::app_with;
use crate::support::{Client, Town};

const DOCUMENT: &str = "query Districts($n: Int) { districts(first: $n) { totalCount } }";

/// A directory with one manifest.
fn manifests() -> TempDir {
    let directory = TempDir::new().expect("a directory");
    let manifest = json!({ sha256(DOCUMENT.as_bytes()): DOCUMENT });
    std::fs::write(directory.path().join("web.json"), manifest.to_string()).expect("a manifest");
    directory
}

async fn town(free_documents: Whom) -> Town {
    // Read once, when the server starts.
    let manifests = manifests();
    let documents = Some(manifests.path().to_owned());
    Town::beside(app_with(WireConfig { documents, free_documents, ..WireConfig::default() })).await
}

async fn send(client: &Client, request: Value) -> crate::support::client::Answer {
    client.send(request.to_string(), "application/json").await
}

#[tokio::test]
async fn a_trusted_document_is_asked_by_its_hash() {
    let town = town(Whom::Everybody).await;
    let hash = sha256(DOCUMENT.as_bytes());
    let expected = json!({"districts": {"totalCount": 0}});
    for request in [
        json!({"documentId": format!("sha256:{hash}"), "variables": {"n": 1}}),
        json!({"documentId": hash}),
        json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}),
        json!({"query": DOCUMENT, "documentId": format!("sha256:{hash}")}),
    ] {
        assert_eq!(send(&town.public(), request).await.data(), expected);
    }
    let by_get = town.public().get(&format!("/graphql?documentId=sha256:{hash}")).await;
    assert_eq!(by_get.header("cache-control"), "public, max-age=60");
    assert_eq!(by_get.data(), expected);
}

/// G33: nothing is learned from a client.
#[tokio::test]
async fn g33_an_unknown_hash_is_not_found_and_not_remembered() {
    let town = town(Whom::Everybody).await;
    let mine = "{ districts { totalCount } }";
    let hash = sha256(mine.as_bytes());
    let unknown = json!({"documentId": format!("sha256:{hash}")});
    for request in [
        unknown.clone(),
        json!({"documentId": "sha256:x"}),
        json!({"documentId": "md5:d41d8cd98f00b204e9800998ecf8427e"}),
        json!({"query": "{ __typename }", "documentId": format!("sha256:{hash}")}),
        json!({"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}),
    ] {
        send(&town.public(), request).await.expect_code("PERSISTED_QUERY_NOT_FOUND");
    }
    send(&town.public(), json!({"query": mine, "documentId": hash})).await.data();
    send(&town.public(), unknown).await.expect_code("PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn the_public_can_be_held_to_trusted_documents() {
    let town = town(Whom::SignedIn).await;
    let clerk = town.staff(Role::PlanningStaff).await;
    town.public().run(DOCUMENT, json!({})).await.data();
    let refused = town.public().run("{ districts { totalCount } }", json!({})).await;
    assert_eq!((refused.status.as_u16(), refused.statements), (403, 0));
    refused.expect_code("FORBIDDEN/TRUSTED_DOCUMENT");
    clerk.run("{ districts { totalCount } }", json!({})).await.data();
}
