//! Signing in: whose answers are believed, and which are not.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn somebody_signs_in_with_the_town_halls_sign_in() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "248289761001").await;
    let mut browser = Browser::new(&town);
    let begun = browser.start(json!({"purpose": "SIGN_IN"})).await;
    let cookie = &begun.cookies[0];
    assert!(cookie.starts_with("entaku-sso=sso.") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"));
    let back = provider.sign_in(&begun.to(), "248289761001");
    assert_eq!(browser.back(&back).await, "/playground");
    assert!(browser.is_signed_in() && !browser.jar.contains_key("entaku-sso"));
    let me = browser.me().await;
    assert_eq!(me["appointments"][0]["role"], "GRANT_STAFF");
    let current = me["sessions"]["nodes"].as_array().expect("sessions").iter().find(|s| s["current"] == true);
    assert_eq!(current.expect("a session")["singleSignOn"], true);
}

#[tokio::test]
async fn a24_an_answer_is_for_the_browser_and_the_attempt_that_wait_for_it_once() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let (mut mine, mut theirs, mut nobody) = (Browser::new(&town), Browser::new(&town), Browser::new(&town));
    let back = mine.visit(&provider, "SIGN_IN", "me").await;
    let own = theirs.visit(&provider, "SIGN_IN", "them").await;
    // Login CSRF: an attacker's answer in a browser that has begun nothing, or something else.
    assert_eq!(nobody.back(&back).await, "/account#sso.SSO_ATTEMPT");
    assert_eq!(theirs.back(&back).await, "/account#sso.SSO_ATTEMPT");
    assert_eq!(theirs.back(&own).await, "/account#sso.IDENTITY_UNKNOWN", "what they have begun goes on");
    let state = |address: &str, state: &str| {
        let mut url = url::Url::parse(address).expect("an address");
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).append_pair("state", state);
        url.to_string()
    };
    for forged in ["", "x", "\u{0}"] {
        let mut again = Browser::new(&town);
        again.jar.clone_from(&mine.jar);
        assert_eq!(again.back(&state(&back, forged)).await, "/account#sso.SSO_ATTEMPT", "{forged:?}");
    }
    let mut twice = Browser::new(&town);
    twice.jar.clone_from(&mine.jar);
    assert_eq!(twice.back(&format!("{back}&code=2")).await, "/account#sso.SSO_ATTEMPT", "one code, not two");
    // What others have tried has cost nothing.
    let kept = mine.jar.clone();
    assert_eq!(mine.back(&back).await, "/playground");
    let mut replay = Browser::new(&town);
    replay.jar = kept;
    replay.jar.remove("entaku");
    assert_eq!(replay.back(&back).await, "/account#sso.SSO_ATTEMPT", "once");
    let mut late = Browser::new(&town);
    let back = late.visit(&provider, "SIGN_IN", "me").await;
    town.app.clock.advance(Duration::minutes(10));
    assert_eq!(late.back(&back).await, "/account#sso.SSO_ATTEMPT", "in its time");
    assert_eq!(count(&town, "SELECT FROM sessions WHERE single_sign_on").await, 1);
}

#[tokio::test]
async fn a24_a_code_of_another_attempt_is_worth_nothing() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "victim").await;
    let (mut victim, mut attacker) = (Browser::new(&town), Browser::new(&town));
    let stolen = victim.visit(&provider, "SIGN_IN", "victim").await;
    let own = attacker.visit(&provider, "SIGN_IN", "attacker").await;
    let part = |address: &str, name: &str| {
        let url = url::Url::parse(address).expect("an address");
        url.query_pairs().find(|(found, _)| found == name).expect("a parameter").1.into_owned()
    };
    let injected = own.replace(&part(&own, "code"), &part(&stolen, "code"));
    assert_eq!(attacker.back(&injected).await, "/account#sso.SSO_ANSWER", "PKCE");
    nothing_came_of_it(&town, &attacker).await;
    assert_eq!(victim.back(&stolen).await, "/playground", "who it was stolen from is not kept out");
}

