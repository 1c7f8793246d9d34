//! What is kept of a grant stands in the next book.

#[allow(clippy::wildcard_imports)] // the desk and the documents of the noun's tests
use super::*;

use chrono::{DateTime, Utc};

story!(CARRIED, "414-book-carried-over-read");

/// Neither more nor less is carried over than was kept when the amount was fixed.
#[tokio::test]
async fn what_was_kept_is_what_the_next_book_carries_over() {
    let terms = json!({"surplusRule": "CARRY_OVER", "repaymentDays": 20});
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    assert_eq!(s.fixed(&id, 700_000).await["keptYen"], 300_000);
    let then = "2027-05-20T03:00:00Z".parse::<DateTime<Utc>>().expect("a time");
    s.town.app.clock.advance(then - s.town.app.clock.now());
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    let staff = s.town.staff(Role::GrantStaff).await;
    let book = officer.run(OPEN, opening(&s.organization, 2027)).await.data()["accountBookOpen"].clone();
    let line = book["lines"].as_array().expect("lines").last().expect("a line").clone();
    assert_eq!((&line["category"], &line["budgetYen"]), (&json!("CARRIED_OVER"), &json!(300_000)), "it is proposed");
    let close = json!({"id": book["id"], "input": {"completedOn": "2027-05-20"}});
    let seen = async |who: &Client| {
        who.run(CARRIED, json!({"id": book["id"]})).await.data()["accountBook"]["carriedOver"][0].clone()
    };
    let carry = |yen: i64| {
        let more = json!({"occurredOn": "2027-05-20", "grantApplicationId": id});
        json!({"input": with(entry(&text(&line["id"]), yen), &more)})
    };
    let told = officer.run(CLOSE, close.clone()).await.expect_code("CONFLICT/CARRIED_OVER");
    assert!(told.text.contains("300000") && told.text.contains(" 0 yen"), "{}", told.text);
    officer.run(RECORD, carry(299_999)).await.data();
    officer.run(CLOSE, close.clone()).await.expect_code("CONFLICT/CARRIED_OVER");
    for who in [&staff, &officer] {
        let seen = seen(who).await;
        assert_eq!((&seen["expectedYen"], &seen["differenceYen"]), (&json!(300_000), &json!(-1)), "it is seen");
    }
    let by_hand = "UPDATE account_books SET state = 'CLOSED', closed_on = '2027-05-20', completed_on = '2027-05-20',
        vouchers_until = '2032-03-31', closed_by = opened_by WHERE fiscal_year = 2027";
    let failure = s.town.system().run(Sql::new(by_hand)).await.expect_err("refused");
    assert!(format!("{failure:?}").contains("RULE"), "{failure:?}");
    officer.run(RECORD, carry(1)).await.data();
    assert_eq!(seen(&staff).await["differenceYen"], 0);
    assert_eq!(officer.run(CLOSE, close).await.data()["accountBookClose"]["state"], "CLOSED");
    // What its own budget says of it is not said a second time, and nobody else reads of it.
    let (_, other) = organization(&staff, "若葉の会").await;
    let stranger = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    let read = stranger.run(CARRIED, json!({"id": book["id"]})).await.data();
    assert_eq!(read["accountBook"], Value::Null);
}

/// Each fiscal year pays for itself: of a grant whose amount is not fixed nothing is spent in a later one.
#[tokio::test]
async fn what_is_spent_later_is_not_of_a_grant_that_is_not_fixed() {
    let s = Scene::with_terms(&json!({"surplusRule": "CARRY_OVER", "repaymentDays": 20})).await;
    let id = s.granted(1_000_000).await;
    let then = "2027-04-20T03:00:00Z".parse::<DateTime<Utc>>().expect("a time");
    s.town.app.clock.advance(then - s.town.app.clock.now());
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    let book = officer.run(OPEN, opening(&s.organization, 2027)).await.data()["accountBookOpen"].clone();
    let lines = book["lines"].as_array().expect("lines").clone();
    let line = lines.iter().find(|line| line["side"] == "EXPENSE").expect("an expense");
    let slip = json!({"occurredOn": "2027-04-20", "grantApplicationId": id});
    let slip = json!({"input": with(entry(&text(&line["id"]), 1), &slip)});
    officer.run(RECORD, slip).await.expect_code("CONFLICT/GRANT_YEAR");
}
