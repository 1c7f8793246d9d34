//! An account is linked to an identity on purpose, and parted from it.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn an_identity_is_linked_on_purpose_and_parted_from() {
    let (town, provider, _) = town().await;
    account(&town, "me@example.jp").await;
    let mut me = Browser::new(&town);
    me.password("me@example.jp").await;
    let back = me.visit(&provider, "LINK", "me").await;
    let token = ticket(&me.back(&back).await);
    // The ticket is worth nothing elsewhere, nor without a fresh proof.
    account(&town, "thief@example.jp").await;
    let mut thief = Browser::new(&town);
    thief.password("thief@example.jp").await;
    assert_eq!(thief.run(LINK, json!({ "token": token })).await.code(), "UNAUTHENTICATED");
    let mut elsewhere = Browser::new(&town);
    elsewhere.password("me@example.jp").await;
    assert_eq!(elsewhere.run(LINK, json!({ "token": token })).await.code(), "UNAUTHENTICATED", "another session");
    let linked = me.run(LINK, json!({ "token": token })).await.body["data"]["identityLink"].clone();
    assert_eq!(linked["issuer"], provider.issuer, "what others tried has cost nothing");
    assert_eq!(me.run(LINK, json!({ "token": token })).await.code(), "UNAUTHENTICATED", "once");
    let mut again = Browser::new(&town);
    assert_eq!(again.sign_in(&provider, "me").await, "/playground");
    // It is one account's.
    let back = thief.visit(&provider, "LINK", "me").await;
    let token = ticket(&thief.back(&back).await);
    assert_eq!(thief.run(LINK, json!({ "token": token })).await.code(), "CONFLICT/DUPLICATE");
    assert_eq!(thief.run(UNLINK, json!({"id": linked["id"]})).await.code(), "NOT_FOUND");
    town.app.clock.advance(Duration::minutes(16));
    assert_eq!(me.run(UNLINK, json!({"id": linked["id"]})).await.code(), "FORBIDDEN/STEP_UP");
    me.send("PATCH", "/playground/session", Some(json!({"password": PASSWORD}))).await;
    let parted = me.run(UNLINK, json!({"id": linked["id"]})).await;
    assert_eq!(parted.body["data"]["identityUnlink"]["identities"], json!([]), "{}", parted.body);
    assert_eq!(again.run(ME, json!({})).await.status, StatusCode::UNAUTHORIZED, "its other sessions end");
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.IDENTITY_UNKNOWN");
}

#[tokio::test]
async fn a28_linking_needs_a_fresh_proof() {
    let (town, provider, _) = town().await;
    account(&town, "me@example.jp").await;
    let mut me = Browser::new(&town);
    me.password("me@example.jp").await;
    let again = json!({ "password": PASSWORD });
    town.app.clock.advance(Duration::minutes(16));
    assert_eq!(me.start(json!({"purpose": "LINK"})).await.code(), "FORBIDDEN/STEP_UP", "before one is sent away");
    me.send("PATCH", "/playground/session", Some(again.clone())).await;
    town.app.clock.advance(Duration::minutes(14));
    let back = me.visit(&provider, "LINK", "me").await;
    let token = ticket(&me.back(&back).await);
    town.app.clock.advance(Duration::minutes(2));
    assert_eq!(me.run(LINK, json!({ "token": token })).await.code(), "FORBIDDEN/STEP_UP", "and afterwards");
    me.send("PATCH", "/playground/session", Some(again)).await;
    assert_eq!(me.run(LINK, json!({ "token": token })).await.code(), "", "the ticket is not spent in vain");
}

#[tokio::test]
async fn nobody_parts_from_their_only_way_in() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let mut me = Browser::new(&town);
    me.sign_in(&provider, "me").await;
    let id = me.me().await["identities"][0]["id"].clone();
    assert_eq!(me.run(UNLINK, json!({ "id": id })).await.code(), "CONFLICT/LAST_SIGN_IN");
}
