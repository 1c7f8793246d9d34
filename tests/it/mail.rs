//! The outbox: a mail is there with its act, goes to a real server, waits, is given up, and keeps nothing.

use chrono::Duration;
use entaku::kernel::config::Route;
use entaku::kernel::outbox::{self, Link, Mail};
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::support::post::{PUBLIC_URL, PostOffice, sender};
use crate::support::smtp::{MailServer, Mood};

/// Puts a mail to somebody into the outbox.
async fn put(post: &PostOffice, to: &str) {
    let tx = post.town.system();
    let mail = Mail {
        kind: "TEST",
        to: to.to_owned(),
        subject: "雲南市\r\nBcc: all@example.jp".to_owned(),
        body: "「{link}」のお知らせ\n.\n{link}\n".to_owned(),
        link: Some(Link::Secret("inv.322091.0".to_owned())),
        deadline: tx.now + Duration::hours(72),
    };
    outbox::put(&tx, mail).await.expect("in the outbox");
    tx.commit().await.expect("committed");
}

fn plain(server: &MailServer) -> Route {
    Route::Smtp { url: format!("smtp://127.0.0.1:{}", server.port).into(), ca: None }
}

#[tokio::test]
async fn a_mail_goes_to_a_server_with_its_link_and_keeps_nothing() {
    let (post, server) = (PostOffice::new().await, MailServer::new().await);
    put(&post, "hanako@example.jp").await;
    assert_eq!(post.outbox().await[0]["kept"], true);
    post.send(sender(plain(&server))).await;
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].contains("RCPT TO:<hanako@example.jp>"), "{}", taken[0]);
    assert!(taken[0].contains("MAIL FROM:<entaku@machi.example.jp>"), "{}", taken[0]);
    let sent = json!({"kind": "TEST", "state": "SENT", "attempts": 1, "error": null, "kept": false});
    assert_eq!(post.outbox().await, vec![sent.clone()]);
    post.send(sender(plain(&server))).await;
    assert_eq!((server.taken().len(), post.outbox().await), (1, vec![sent]), "once is enough");
    put(&post, "taro@example.jp").await;
    let letter = post.newest().await;
    let secret = post.town.app.keys.link_secret("inv.322091.0");
    let link = format!("{PUBLIC_URL}/account#inv.322091.0.{secret}");
    assert_eq!(letter.body, format!("「{{link}}」のお知らせ\n.\n{link}\n"), "only our own place is filled in");
}

