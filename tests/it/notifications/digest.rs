//! The mail of a morning.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

/// A town whose digests are sent, and people of it who chose them.
async fn readers() -> (PostOffice, Vec<Uuid>, Vec<Client>) {
    let post = PostOffice::new().await;
    let (mut ids, mut clients) = (Vec::new(), Vec::new());
    for (in_app, digest) in [(true, true), (false, true), (true, false)] {
        let (id, client) = post.town.person(Role::Payer, ScopeKind::Municipality, None).await;
        let input = json!({"kind": "GRANT_PAID", "inApp": in_app, "mailDigest": digest});
        client.run(CHOOSE, json!({ "input": input })).await.data();
        ids.push(id.uuid());
        clients.push(client);
    }
    (post, ids, clients)
}

async fn pay(post: &PostOffice, title: &str, to: &[Uuid]) {
    let tx = post.town.system();
    let notice = Notice::of(NotificationKind::GrantPaid, GrantApplicationId::new(), title);
    let notice = to.iter().fold(notice, |notice, id| notice.to(Some(AccountId(*id))));
    notify(&tx, notice).await.expect("told");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn a_digest_is_one_mail_in_the_morning_of_what_was_chosen_and_is_not_read() {
    let (post, ids, clients) = readers().await;
    pay(&post, "居場所づくり", &ids).await;
    pay(&post, "{link}の花壇", &ids).await;
    assert_eq!(
        (count(&clients[0]).await, count(&clients[1]).await, count(&clients[2]).await),
        (json!(2), json!(0), json!(2))
    );
    post.town.app.clock.advance(Duration::hours(20));
    assert!(post.letters().await.is_empty(), "it is six in the morning");
    post.town.app.clock.advance(Duration::hours(1));
    let letters = post.letters().await;
    let to: Vec<String> = letters.iter().map(|letter| letter.to.clone()).collect();
    let expected: BTreeSet<String> = ids[..2].iter().map(|id| format!("{}@example.jp", id.simple())).collect();
    assert_eq!(to.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(letters.len(), 2, "one each");
    for letter in &letters {
        assert_eq!(letter.subject, "【試験町】お知らせのまとめ");
        assert!(letter.body.contains("・交付申請「居場所づくり」の交付金が支払われました。"), "{}", letter.body);
        assert!(letter.body.contains("・交付申請「{link}の花壇」"), "{}", letter.body);
        let page = format!("{PUBLIC_URL}/account#notifications");
        assert!(letter.body.trim_end().ends_with(&page), "where it can be stopped: {}", letter.body);
    }
    for hours in [1, 23, 24] {
        post.town.app.clock.advance(Duration::hours(hours));
        assert_eq!(post.letters().await.len(), 2, "nothing is told twice");
    }
}

#[tokio::test]
async fn what_was_read_or_is_of_a_suspended_account_is_in_no_digest() {
    let (post, ids, clients) = readers().await;
    pay(&post, "居場所づくり", &ids).await;
    clients[0].run(MARK_ALL_READ, json!({})).await.data();
    clients[1].run(MARK_ALL_READ, json!({})).await.data();
    post.town.app.clock.advance(Duration::minutes(1));
    let gone = json!({"id": AccountId(ids[1]).to_string()});
    pay(&post, "花壇", &ids[1..2]).await;
    post.town.app.clock.advance(Duration::days(1));
    let again = post.letters().await;
    assert_eq!(again.len(), 1, "the second reader has not seen anything in the application");
    assert!(again[0].body.contains("居場所づくり") && again[0].body.contains("花壇"), "{}", again[0].body);
    pay(&post, "畑", &ids[1..2]).await;
    // A day has passed: the tokens of yesterday are not good any more.
    let admin = post.town.staff(Role::Admin).await;
    admin.run(&mutation("accountSuspend", ""), gone).await.data();
    post.town.app.clock.advance(Duration::days(1));
    assert_eq!(post.letters().await.len(), 1);
}

#[tokio::test]
async fn a_digest_is_in_ones_language_and_long_ones_are_cut() {
    let (post, ids, clients) = readers().await;
    let choose = "mutation { accountLanguageSet(language: JA_EASY) { id } }";
    clients[0].run(choose, json!({})).await.data();
    for n in 0..103 {
        pay(&post, &format!("第{n}回"), &ids[..1]).await;
    }
    post.town.app.clock.advance(Duration::days(1));
    let letter = post.newest().await;
    assert_eq!(letter.subject, "【試験町】エンタクの おしらせ");
    assert_eq!((letter.body.matches("やくしょが").count(), letter.body.matches("・… (+3)").count()), (100, 1));
}

#[tokio::test]
async fn notifications_are_kept_for_a_year() {
    let (post, ids, _) = readers().await;
    pay(&post, "去年の畑", &ids[2..]).await;
    crate::privacy::after(&post.town, "notifications", 364).await;
    pay(&post, "今年の畑", &ids[2..]).await;
    let kept = async || {
        let sql = Sql::new("SELECT count(*) AS n FROM notifications");
        post.town.system().rows(sql).await.expect("rows")[0].get::<_, i64>("n")
    };
    assert_eq!(kept().await, 2);
    crate::privacy::after(&post.town, "notifications", 2).await;
    assert_eq!(kept().await, 1);
}