#[tokio::test]
async fn a24_an_id_token_is_believed_only_if_everything_is_right() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let now = town.app.clock.now().timestamp();
    let public = provider.public();
    let signings = [
        Signing::Not("none"),
        Signing::Not("nOnE"),
        Signing::Not("ES256"),
        Signing::Shared(public.clone()),
        Signing::Shared(SECRET.as_bytes().to_vec()),
        Signing::Own,
        Signing::Named("of nobody"),
        Signing::Named("../../x' OR 1=1"),
        Signing::Typed("at+jwt"),
        Signing::Typed("logout+jwt"),
        Signing::Altered,
    ];
    for (i, signing) in signings.into_iter().enumerate() {
        provider.set(|mood| mood.signing = signing);
        let mut browser = Browser::new(&town);
        assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER", "signing {i}");
        nothing_came_of_it(&town, &browser).await;
    }
    provider.set(|mood| mood.signing = Signing::Well);
    for claims in [
        json!({"iss": "https://evil.example"}),
        json!({"iss": format!("{}/", provider.issuer)}),
        json!({"aud": "another client"}),
        json!({"aud": [CLIENT, "another client"]}),
        json!({"aud": null}),
        json!({"azp": "another client"}),
        json!({"exp": now - 61}),
        json!({"exp": "never"}),
        json!({"exp": null}),
        json!({"iat": now + 3600}),
        json!({"iat": now - 3600}),
        json!({"nbf": now + 3600}),
        json!({"nonce": "of another attempt"}),
        json!({"nonce": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
    ] {
        provider.set(|mood| mood.claims = claims.clone());
        let mut browser = Browser::new(&town);
        assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER", "{claims}");
        nothing_came_of_it(&town, &browser).await;
    }
    provider.set(|mood| mood.claims = json!({"aud": [CLIENT, "another client"], "azp": CLIENT, "more": [1, {}]}));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground", "the control");
}

#[tokio::test]
async fn a24_two_providers_are_not_mixed_up() {
    let (one, honest, _) = town().await;
    let two = Town::beside(one.app.clone()).await;
    let evil = Provider::new(two.app.clock.clone()).await;
    two.staff(Role::Admin).await.run(SET, json!({ "input": input(&evil) })).await.data();
    clerk(&one, &honest, "me").await;
    // The code of the honest provider, taken to the evil one's municipality.
    let (mut at_one, mut at_two) = (Browser::new(&one), Browser::new(&two));
    let of_one = at_one.visit(&honest, "SIGN_IN", "me").await;
    let of_two = at_two.visit(&evil, "SIGN_IN", "me").await;
    let crossed = of_one.replace(&format!("/sso/{}/", one.code.as_str()), &format!("/sso/{}/", two.code.as_str()));
    assert_ne!(crossed, of_one, "each municipality has an address of its own");
    assert_eq!(
        Browser { town: &one, jar: at_one.jar.clone(), origin: "" }.back(&crossed).await,
        "/account#sso.SSO_ATTEMPT"
    );
    assert_eq!(
        Browser { town: &two, jar: at_two.jar.clone(), origin: "" }.back(&of_one).await,
        "/account#sso.SSO_ATTEMPT"
    );
    assert_eq!(
        Browser { town: &two, jar: at_one.jar.clone(), origin: "" }.back(&of_two).await,
        "/account#sso.SSO_ATTEMPT"
    );
    // An answer that says it is another issuer's, and one that does not say whose it is.
    let named = |address: &str, iss: Option<&str>| {
        let mut url = url::Url::parse(address).expect("an address");
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        if let Some(iss) = iss {
            url.query_pairs_mut().append_pair("iss", iss);
        }
        url.to_string()
    };
    for iss in [Some(evil.issuer.as_str()), Some(""), None] {
        let mut browser = Browser::new(&one);
        let back = browser.visit(&honest, "SIGN_IN", "me").await;
        assert_eq!(browser.back(&named(&back, iss)).await, "/account#sso.SSO_ANSWER", "{iss:?}");
        nothing_came_of_it(&one, &browser).await;
    }
}

#[tokio::test]
async fn a24_an_attempt_does_not_outlive_its_provider() {
    let (town, provider, admin) = town().await;
    clerk(&town, &provider, "me").await;
    let mut browser = Browser::new(&town);
    let back = browser.visit(&provider, "SIGN_IN", "me").await;
    let other = Provider::new(town.app.clock.clone()).await;
    admin.run(SET, json!({ "input": input(&other) })).await.data();
    assert_eq!(browser.back(&back).await, "/account#sso.SSO_ATTEMPT");
    assert_eq!(
        Browser::new(&town).sign_in(&other, "me").await,
        "/account#sso.IDENTITY_UNKNOWN",
        "a subject is its issuer's"
    );
}

#[tokio::test]
async fn a25_an_identity_is_known_in_its_own_town_only() {
    let (one, provider, _) = town().await;
    let two = Town::beside(one.app.clone()).await;
    two.staff(Role::Admin).await.run(SET, json!({ "input": input(&provider) })).await.data();
    clerk(&one, &provider, "me").await;
    let mut browser = Browser::new(&two);
    assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.IDENTITY_UNKNOWN");
    nothing_came_of_it(&two, &browser).await;
    assert_eq!(Browser::new(&one).sign_in(&provider, "me").await, "/playground");
}

#[tokio::test]
async fn a24_an_address_links_nothing() {
    let (town, provider, _) = town().await;
    staff(&town, "known@example.jp", Role::GrantStaff).await;
    provider.set(|mood| mood.claims = json!({"email": "known@example.jp", "email_verified": true}));
    let mut browser = Browser::new(&town);
    assert_eq!(browser.sign_in(&provider, "known@example.jp").await, "/account#sso.IDENTITY_UNKNOWN");
    nothing_came_of_it(&town, &browser).await;
    assert_eq!(count(&town, "SELECT FROM identities").await, 0);
    assert_eq!(count(&town, "SELECT FROM audit_entries WHERE op = 'SIGN_IN_FAILED'").await, 1, "and it is noted");
}

#[tokio::test]
async fn a1_a17_a_suspended_account_is_nobody_to_the_provider_either() {
    let (town, provider, admin) = town().await;
    let id = clerk(&town, &provider, "me").await;
    let mut browser = Browser::new(&town);
    browser.sign_in(&provider, "me").await;
    let suspend = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
    let id = entaku::kernel::id::encode("acc", id.0);
    admin.run(suspend, json!({ "id": id })).await.data();
    assert_eq!(browser.run(ME, json!({})).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.IDENTITY_UNKNOWN");
}

#[tokio::test]
async fn a24_keys_are_kept_asked_for_anew_and_not_too_often() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground");
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground");
    assert_eq!(provider.asked_keys(), 1);
    provider.set(|mood| mood.keys_up = false);
    town.app.clock.advance(Duration::hours(2));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground", "kept while they cannot be had");
    provider.set(|mood| mood.keys_up = true);
    provider.rotate("second");
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER", "a minute must pass");
    town.app.clock.advance(Duration::minutes(1));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground", "a new key is asked for");
    let asked = provider.asked_keys();
    provider.set(|mood| mood.signing = Signing::Named("made up"));
    for _ in 0..5 {
        assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER");
    }
    assert_eq!(provider.asked_keys(), asked, "names that are made up ask nobody");
    provider.set(|mood| (mood.signing, mood.keys_up) = (Signing::Well, false));
    town.app.clock.advance(Duration::hours(25));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.UNAVAILABLE", "a day at most");
}

#[tokio::test]
async fn v9_nothing_that_is_brought_decides_where_one_is_sent() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let mut browser = Browser::new(&town);
    let wanted =
        json!({"purpose": "SIGN_IN", "return": "https://evil.example", "redirect_uri": "https://evil.example"});
    let location = browser.start(wanted).await.to();
    assert!(!location.contains("evil"));
    let back = format!("{}&return=https://evil.example&redirect_uri=//evil.example", provider.sign_in(&location, "me"));
    assert_eq!(browser.back(&back).await, "/playground");
    // What the provider calls the fault does not reach the page's address.
    let mut refused = Browser::new(&town);
    let back = refused.visit(&provider, "SIGN_IN", "me").await;
    let (base, _) = back.split_once('?').expect("a query");
    let state = url::Url::parse(&back).expect("an address");
    let state = state.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let denied = format!("{base}?error=https://evil.example&error_description=%0d%0aset-cookie:x&state={state}");
    assert_eq!(refused.back(&denied).await, "/account#sso.SSO_REFUSED");
}

#[tokio::test]
async fn only_our_own_page_begins() {
    let (town, _, _) = town().await;
    let mut foreign = Browser { origin: "https://evil.example", ..Browser::new(&town) };
    assert_eq!(foreign.start(json!({"purpose": "SIGN_IN"})).await.code(), "FORBIDDEN/ORIGIN");
    let mut browser = Browser::new(&town);
    assert_eq!(browser.send("GET", "/sso/start", None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    for purpose in ["LINK", "ELEVATE"] {
        assert_eq!(browser.start(json!({ "purpose": purpose })).await.code(), "UNAUTHENTICATED");
    }
    for bad in [json!({"purpose": "OTHER"}), json!({})] {
        assert_eq!(browser.start(bad).await.code(), "BAD_REQUEST/JSON");
    }
    assert_eq!(browser.start(json!({"purpose": "INVITATION", "invitation": "inv.x"})).await.code(), "UNAUTHENTICATED");
    assert_eq!(count(&town, "SELECT FROM sign_in_attempts").await, 0);
}