#[tokio::test]
async fn v7_a_subject_begins_no_other_header() {
    let (post, server) = (PostOffice::new().await, MailServer::new().await);
    put(&post, "hanako@example.jp").await;
    post.send(sender(plain(&server))).await;
    let taken = server.taken().remove(0);
    assert!(!taken.to_lowercase().contains("\r\nbcc"), "{taken}");
    assert_eq!(taken.matches("RCPT TO").count(), 1, "{taken}");
    for evil in
        ["a\r\nRCPT TO:<all@example.jp>@example.jp", "a@example.jp>\r\nBcc: b@example.jp", "a@example.jp, b@example.jp"]
    {
        put(&post, evil).await;
    }
    post.send(sender(plain(&server))).await;
    assert_eq!(server.taken().len(), 1);
    let refused: Vec<_> =
        post.outbox().await.into_iter().skip(1).map(|mail| (mail["state"].clone(), mail["error"].clone())).collect();
    assert_eq!(refused, vec![(json!("FAILED"), json!("ADDRESS")); 3]);
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_later_and_one_that_refuses_is_not() {
    let (post, server) = (PostOffice::new().await, MailServer::new().await);
    put(&post, "hanako@example.jp").await;
    server.set(Mood::Refuses("450 4.2.1 hanako@example.jp is busy"));
    for (attempts, minutes) in [(1, 1), (2, 2), (3, 4)] {
        post.send(sender(plain(&server))).await;
        let waits =
            json!({"kind": "TEST", "state": "QUEUED", "attempts": attempts, "error": "SMTP 450 4.2.1", "kept": true});
        assert_eq!(post.outbox().await, vec![waits.clone()]);
        post.town.app.clock.advance(Duration::minutes(minutes) - Duration::seconds(1));
        post.send(sender(plain(&server))).await;
        assert_eq!(post.outbox().await, [waits], "not before its time");
        post.town.app.clock.advance(Duration::seconds(1));
    }
    server.set(Mood::Kind);
    post.send(sender(plain(&server))).await;
    assert_eq!((server.taken().len(), &post.outbox().await[0]["state"]), (1, &json!("SENT")));
    put(&post, "nobody@example.jp").await;
    server.set(Mood::Refuses("550 5.1.1 no such user nobody@example.jp"));
    post.send(sender(plain(&server))).await;
    let given_up = json!({"kind": "TEST", "state": "FAILED", "attempts": 1, "error": "SMTP 550 5.1.1", "kept": false});
    assert_eq!(post.outbox().await[1], given_up);
}

#[tokio::test]
async fn a_server_that_hangs_or_is_not_there_or_does_not_let_us_in_is_asked_again_until_the_deadline() {
    let (post, server) = (PostOffice::new().await, MailServer::new().await);
    put(&post, "hanako@example.jp").await;
    server.set(Mood::Hangs);
    post.send(sender(plain(&server))).await;
    assert_eq!(post.outbox().await[0]["error"], "TIMEOUT");
    post.town.app.clock.advance(Duration::hours(1));
    post.send(sender(Route::Smtp { url: "smtp://127.0.0.1:1".to_owned().into(), ca: None })).await;
    assert_eq!(post.outbox().await[0]["error"], "CONNECTION");
    post.town.app.clock.advance(Duration::hours(1));
    server.set(Mood::Distrusts("535 5.7.8 no"));
    let url = format!("smtp://entaku:hunter2@127.0.0.1:{}", server.port);
    post.send(sender(Route::Smtp { url: url.into(), ca: None })).await;
    assert_eq!(post.outbox().await[0]["error"], "SMTP 535 5.7.8");
    post.town.app.clock.advance(Duration::hours(1));
    post.send(sender(Route::Nowhere)).await;
    assert_eq!(
        (&post.outbox().await[0]["error"], &post.outbox().await[0]["state"]),
        (&json!("UNCONFIGURED"), &json!("QUEUED"))
    );
    post.town.app.clock.advance(Duration::hours(72));
    server.set(Mood::Kind);
    post.send(sender(plain(&server))).await;
    let late = json!({"kind": "TEST", "state": "FAILED", "attempts": 5, "error": "EXPIRED", "kept": false});
    assert_eq!((post.outbox().await, server.taken().len()), (vec![late], 0));
}

#[tokio::test]
async fn what_may_have_been_sent_is_sent_again_with_the_same_id() {
    let (post, server) = (PostOffice::new().await, MailServer::new().await);
    put(&post, "hanako@example.jp").await;
    server.set(Mood::Forgets);
    post.send(sender(plain(&server))).await;
    assert_eq!(post.outbox().await[0]["state"], "QUEUED");
    server.set(Mood::Kind);
    post.town.app.clock.advance(Duration::minutes(1));
    post.send(sender(plain(&server))).await;
    let taken = server.taken();
    let id = |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID:")).expect("an id").to_owned();
    assert_eq!((taken.len(), id(&taken[0])), (2, id(&taken[1])));
    let message = |mail: &str| mail.split_once("\r\n\r\n").expect("a body").1.to_owned();
    assert_eq!(message(&taken[0]), message(&taken[1]), "with the same link");
}

#[tokio::test]
async fn a_server_of_ones_own_authority_is_trusted_when_it_is_named_and_not_otherwise() {
    let (post, server) = (PostOffice::new().await, MailServer::new().await);
    put(&post, "hanako@example.jp").await;
    let url = || format!("smtp://entaku:hunter2@localhost:{}?tls=required", server.port).into();
    post.send(sender(Route::Smtp { url: url(), ca: None })).await;
    let error = post.outbox().await[0]["error"].clone();
    assert!(error == "TLS" || error == "CONNECTION", "{error}");
    assert!(server.taken().is_empty());
    post.town.app.clock.advance(Duration::minutes(1));
    post.send(sender(Route::Smtp { url: url(), ca: Some(server.ca.to_path_buf()) })).await;
    assert!(server.taken()[0].starts_with("TLS\r\n"), "{:?}", server.taken());
}

#[tokio::test]
async fn a_mail_is_there_exactly_when_its_act_is() {
    let post = PostOffice::new().await;
    let admin = post.town.staff(Role::Admin).await;
    let invite = "mutation($role: Role!) { invitationCreate(input: {email: \"a@example.jp\", role: $role}) { id } }";
    let role = json!({"role": "GRANT_STAFF"});
    admin.with("entaku-dry-run", "true").run(invite, role.clone()).await.data();
    let twice = "mutation { a: invitationCreate(input: {email: \"a@example.jp\", role: PAYER}) { id }
        b: invitationCreate(input: {email: \"nobody\", role: PAYER}) { id } }";
    admin.run(twice, json!({})).await.expect_code("INVALID_INPUT");
    assert!(post.outbox().await.is_empty());
    let keyed = admin.with("idempotency-key", "invite");
    for _ in 0..2 {
        keyed.run(invite, role.clone()).await.data();
    }
    assert_eq!(post.letters().await.len(), 1);
}

/// The letters of the demo open accounts: only their owner may read them.
#[tokio::test]
async fn letters_in_files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let post = PostOffice::new().await;
    put(&post, "hanako@example.jp").await;
    let letter = post.newest().await;
    assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("hanako@example.jp", "雲南市 Bcc: all@example.jp"));
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(post.path()), 0o700);
    for file in std::fs::read_dir(post.path()).expect("a folder") {
        assert_eq!(mode(&file.expect("a file").path()), 0o600);
    }
}

/// The audit says that there was a mail, and neither to whom nor what.
#[tokio::test]
async fn a29_the_audit_has_nothing_of_a_mail() {
    let post = PostOffice::new().await;
    put(&post, "canary-recipient@example.jp").await;
    post.letters().await;
    let sql = "SELECT coalesce(string_agg(e::text, E'\\n'), '') AS all, count(*) FILTER (WHERE kind = 'mails') AS mails FROM audit_entries e";
    let row = post.town.system().rows(Sql::new(sql)).await.expect("rows").remove(0);
    let (text, mails): (String, i64) = (row.get("all"), row.get("mails"));
    assert_eq!(mails, 2, "put in, and sent");
    for canary in ["canary-recipient", "Bcc", "inv.322091.0", &post.town.app.keys.link_secret("inv.322091.0")] {
        assert!(!text.contains(canary), "{canary}");
    }
}

#[tokio::test]
async fn what_is_over_is_forgotten_after_a_month() {
    let post = PostOffice::new().await;
    put(&post, "hanako@example.jp").await;
    post.letters().await;
    put(&post, "late@example.jp").await;
    crate::privacy::after(&post.town, "mails", 31).await;
    let left = post.outbox().await;
    assert_eq!((left.len(), &left[0]["state"]), (1, &json!("QUEUED")), "what waits is kept");
}
