//! An invitation is accepted with an identity.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

/// The secret of an invitation, as its mail has it.
async fn invited(town: &Town, admin: &Client, email: &str, role: &str) -> String {
    let input = json!({"email": email, "role": role});
    let id = admin.run(INVITE, json!({ "input": input })).await.data()["invitationCreate"]["id"].clone();
    let id = entaku::kernel::id::decode(id.as_str().expect("an id")).expect("an id").1;
    let public = entaku::people::token::public_part("inv", &town.code, id);
    entaku::people::token::mailed(&town.app.keys, &public)
}

#[tokio::test]
async fn a26_an_invitation_is_accepted_with_an_identity_once() {
    let (town, provider, admin) = town().await;
    let secret = invited(&town, &admin, "new@example.jp", "GRANT_STAFF").await;
    let (mut first, mut second) = (Browser::new(&town), Browser::new(&town));
    let mut tickets = Vec::new();
    for (browser, subject) in [(&mut first, "new"), (&mut second, "another")] {
        let location = browser.start(json!({"purpose": "INVITATION", "invitation": secret})).await.to();
        let back = provider.sign_in(&location, subject);
        tickets.push(ticket(&browser.back(&back).await));
    }
    let accept = |token: &str| {
        let input = json!({"token": token, "name": "新 花子", "nameKana": "しん はなこ"});
        let public = town.public();
        async move { public.run(ACCEPT, json!({ "input": input })).await }
    };
    accept("idi.322091.0.x").await.expect_code("UNAUTHENTICATED");
    accept(&tickets[0]).await.data();
    accept(&tickets[0]).await.expect_code("UNAUTHENTICATED");
    accept(&tickets[1]).await.expect_code("UNAUTHENTICATED");
    let reply = second.start(json!({"purpose": "INVITATION", "invitation": secret})).await;
    assert_eq!(reply.code(), "UNAUTHENTICATED", "it was accepted");
    assert_eq!(first.sign_in(&provider, "new").await, "/playground");
    assert_eq!(first.me().await["appointments"][0]["role"], "GRANT_STAFF");
    let sign_in = json!({"email": "new@example.jp", "password": PASSWORD});
    town.public().run(SIGN_IN, sign_in).await.expect_code("UNAUTHENTICATED");
    // An address that has an account claims it after signing in.
    account(&town, "old@example.jp").await;
    let secret = invited(&town, &admin, "old@example.jp", "PLANNING_STAFF").await;
    let location = second.start(json!({"purpose": "INVITATION", "invitation": secret})).await.to();
    let back = provider.sign_in(&location, "old");
    let token = ticket(&second.back(&back).await);
    accept(&token).await.expect_code("CONFLICT/DUPLICATE");
    assert_eq!(count(&town, "SELECT FROM identities").await, 1);
}

#[tokio::test]
async fn a26_an_invitation_may_end_while_somebody_is_at_the_provider() {
    let (town, provider, admin) = town().await;
    let secret = invited(&town, &admin, "new@example.jp", "GRANT_STAFF").await;
    let mut browser = Browser::new(&town);
    let location = browser.start(json!({"purpose": "INVITATION", "invitation": secret})).await.to();
    let back = provider.sign_in(&location, "new");
    let token = ticket(&browser.back(&back).await);
    let list = admin.run("{ invitations(first: 1) { nodes { id } } }", json!({})).await.data();
    let id = list["invitations"]["nodes"][0]["id"].clone();
    admin.run("mutation($id: ID!) { invitationRevoke(id: $id) { id } }", json!({ "id": id })).await.data();
    let input = json!({"token": token, "name": "新 花子", "nameKana": "しん はなこ"});
    town.public().run(ACCEPT, json!({ "input": input })).await.expect_code("UNAUTHENTICATED");
    assert_eq!(count(&town, "SELECT FROM identities").await, 0);
}
